//! The thread that uploads a run while it runs.

use super::Existing;
use super::control::{Control, Status, Stop};
use super::progress::Progress;
use super::uploader::Uploader;
use crate::error::Kind;
use crate::settings::Settings;
use std::fs::File;
use std::path::Path;
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

impl Worker {
    /// `guard` keeps the lock of the log for as long as the thread lives, which may be longer than the run.
    pub(crate) fn start(
        settings: &Settings,
        dir: &Path,
        log: &Path,
        progress: Progress,
        existing: Option<Existing>,
        guard: Option<File>,
    ) -> Result<Self, Kind> {
        let control = Arc::new(Control::new(None, settings.silent));
        let mut uploader = Uploader::new(settings, dir, log, progress, true, Arc::clone(&control))?;
        let interval = settings.upload_interval;
        let body = move || {
            let result = upload(&mut uploader, existing, interval);
            let control = Arc::clone(&uploader.control);
            // Its connections are closed before anybody is told.
            drop(uploader);
            if let Err(Stop::Refused(message)) = &result {
                control.warn(&format!("{message}; nothing more is uploaded, the run goes on in its log"));
            }
            // Until now nobody else may upload this log.
            drop(guard);
            control.note(|status| status.ended = true);
        };
        let spawned = thread::Builder::new().name("wandb-upload".to_owned()).spawn(body);
        spawned.map_err(Kind::file("start a thread for", log))?;
        Ok(Self { control })
    }

    pub(crate) fn url(&self) -> Option<String> {
        self.control.status().url
    }

    /// Waits for the end, and says how it stands.
    pub(crate) fn finish(self, patience: Duration) -> Status {
        let mut status = self.control.finish(patience);
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
