//! Waiting for a sweep's end.

use super::record::Sweep;
use crate::job::State;
use crate::launch::LauncherSettings;
use std::thread::sleep;
use std::time::Duration;

/// A cluster is asked less often.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_ON_A_CLUSTER: Duration = Duration::from_secs(2);

impl Sweep {
    /// Whether a job runs, or somebody is going to start one.
    pub(super) fn is_active(&self) -> bool {
        if let Some(queue) = self.queue()
            && self.record.jobs.iter().any(|job| queue.has(job.num))
        {
            return true;
        }
        let statuses = self.statuses();
        let has = |state| statuses.iter().any(|status| status.state == state);
        let may_start = has(State::Planned) && !crate::stop::is_asked(&self.dir);
        has(State::Running) || (may_start && self.launcher().is_some())
    }
}

/// Returns when nothing of the sweep runs or is going to.
pub(super) fn wait(sweep: &Sweep) {
    let pause = match sweep.record.launcher {
        LauncherSettings::Slurm(_) => PAUSE_ON_A_CLUSTER,
        _ => PAUSE,
    };
    while sweep.is_active() {
        sleep(pause);
    }
}
