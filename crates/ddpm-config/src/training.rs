//! `training`, and where to compute

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

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

/// In which arithmetic to train and to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// float32.
    Fp32,
    /// Feature maps and convolutions in bfloat16; weights, sums and the loss in float32.
    Bf16,
    /// `bf16` where the processor computes in it (AVX-512 BF16 or AMX, and GPUs), else `fp32`.
    Auto,
}

/// How long, in what portions and in which arithmetic to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// How often to go through the dataset.
    #[schemars(range(min = 1))]
    pub epochs: u64,
    /// Pictures a batch.
    #[schemars(range(min = 1, max = 65536))]
    pub batch_size: NonZeroUsize,
    /// Batches whose gradients make one step; 1: each makes its own.
    #[schemars(range(min = 1))]
    pub accumulate_batches: NonZeroU64,
    /// Stop after this many steps; null: after the last epoch.
    #[schemars(range(min = 1))]
    pub max_steps: Option<u64>,
    /// End the run after this many minutes, with everything saved; each start counts anew. null: no limit.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub max_minutes: Option<f64>,
    /// The arithmetic.
    pub precision: Precision,
    /// Gradients whose norm, over all weights, is larger are scaled down to it; null: they are taken as they are.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub max_grad_norm: Option<f64>,
    /// Decay of the moving average of the weights that samples are drawn with; null: draw with the weights themselves.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub ema_decay: Option<f64>,
    /// Begin with a smaller decay, (1 + step) / (10 + step), so that the average forgets the initial weights.
    pub ema_warmup: bool,
    /// A line of metrics after every N steps.
    #[schemars(range(min = 1))]
    pub log_every: u64,
    /// Save within an epoch, too, after every N steps; null: after each epoch.
    #[schemars(range(min = 1))]
    pub checkpoint_every_steps: Option<u64>,
    /// Keep the checkpoints of the newest N epochs; null: all of them.
    #[schemars(range(min = 1))]
    pub keep_checkpoints: Option<usize>,
    /// Keep the checkpoint with the least validation loss as `checkpoints/best.safetensors`.
    pub keep_best: bool,
}

/// The loss on pictures that are not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// After every N epochs, and after the last; 0: never.
    pub every_epochs: u64,
    /// The first N held-out pictures, each at one noise level, always the same; null: all of them.
    #[schemars(range(min = 1))]
    pub pictures: Option<NonZeroUsize>,
}

/// How far drawn pictures are from held-out ones: what `ddpm eval` measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Eval {
    /// Measure at the end of training, too.
    pub after_training: bool,
    /// Pictures to draw.
    #[schemars(range(min = 2, max = 100_000))]
    pub samples: usize,
    /// A TorchScript file of Inception v3, whose features give the Fréchet inception distance (FID); null: without it.
    pub inception: Option<PathBuf>,
}
