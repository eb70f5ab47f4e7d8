//! What the worker does with a run directory: reads its frozen configuration, opens its pictures, draws from it.

use crate::device::{device_for, use_threads};
use crate::diffusion::{Process, Sampler, Schedule};
use crate::model::UNet;
use crate::pictures;
use crate::random::{self, Purpose};
use crate::training::{Checkpoint, CheckpointError};
use ddpm_config::{Config, DeviceChoice, Sampling};
use ddpm_data::Records;
use hydra_compose::tree::SourceFile;
use hydra_compose::{typed, yaml};
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tch::nn;

/// The frozen configuration of a run.
///
/// # Errors
/// There is none, or it is not a complete, valid one.
pub fn frozen_config(run_dir: &Path) -> Result<Config, Box<dyn Error>> {
    let path = run_dir.join("config.yaml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let config: Config = typed::validate(&yaml::load(&SourceFile::new(path, text))?)?;
    match config.conflicts().into_iter().next() {
        Some(conflict) => Err(conflict.message.into()),
        None => Ok(config),
    }
}

/// The pictures to train on, which `ddpm` has prepared. Relative folders are relative to the current directory, as
/// they were for `ddpm`.
///
/// # Errors
/// They are not there, or cannot be read.
pub fn records(config: &Config) -> Result<Records, Box<dyn Error>> {
    let (root, source) = config.dataset.source();
    let path = root.join(source.name()).join("train.bin");
    let records = Records::open(&path).map_err(|error| {
        let hint =
            "prepare the dataset with 'ddpm data', or start the worker in the directory where that was done";
        format!("{}\nhelp: {hint}", error.report())
    })?;
    Ok(match config.dataset.limit() {
        Some(limit) => records.with_limit(limit),
        None => records,
    })
}

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
    let mut vs = nn::VarStore::new(device);
    let model = UNet::new(&vs.root(), 3, config.model.hidden_size);
    load(&mut vs, &checkpoint)?;

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
    let mut last = None;
    for path in Checkpoint::list(run_dir)? {
        match Checkpoint::read(&path) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(error) => {
                let _ = writeln!(io::stderr(), "warning: {error}; taking the one before");
                last = Some(error);
            }
        }
    }
    Err(last.unwrap_or(CheckpointError::None { folder: run_dir.to_owned() }))
}

fn load(vs: &mut nn::VarStore, checkpoint: &Checkpoint) -> Result<(), Box<dyn Error>> {
    let prefix = if checkpoint.under("ema.").next().is_some() { "ema." } else { "model." };
    let mut variables = vs.variables();
    let expected = variables.len();
    let mut loaded = 0;
    for (name, tensor) in checkpoint.under(prefix) {
        let variable =
            variables.get_mut(name).ok_or_else(|| format!("the network has no parameter {name}"))?;
        if variable.size() != tensor.size() {
            let (has, wants) = (tensor.size(), variable.size());
            return Err(format!("{name} is {has:?} in the checkpoint and {wants:?} in the network").into());
        }
        tch::no_grad(|| variable.copy_(tensor));
        loaded += 1;
    }
    if loaded != expected {
        return Err(format!("the checkpoint has {loaded} of the network's {expected} parameters").into());
    }
    Ok(())
}
