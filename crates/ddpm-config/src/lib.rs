//! The typed configuration of the trainer.
//!
//! One definition feeds everything: serde reads it, schemars turns it into the JSON Schema that composed
//! configurations are validated against, and each doc comment is the help of its key. The values themselves stand in
//! `conf/`; a key that is missing there is an error, so nothing is trained with a default that nobody can see.
//!
//! ```
//! let schema = schemars::schema_for!(ddpm_config::Config);
//! assert!(schema.get("properties").is_some());
//! ```

mod dataset;
mod diffusion;
mod optimizer;
mod training;
mod wandb;

pub use dataset::{Data, Dataset, EmojiSubset};
pub use diffusion::{BetaSchedule, Diffusion, Model, Objective, Sampling};
pub use optimizer::{LrSchedule, Optimizer};
pub use training::{DeviceChoice, Eval, Precision, Training, Validation};
pub use wandb::{Wandb, WandbMode};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that decides what a run computes, and where it is tracked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Seed of every random number of the run: initial weights, order of the pictures, flips, noise, samples.
    pub seed: u64,
    /// Where to compute: `auto` takes the first GPU if there is one, else the CPU.
    pub device: DeviceChoice,
    /// CPU threads for tensor operations; null: all cores.
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<u32>,
    /// The optimizer and its learning rate.
    pub optimizer: Optimizer,
    /// How the learning rate changes over the run.
    pub lr_schedule: LrSchedule,
    /// How pictures become batches.
    pub data: Data,
    /// The pictures.
    pub dataset: Dataset,
    /// The network.
    pub model: Model,
    /// The forward process and what the network predicts.
    pub diffusion: Diffusion,
    /// How pictures are drawn from the trained network.
    pub sampling: Sampling,
    /// How long, in what portions and in which arithmetic to train.
    pub training: Training,
    /// The loss on held-out pictures.
    pub validation: Validation,
    /// How far drawn pictures are from held-out ones.
    pub eval: Eval,
    /// Tracking in Weights & Biases.
    pub wandb: Wandb,
}

/// The least share of the picture that may be left at the last timestep (alphas_cumprod). Below, single precision cannot
/// tell the picture from nothing; the paper ends at 4e-5.
pub const LEAST_SIGNAL: f64 = 1e-15;

/// The least variance of the noise that may be added at the first timestep (1 - alphas_cumprod); the paper has 1e-4.
pub const LEAST_NOISE: f64 = 1e-10;

/// Values that are fine alone and do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The dotted key of the value to change.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Config {
    /// Whatever the schema, which looks at one value at a time, cannot see.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut found = Vec::new();
        if let BetaSchedule::Linear { beta_start, beta_end } = &self.diffusion.schedule
            && beta_end < beta_start
        {
            let message =
                format!("diffusion.schedule.beta_end is {beta_end}, below beta_start, {beta_start}");
            found.push(Conflict { key: "diffusion.schedule.beta_end", message });
        }
        if let BetaSchedule::Linear { beta_start, beta_end } = &self.diffusion.schedule {
            let timesteps = self.diffusion.timesteps;
            // The logarithm of the product of 1 - beta, by the mean of its ends: near enough to refuse early; the
            // trainer computes it exactly.
            let signal = (timesteps as f64 * (-(beta_start + beta_end) / 2.0).ln_1p()).exp();
            if signal < LEAST_SIGNAL || *beta_start < LEAST_NOISE {
                let message = format!(
                    "beta from {beta_start} to {beta_end} in {timesteps} timesteps leaves too little at one end for \
                     single precision"
                );
                found.push(Conflict { key: "diffusion.schedule.beta_end", message });
            }
        }
        if let Optimizer::Sgd { momentum: 0.0, nesterov: true, .. } = &self.optimizer {
            let message = "optimizer.nesterov needs an optimizer.momentum above 0".to_owned();
            found.push(Conflict { key: "optimizer.nesterov", message });
        }
        found
    }
}
