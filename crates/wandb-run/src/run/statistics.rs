//! The thread that looks at the machine now and then.

use super::system::System;
use super::{SharedLog, lock};
use crate::log::items;
use crate::log::record::{Body, Stats, Timestamp};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Between two looks, as the stock client.
const EVERY: Duration = Duration::from_secs(15);

/// Dropping it ends the thread.
pub(super) struct Statistics {
    /// Its end is the signal.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Statistics {
    /// `None` if there can be no more threads: a run does without figures.
    pub(super) fn start(log: SharedLog) -> Option<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        let body = move || {
            let mut system = System::new();
            system.figures();
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
                let item = items::of(&system.figures());
                if !item.is_empty() {
                    let stats = Stats { stats_type: 0, timestamp: Some(Timestamp::now()), item };
                    // The program itself says when the disk is full.
                    let _ = lock(&log).append(Body::Stats(stats));
                }
            }
        };
        let thread = thread::Builder::new().name("wandb-system".to_owned()).spawn(body).ok()?;
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Statistics {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It only ever waits for the signal and for the log.
            let _ = thread.join();
        }
    }
}
