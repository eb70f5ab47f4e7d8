//! Drawing pictures from what was trained.

use super::frozen_config;
use crate::device::{device_for, use_threads};
use crate::diffusion::{Process, Sampler, Schedule};
use crate::model::UNet;
use crate::pictures;
use crate::random::{self, Purpose};
use crate::training::{Checkpoint, CheckpointError, Checkpoints};
use ddpm_config::{DeviceChoice, Sampling};
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tch::nn;

/// What to draw; what is not said is as in the run's configuration.
#[derive(Clone, Debug, Default)]
pub struct SampleRequest {
    /// The checkpoint; none: the newest that is whole.
    pub checkpoint: Option<PathBuf>,
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
}

/// Draws a grid of pictures from a checkpoint, with the averaged weights if there are any. Returns the grid's path.
///
/// # Errors
/// There is no whole checkpoint, it is of another network, or the grid cannot be written.
pub fn sample(run_dir: &Path, request: SampleRequest) -> Result<PathBuf, Box<dyn Error>> {
    let config = frozen_config(run_dir)?;
    let device = device_for(request.device.unwrap_or(config.device))?;
    use_threads(config.threads);
    let checkpoint = match &request.checkpoint {
        Some(path) => Checkpoint::read(path)?,
        None => newest(run_dir)?,
    };
    let vs = nn::VarStore::new(device);
    let model = UNet::new(&vs.root(), 3, config.model.hidden_size);
    let averaged = checkpoint.under("ema.").next().is_some();
    checkpoint.copy_to(if averaged { "ema." } else { "model." }, vs.variables())?;

    let seed = request.seed.unwrap_or(config.seed);
    let settings = Sampling {
        steps: request.steps.map_or(config.sampling.steps, i64::from),
        pictures: request.pictures.map_or(config.sampling.pictures, |number| number as usize),
        ..config.sampling
    };
    let schedule = Schedule::new(&config.diffusion.schedule, config.diffusion.timesteps)?;
    let process = Process::new(schedule, config.diffusion.objective, device);
    random::reseed(seed, Purpose::Sampling, 0);
    let shape = [settings.pictures as i64, 3, 32, 32];
    let drawn = Sampler::new(&settings, config.diffusion.timesteps)
        .sample(&process, |x, t| model.forward(x, t), shape, device, || true)
        .ok_or("interrupted")?;

    let default = || run_dir.join("samples").join(file_name(checkpoint.step, seed, &request));
    let path = request.output.clone().unwrap_or_else(default);
    pictures::write_grid(&drawn, &path)?;
    Ok(path)
}

/// A name that tells what was asked for, so that one request does not overwrite another's pictures.
fn file_name(step: u64, seed: u64, request: &SampleRequest) -> String {
    let mut name = format!("step_{step:08}_seed_{seed}");
    for (what, number) in [("pictures", request.pictures), ("steps", request.steps)] {
        if let Some(number) = number {
            name.push_str(&format!("_{what}_{number}"));
        }
    }
    name + ".png"
}

/// The newest checkpoint that can be read; a damaged one falls back to the one before, with a warning.
fn newest(run_dir: &Path) -> Result<Checkpoint, CheckpointError> {
    let warn = |warning| {
        let _ = writeln!(io::stderr(), "warning: {warning}");
    };
    let found = Checkpoints::of(run_dir).newest(warn)?;
    found
        .map(|(_, checkpoint)| checkpoint)
        .ok_or_else(|| CheckpointError::None { folder: run_dir.join("checkpoints") })
}
