//! Who launches a sweep: one process at a time.

use super::record::Sweep;
use crate::failure::Failure;
use crate::files::{Durability, replace};
use crate::job::{Life, Process};
use crate::launch::shown;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;

/// Locked by the launcher while it is there.
const LOCK: &str = ".lock";
/// The process that launches, or did.
const LAUNCHER: &str = "launcher.json";

impl Sweep {
    /// Makes this process the sweep's launcher, for as long as the file is open.
    ///
    /// # Errors
    /// Another process launches it.
    pub(super) fn claim(&self) -> Result<File, Failure> {
        let path = self.dir.join(LOCK);
        let named = |error: io::Error| Failure::Other(format!("{}: {error}", path.display()));
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(named)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::WouldBlock) => {
                let who = self
                    .launcher()
                    .map(|process| format!(", by process {} on {}", process.pid, process.host));
                return Err(Failure::Other(format!(
                    "{} is being launched{}\nhelp: 'sweep status' shows it, 'sweep wait' waits for it",
                    shown(&self.dir),
                    who.unwrap_or_default()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(named(error)),
        }
        let text = serde_json::to_vec(&Process::me()).map_err(|error| named(error.into()))?;
        replace(&self.dir.join(LAUNCHER), &text, Durability::Soon).map_err(named)?;
        Ok(lock)
    }

    /// The process that launches the sweep, if it is there or may be: on another machine nobody can tell.
    pub(super) fn launcher(&self) -> Option<Process> {
        let text = std::fs::read(self.dir.join(LAUNCHER)).ok()?;
        let process: Process = serde_json::from_slice(&text).ok()?;
        (process.life() != Life::Dead).then_some(process)
    }
}
