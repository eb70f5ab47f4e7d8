//! Uploading what is left of a run that has ended, or was killed.

use crate::error::{Error, Kind};
use crate::parts;
use crate::settings::Settings;
use crate::upload::Control;
use crate::upload::past::{self, End};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Without progress for so long, a server is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What [`sync`] has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Synced {
    /// The run's page.
    pub url: Option<String>,
    /// Rows of history that this call has sent.
    pub sent: u64,
    /// Nothing was to be done.
    pub was_complete: bool,
    /// Damaged places of the log that were passed over.
    pub damaged: u64,
    /// Something was left out.
    pub problem: Option<String>,
}

/// Uploads what the server does not have of the run in a directory, ours or the stock client's, and marks it as synced.
///
/// It goes on where the server stands: what was sent before is not sent again. A run that was killed is uploaded as far
/// as its log goes, and marked as failed; one that was continued beside it goes before its continuation, and does not
/// end the run. The log says whose run it is; the settings, which server, which key, and for
/// a run that names none, the entity and the project.
///
/// # Errors
/// The directory has no log, the program that writes it still runs, there is no key, the server refuses it, or
/// cannot be reached for two minutes. What was sent until then stays sent.
///
/// ```no_run
/// # fn settings() -> wandb_run::Settings { unimplemented!() }
/// let synced = wandb_run::sync("wandb/offline-run-20261123_031011-a1b2c3d4".as_ref(), &settings())?;
/// println!("{} rows", synced.sent);
/// # Ok::<(), wandb_run::Error>(())
/// ```
pub fn sync(dir: &Path, settings: &Settings) -> Result<Synced, Error> {
    sync_within(dir, settings, PATIENCE)
}

/// As [`sync`], with another patience for a server that does not answer.
///
/// # Errors
/// As [`sync`].
pub fn sync_within(dir: &Path, settings: &Settings, patience: Duration) -> Result<Synced, Error> {
    let log = find_log(dir)?;
    let control = Arc::new(Control::new(Some(patience), settings.silent));
    let upload = |log: &Path, end| {
        past::upload(log, settings, &control, end).map_err(|failed| match failed {
            past::Failed::Local(error) => error,
            past::Failed::Stopped(stop) => stop.into(),
        })
    };
    let mut synced = Synced::default();
    for earlier in parts::before(&log) {
        let done = upload(&earlier, End::Continued)?;
        (synced.sent, synced.damaged) = (synced.sent + done.sent, synced.damaged + done.damaged);
    }
    let end = if parts::is_continued(&log) { End::Continued } else { End::OfRun };
    let done = upload(&log, end)?;
    let status = control.status();
    Ok(Synced {
        url: status.url,
        sent: synced.sent + done.sent,
        was_complete: done.was_complete,
        damaged: synced.damaged + done.damaged,
        problem: status.problem,
    })
}

/// The one log of a directory.
fn find_log(dir: &Path) -> Result<PathBuf, Kind> {
    let is_log = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wandb");
    let mut logs: Vec<_> = fs::read_dir(dir)
        .map_err(Kind::file("read", dir))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_log)
        .collect();
    logs.sort();
    logs.into_iter().next().ok_or_else(|| Kind::NoLog(dir.to_owned()))
}
