//! Ending a sweep.

use super::record::Sweep;
use crate::failure::{Failure, say};
use crate::job::{self, State, Status};
use crate::launch::{LauncherSettings, shown, slurm};
use crate::stop::Stop;

/// Nothing more is started, and what runs is asked to save and end.
///
/// # Errors
/// The sweep's directory cannot be written to.
pub(super) fn cancel(sweep: &Sweep) -> Result<(), Failure> {
    let queue = sweep.queue().map_err(Failure::Other)?;
    let is_over = |status: &Status| status.state != State::Running && status.state != State::Planned;
    let is_queued = |num| queue.as_ref().is_some_and(|queue| queue.has(num));
    let statuses = sweep.statuses_with(queue.as_ref());
    if statuses.iter().enumerate().all(|(num, status)| is_over(status) && !is_queued(num))
        && !sweep.is_launched()
    {
        say("nothing of it runs or is going to");
        return Ok(());
    }
    // The file first: a launcher that sees its jobs end must not start others. And then who runs: one that starts now
    // looks at the file before it starts its worker.
    Stop::Cancelled.ask(&sweep.dir).map_err(Failure::io)?;
    if let LauncherSettings::Slurm(_) = sweep.record.launcher {
        slurm::cancel(&sweep.dir)?;
    }
    let statuses = sweep.statuses_with(None);
    let running: Vec<_> = statuses.iter().filter(|status| status.state == State::Running).collect();
    let told = running.iter().filter(|status| job::ask_to_stop(status)).count();
    let elsewhere = match running.len() - told {
        0 => String::new(),
        others => format!("; {others} on other machines within seconds"),
    };
    say(&format!("{told} asked to save and end{elsewhere}; no other is started"));
    say(&format!("help: '{} sweep resume {}' goes on with it", sweep.record.program, shown(&sweep.dir)));
    Ok(())
}
