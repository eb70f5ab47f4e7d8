//! `hydra/launcher=slurm`: one task of a job array for each job. <https://slurm.schedmd.com/job_array.html>
//!
//! - `settings`: what `hydra.launcher` says
//! - `sbatch`: its options, the script of a task, the indices of an array
//! - `submit`: hands jobs over
//! - `task`: what runs on the cluster: a job, and what Slurm has to do with its end
//! - `record`, `queue`: what was submitted, and what Slurm says of it

mod queue;
mod record;
mod sbatch;
mod settings;
mod submit;
mod task;

pub use settings::{Gpus, SlurmSettings};

pub(crate) use queue::Queue;
pub(crate) use record::submissions;
pub(crate) use submit::{cancel, submit};
pub(crate) use task::run_task;

/// Folder in the sweep's directory for the script and for what Slurm itself logs.
const FOLDER: &str = "slurm";
