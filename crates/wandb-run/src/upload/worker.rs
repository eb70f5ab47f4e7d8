//! The thread that uploads a run while it runs.

use super::Existing;
use super::control::{Control, Status, Stop};
use super::past::{self, End};
use super::progress::Progress;
use super::uploader::Uploader;
use crate::error::Kind;
use crate::settings::Settings;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Without anything to send, the server is told so often that the run lives.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// The thread, seen from the run. Dropping it stops the upload without waiting: a request that is under way cannot be
/// called back, and a program must not wait for it.
pub(crate) struct Worker {
    control: Arc<Control>,
}

/// What the thread is to upload.
pub(crate) struct Task<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) log: &'a Path,
    /// The logs that this one continues, and that the server must have before it.
    pub(crate) earlier: Vec<PathBuf>,
    pub(crate) progress: Progress,
    /// What the server was found to have when the run started.
    pub(crate) existing: Option<Existing>,
    /// Keeps the lock of the log for as long as the thread lives, which may be longer than the run.
    pub(crate) guard: Option<File>,
}

impl Worker {
    pub(crate) fn start(settings: &Settings, task: Task<'_>) -> Result<Self, Kind> {
        let Task { dir, log, earlier, progress, existing, guard } = task;
        let control = Arc::new(Control::new(None, settings.silent));
        let uploader = Uploader::new(settings, dir, log, progress, true, Arc::clone(&control))?;
        let owned = settings.clone();
        let body = move || {
            let ending = Ending { control: Arc::clone(&uploader.control), guard };
            let mut uploader = uploader;
            let result = before(&earlier, &owned, &ending.control)
                .and_then(|()| upload(&mut uploader, existing, owned.upload_interval));
            // Its connections are closed before anybody is told.
            drop(uploader);
            if let Err(Stop::Refused(message) | Stop::Denied(message)) = &result {
                let rest = "nothing more is uploaded, the run goes on in its log";
                ending.control.warn(&format!("{message}; {rest}"));
            }
        };
        let spawned = thread::Builder::new().name("wandb-upload".to_owned()).spawn(body);
        spawned.map_err(Kind::file("start a thread for", log))?;
        Ok(Self { control })
    }

    pub(crate) fn url(&self) -> Option<String> {
        self.control.status().url
    }

    /// Waits for the end, and says how it stands.
    pub(crate) fn finish(self, patience: Duration, has_time: &dyn Fn() -> bool) -> Status {
        let mut status = self.control.finish(patience, has_time);
        if !status.ended && status.problem.is_none() {
            status.problem = Some("the server has not taken all of the run yet".to_owned());
        }
        status
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.control.stop();
    }
}

/// However the thread ends, the log is free for others first, and then those who wait are told.
struct Ending {
    control: Arc<Control>,
    guard: Option<File>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        drop(self.guard.take());
        self.control.note(|status| status.ended = true);
    }
}

/// Uploads what an earlier start of the run has left. A log that cannot be read is not waited for; one that somebody
/// uploads just now is.
fn before(logs: &[PathBuf], settings: &Settings, control: &Arc<Control>) -> Result<(), Stop> {
    const AGAIN: Duration = Duration::from_secs(1);
    for log in logs {
        loop {
            match past::upload(log, settings, control, End::Continued) {
                Ok(_) => break,
                Err(past::Failed::Stopped(stop)) => return Err(stop),
                Err(past::Failed::Local(Kind::Running(_))) => {
                    if control.finishing() || !control.pause(AGAIN) {
                        return Err(Stop::GaveUp("an earlier part of the run is being uploaded".to_owned()));
                    }
                }
                Err(past::Failed::Local(error)) => {
                    control.warn(&format!("an earlier part of the run is left out: {error}"));
                    break;
                }
            }
        }
    }
    Ok(())
}

fn upload(uploader: &mut Uploader, existing: Option<Existing>, interval: Duration) -> Result<(), Stop> {
    let control = Arc::clone(&uploader.control);
    uploader.open(true, existing)?;
    let mut last = Instant::now();
    loop {
        // Asked before: what is written before the run finishes is read after this.
        let finishing = control.finishing();
        let at_end = uploader.read()?;
        let before = control.uploads();
        uploader.send()?;
        if at_end && uploader.reading.exit.is_some() {
            return uploader.complete();
        }
        if control.uploads() != before {
            last = Instant::now();
        } else if last.elapsed() >= HEARTBEAT {
            uploader.heartbeat()?;
            last = Instant::now();
        }
        if at_end && (finishing || !control.pause(interval)) {
            return Err(Stop::GaveUp("the upload was stopped".to_owned()));
        }
    }
}
