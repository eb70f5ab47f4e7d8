//! Ending a sweep.

use super::record::Sweep;
use crate::failure::{Failure, say};
use crate::job::{self, State};
use crate::launch::{LauncherSettings, shown, slurm};
use crate::stop::Stop;

/// Nothing more is started, and what runs is asked to save and end.
///
/// # Errors
/// The sweep's directory cannot be written to.
pub(super) fn cancel(sweep: &Sweep) -> Result<(), Failure> {
    let statuses = sweep.statuses();
    let is_open = |state| matches!(state, State::Planned | State::Running);
    if !statuses.iter().any(|status| is_open(status.state)) {
        say("nothing of it runs or is going to");
        return Ok(());
    }
    // The file first: a launcher that sees its jobs end must not start others.
    Stop::Cancelled.ask(&sweep.dir).map_err(Failure::io)?;
    if let LauncherSettings::Slurm(_) = sweep.record.launcher {
        slurm::cancel(&sweep.dir)?;
    }
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
