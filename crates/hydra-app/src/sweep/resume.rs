//! Running a sweep: all of it, or what is not done.

use super::record::Sweep;
use crate::failure::{Failure, say};
use crate::job::State;
use crate::launch::slurm::submit;
use crate::launch::{LauncherSettings, launch};
use crate::stop::Stop;
use std::env;
use std::process::ExitCode;

/// Runs those jobs of a sweep that are not done, to their end. Those that run already are waited for.
///
/// # Errors
/// Another process launches the sweep.
pub(crate) fn run(sweep: &Sweep, wait: Wait) -> Result<ExitCode, Failure> {
    let lock = sweep.claim()?;
    let record = &sweep.record;
    // Relative paths mean what they meant when the sweep was planned.
    env::set_current_dir(&record.cwd).map_err(|error| {
        Failure::Other(format!("{}, where the sweep was started: {error}", record.cwd.display()))
    })?;
    Stop::lift(&sweep.dir).map_err(Failure::io)?;
    let statuses = sweep.statuses();
    let open: Vec<usize> = (0..statuses.len()).filter(|num| statuses[*num].state != State::Done).collect();
    if open.is_empty() && !statuses.is_empty() {
        say("all jobs are done already");
        return Ok(ExitCode::SUCCESS);
    }
    if let LauncherSettings::Slurm(settings) = &record.launcher {
        submit(sweep, settings, &open)?;
        drop(lock);
        return Ok(match wait {
            Wait::Never => ExitCode::SUCCESS,
            Wait::ForAll => wait_for_all(sweep)?,
        });
    }
    let asked = launch(sweep, &open)?;
    drop(lock);
    Ok(match asked {
        Some(signal) => ExitCode::from(u8::try_from(128 + signal).unwrap_or(1)),
        None => exit_code(sweep),
    })
}

/// Whether to stay until jobs have ended that run elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// No.
    Never,
    /// Yes.
    ForAll,
}

/// Returns when nothing of the sweep runs or is going to: 0, if every job is done.
///
/// # Errors
/// Slurm cannot be asked.
pub(super) fn wait_for_all(sweep: &Sweep) -> Result<ExitCode, Failure> {
    super::wait::wait(sweep)?;
    Ok(exit_code(sweep))
}

/// 0, if every job is done.
fn exit_code(sweep: &Sweep) -> ExitCode {
    let all = sweep.statuses().iter().all(|status| status.state == State::Done);
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
