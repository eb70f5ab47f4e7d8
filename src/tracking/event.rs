//! The events of a run.

use crate::evaluation::Evaluation;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// Something that happened. Paths are relative to the run directory.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Training is about to begin.
    Started {
        /// `cpu` or `cuda:0`.
        device: String,
        /// The kind of feature maps, and whose kernels compute them.
        arithmetic: String,
        /// CPU threads for tensor operations.
        threads: i32,
        /// Numbers that are trained.
        parameters: i64,
        /// Pictures of the dataset.
        pictures: usize,
        /// Steps of an epoch.
        steps_per_epoch: u64,
        /// Steps of the whole run.
        steps: u64,
    },
    /// Training goes on from a checkpoint.
    Resumed {
        /// Steps taken before.
        step: u64,
        /// The file.
        checkpoint: PathBuf,
    },
    /// The pictures of the first batch were written.
    Inputs {
        /// A PNG grid.
        path: PathBuf,
    },
    /// Some steps were taken since the last such event.
    Step {
        /// Steps taken so far.
        step: u64,
        /// The epoch, from 1.
        epoch: u64,
        /// Loss of this step.
        loss: f64,
        /// Learning rate of this step.
        lr: f64,
        /// Pictures a second since the last such event.
        images_per_second: f64,
    },
    /// An epoch is over.
    Epoch {
        /// Steps taken so far.
        step: u64,
        /// The epoch, from 1.
        epoch: u64,
        /// Mean loss over the epoch.
        loss: f64,
        /// Learning rate at its end.
        lr: f64,
        /// Pictures a second over the epoch, without sampling.
        images_per_second: f64,
    },
    /// The loss on held-out pictures was found.
    Validation {
        /// Steps taken so far.
        step: u64,
        /// The epoch, from 1.
        epoch: u64,
        /// Mean loss of the network that pictures are drawn with.
        loss: f64,
        /// Whether it is the least so far.
        best: bool,
    },
    /// Drawn pictures were compared with held-out ones.
    Evaluation {
        /// Steps taken so far.
        step: u64,
        /// The distances.
        #[serde(flatten)]
        evaluation: Evaluation,
    },
    /// Pictures were drawn.
    Samples {
        /// The epoch, from 1.
        epoch: u64,
        /// A PNG grid.
        path: PathBuf,
    },
    /// The state was saved.
    Checkpoint {
        /// Steps taken so far.
        step: u64,
        /// The file.
        path: PathBuf,
    },
    /// Training was asked to stop, and has saved.
    Interrupted {
        /// Steps taken so far.
        step: u64,
    },
    /// Training is complete.
    Finished {
        /// Steps taken.
        step: u64,
        /// Wall-clock time since the start.
        seconds: f64,
    },
    /// Training ended with an error.
    Failed {
        /// What was wrong.
        message: String,
    },
    /// Something that is good to know.
    Notice {
        /// What.
        message: String,
    },
    /// Something went wrong that training survives.
    Warning {
        /// What.
        message: String,
    },
}

/// The line that a person reads in the log.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { device, arithmetic, threads, parameters, pictures, steps_per_epoch, steps } => {
                write!(
                    f,
                    "training {parameters} parameters on {device} with {threads} {} ({arithmetic}): {pictures} pictures, {steps_per_epoch} steps an epoch, {steps} steps",
                    if *threads == 1 { "thread" } else { "threads" }
                )
            }
            Self::Resumed { step, checkpoint } => {
                write!(f, "going on after step {step}, from {}", checkpoint.display())
            }
            Self::Inputs { path } => write!(f, "inputs of the first batch: {}", path.display()),
            Self::Step { step, epoch, loss, lr, images_per_second } => {
                write!(
                    f,
                    "epoch {epoch}, step {step}: loss {loss:.4}, lr {lr:.3e}, {images_per_second:.0} images/s"
                )
            }
            Self::Epoch { epoch, step, loss, images_per_second, .. } => {
                write!(f, "epoch {epoch} done: step {step}, loss {loss:.4}, {images_per_second:.0} images/s")
            }
            Self::Validation { epoch, loss, best, .. } => {
                write!(f, "validation after epoch {epoch}: loss {loss:.4}")?;
                if *best { f.write_str(", the least so far") } else { Ok(()) }
            }
            Self::Evaluation { step, evaluation } => write!(f, "evaluation after step {step}\n{evaluation}"),
            Self::Samples { epoch, path } => write!(f, "samples after epoch {epoch}: {}", path.display()),
            Self::Checkpoint { step, path } => write!(f, "saved step {step}: {}", path.display()),
            Self::Interrupted { step } => write!(f, "interrupted after step {step}; everything is saved"),
            Self::Finished { step, seconds } => write!(f, "finished after {step} steps in {seconds:.0} s"),
            Self::Failed { message } => write!(f, "failed: {message}"),
            Self::Notice { message } => f.write_str(message),
            Self::Warning { message } => write!(f, "warning: {message}"),
        }
    }
}
