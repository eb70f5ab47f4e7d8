//! Training: the loop and what it keeps.

mod checkpoint;
mod ema;
mod optimizer;
mod signals;
mod trainer;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use ema::Ema;
pub use optimizer::Optimizer;
pub use signals::{Signal, Signals};
pub use trainer::{Ended, Trainer, TrainError};
