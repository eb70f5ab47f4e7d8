//! `optimizer=adam|sgd`

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
    /// The learning rate of either.
    pub fn lr(&self) -> f64 {
        match self {
            Self::Adam { lr, .. } | Self::Sgd { lr, .. } => *lr,
        }
    }
}

/// The schema of a decay rate: a number in [0, 1).
#[derive(JsonSchema)]
#[schemars(inline, extend("exclusiveMaximum" = 1.0))]
#[expect(dead_code, reason = "only its schema is used")]
struct DecayRate(#[schemars(range(min = 0.0))] f64);
