//! Training: the loop and what it keeps.

mod checkpoint;
mod ema;
mod error;
mod folder;
mod lock;
mod optimizer;
mod pace;
mod plan;
mod signals;
mod state;
mod trainer;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use ema::Ema;
pub use error::TrainError;
pub use folder::Checkpoints;
pub use lock::{LockError, RunLock};
pub use optimizer::Optimizer;
pub use pace::Mean;
pub use plan::{Plan, batches};
pub use signals::{Signal, Signals};
pub use trainer::{Ended, Trainer};
