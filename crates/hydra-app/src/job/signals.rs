//! Signals that ask a job to stop, and passing them on.

use std::io;

/// Who sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The terminal, to everything that runs in it.
    Terminal,
    /// A process, to this one.
    Process,
}

#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(unix)]
mod unix {
    use super::{Sender, io};
    use rustix::process::{Pid, Signal};
    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::exfiltrator::origin::WithOrigin;
    use signal_hook::iterator::{Handle, SignalsInfo};

    /// "Save and end."
    pub(crate) const TERMINATE: i32 = SIGTERM;
    /// The terminal or the connection is gone.
    pub(crate) const HANGUP: i32 = SIGHUP;
    /// Ctrl-C.
    pub(crate) const INTERRUPT: i32 = SIGINT;
    /// Ends a process at once.
    pub(crate) const KILL: i32 = SIGKILL;
    /// A cluster's warning.
    pub(crate) const USER1: i32 = SIGUSR1;
    /// As [`USER1`].
    pub(crate) const USER2: i32 = SIGUSR2;
    /// A child has ended.
    pub(crate) const CHILD: i32 = SIGCHLD;

    /// The signals that this process gets from now on, instead of being ended by them.
    pub(crate) struct Signals(SignalsInfo<WithOrigin>);

    /// Ends [`Signals::each`].
    pub(crate) struct Closer(Handle);

    impl Signals {
        /// Starts listening. What was ignored before, as SIGHUP under `nohup`, stays so, here and in what is started.
        pub(crate) fn listen() -> io::Result<Self> {
            // Two for users: clusters send them some time before they end a job.
            let asking = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2];
            let ignored = ignored();
            SignalsInfo::new(asking.into_iter().filter(|signal| (ignored >> (signal - 1)) & 1 == 0)).map(Self)
        }

        /// As [`Signals::listen`], and the ends of children.
        pub(crate) fn listen_with_children() -> io::Result<Self> {
            let signals = Self::listen()?;
            signals.0.handle().add_signal(SIGCHLD)?;
            Ok(signals)
        }

        /// What ends [`Signals::each`].
        pub(crate) fn closer(&self) -> Closer {
            Closer(self.0.handle())
        }

        /// Tells of each signal until it is closed.
        pub(crate) fn each(mut self, mut tell: impl FnMut(i32, Sender)) {
            for origin in self.0.forever() {
                let sender = if origin.process.is_some() { Sender::Process } else { Sender::Terminal };
                tell(origin.signal, sender);
            }
        }
    }

    /// The signals that this process was told to ignore when it started: bit n-1 for signal n.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }

    impl Closer {
        /// Ends it.
        pub(crate) fn close(&self) {
            self.0.close();
        }
    }

    fn of(pid: u32) -> Option<Pid> {
        i32::try_from(pid).ok().and_then(Pid::from_raw)
    }

    /// Sends a signal to a process of this machine. One that has ended meanwhile does not need it.
    pub(crate) fn send(pid: u32, signal: i32) {
        if let (Some(pid), Some(signal)) = (of(pid), Signal::from_named_raw(signal)) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// As [`send`], to all of a process group.
    pub(crate) fn send_group(group: u32, signal: i32) {
        if let (Some(group), Some(signal)) = (of(group), Signal::from_named_raw(signal)) {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    /// Whether anything is left of a process group.
    pub(crate) fn group_exists(group: u32) -> bool {
        of(group).is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
    }
}

#[cfg(not(unix))]
pub(crate) use elsewhere::*;

/// Without signals: a job runs until it ends.
#[cfg(not(unix))]
mod elsewhere {
    use super::{Sender, io};

    pub(crate) const TERMINATE: i32 = 15;
    pub(crate) const HANGUP: i32 = 1;
    pub(crate) const INTERRUPT: i32 = 2;
    pub(crate) const KILL: i32 = 9;
    pub(crate) const USER1: i32 = 10;
    pub(crate) const USER2: i32 = 12;
    pub(crate) const CHILD: i32 = 17;
    pub(crate) struct Signals;
    pub(crate) struct Closer;

    impl Signals {
        pub(crate) fn listen() -> io::Result<Self> {
            Ok(Self)
        }
        pub(crate) fn listen_with_children() -> io::Result<Self> {
            Ok(Self)
        }
        pub(crate) fn closer(&self) -> Closer {
            Closer
        }
        pub(crate) fn each(self, _: impl FnMut(i32, Sender)) {}
    }

    impl Closer {
        pub(crate) fn close(&self) {}
    }

    pub(crate) fn send(_: u32, _: i32) {}
    pub(crate) fn send_group(_: u32, _: i32) {}
    pub(crate) fn group_exists(_: u32) -> bool {
        false
    }
}
