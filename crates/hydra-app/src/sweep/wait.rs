//! Waiting for a sweep's end.

use super::record::Sweep;
use crate::failure::Failure;
use crate::job::State;
use crate::launch::LauncherSettings;
use crate::launch::slurm::Queue;
use std::thread::sleep;
use std::time::Duration;

/// A cluster is asked less often.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_ON_A_CLUSTER: Duration = Duration::from_secs(2);

impl Sweep {
    /// Whether a job runs, or somebody is going to start one.
    ///
    /// # Errors
    /// The jobs were submitted to Slurm, and it cannot be asked.
    pub(super) fn is_active(&self) -> Result<bool, String> {
        let queue = self.queue()?;
        let is_queued = |queue: &Queue| self.record.jobs.iter().any(|job| queue.has(job.num));
        if queue.as_ref().is_some_and(is_queued) {
            return Ok(true);
        }
        let runs = self.statuses_with(queue.as_ref()).iter().any(|status| status.state == State::Running);
        // Between two jobs nothing runs. Who submits to a cluster, and maybe waits, starts nothing himself.
        let launches = queue.is_none() && !crate::stop::is_asked(&self.dir) && self.launcher().is_some();
        Ok(runs || launches)
    }
}

/// Returns when nothing of the sweep runs or is going to.
///
/// # Errors
/// Slurm cannot be asked. Once it has answered, a controller that is down for a while is waited for as well.
pub(super) fn wait(sweep: &Sweep) -> Result<(), Failure> {
    let pause = match sweep.record.launcher {
        LauncherSettings::Slurm(_) => PAUSE_ON_A_CLUSTER,
        _ => PAUSE,
    };
    let mut is_active = sweep.is_active().map_err(|reason| {
        Failure::Other(format!("Slurm cannot be asked: {reason}\nhelp: wait on a machine of the cluster"))
    })?;
    while is_active {
        sleep(pause);
        is_active = sweep.is_active().unwrap_or(true);
    }
    Ok(())
}
