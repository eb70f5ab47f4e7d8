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

pub use dataset::{Data, Dataset, EmojiSubset};
pub use diffusion::{BetaSchedule, Diffusion, Model, Objective, Sampling};
pub use optimizer::Optimizer;
pub use training::{DeviceChoice, Training};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that decides what a run computes.
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
    /// How long and in what portions to train.
    pub training: Training,
}

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
        if let Optimizer::Sgd { momentum: 0.0, nesterov: true, .. } = &self.optimizer {
            let message = "optimizer.nesterov needs an optimizer.momentum above 0".to_owned();
            found.push(Conflict { key: "optimizer.nesterov", message });
        }
        found
    }
}
