//! Running one job: starts its worker, says every few seconds that it is there, and records the end.
//!
//! The runner of a job in a sweep is a process of its own. It outlives its launcher, so that how a job ended is known
//! whatever became of the process that started it.

use super::ending::{Circumstances, Ending, OomKills, disk};
use super::process::{Life, Process};
use super::progress::Progress;
use super::record::JobRecord;
use super::status::{HEARTBEAT, State, Status};
use super::watch::{Beat, Passing, Target, Watch};
use crate::files::{Durability, Lock, lock, tail_from};
use crate::run_dir::FROZEN;
use crate::stop;
use jiff::Timestamp;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Files that a worker's output goes to in a sweep.
pub const STDOUT: &str = "stdout.log";
/// As [`STDOUT`].
pub const STDERR: &str = "stderr.log";

/// Held by the runner while it is there.
const LOCK: &str = ".lock";
/// For so long a lock may be held by somebody who does not say that the job runs.
const MOMENT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Lines of the log that are kept in the status, and characters of each: the file stays small.
const LAST_LINES: usize = 8;
const LONGEST_LINE: usize = 300;

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
    /// Whether a job that is done goes on: its worker knows that a limit of its own has ended it.
    pub beyond_done: bool,
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

impl Runner<'_> {
    /// Runs the job to its end.
    ///
    /// # Errors
    /// The frozen configuration was changed; a file of the run directory cannot be read or written.
    pub fn run(&self) -> io::Result<Outcome> {
        let path = self.run_dir.join(LOCK);
        let start = Instant::now();
        let lock = loop {
            match lock(&path).map_err(|error| named(error, &path))? {
                Lock::Held(file) => break file,
                Lock::Taken => {
                    // Whoever has it and does not say "running" is about to, or is just leaving.
                    let status = Status::now(self.run_dir);
                    if status.state == State::Running || start.elapsed() > MOMENT {
                        return Ok(Outcome::IsRunning(status));
                    }
                    std::thread::sleep(LOOK_AGAIN);
                }
            }
        };
        let before = Status::now(self.run_dir);
        match before.state {
            State::Done if !self.beyond_done => return Ok(Outcome::WasDone),
            // Its runner is gone, its worker is not.
            State::Running => return Ok(Outcome::IsRunning(before)),
            State::Done | State::Planned | State::Failed | State::Interrupted => {}
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
            first_step: Progress::read(self.run_dir).step,
            heartbeat: now,
            ..Status::default()
        };
        // Whatever this needs is asked for before the worker is there: afterwards nothing may go wrong.
        let watch = Watch::start()?;
        let earlier = LogEnds::of(self, record);
        // From here on a death without a word is seen.
        status.write(self.run_dir, Durability::Soon).map_err(|error| named(error, self.run_dir))?;
        let kills = OomKills::count();
        let ending = match self.start(record) {
            Ok(mut child) => {
                status.worker = Some(Process::local(child.id()));
                let mut beat = || {
                    status.heartbeat = Some(Timestamp::now());
                    // One that cannot be written is no reason to stop; the next may be.
                    let _ = status.write(self.run_dir, Durability::Soon);
                    match self.sweep_dir.is_some_and(stop::is_cancelled) {
                        true => Beat::Stop,
                        false => Beat::GoOn,
                    }
                };
                let (exit, asked) =
                    watch.follow(&mut child, self.target(), self.passing, HEARTBEAT, &mut beat)?;
                status.asked = asked;
                let log = self.last_lines(record, &earlier);
                let (memory, disk) = (kills.since(), disk(self.run_dir));
                Ending::of(exit, &Circumstances { asked, log: &log, memory, disk })
            }
            Err(StartError::Log(error)) => {
                Ending::never_started(&error, "the job: its log cannot be written")
            }
            Err(StartError::Program(error)) => {
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

    fn start(&self, record: &JobRecord) -> Result<Child, StartError> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(StartError::Program(io::Error::new(io::ErrorKind::NotFound, "no command")));
        };
        let log_file = record.log_file.as_ref().map(|path| self.run_dir.join(path));
        if let Some(path) = &log_file {
            // Hydra's is there from the start, empty or not.
            if path.starts_with(self.run_dir)
                && let Some(folder) = path.parent()
            {
                std::fs::create_dir_all(folder).map_err(|error| StartError::Log(named(error, folder)))?;
            }
            appended(path).map_err(|error| StartError::Log(named(error, path)))?;
        }
        let mut command = Command::new(absolute_program(program, &record.cwd));
        command
            .args(arguments)
            .current_dir(if record.chdir { self.run_dir } else { &record.cwd })
            .env("HYDRA_CONFIG_FILE", self.run_dir.join(FROZEN))
            .env("HYDRA_RUN_DIR", self.run_dir)
            .env("HYDRA_ORIGINAL_CWD", &record.cwd)
            .envs(self.sweep_dir.map(|dir| ("HYDRA_SWEEP_DIR", dir)))
            // Set and empty: there is to be none.
            .env("HYDRA_LOG_FILE", log_file.as_deref().unwrap_or(Path::new("")))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .envs(&record.env);
        if self.streams == Streams::Files {
            command
                .stdin(Stdio::null())
                .stdout(appended(&self.run_dir.join(STDOUT)).map_err(StartError::Log)?)
                .stderr(appended(&self.run_dir.join(STDERR)).map_err(StartError::Log)?);
        }
        #[cfg(unix)]
        if self.target() == Target::Group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        command.spawn().map_err(StartError::Program)
    }

    /// Where it shares no terminal with its runner, a worker has a process group of its own.
    fn target(&self) -> Target {
        match self.streams {
            Streams::Inherited => Target::Worker,
            Streams::Files => Target::Group,
        }
    }

    /// What the worker printed last; where it prints to the terminal, what it logged.
    fn last_lines(&self, record: &JobRecord, earlier: &LogEnds) -> Vec<String> {
        let printed = tail_from(&self.run_dir.join(STDERR), earlier.printed, LAST_LINES);
        let logged = |path: &Path| tail_from(&self.run_dir.join(path), earlier.logged, LAST_LINES);
        let lines = match !printed.is_empty() && self.streams == Streams::Files {
            true => printed,
            false => record.log_file.as_deref().map(logged).unwrap_or_default(),
        };
        lines.into_iter().map(|line| line.chars().take(LONGEST_LINE).collect()).collect()
    }
}

/// What kept a worker from starting.
enum StartError {
    Program(io::Error),
    Log(io::Error),
}

/// Where the logs of earlier attempts end.
struct LogEnds {
    printed: u64,
    logged: u64,
}

impl LogEnds {
    fn of(runner: &Runner<'_>, record: &JobRecord) -> Self {
        let end = |path: &Path| path.metadata().map_or(0, |file| file.len());
        Self {
            printed: end(&runner.run_dir.join(STDERR)),
            logged: record.log_file.as_deref().map_or(0, |path| end(&runner.run_dir.join(path))),
        }
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
        let is_worker = status.worker.as_ref() == Some(process);
        match is_worker && super::signals::group_exists(process.pid) {
            true => super::signals::send_group(process.pid, super::signals::TERMINATE),
            false => super::signals::send(process.pid, super::signals::TERMINATE),
        }
    }
    process.is_some()
}
