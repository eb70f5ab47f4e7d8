//! `slurm.json`: what of a sweep was submitted to Slurm.

use crate::files::{Durability, replace};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

const FILE: &str = "slurm.json";

/// An array of jobs that Slurm has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Submission {
    /// Slurm's number of the array.
    pub(crate) array: String,
    /// What is added to the index of a task for the number of the job.
    pub(crate) base: usize,
    /// The numbers of its jobs.
    pub(crate) nums: Vec<usize>,
}

/// All that was submitted, in order; nothing, if nothing was.
///
/// # Errors
/// The file is damaged, or cannot be read.
pub(crate) fn submissions(sweep_dir: &Path) -> io::Result<Vec<Submission>> {
    match std::fs::read(sweep_dir.join(FILE)) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| {
            let message = format!("{}: damaged: {error}", sweep_dir.join(FILE).display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Adds one, before the next is submitted.
pub(super) fn add(sweep_dir: &Path, submission: Submission) -> io::Result<()> {
    let mut all = submissions(sweep_dir)?;
    all.push(submission);
    let text = serde_json::to_string(&all)? + "\n";
    replace(&sweep_dir.join(FILE), text.as_bytes(), Durability::Synced)
}
