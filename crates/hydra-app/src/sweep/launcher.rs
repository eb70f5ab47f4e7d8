//! Who launches a sweep: one process at a time.

use super::record::Sweep;
use crate::failure::Failure;
use crate::files::{Durability, Lock, lock, replace};
use crate::job::{Life, Process};
use crate::launch::shown;
use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

/// Locked by the launcher while it is there.
const LOCK: &str = ".lock";
/// The process that launches, or did.
const LAUNCHER: &str = "launcher.json";
/// For so long a lock may be held by nobody in particular.
const MOMENT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Sweep {
    /// Makes this process the sweep's launcher, for as long as the file is open.
    ///
    /// # Errors
    /// Another process launches it.
    pub(super) fn claim(&self) -> Result<File, Failure> {
        let path = self.dir.join(LOCK);
        let named = |error: io::Error| Failure::Other(format!("{}: {error}", path.display()));
        let taken = || {
            let who =
                self.launcher().map(|process| format!(", by process {} on {}", process.pid, process.host));
            Failure::Other(format!(
                "{} is being launched{}\nhelp: 'sweep status' shows it, 'sweep wait' waits for it",
                shown(&self.dir),
                who.unwrap_or_default()
            ))
        };
        let start = Instant::now();
        let lock = loop {
            match lock(&path).map_err(named)? {
                Lock::Held(file) => break file,
                // A process that a launcher has just started holds its lock until it runs its own program, and one that was
                // killed in that moment leaves the lock to it: not for long.
                Lock::Taken if self.launcher().is_none() && start.elapsed() < MOMENT => {
                    std::thread::sleep(LOOK_AGAIN);
                }
                Lock::Taken => return Err(taken()),
            }
        };
        // Where there are no locks, the last launcher may still be there.
        if self.launcher().is_some_and(|process| process != Process::me()) {
            return Err(taken());
        }
        let text = serde_json::to_vec(&Process::me()).map_err(|error| named(error.into()))?;
        replace(&self.dir.join(LAUNCHER), &text, Durability::Soon).map_err(named)?;
        Ok(lock)
    }

    /// Whether a process of this machine launches the sweep.
    pub(super) fn is_launched(&self) -> bool {
        self.launcher().is_some()
    }

    /// The process that launches the sweep, if it is there. Of one on another machine only its running jobs can tell.
    pub(super) fn launcher(&self) -> Option<Process> {
        let text = std::fs::read(self.dir.join(LAUNCHER)).ok()?;
        let process: Process = serde_json::from_slice(&text).ok()?;
        (process.life() == Life::Alive).then_some(process)
    }
}
