//! Watching a worker: signals passed on, a heartbeat, its end.

use super::signals::{self, Closer, Sender, Signals};
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Signals that come sooner after each other are one: some senders reach a process in two ways.
const ONE_REQUEST: Duration = Duration::from_secs(1);
/// What a worker has started and left behind may save for so long, once it was asked to stop.
const GRACE: Duration = Duration::from_secs(30);
/// Where the system does not tell of a child's end, it is asked so often.
const PAUSE: Duration = Duration::from_millis(50);

/// Which signals a worker gets from its runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// All that processes send here. What a terminal sends goes to all that run in it; a second time would mean "at once".
    FromProcesses,
    /// All; and the second Ctrl-C ends it at once.
    All,
    /// SIGUSR1 and SIGUSR2, as SIGTERM: a cluster's warning to the runner alone. What else the cluster sends goes to every
    /// process of the job.
    UserSignalsAsTerminate,
}

/// Whom signals are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The worker alone: it shares a terminal, and with it a process group, with its runner.
    Worker,
    /// The worker and all that it starts: a script waits for its programs and would not hear of a signal before they end.
    Group,
}

/// The signals of this process, from before the worker is there.
pub(super) struct Watch {
    events: Receiver<Event>,
    closer: Closer,
}

enum Event {
    Signal { number: i32, sender: Sender },
    ChildChanged,
}

impl Watch {
    /// Starts listening. What cannot be had is found out while there is no worker yet.
    pub(super) fn start() -> io::Result<Self> {
        let signals = Signals::listen_with_children()?;
        let closer = signals.closer();
        let (tell, events) = mpsc::channel();
        let listen = move || {
            signals.each(|number, sender| {
                let is_child = number == signals::CHILD;
                let event = if is_child { Event::ChildChanged } else { Event::Signal { number, sender } };
                // Nobody listens once the worker has ended.
                let _ = tell.send(event);
            });
        };
        std::thread::Builder::new().name("signals".into()).spawn(listen)?;
        Ok(Self { events, closer })
    }

    /// Waits for the worker. `beat` is called at once and every `period`, and may ask for the worker's end. Gives the exit status and
    /// the first signal that asked the worker to stop.
    pub(super) fn follow(
        &self,
        child: &mut Child,
        target: Target,
        passing: Passing,
        period: Duration,
        beat: &mut dyn FnMut() -> Beat,
    ) -> io::Result<(ExitStatus, Option<i32>)> {
        let pid = child.id();
        let send = |number| match target {
            Target::Worker => signals::send(pid, number),
            Target::Group => signals::send_group(pid, number),
        };
        let mut asked: Option<i32> = None;
        let mut interrupted: Option<Instant> = None;
        // At once for the first time: who the worker is, is to be known.
        let mut next = Instant::now();
        let exit = loop {
            if let Some(exit) = child.try_wait()? {
                break exit;
            }
            match self.events.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Event::ChildChanged) => {}
                Ok(Event::Signal { number, sender }) => {
                    asked.get_or_insert(number);
                    match (passing.passed_on(number, sender), interrupted) {
                        (Some(signals::INTERRUPT), None) => {
                            interrupted = Some(Instant::now());
                            send(signals::INTERRUPT);
                        }
                        (Some(signals::INTERRUPT), Some(first)) if first.elapsed() <= ONE_REQUEST => {}
                        (Some(signals::INTERRUPT), Some(_)) if target == Target::Group => send(signals::KILL),
                        (Some(number), _) => send(number),
                        (None, _) => {}
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    next = Instant::now() + period;
                    if beat() == Beat::Stop && asked.is_none() {
                        asked = Some(signals::TERMINATE);
                        send(signals::TERMINATE);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(PAUSE),
            }
        };
        if asked.is_some() && target == Target::Group {
            end_group(pid);
        }
        Ok((exit, asked))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.closer.close();
    }
}

/// What a heartbeat has found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// All is well.
    GoOn,
    /// The sweep was cancelled.
    Stop,
}

impl Passing {
    fn passed_on(self, number: i32, sender: Sender) -> Option<i32> {
        let is_user = number == signals::USER1 || number == signals::USER2;
        match self {
            Self::All => Some(number),
            Self::FromProcesses => (sender == Sender::Process).then_some(number),
            Self::UserSignalsAsTerminate => is_user.then_some(signals::TERMINATE),
        }
    }
}

/// Waits until nothing is left of a group that was asked to stop: a second start of the job must not meet the first.
fn end_group(group: u32) {
    let start = Instant::now();
    while signals::group_exists(group) {
        if start.elapsed() > GRACE {
            signals::send_group(group, signals::KILL);
            return;
        }
        std::thread::sleep(PAUSE);
    }
}
