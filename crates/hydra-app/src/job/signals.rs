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
pub(crate) use unix::{Signals, TERMINATE, USER1, USER2, send};

#[cfg(unix)]
mod unix {
    use super::{Sender, io};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::exfiltrator::origin::WithOrigin;
    use signal_hook::iterator::{Handle, SignalsInfo};

    /// "Save and end."
    pub(crate) const TERMINATE: i32 = SIGTERM;
    /// A cluster's warning.
    pub(crate) const USER1: i32 = SIGUSR1;
    /// As [`USER1`].
    pub(crate) const USER2: i32 = SIGUSR2;

    /// The signals that this process gets from now on, instead of being ended by them.
    pub(crate) struct Signals(SignalsInfo<WithOrigin>);

    /// Ends [`Signals::each`].
    pub(crate) struct Closer(Handle);

    impl Signals {
        /// Starts listening.
        pub(crate) fn listen() -> io::Result<Self> {
            // Two for users: clusters send them some time before they end a job.
            SignalsInfo::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2]).map(Self)
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

    impl Closer {
        /// Ends it.
        pub(crate) fn close(&self) {
            self.0.close();
        }
    }

    /// Sends a signal to a process of this machine. One that has ended meanwhile does not need it.
    pub(crate) fn send(pid: u32, signal: i32) {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        if let (Some(pid), Some(signal)) = (pid, rustix::process::Signal::from_named_raw(signal)) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

#[cfg(not(unix))]
pub(crate) use elsewhere::{Signals, TERMINATE, USER1, USER2, send};

/// Without signals: a job runs until it ends.
#[cfg(not(unix))]
mod elsewhere {
    use super::{Sender, io};

    pub(crate) const TERMINATE: i32 = 15;
    pub(crate) const USER1: i32 = 10;
    pub(crate) const USER2: i32 = 12;
    pub(crate) struct Signals;
    pub(crate) struct Closer;

    impl Signals {
        pub(crate) fn listen() -> io::Result<Self> {
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
}
