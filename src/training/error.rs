//! What can stop training.

use super::CheckpointError;
use crate::device::NoCuda;
use crate::diffusion::InvalidSchedule;
use crate::evaluation::EvaluationError;
use crate::pictures;
use ddpm_data::DataError;
use std::path::PathBuf;
use tch::TchError;

/// What can stop training.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The device asked for is not there.
    #[error(transparent)]
    Device(#[from] NoCuda),
    /// The noise schedule is impossible.
    #[error(transparent)]
    Schedule(#[from] InvalidSchedule),
    /// The pictures cannot be read.
    #[error("{}", .0.report())]
    Data(#[from] DataError),
    /// A checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A grid of pictures cannot be written.
    #[error(transparent)]
    Pictures(#[from] pictures::WriteError),
    /// Pictures cannot be compared.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// libtorch failed.
    #[error("libtorch: {0}")]
    Torch(#[from] TchError),
    /// The gradients are so large that they have no norm.
    #[error(
        "the gradients of step {step} have no finite norm (the loss is {loss}); what led to them is saved in {}\nhelp: a smaller optimizer.lr is the usual remedy",
        saved.display()
    )]
    Exploded {
        /// The step, from 1.
        step: u64,
        /// Its loss.
        loss: f64,
        /// The checkpoint.
        saved: PathBuf,
    },
    /// The loss is no longer a number.
    #[error(
        "the loss of step {step} is {loss}; what led to it is saved in {}\nhelp: a smaller optimizer.lr is the usual remedy",
        saved.display()
    )]
    Diverged {
        /// The step, from 1.
        step: u64,
        /// Its loss.
        loss: f64,
        /// The checkpoint.
        saved: PathBuf,
    },
}
