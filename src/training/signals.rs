//! Being asked to stop.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::{flag, iterator};
use std::io;
use std::os::unix::process::parent_id;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What comes sooner after the first Ctrl-C is the same one. `timeout`, a shell's `kill %1` and many a cluster send it to
/// the whole process group, the launcher passes on what it was sent, and so one reaches a worker twice.
const ONE_REQUEST: Duration = Duration::from_secs(1);

/// A request to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// `kill`, or a cluster that wants its machine back.
    Terminate,
    /// The terminal is gone, or the process that started this one.
    Hangup,
    /// SIGUSR1, which clusters send some time before they end a job.
    User1,
    /// SIGUSR2, likewise.
    User2,
}

impl Signal {
    /// The exit status that a shell gives a process which this signal ended: 128 + its number.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::Hangup => 129,
            // Their numbers differ between systems.
            Self::User1 => 128 + SIGUSR1 as u8,
            Self::User2 => 128 + SIGUSR2 as u8,
        }
    }
}

/// The signals that have arrived. Any of them asks training to save and leave; only a second Ctrl-C leaves at once.
/// Launchers pass signals on and clusters send them to every process of a job, so the others may well come twice.
#[derive(Clone, Debug)]
pub struct Signals {
    received: Arc<AtomicUsize>,
    /// The process whose end counts as a hangup.
    parent: Option<u32>,
}

impl Signals {
    /// Starts listening, for the whole process.
    ///
    /// # Errors
    /// The system's, if the handlers cannot be installed.
    pub fn listen() -> io::Result<Self> {
        let received = Arc::new(AtomicUsize::new(0));
        // What was ignored before, as SIGHUP under `nohup` or SIGINT in a script's background, stays so.
        let ignored = ignored();
        let listens = |signal: &i32| (ignored >> (signal - 1)) & 1 == 0;
        if listens(&SIGINT) {
            leave_at_the_second_interrupt()?;
        }
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2].into_iter().filter(listens) {
            flag::register_usize(signal, Arc::clone(&received), signal as usize)?;
        }
        Ok(Self { received, parent: None })
    }

    /// Takes the end of the process that started this one for a hangup: a worker whose launcher was killed must not
    /// train on where nobody sees it. To be called early, because only an end that comes later is noticed.
    #[must_use]
    pub fn with_parent(self) -> Self {
        Self { parent: Some(parent_id()), ..self }
    }

    /// Signals that never arrive, for tests and for programs that handle them in another way.
    pub fn none() -> Self {
        Self { received: Arc::new(AtomicUsize::new(0)), parent: None }
    }

    /// Whether the process that started this one is gone, and that matters.
    pub fn is_orphan(&self) -> bool {
        // An orphan is given to another process.
        self.parent.is_some_and(|parent| parent != parent_id())
    }

    /// The last signal that arrived.
    pub fn received(&self) -> Option<Signal> {
        match self.received.load(Ordering::Relaxed) as i32 {
            SIGINT => Some(Signal::Interrupt),
            SIGTERM => Some(Signal::Terminate),
            SIGHUP => Some(Signal::Hangup),
            SIGUSR1 => Some(Signal::User1),
            SIGUSR2 => Some(Signal::User2),
            _ => self.is_orphan().then_some(Signal::Hangup),
        }
    }
}

/// Ends the process at a Ctrl-C that comes a moment after the first, whatever the process is busy with.
fn leave_at_the_second_interrupt() -> io::Result<()> {
    let armed = Arc::new(AtomicBool::new(false));
    flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, Arc::clone(&armed))?;
    let mut interrupts = iterator::Signals::new([SIGINT])?;
    let arm = move || {
        if interrupts.forever().next().is_some() {
            std::thread::sleep(ONE_REQUEST);
            armed.store(true, Ordering::Relaxed);
        }
    };
    std::thread::Builder::new().name("interrupts".into()).spawn(arm).map(drop)
}

/// The signals that this process was told to ignore when it started: bit n-1 for signal n.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
