//! What the uploader and those who wait for it know of one another.

use super::backoff::Backoff;
use super::http::Failure;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Why an upload ended before it was complete.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// The server said no, or the log cannot be read.
    Refused(String),
    /// The server does not take the key: it would say no to everything.
    Denied(String),
    /// Nobody waits any longer.
    GaveUp(String),
}

impl Stop {
    /// Says what it was about.
    pub(crate) fn of(self, what: &str) -> Self {
        match self {
            Self::Refused(message) => Self::Refused(format!("{what}: {message}")),
            other => other,
        }
    }
}

/// How an upload stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    pub(crate) url: Option<String>,
    pub(crate) complete: bool,
    /// Rows of this log that the server has.
    pub(crate) uploaded: u64,
    /// Bytes of the log that were read.
    pub(crate) position: u64,
    /// What is wrong now, or was left out.
    pub(crate) problem: Option<String>,
    /// The uploader has ended.
    pub(crate) ended: bool,
}

struct Inner {
    status: Status,
    /// The run has ended, and somebody waits.
    finishing: bool,
    stopped: bool,
    progressed: Instant,
    /// Requests that went well.
    uploads: u64,
    /// Why the last one did not.
    away: Option<String>,
}

impl Inner {
    fn seen(&self) -> Status {
        let mut status = self.status.clone();
        status.problem = status.problem.or_else(|| self.away.clone());
        status
    }
}

/// Shared by the uploader and by those who wait for it.
pub(crate) struct Control {
    inner: Mutex<Inner>,
    bell: Condvar,
    /// Without progress for so long, it gives up by itself.
    patience: Option<Duration>,
    silent: bool,
}

impl Control {
    pub(crate) fn new(patience: Option<Duration>, silent: bool) -> Self {
        let inner = Inner {
            status: Status::default(),
            finishing: false,
            stopped: false,
            progressed: Instant::now(),
            uploads: 0,
            away: None,
        };
        Self { inner: Mutex::new(inner), bell: Condvar::new(), patience, silent }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> Status {
        self.lock().seen()
    }

    /// Changes the status.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.lock().status);
        self.bell.notify_all();
    }

    /// Something reached the server.
    pub(crate) fn progressed(&self) {
        let mut inner = self.lock();
        (inner.progressed, inner.uploads, inner.away) = (Instant::now(), inner.uploads + 1, None);
        drop(inner);
        self.bell.notify_all();
    }

    /// Something is left out, or the upload has ended: a line for a person.
    pub(crate) fn warn(&self, message: &str) {
        self.lock().status.problem = Some(message.to_owned());
        self.say(message);
    }

    fn say(&self, message: &str) {
        if !self.silent {
            // Nobody may be reading, and `eprintln` would panic.
            let _ = writeln!(io::stderr(), "wandb: {message}");
        }
    }

    /// The server is away. It is said once, however long that lasts.
    fn away(&self, message: &str) {
        let mut inner = self.lock();
        let first = inner.away.is_none();
        inner.away = Some(message.to_owned());
        drop(inner);
        if first {
            self.say(&format!("{message}; the run is in its log, and the upload goes on when it can"));
        }
    }

    /// How many requests went well so far.
    pub(crate) fn uploads(&self) -> u64 {
        self.lock().uploads
    }

    pub(crate) fn finishing(&self) -> bool {
        self.lock().finishing
    }

    pub(crate) fn stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Nothing more is to be sent.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.bell.notify_all();
    }

    /// Waits while the run goes on. `false` says that nothing more is to be sent.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        self.wait(Duration::ZERO, time, false)
    }

    /// Waits for the least time, and then for the rest of the other unless the run finishes after `finishing` was
    /// asked.
    fn wait(&self, least: Duration, time: Duration, finishing: bool) -> bool {
        let started = Instant::now();
        let (least, until) = (after(started, least), after(started, time.max(least)));
        let mut inner = self.lock();
        loop {
            let now = Instant::now();
            let give_up = self.patience.map(|patience| after(inner.progressed, patience));
            if inner.stopped || give_up.is_some_and(|give_up| now >= give_up) {
                return false;
            }
            let until = if inner.finishing && !finishing { least } else { until };
            if now >= until {
                return true;
            }
            let until = give_up.map_or(until, |give_up| give_up.min(until));
            let wait = self.bell.wait_timeout(inner, until.saturating_duration_since(now));
            inner = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Says that the run is over, and waits for the uploader's end: until so long has brought no progress, or until
    /// the other has no more time.
    pub(crate) fn finish(&self, patience: Duration, has_time: &dyn Fn() -> bool) -> Status {
        const LOOK: Duration = Duration::from_millis(100);
        let started = Instant::now();
        self.lock().finishing = true;
        self.bell.notify_all();
        loop {
            // Not while the lock is held: it may print, and whoever reads that may be slow.
            let has_time = has_time();
            let mut inner = self.lock();
            if inner.status.ended {
                return inner.seen();
            }
            let until = after(inner.progressed.max(started), patience);
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || !has_time {
                inner.stopped = true;
                self.bell.notify_all();
                return inner.seen();
            }
            drop(self.bell.wait_timeout(inner, left.min(LOOK)));
        }
    }

    /// Attempts something until it is done, refused, or nobody waits any longer. The number says how many attempts
    /// failed in a way that may have reached the server all the same.
    pub(crate) fn persist<T>(&self, mut attempt: impl FnMut(u32) -> Result<T, Failure>) -> Result<T, Stop> {
        let mut backoff = Backoff::default();
        let mut unsure = 0;
        loop {
            if self.stopped() {
                return Err(Stop::GaveUp("the upload was stopped".to_owned()));
            }
            match attempt(unsure) {
                Ok(value) => {
                    self.progressed();
                    return Ok(value);
                }
                Err(Failure::Refused { status: Some(401 | 403), message }) => {
                    return Err(Stop::Denied(message));
                }
                Err(Failure::Refused { message, .. }) => return Err(Stop::Refused(message)),
                Err(Failure::Passing { message, ask, unsure: may_have_arrived }) => {
                    unsure += u32::from(may_have_arrived);
                    self.away(&message);
                    let finishing = self.finishing();
                    let wait = backoff.next(ask, finishing);
                    // What a server asks for is not ours to shorten.
                    if !self.wait(ask.unwrap_or_default(), wait, finishing) {
                        return Err(Stop::GaveUp(message));
                    }
                }
            }
        }
    }
}

/// A later moment; one that no clock has is as good as never.
fn after(moment: Instant, time: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(3600 * 24 * 365);
    moment + time.min(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_the_run_does() {
        let control = Control::new(None, true);
        std::thread::scope(|scope| {
            scope.spawn(|| control.finish(Duration::MAX, &|| true));
            assert!(control.pause(Duration::from_secs(30)));
            control.note(|status| status.ended = true);
        });
    }

    #[test]
    fn patience_without_progress_ends() {
        let control = Control::new(Some(Duration::from_millis(20)), true);
        let result = control.persist(|_| -> Result<(), _> {
            Err(Failure::Passing { message: "away".to_owned(), ask: None, unsure: false })
        });
        assert!(matches!(result, Err(Stop::GaveUp(message)) if message == "away"));
    }

    #[test]
    fn a_refusal_is_final() {
        let mut attempts = 0;
        let result = Control::new(None, true).persist(|_| -> Result<(), _> {
            attempts += 1;
            Err(Failure::Refused { status: Some(403), message: "no".to_owned() })
        });
        assert!(matches!(result, Err(Stop::Denied(_))) && attempts == 1);
    }
}
