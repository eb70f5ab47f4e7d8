//! Training: the loop and what it keeps.

mod checkpoint;
mod ema;
mod error;
mod optimizer;
mod pace;
mod signals;
mod trainer;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use ema::Ema;
pub use error::TrainError;
pub use optimizer::Optimizer;
pub use signals::{Signal, Signals};
pub use trainer::{Ended, Trainer};
