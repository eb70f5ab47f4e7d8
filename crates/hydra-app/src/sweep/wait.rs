//! Waiting for a sweep's end.

use super::record::Sweep;
use crate::job::State;
use std::thread::sleep;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(500);

impl Sweep {
    /// Whether a job runs, or somebody is going to start one.
    pub(super) fn is_active(&self) -> bool {
        let statuses = self.statuses();
        let has = |state| statuses.iter().any(|status| status.state == state);
        has(State::Running)
            || (has(State::Planned) && !crate::stop::is_asked(&self.dir) && self.launcher().is_some())
    }
}

/// Returns when nothing of the sweep runs or is going to.
pub(super) fn wait(sweep: &Sweep) {
    while sweep.is_active() {
        sleep(PAUSE);
    }
}
