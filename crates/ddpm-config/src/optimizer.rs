//! `optimizer=adam|adamw|sgd` and `lr_schedule=constant|cosine`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The update rule; `name` chooses it, and each has its own keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum Optimizer {
    /// Adam (Kingma & Ba 2015), as PyTorch's `torch.optim.Adam`.
    Adam {
        /// Learning rate.
        #[schemars(range(min = 0.0))]
        lr: f64,
        /// Decay rates of the running means of the gradient and of its square, each in [0, 1).
        #[schemars(with = "[DecayRate; 2]")]
        betas: [f64; 2],
        /// Added to the denominator.
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        eps: f64,
        /// L2 penalty, added to the gradient.
        #[schemars(range(min = 0.0))]
        weight_decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov & Hutter 2019), as PyTorch's `torch.optim.AdamW`.
    AdamW {
        /// Learning rate.
        #[schemars(range(min = 0.0))]
        lr: f64,
        /// Decay rates of the running means of the gradient and of its square, each in [0, 1).
        #[schemars(with = "[DecayRate; 2]")]
        betas: [f64; 2],
        /// Added to the denominator.
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        eps: f64,
        /// Share of each weight, times the learning rate, that a step takes away.
        #[schemars(range(min = 0.0))]
        weight_decay: f64,
    },
    /// Stochastic gradient descent, as PyTorch's `torch.optim.SGD`.
    Sgd {
        /// Learning rate.
        #[schemars(range(min = 0.0))]
        lr: f64,
        /// Momentum, 0 for none.
        #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
        momentum: f64,
        /// L2 penalty, added to the gradient.
        #[schemars(range(min = 0.0))]
        weight_decay: f64,
        /// Nesterov's form of the momentum.
        nesterov: bool,
    },
}

impl Optimizer {
    /// The learning rate of any.
    pub fn lr(&self) -> f64 {
        match self {
            Self::Adam { lr, .. } | Self::AdamW { lr, .. } | Self::Sgd { lr, .. } => *lr,
        }
    }
}

/// How the learning rate changes over a run: a factor of `optimizer.lr`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum LrSchedule {
    /// 1, after the warm-up.
    Constant {
        /// Steps in which the factor rises evenly to 1; 0: none.
        warmup_steps: u64,
    },
    /// After the warm-up a half period of a cosine, from 1 to `final_factor` after the run's last step
    /// (Loshchilov & Hutter 2017, without restarts).
    Cosine {
        /// Steps in which the factor rises evenly to 1; 0: none.
        warmup_steps: u64,
        /// The factor at the end.
        #[schemars(range(min = 0.0, max = 1.0))]
        final_factor: f64,
    },
}

impl LrSchedule {
    /// The factor for the step after `step` steps, of `steps` that the whole run has.
    ///
    /// ```
    /// let schedule = ddpm_config::LrSchedule::Cosine { warmup_steps: 2, final_factor: 0.0 };
    /// assert_eq!([0, 1, 2].map(|step| schedule.factor(step, 12)), [0.5, 1.0, 1.0]);
    /// assert!((schedule.factor(7, 12) - 0.5).abs() < 1e-12);
    /// assert!(schedule.factor(11, 12) < 0.03);
    /// ```
    pub fn factor(&self, step: u64, steps: u64) -> f64 {
        let (Self::Constant { warmup_steps } | Self::Cosine { warmup_steps, .. }) = *self;
        if step < warmup_steps {
            return (step + 1) as f64 / warmup_steps as f64;
        }
        match *self {
            Self::Constant { .. } => 1.0,
            Self::Cosine { final_factor, .. } => {
                let done = (step - warmup_steps) as f64 / steps.saturating_sub(warmup_steps).max(1) as f64;
                let cosine = (1.0 + (std::f64::consts::PI * done.min(1.0)).cos()) / 2.0;
                final_factor + (1.0 - final_factor) * cosine
            }
        }
    }
}

/// The schema of a decay rate: a number in [0, 1).
#[derive(JsonSchema)]
#[schemars(inline, extend("exclusiveMaximum" = 1.0))]
#[expect(dead_code, reason = "only its schema is used")]
struct DecayRate(#[schemars(range(min = 0.0))] f64);
