//! `training`, and where to compute

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// The first GPU if there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The first GPU; an error if there is none.
    Cuda,
}

impl std::str::FromStr for DeviceChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            other => Err(format!("'{other}' is none of auto, cpu, cuda")),
        }
    }
}

/// How long and in what portions to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// How often to go through the dataset.
    #[schemars(range(min = 1))]
    pub epochs: u64,
    /// Pictures a step.
    #[schemars(range(min = 1, max = 65536))]
    pub batch_size: NonZeroUsize,
    /// Stop after this many steps; null: after the last epoch.
    #[schemars(range(min = 1))]
    pub max_steps: Option<u64>,
    /// Decay of the moving average of the weights that samples are drawn with; null: draw with the weights themselves.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub ema_decay: Option<f64>,
    /// A line of metrics after every N steps.
    #[schemars(range(min = 1))]
    pub log_every: u64,
    /// Keep the newest N checkpoints; null: all of them.
    #[schemars(range(min = 1))]
    pub keep_checkpoints: Option<usize>,
}
