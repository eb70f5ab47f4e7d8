//! The loss on pictures that are not trained on.

use crate::diffusion::Process;
use crate::model::{Engine, UNet};
use crate::pictures;
use crate::random::{self, Purpose};
use ddpm_config::Config;
use ddpm_data::Records;
use tch::{Device, Tensor};

/// Held-out pictures with fixed noise: the same each time, so that losses of different steps, and of runs with the same
/// seed, differ by what was learned and not by luck.
///
/// Noise levels are spread evenly over all timesteps, which a few hundred random ones would not be.
#[derive(Debug)]
pub(super) struct Validation {
    /// `[N, 3, 32, 32]` in [-1, 1]
    clean: Tensor,
    /// int64, `[N]`
    timesteps: Tensor,
    /// As `clean`.
    noise: Tensor,
    batch: i64,
}

impl Validation {
    /// The pictures that a configuration asks for, on `device`; none: it asks for none.
    pub(super) fn new(config: &Config, held_out: &Records, device: Device) -> Option<Self> {
        if config.validation.every_epochs == 0 {
            return None;
        }
        let count = config.validation.pictures.map_or(held_out.len(), |most| most.get().min(held_out.len()));
        let clean = pictures::of_records(held_out, 0..count).to_device(device);
        let (count, levels) = (count as i64, config.diffusion.timesteps);
        let timesteps: Vec<i64> = (0..count).map(|index| (2 * index + 1) * levels / (2 * count)).collect();
        random::reseed(config.seed, Purpose::Validation, 0);
        Some(Self {
            noise: random::normal(&clean.size(), device),
            timesteps: Tensor::from_slice(&timesteps).to_device(device),
            clean,
            batch: config.training.batch_size.get() as i64,
        })
    }

    /// The mean loss of a network.
    pub(super) fn loss(&self, process: &Process, model: &UNet, engine: &mut Engine) -> f64 {
        let count = self.clean.size()[0];
        let mut sum = 0.0;
        let mut done = 0;
        while done < count {
            let length = self.batch.min(count - done);
            let [clean, timesteps, noise] =
                [&self.clean, &self.timesteps, &self.noise].map(|tensor| tensor.narrow(0, done, length));
            let noisy = process.add_noise(&clean, &timesteps, &noise);
            let prediction = engine.predict(model, &noisy, &timesteps);
            sum += process.loss(&prediction, &clean, &timesteps, &noise).double_value(&[]) * length as f64;
            done += length;
        }
        sum / count as f64
    }
}
