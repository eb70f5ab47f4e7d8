//! Running one job: starts its worker, says every few seconds that it is there, and records the end.
//!
//! The runner of a job in a sweep is a process of its own. It outlives its launcher, so that how a job ended is known
//! whatever became of the process that started it.

use super::ending::{Circumstances, Ending, Memory, oom_kills};
use super::process::{Life, Process};
use super::record::JobRecord;
use super::signals::{Sender, Signals};
use super::status::{HEARTBEAT, State, Status};
use crate::files::{Durability, tail_from};
use crate::run_dir::FROZEN;
use crate::stop;
use jiff::Timestamp;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// Files that a worker's output goes to in a sweep.
pub const STDOUT: &str = "stdout.log";
/// As [`STDOUT`].
pub const STDERR: &str = "stderr.log";

/// Held by the runner while it is there.
const LOCK: &str = ".lock";
/// Lines of the log that are kept in the status.
const LAST_LINES: usize = 8;

/// Where a worker prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Where this process prints; it reads what this process reads.
    Inherited,
    /// Into [`STDOUT`] and [`STDERR`] in the run directory, which are appended to; it reads nothing.
    Files,
}

/// A job that is about to run.
#[derive(Debug)]
pub struct Runner<'a> {
    /// The run directory, absolute.
    pub run_dir: &'a Path,
    /// The command that does the job.
    pub command: Vec<OsString>,
    /// Where it prints.
    pub streams: Streams,
    /// The sweep that it belongs to.
    pub sweep_dir: Option<&'a Path>,
    /// Which signals the worker gets from here.
    pub passing: Passing,
    /// Variables for the worker, where the job's own say nothing else.
    pub env: Vec<(String, String)>,
}

/// Which signals a worker gets from its runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// All that processes send here. What a terminal sends goes to all that run in it; a second time would mean "at once".
    FromProcesses,
    /// All.
    All,
    /// SIGUSR1 and SIGUSR2, as SIGTERM: a cluster's warning to the runner alone. What else the cluster sends goes to every
    /// process of the job.
    UserSignalsAsTerminate,
}

impl Passing {
    fn passed_on(self, number: i32, sender: Sender) -> Option<i32> {
        let is_user = number == super::signals::USER1 || number == super::signals::USER2;
        match self {
            Self::All => Some(number),
            Self::FromProcesses => (sender == Sender::Process).then_some(number),
            Self::UserSignalsAsTerminate => is_user.then_some(super::signals::TERMINATE),
        }
    }
}

/// What became of an attempt to run a job.
#[derive(Debug)]
pub enum Outcome {
    /// The worker ran, and ended so.
    Ended(Status),
    /// It was done already.
    WasDone,
    /// Another process runs it.
    IsRunning(Status),
    /// The sweep was told to start nothing more.
    Stopped,
}

enum Event {
    Signal { number: i32, sender: Sender },
    Exited(io::Result<std::process::ExitStatus>),
}

