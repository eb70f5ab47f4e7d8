//! One step: noise some pictures, predict, descend.

use super::{TrainError, Trainer};
use crate::device::sent_to;
use crate::pictures;
use crate::random::{self, Purpose};
use crate::tracking::Event;
use ddpm_data::Batch;
use std::path::PathBuf;
use tch::Tensor;

/// Pictures of the first batch that are shown.
const MOST_INPUTS: i64 = 64;

impl Trainer {
    /// Takes a step from the gradients of these batches together, as if they were one. Returns the mean loss.
    pub(super) fn step(&mut self, group: &[Batch], lr: f64) -> Result<f64, TrainError> {
        if self.state.step == 0
            && let Some(batch) = group.first()
        {
            self.show_inputs(&tensor_of(batch))?;
        }
        random::reseed(self.config.seed, Purpose::Training, self.state.step);
        self.state.gradients.clear();
        let all: usize = group.iter().map(|batch| batch.indices.len()).sum();
        let mut loss = 0.0;
        for batch in group {
            loss += self.add_gradients(&tensor_of(batch), batch.indices.len() as f64 / all as f64);
        }
        let scale = self.gradient_scale();
        if !loss.is_finite() || !scale.is_finite() {
            // Under a name that nobody takes for a checkpoint to go on from.
            let saved = self.checkpoints.diverged(self.state.step);
            self.save(&saved)?;
            let step = self.state.step + 1;
            return Err(if loss.is_finite() {
                TrainError::Exploded { step, loss, saved }
            } else {
                TrainError::Diverged { step, loss, saved }
            });
        }
        let state = &mut self.state;
        state.optimizer.step(&state.gradients, lr, scale);
        state.engine.weights_changed();
        state.step += 1;
        if let Some(ema) = &mut state.ema {
            ema.update(state.step);
        }
        Ok(loss)
    }

    /// Adds `share` times the gradients of a batch. Returns so much of its loss.
    fn add_gradients(&mut self, clean: &Tensor, share: f64) -> f64 {
        let clean = sent_to(clean, self.device);
        let timesteps = random::timesteps(clean.size()[0], self.config.diffusion.timesteps, self.device);
        let noise = random::normal(&clean.size(), self.device);
        let noisy = self.process.add_noise(&clean, &timesteps, &noise);
        let process = &self.process;
        let loss = |prediction: &Tensor| {
            let loss = process.loss(prediction, &clean, &timesteps, &noise);
            // A batch alone is not multiplied by 1: that would be one more operation for nothing.
            if share < 1.0 { loss * share } else { loss }
        };
        let state = &mut self.state;
        let loss = state.engine.descend(&state.model, &noisy, &timesteps, loss, &mut state.gradients);
        loss.double_value(&[])
    }

    /// What gradients are multiplied by so that their norm is not above `training.max_grad_norm`, as in PyTorch's
    /// `clip_grad_norm_`; no number if they have none.
    fn gradient_scale(&self) -> f64 {
        let Some(most) = self.config.training.max_grad_norm else { return 1.0 };
        let squares = self.state.gradients.iter().map(|gradient| gradient.norm().double_value(&[]).powi(2));
        let norm = squares.sum::<f64>().sqrt();
        if norm.is_finite() { (most / (norm + 1e-6)).min(1.0) } else { f64::NAN }
    }

    /// The pictures of the first batch, as they are trained on.
    fn show_inputs(&mut self, clean: &Tensor) -> Result<(), TrainError> {
        let path = PathBuf::from("inputs.png");
        pictures::write_grid(
            &clean.narrow(0, 0, clean.size()[0].min(MOST_INPUTS)),
            &self.run_dir.join(&path),
        )?;
        self.tracker.emit(&Event::Inputs { path });
        Ok(())
    }
}

fn tensor_of(batch: &Batch) -> Tensor {
    Tensor::from_slice(&batch.images).reshape([batch.indices.len() as i64, 3, 32, 32])
}
