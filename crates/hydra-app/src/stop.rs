//! `stop.json` in a sweep's directory: nothing more is to be started. It works across machines, where signals do not.

use crate::files::{Durability, replace};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

const STOP: &str = "stop.json";

/// Why a sweep starts no more jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub(crate) enum Stop {
    /// Somebody cancelled it; what runs is to end, too.
    Cancelled,
    /// A job failed, and the sweep was to go no further; what runs may end as it likes.
    Failed {
        /// The job's number.
        num: usize,
    },
}

impl Stop {
    /// Asks the sweep to stop.
    pub(crate) fn ask(&self, sweep_dir: &Path) -> io::Result<()> {
        let text = serde_json::to_string(self)? + "\n";
        replace(&sweep_dir.join(STOP), text.as_bytes(), Durability::Soon)
    }

    /// What the sweep was asked, if it was.
    pub(crate) fn read(sweep_dir: &Path) -> Option<Self> {
        let text = std::fs::read(sweep_dir.join(STOP)).ok()?;
        // Somebody wanted it stopped, whatever the file says.
        Some(serde_json::from_slice(&text).unwrap_or(Self::Cancelled))
    }

    /// Lets the sweep go on.
    pub(crate) fn lift(sweep_dir: &Path) -> io::Result<()> {
        match std::fs::remove_file(sweep_dir.join(STOP)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether nothing more is to be started.
pub(crate) fn is_asked(sweep_dir: &Path) -> bool {
    sweep_dir.join(STOP).exists()
}

/// Whether what runs is to end, too.
pub(crate) fn is_cancelled(sweep_dir: &Path) -> bool {
    is_asked(sweep_dir) && Stop::read(sweep_dir) == Some(Stop::Cancelled)
}
