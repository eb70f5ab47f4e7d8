//! Uploading what is left of a run that has ended, or was killed.

use crate::error::{Error, Kind};
use crate::settings::Settings;
use crate::upload::progress::{Intent, Progress};
use crate::upload::{Control, Stop, Uploader};
use std::fs::{self, File, TryLockError};
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
/// as its log goes, and marked as failed. The log says whose run it is; the settings, which server, which key, and for
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
    let file = File::open(&log).map_err(Kind::file("read", &log))?;
    // The writer has the lock while it lives; another `sync` has it while it works.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(Kind::Running(log).into());
    }
    let progress = Progress::load(&log);
    // Only our runs have it from their first moment.
    let ours = progress.is_some();
    let mut progress = progress.unwrap_or_default();
    if progress.complete {
        return Ok(Synced { was_complete: true, ..Synced::default() });
    }
    // A run that got no base was never uploaded, and says itself whether it continues another.
    if !ours {
        progress.resume = Intent::No;
    }
    let before = progress.history;
    let control = Arc::new(Control::new(Some(patience), settings.silent));
    let mut uploader = Uploader::new(settings, dir, &log, progress, ours, Arc::clone(&control))?;
    let result = upload(&mut uploader);
    let (status, damaged) = (control.status(), uploader.skipped());
    match result {
        Ok(()) => Ok(Synced {
            url: status.url,
            sent: status.uploaded.saturating_sub(before),
            was_complete: false,
            damaged,
            problem: status.problem,
        }),
        Err(Stop::Refused(message)) => Err(Kind::Refused(message).into()),
        Err(Stop::GaveUp(message)) => Err(Kind::Unreachable(message).into()),
    }
}

fn upload(uploader: &mut Uploader) -> Result<(), Stop> {
    uploader.open(false, None)?;
    while !uploader.read()? {
        uploader.send()?;
    }
    uploader.complete()
}

/// The one log of a directory, or the log itself.
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
