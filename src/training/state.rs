//! What a run has learned: all that changes from step to step.

use super::checkpoint::Best;
use super::identity::{Settings, settings_of};
use super::{Checkpoint, CheckpointError, Ema, Mean, Optimizer, TrainError};
use crate::device::kind_for;
use crate::model::{Engine, Gradients, UNet};
use crate::random::{self, Purpose};
use ddpm_config::Config;
use tch::{Device, Kind, TchError, Tensor, nn};

/// Weights, their average, the optimizer's moments, and how many steps made them.
pub(super) struct State {
    vs: nn::VarStore,
    pub(super) model: UNet,
    pub(super) ema: Option<Ema>,
    pub(super) optimizer: Optimizer,
    pub(super) engine: Engine,
    pub(super) gradients: Gradients,
    /// Steps taken.
    pub(super) step: u64,
    /// The losses of the epoch that is not done yet.
    pub(super) losses: Mean,
    /// The least validation loss so far.
    pub(super) best: Option<Best>,
    /// What of the configuration decides all this.
    pub(super) settings: Settings,
    kind: Kind,
}

impl State {
    /// The state before the first step.
    pub(super) fn new(config: &Config, device: Device) -> Result<Self, TrainError> {
        random::reseed(config.seed, Purpose::Weights, 0);
        let vs = nn::VarStore::new(Device::Cpu);
        let model = UNet::new(&vs.root(), 3, config.model.hidden_size);
        let (vs, model) = on_device(vs, model, config, device)?;
        let kind = kind_for(config.training.precision, device);
        let engine = Engine::new(kind, device);
        engine.lay_out(&vs);
        let ema = match config.training.ema_decay {
            Some(decay) => Some(Ema::new(&vs, &config.model, decay, config.training.ema_warmup, device)?),
            None => None,
        };
        if let Some(ema) = &ema {
            engine.lay_out(ema.variables());
        }
        let mut parameters: Vec<_> = vs.variables().into_iter().collect();
        parameters.sort_by(|a, b| a.0.cmp(&b.0));
        let optimizer = Optimizer::new(config.optimizer.clone(), parameters);
        let gradients = Gradients::new(optimizer.parameters());
        let (step, losses, best) = (0, Mean::default(), None);
        let settings = settings_of(config);
        Ok(Self { vs, model, ema, optimizer, engine, gradients, step, losses, best, settings, kind })
    }

    /// The network to draw with, which has the averaged weights if there are any, and what computes it. To be asked for
    /// anew when the weights have changed.
    pub(super) fn drawing(&self) -> (&UNet, Engine) {
        let model = self.ema.as_ref().map_or(&self.model, Ema::model);
        (model, Engine::new(self.kind, self.vs.device()))
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
        let Self { step, losses, best, .. } = *self;
        Checkpoint { step, epoch, losses, best, settings: self.settings.clone(), tensors: tensors.collect() }
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
        self.best = saved.best;
        self.engine.weights_changed();
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
