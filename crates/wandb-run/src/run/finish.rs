//! The end of a run, and what is said of it.

use super::{Active, auto, lock};
use crate::log::record::{Body, Exit};
use crate::settings::{Mode, Resume};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What became of a run when it finished. Its text is one or two lines for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The directory of the run; `None` if tracking is disabled.
    pub dir: Option<PathBuf>,
    /// The run's page, if the server has it.
    pub url: Option<String>,
    /// The server has all of it.
    pub complete: bool,
    /// Steps that the server has of this run.
    pub uploaded: u64,
    /// Bytes of the log that the uploader has not come to.
    pub left: u64,
    /// Why it is not complete, or what went wrong on the way.
    pub problem: Option<String>,
    /// How to upload what is left.
    pub hint: Option<String>,
}

impl Summary {
    pub(super) fn nothing() -> Self {
        Self { complete: true, ..Self::default() }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(dir) = &self.dir else { return f.write_str("wandb: disabled") };
        match (&self.url, self.complete) {
            (Some(url), true) => write!(f, "wandb: {url}")?,
            (None, true) => write!(f, "wandb: uploaded from {}", dir.display())?,
            (_, false) => write!(f, "wandb: the run is in {}", dir.display())?,
        }
        if let Some(problem) = &self.problem {
            write!(f, "\nwandb: {problem}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhelp: {hint}")?;
        }
        Ok(())
    }
}

pub(super) fn finish(
    mut active: Active,
    exit_code: i32,
    patience: Duration,
    has_time: &dyn Fn() -> bool,
) -> Summary {
    if active.settings.resume == Resume::Auto && exit_code == 0 {
        auto::forget(&active.settings.dir.join("wandb"));
    }
    // First, or a figure might come after the end.
    drop(active.statistics.take());
    let runtime = active.clock.runtime() as i32;
    let mut problem = None;
    {
        let mut log = lock(&active.log);
        let written = active
            .values
            .write(&mut log)
            .and_then(|()| log.append(Body::Exit(Exit { exit_code, runtime })))
            .and_then(|()| log.sync());
        if let Err(error) = written {
            problem = Some(format!("cannot write the end of the log: {error}"));
        }
    }
    let dir = active.directory.path().to_owned();
    let length = lock(&active.log).len();
    let hint = Some(format!("upload it with: wandb sync {}", dir.display()));
    let Some(worker) = active.worker.take() else {
        let left = if active.settings.mode == Mode::Offline { length } else { 0 };
        return Summary { dir: Some(dir), left, problem, hint, ..Summary::default() };
    };
    // Without the last record the uploader would wait for it for ever.
    let patience = if problem.is_some() { Duration::ZERO } else { patience };
    let state = worker.finish(patience, has_time);
    Summary {
        dir: Some(dir),
        url: state.url,
        complete: state.complete,
        uploaded: state.uploaded,
        left: if state.complete { 0 } else { length.saturating_sub(state.position) },
        problem: problem.or(state.problem),
        hint: hint.filter(|_| !state.complete),
    }
}
