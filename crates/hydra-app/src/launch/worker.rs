//! What a program does with a job.

use crate::failure::Failure;
use hydra_compose::{Config, Result};
use std::ffi::OsString;
use std::path::Path;

/// What a program does with a job: the part of launching that it knows and the framework does not.
pub trait Worker {
    /// What the program's schema says of a configuration; a sweep asks it of every job before any of them starts.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn check(&self, config: &Config) -> Result<()>;

    /// The JSON Schema of the configuration, from which `--help` has what it says of keys; none: the program has none.
    fn schema(&self) -> Option<serde_json::Value> {
        None
    }

    /// Makes ready what the job needs and several jobs share: a dataset, for instance. It is asked once a job, in order,
    /// before any of them starts.
    ///
    /// # Errors
    /// It cannot be had; then nothing starts.
    fn prepare(&self, config: &Config) -> std::result::Result<(), Failure>;

    /// The command that does the job in `run_dir`. It finds `HYDRA_CONFIG_FILE` and `HYDRA_RUN_DIR` in its environment.
    ///
    /// # Errors
    /// The program has none.
    fn command(&self, run_dir: &Path) -> std::result::Result<Vec<OsString>, Failure>;

    /// Whether a run that is done would go on if it were started again: a limit of its own has ended it. `--resume` asks.
    fn goes_on(&self, _run_dir: &Path) -> bool {
        false
    }

    /// The command as it is to be written down with the job, if it is not the same for all jobs of the program.
    fn recorded(&self) -> Option<Vec<String>> {
        None
    }
}

/// A worker that runs any command, and takes every configuration.
#[derive(Clone, Debug)]
pub struct CommandWorker {
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl Worker for CommandWorker {
    fn check(&self, _: &Config) -> Result<()> {
        Ok(())
    }

    fn prepare(&self, _: &Config) -> std::result::Result<(), Failure> {
        Ok(())
    }

    fn command(&self, _: &Path) -> std::result::Result<Vec<OsString>, Failure> {
        Ok(self.command.iter().map(OsString::from).collect())
    }

    fn recorded(&self) -> Option<Vec<String>> {
        Some(self.command.clone())
    }
}

/// A program without a worker: it composes, and what was started with a command goes on with that.
#[derive(Clone, Copy, Debug)]
pub struct NoWorker;

impl Worker for NoWorker {
    fn check(&self, _: &Config) -> Result<()> {
        Ok(())
    }

    fn prepare(&self, _: &Config) -> std::result::Result<(), Failure> {
        Ok(())
    }

    fn command(&self, _: &Path) -> std::result::Result<Vec<OsString>, Failure> {
        Err(Failure::Usage("there is nothing to run\nhelp: name a command after '--'".into()))
    }
}
