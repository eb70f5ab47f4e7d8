//! `model`, `diffusion` and `sampling`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The U-Net.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Channels of the first stage, a multiple of 8; deeper stages have twice as many.
    #[schemars(range(min = 8, max = 4096), extend("multipleOf" = 8))]
    pub hidden_size: i64,
}

/// The forward process q(x_t | x_0) and what the network predicts from x_t (Ho et al. 2020, section 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diffusion {
    /// Number of noise levels T.
    #[schemars(range(min = 1, max = 100_000))]
    pub timesteps: i64,
    /// The variances beta_t of the noise that each level adds.
    pub schedule: BetaSchedule,
    /// What the network is trained to predict.
    pub objective: Objective,
    /// Weighs the loss of each noise level so that easy ones do not drown the others: gamma of min-SNR-gamma (Hang et al. 2023;
    /// 5 there); null: all weigh the same.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub min_snr_gamma: Option<f64>,
}

/// The variances beta_1 … beta_T, each in (0, 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum BetaSchedule {
    /// Evenly spaced (Ho et al. 2020).
    Linear {
        /// beta_1, in (0, 1).
        #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
        beta_start: f64,
        /// beta_T, in (0, 1), not below beta_1.
        #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
        beta_end: f64,
    },
    /// The product of 1 - beta follows a squared cosine (Nichol & Dhariwal 2021, equation 17).
    Cosine {
        /// Offset s that keeps beta_1 from vanishing.
        #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
        offset: f64,
    },
}

/// What the network predicts from x_t; the loss is the mean squared error of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// The noise that was added (Ho et al. 2020, equation 14).
    Epsilon,
    /// The clean picture x_0.
    X0,
    /// The velocity sqrt(ᾱ)·ε − sqrt(1−ᾱ)·x_0 (Salimans & Ho 2022, appendix D).
    V,
}

/// How pictures are drawn from the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// Denoising steps, spread evenly over the noise levels; more than `diffusion.timesteps` mean all of them.
    #[schemars(range(min = 1))]
    pub steps: i64,
    /// Fresh noise in each step: 1 is ancestral sampling (Ho et al. 2020), 0 is DDIM (Song et al. 2021, equation 16).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub eta: f64,
    /// Pictures in a grid.
    #[schemars(range(min = 1, max = 4096))]
    pub pictures: usize,
    /// A grid after every N epochs, and after the last; 0: none.
    pub every_epochs: u64,
    /// Beside each grid, the way from noise to pictures: eight of them, from left to right in ten stages.
    pub strip: bool,
    /// Beside each grid, the same way as an animated PNG.
    pub animation: bool,
}
