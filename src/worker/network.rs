//! A network with what a run has learned.

use crate::device::{device_for, kind_for, use_threads};
use crate::diffusion::{Process, Schedule};
use crate::drawing::Artist;
use crate::model::{Engine, UNet};
use crate::training::{Checkpoint, CheckpointError, Checkpoints, load_weights};
use ddpm_config::{Config, DeviceChoice};
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use tch::{Device, Kind, nn};

/// A network, ready to draw.
pub(super) struct Network {
    model: UNet,
    process: Process,
    kind: Kind,
    pub(super) device: Device,
    /// Steps that made the weights; 0: nobody knows.
    pub(super) step: u64,
}

impl Network {
    /// The network of a run: with the weights of `file`, a checkpoint or what PyTorch has saved; none: with those of the newest
    /// whole checkpoint. The averaged ones if there are any.
    pub(super) fn load(
        run_dir: &Path,
        config: &Config,
        file: Option<&Path>,
        device: Option<DeviceChoice>,
    ) -> Result<Self, Box<dyn Error>> {
        let device = device_for(device.unwrap_or(config.device))?;
        use_threads(config.threads);
        let vs = nn::VarStore::new(device);
        let model = UNet::new(&vs.root(), 3, config.model.hidden_size);
        let step = match file {
            Some(path) => {
                // One of ours tells whether all its bits are as they were saved.
                match Checkpoint::read_step(path) {
                    Some(_) => weights_of(&Checkpoint::read(path)?, &vs)?,
                    None => load_weights(path, vs.variables()).map(|()| 0)?,
                }
            }
            None => weights_of(&newest(run_dir)?, &vs)?,
        };
        let schedule = Schedule::new(&config.diffusion.schedule, config.diffusion.timesteps)?;
        let process = Process::new(schedule, config.diffusion.objective, device);
        Ok(Self { model, process, kind: kind_for(config.training.precision, device), device, step })
    }

    pub(super) fn artist(&self) -> Artist<'_> {
        let Self { model, process, device, .. } = self;
        Artist { process, model, engine: Engine::new(self.kind, *device), device: *device }
    }
}

fn weights_of(checkpoint: &Checkpoint, vs: &nn::VarStore) -> Result<u64, CheckpointError> {
    let averaged = checkpoint.under("ema.").next().is_some();
    checkpoint.copy_to(if averaged { "ema." } else { "model." }, vs.variables())?;
    Ok(checkpoint.step)
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
