//! Uploading a log that nobody writes any more.

use super::control::{Control, Stop};
use super::progress::{Intent, Progress};
use super::uploader::Uploader;
use crate::error::Kind;
use crate::settings::Settings;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

/// What comes after a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing: the run ends with it.
    OfRun,
    /// Another log of the same run: the run has not ended, however this log does.
    Continued,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Done {
    /// Rows of history that were sent now.
    pub(crate) sent: u64,
    /// Damaged places of the log.
    pub(crate) damaged: u64,
    /// It was complete before.
    pub(crate) was_complete: bool,
}

/// Why a log was not uploaded.
pub(crate) enum Failed {
    /// It cannot be read, or is being written.
    Local(Kind),
    /// The server.
    Stopped(Stop),
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

/// Uploads what the server does not have of a log, ours or the stock client's, and marks it as synced.
pub(crate) fn upload(
    log: &Path,
    settings: &Settings,
    control: &Arc<Control>,
    end: End,
) -> Result<Done, Failed> {
    // Writable, because NFS gives an exclusive lock on nothing less; what may only be read is nobody's any more.
    let opened = File::options().read(true).write(true).open(log).or_else(|_| File::open(log));
    let file = opened.map_err(|error| Failed::Local(Kind::file("read", log)(error)))?;
    // The writer has the lock while it lives; another upload has it while it works.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(Failed::Local(Kind::Running(log.to_owned())));
    }
    let progress = Progress::load(log);
    // Only our runs have it from their first moment.
    let ours = progress.is_some();
    let mut progress = progress.unwrap_or_default();
    if progress.complete || Progress::marker(log).exists() {
        return Ok(Done { was_complete: true, ..Done::default() });
    }
    // A log of the stock client does not say whether it was to continue a run.
    if !ours {
        progress.resume = Intent::No;
    }
    let dir = log.parent().unwrap_or(Path::new(""));
    let mut uploader =
        Uploader::new(settings, dir, log, progress, ours, Arc::clone(control)).map_err(Failed::Local)?;
    uploader.open(false, None)?;
    let before = uploader.progress.history;
    while !uploader.read()? {
        uploader.send()?;
    }
    match end {
        End::OfRun => uploader.complete()?,
        End::Continued => uploader.hand_over()?,
    }
    let sent = uploader.progress.history.saturating_sub(before);
    Ok(Done { sent, damaged: uploader.skipped(), was_complete: false })
}
