//! What a run has learned: all that changes from step to step.

use super::{Checkpoint, CheckpointError, Ema, Mean, Optimizer, TrainError};
use crate::model::UNet;
use crate::random::{self, Purpose};
use ddpm_config::Config;
use tch::{Device, TchError, Tensor, nn};

/// Weights, their average, the optimizer's moments, and how many steps made them.
pub(super) struct State {
    vs: nn::VarStore,
    pub(super) model: UNet,
    pub(super) ema: Option<Ema>,
    pub(super) optimizer: Optimizer,
    /// Steps taken.
    pub(super) step: u64,
    /// The losses of the epoch that is not done yet.
    pub(super) losses: Mean,
}

impl State {
    /// The state before the first step.
    pub(super) fn new(config: &Config, device: Device) -> Result<Self, TrainError> {
        random::reseed(config.seed, Purpose::Weights, 0);
        let vs = nn::VarStore::new(Device::Cpu);
        let model = UNet::new(&vs.root(), 3, config.model.hidden_size);
        let (vs, model) = on_device(vs, model, config, device)?;
        let ema = match config.training.ema_decay {
            Some(decay) => Some(Ema::new(&vs, &config.model, decay, device)?),
            None => None,
        };
        let mut parameters: Vec<_> = vs.variables().into_iter().collect();
        parameters.sort_by(|a, b| a.0.cmp(&b.0));
        let optimizer = Optimizer::new(config.optimizer.clone(), parameters);
        Ok(Self { vs, model, ema, optimizer, step: 0, losses: Mean::default() })
    }

    /// The network to draw with: the averaged weights if there are any.
    pub(super) fn best_model(&self) -> &UNet {
        self.ema.as_ref().map_or(&self.model, Ema::model)
    }

    /// Numbers that are trained.
    pub(super) fn parameters(&self) -> i64 {
        self.vs.trainable_variables().iter().map(|variable| variable.numel() as i64).sum()
    }

    /// The state as it is saved; `epoch` counts the whole epochs done.
    pub(super) fn checkpoint(&self, epoch: u64) -> Checkpoint {
        let parts = self.parts().into_iter();
        let tensors = parts.flat_map(|(prefix, tensors)| {
            tensors.into_iter().map(move |(name, tensor)| (format!("{prefix}{name}"), tensor))
        });
        Checkpoint { step: self.step, epoch, losses: self.losses, tensors: tensors.collect() }
    }

    /// Goes back, or on, to a saved state.
    pub(super) fn restore(&mut self, saved: &Checkpoint) -> Result<(), CheckpointError> {
        let parts = self.parts();
        let known = |name: &str| parts.iter().any(|(prefix, _)| name.starts_with(prefix));
        if let Some((name, _)) = saved.tensors.iter().find(|(name, _)| !known(name)) {
            let reason = format!("it has a tensor {name} too many");
            return Err(CheckpointError::Misfit { step: saved.step, reason });
        }
        // The tensors of the parts share their memory with those in use.
        for (prefix, tensors) in parts {
            saved.copy_to(prefix, tensors)?;
        }
        self.optimizer.resume_after(saved.step);
        self.step = saved.step;
        self.losses = saved.losses;
        Ok(())
    }

    /// All tensors, by what they are and their name.
    fn parts(&self) -> Vec<(&'static str, Vec<(String, Tensor)>)> {
        let named = |vs: &nn::VarStore| vs.variables().into_iter().collect();
        let mut parts = vec![("model.", named(&self.vs)), ("optimizer.", self.optimizer.state())];
        if let Some(ema) = &self.ema {
            parts.push(("ema.", named(ema.variables())));
        }
        parts
    }
}

/// The weights are drawn on the CPU, so that a seed means the same weights everywhere, and then moved.
fn on_device(
    mut vs: nn::VarStore,
    model: UNet,
    config: &Config,
    device: Device,
) -> Result<(nn::VarStore, UNet), TchError> {
    if device == Device::Cpu {
        return Ok((vs, model));
    }
    let mut moved = nn::VarStore::new(device);
    let model = UNet::new(&moved.root(), 3, config.model.hidden_size);
    vs.set_device(device);
    moved.copy(&vs)?;
    Ok((moved, model))
}
