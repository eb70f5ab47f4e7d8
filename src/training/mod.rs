//! Training: the loop and what it keeps.

mod checkpoint;
mod ema;
mod error;
mod evaluate;
mod folder;
mod identity;
mod lock;
mod optimizer;
mod pace;
mod plan;
mod signals;
mod state;
mod step;
mod trainer;
mod validation;
mod weights;

pub use checkpoint::{Best, Checkpoint, CheckpointError};
pub use ema::Ema;
pub use error::TrainError;
pub(crate) use evaluate::{conditions, write_evaluation};
pub use folder::Checkpoints;
pub use identity::Settings;
pub use lock::{LockError, RunLock};
pub use optimizer::Optimizer;
pub use pace::Mean;
pub use plan::{Plan, batches};
pub use signals::{Signal, Signals};
pub use trainer::{Ended, Trainer};
pub use weights::load_weights;
