//! Drawing pictures from what was trained.

use super::{Network, frozen_config};
use crate::random::{self, Purpose};
use ddpm_config::{DeviceChoice, Sampling};
use std::error::Error;
use std::path::{Path, PathBuf};

/// What to draw; what is not said is as in the run's configuration.
#[derive(Clone, Debug, Default)]
pub struct SampleRequest {
    /// The checkpoint; none: the newest that is whole.
    pub checkpoint: Option<PathBuf>,
    /// Weights that PyTorch, or a checkpoint, has saved; they win over `checkpoint`.
    pub init: Option<PathBuf>,
    /// Where the grid goes; none: beside the run's own samples.
    pub output: Option<PathBuf>,
    /// Number of pictures.
    pub pictures: Option<u32>,
    /// Denoising steps.
    pub steps: Option<u32>,
    /// Seed of the noise.
    pub seed: Option<u64>,
    /// Where to compute.
    pub device: Option<DeviceChoice>,
    /// The way from noise to pictures, too.
    pub strip: bool,
    /// The same as an animated picture.
    pub animation: bool,
}

/// Draws a grid of pictures from a checkpoint, with the averaged weights if there are any. Returns the grid's path.
///
/// # Errors
/// There is no whole checkpoint, it is of another network, or the grid cannot be written.
pub fn sample(run_dir: &Path, request: &SampleRequest) -> Result<PathBuf, Box<dyn Error>> {
    let config = frozen_config(run_dir)?;
    let file = request.init.as_deref().or(request.checkpoint.as_deref());
    let network = Network::load(run_dir, &config, file, request.device)?;
    let seed = request.seed.unwrap_or(config.seed);
    let settings = Sampling {
        steps: request.steps.map_or(config.sampling.steps, i64::from),
        pictures: request.pictures.map_or(config.sampling.pictures, |number| number as usize),
        strip: config.sampling.strip || request.strip,
        animation: config.sampling.animation || request.animation,
        ..config.sampling
    };
    random::reseed(seed, Purpose::Sampling, 0);
    let drawing = network.artist().draw(&settings, settings.pictures as i64, || true).ok_or("interrupted")?;
    let default = || run_dir.join("samples").join(file_name(network.step, seed, request));
    let path = request.output.clone().unwrap_or_else(default);
    drawing.write(&path)?;
    Ok(path)
}

/// A name that tells what was asked for, so that one request does not overwrite another's pictures.
fn file_name(step: u64, seed: u64, request: &SampleRequest) -> String {
    let mut name = match &request.init {
        Some(path) => format!("{}_seed_{seed}", path.file_stem().unwrap_or_default().to_string_lossy()),
        None => format!("step_{step:08}_seed_{seed}"),
    };
    for (what, number) in [("pictures", request.pictures), ("steps", request.steps)] {
        if let Some(number) = number {
            name.push_str(&format!("_{what}_{number}"));
        }
    }
    name + ".png"
}