impl Runner<'_> {
    /// Runs the job to its end.
    ///
    /// # Errors
    /// The frozen configuration was changed; a file of the run directory cannot be read or written.
    pub fn run(&self) -> io::Result<Outcome> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.run_dir.join(LOCK))
            .map_err(|error| named(error, &self.run_dir.join(LOCK)))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Outcome::IsRunning(Status::now(self.run_dir))),
            // File systems without locks exist; the status file is the second line.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(named(error, &self.run_dir.join(LOCK))),
        }
        let before = Status::now(self.run_dir);
        match before.state {
            State::Done => return Ok(Outcome::WasDone),
            // Its runner is gone, its worker is not.
            State::Running => return Ok(Outcome::IsRunning(before)),
            State::Planned | State::Failed | State::Interrupted => {}
        }
        if self.sweep_dir.is_some_and(stop::is_asked) {
            return Ok(Outcome::Stopped);
        }
        let record = JobRecord::read(self.run_dir)?;
        let status = match record.ensure_frozen(self.run_dir) {
            Ok(()) => self.attempt(&record, &before)?,
            Err(error) => self.refuse(&error, before.attempt + 1)?,
        };
        drop(lock);
        Ok(Outcome::Ended(status))
    }

    /// Records that the job cannot be run as it is.
    fn refuse(&self, error: &io::Error, attempt: u32) -> io::Result<Status> {
        let now = Some(Timestamp::now());
        let status = Status {
            state: State::Failed,
            attempt,
            started: now,
            ended: now,
            cause: Some(error.to_string()),
            ..Status::default()
        };
        status.write(self.run_dir, Durability::Synced).map_err(|error| named(error, self.run_dir))?;
        Ok(status)
    }

    fn attempt(&self, record: &JobRecord, before: &Status) -> io::Result<Status> {
        let now = Some(Timestamp::now());
        let mut status = Status {
            state: State::Running,
            attempt: before.attempt + 1,
            timeouts: before.timeouts,
            runner: Some(Process::me()),
            started: now,
            heartbeat: now,
            ..Status::default()
        };
        let signals = Signals::listen()?;
        let earlier = LogEnds::of(self, record);
        // Before the worker starts: from here on a death without a word is seen.
        status.write(self.run_dir, Durability::Soon).map_err(|error| named(error, self.run_dir))?;
        let kills = oom_kills();
        let ending = match self.start(record) {
            Ok(child) => {
                status.worker = Some(Process::local(child.id()));
                status.write(self.run_dir, Durability::Soon).map_err(|error| named(error, self.run_dir))?;
                let (exit, asked) = self.watch(child, signals, &mut status)?;
                status.asked = asked;
                let log = self.last_lines(record, &earlier);
                let memory = if oom_kills() > kills { Memory::RanOut } else { Memory::Enough };
                Ending::of(exit, &Circumstances { asked, log: &log, memory })
            }
            Err(error) => {
                let program = self.command.first().map(|program| program.to_string_lossy().into_owned());
                Ending::never_started(&error, &program.unwrap_or_default())
            }
        };
        status.state = ending.state;
        status.exit_status = Some(ending.exit_status);
        status.cause = ending.cause;
        status.ended = Some(Timestamp::now());
        if status.state != State::Done {
            status.log = self.last_lines(record, &earlier);
        }
        status.write(self.run_dir, Durability::Synced).map_err(|error| named(error, self.run_dir))?;
        Ok(status)
    }

    fn start(&self, record: &JobRecord) -> io::Result<Child> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no command"));
        };
        if let Some(path) = &record.log_file {
            // Hydra's is there from the start, empty or not.
            appended(path)?;
        }
        let mut command = Command::new(absolute_program(program, &record.cwd));
        command
            .args(arguments)
            .current_dir(if record.chdir { self.run_dir } else { &record.cwd })
            .env("HYDRA_CONFIG_FILE", self.run_dir.join(FROZEN))
            .env("HYDRA_RUN_DIR", self.run_dir)
            .env("HYDRA_ORIGINAL_CWD", &record.cwd)
            // Set and empty: there is to be none.
            .env("HYDRA_LOG_FILE", record.log_file.as_deref().unwrap_or(Path::new("")))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .envs(&record.env);
        if self.streams == Streams::Files {
            command
                .stdin(Stdio::null())
                .stdout(appended(&self.run_dir.join(STDOUT))?)
                .stderr(appended(&self.run_dir.join(STDERR))?);
        }
        command.spawn()
    }

    /// Waits for the worker, passes signals on, and says that the job runs. Gives its exit status and the signal that
    /// asked it to stop.
    fn watch(
        &self,
        mut child: Child,
        signals: Signals,
        status: &mut Status,
    ) -> io::Result<(std::process::ExitStatus, Option<i32>)> {
        let pid = child.id();
        let (tell, events) = mpsc::channel();
        let exited = tell.clone();
        std::thread::spawn(move || {
            let _ = exited.send(Event::Exited(child.wait()));
        });
        let closer = signals.closer();
        std::thread::spawn(move || {
            signals.each(|number, sender| {
                let _ = tell.send(Event::Signal { number, sender });
            });
        });
        let result = self.loop_over(&events, pid, status);
        closer.close();
        result
    }

    fn loop_over(
        &self,
        events: &Receiver<Event>,
        pid: u32,
        status: &mut Status,
    ) -> io::Result<(std::process::ExitStatus, Option<i32>)> {
        let mut asked = None;
        loop {
            match events.recv_timeout(HEARTBEAT) {
                Ok(Event::Exited(exit)) => return Ok((exit?, asked)),
                Ok(Event::Signal { number, sender }) => {
                    asked = Some(number);
                    if let Some(number) = self.passing.passed_on(number, sender) {
                        super::signals::send(pid, number);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    status.heartbeat = Some(Timestamp::now());
                    // A heartbeat that cannot be written is no reason to stop; the next may be.
                    let _ = status.write(self.run_dir, Durability::Soon);
                    if asked.is_none() && self.sweep_dir.is_some_and(stop::is_cancelled) {
                        asked = Some(super::signals::TERMINATE);
                        super::signals::send(pid, super::signals::TERMINATE);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the worker cannot be waited for"));
                }
            }
        }
    }

    /// What the worker printed last; where it prints to the terminal, what it logged.
    fn last_lines(&self, record: &JobRecord, earlier: &LogEnds) -> Vec<String> {
        let printed = tail_from(&self.run_dir.join(STDERR), earlier.printed, LAST_LINES);
        if !printed.is_empty() && self.streams == Streams::Files {
            return printed;
        }
        let logged = |path: &Path| tail_from(path, earlier.logged, LAST_LINES);
        record.log_file.as_deref().map(logged).unwrap_or_default()
    }
}

/// Where the logs of earlier attempts end.
struct LogEnds {
    printed: u64,
    logged: u64,
}

impl LogEnds {
    fn of(runner: &Runner<'_>, record: &JobRecord) -> Self {
        let end = |path: &Path| path.metadata().map_or(0, |file| file.len());
        Self { printed: end(&runner.run_dir.join(STDERR)), logged: record.log_file.as_deref().map_or(0, end) }
    }
}

/// Waits until nothing runs the job any more, and says how it then stands.
pub fn wait_for(run_dir: &Path, pause: Duration) -> Status {
    loop {
        let status = Status::now(run_dir);
        if status.state != State::Running {
            return status;
        }
        std::thread::sleep(pause);
    }
}

/// A program named with a folder is relative to where the job was asked for, wherever the job runs.
fn absolute_program(program: &OsString, cwd: &Path) -> PathBuf {
    let path = Path::new(program);
    if path.components().count() > 1 { cwd.join(path) } else { path.to_owned() }
}

fn appended(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn named(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Asks the processes of a job on this machine to stop. Whether there was one to ask.
pub fn ask_to_stop(status: &Status) -> bool {
    let runner = status.runner.as_ref().filter(|runner| runner.life() == Life::Alive);
    // A runner passes it on; a worker whose runner is gone is asked itself.
    let process = runner.or(status.worker.as_ref().filter(|worker| worker.life() == Life::Alive));
    if let Some(process) = process {
        super::signals::send(process.pid, super::signals::TERMINATE);
    }
    process.is_some()
}
