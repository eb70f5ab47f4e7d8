//! From configurations to jobs that run.
//!
//! - `worker`: what a program does with a job
//! - `single`: one run
//! - `planned`: a sweep, planned on disk before anything starts
//! - `settings`: what `hydra.launcher` says
//! - `local`: jobs on this machine, one after another or several at once
//! - [`slurm`]: jobs on a cluster
//! - `slots`: threads and GPUs, divided among them
//! - `echo`: what a job prints, shown while it runs
//! - `report`: what a person is told meanwhile

mod checked;
mod echo;
mod local;
mod planned;
mod report;
mod settings;
mod single;
mod slots;
pub mod slurm;
mod worker;

pub use checked::CheckedWorker;
pub use planned::{Request, check, plan_on_disk};
pub use settings::{BasicSettings, Gpu, LauncherSettings, LocalSettings};
pub use single::{prepare, resume, run_job, start};
pub use worker::{CommandWorker, NoWorker, Worker};

pub(crate) use local::launch;
pub(crate) use report::duration;
pub(crate) use single::{existing, shown};
pub(crate) use slots::thread_variables;
