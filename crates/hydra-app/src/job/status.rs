//! `status.json`: how a job stands. Its runner writes it, anyone may read it.

use super::process::{Life, Process};
use crate::files::{Durability, replace};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// Name of the file in the run directory.
pub const STATUS: &str = "status.json";

/// How often a running job says that it is.
pub(crate) const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(5);

/// A job on another machine that has said nothing for so long is not running any more.
///
/// Longer than network file systems keep what they have read (a minute), heartbeats and a difference of clocks together.
const SILENCE: SignedDuration = SignedDuration::from_mins(3);

/// Where a job stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has not started.
    #[default]
    Planned,
    /// It runs.
    Running,
    /// It ended with exit status 0.
    Done,
    /// It ended in another way.
    Failed,
    /// It was asked to stop, or its machine or its runner is gone.
    Interrupted,
}

impl State {
    /// The word for it, as in the JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How a job stands, and how that came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Where it stands.
    pub state: State,
    /// How often it was started.
    pub attempt: u32,
    /// How often it ran out of time on a cluster and was queued again.
    pub timeouts: u32,
    /// The process that starts the worker and writes this file.
    pub runner: Option<Process>,
    /// The process that does the job.
    pub worker: Option<Process>,
    /// When it was started, the last time.
    pub started: Option<Timestamp>,
    /// How far it was when it was started, the last time.
    pub first_step: Option<u64>,
    /// When its runner last said that it is there.
    pub heartbeat: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Its exit status, 128 + the number of the signal if one ended it.
    pub exit_status: Option<i32>,
    /// The signal that asked it to stop.
    pub asked: Option<i32>,
    /// What ended it, in words: `out of memory`, `killed by SIGSEGV`, …
    pub cause: Option<String>,
    /// The last lines that it printed, if it did not end well.
    pub log: Vec<String>,
}

impl Status {
    /// What the file says, whether it is still true or not; planned, if there is none.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn recorded(run_dir: &Path) -> io::Result<Self> {
        let path = run_dir.join(STATUS);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        serde_json::from_slice(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// How the job stands now: a job that says it runs, and whose processes are gone, is interrupted.
    pub fn now(run_dir: &Path) -> Self {
        if !run_dir.is_dir() {
            let cause = Some("its directory is gone".into());
            return Self { state: State::Interrupted, cause, ..Self::default() };
        }
        match Self::recorded(run_dir) {
            Ok(seen) => {
                let judged = seen.clone().judged(Timestamp::now());
                if judged.state == seen.state {
                    return judged;
                }
                // It may have ended between the two looks; then the file has changed.
                match Self::recorded(run_dir) {
                    Ok(again) if again != seen => again.judged(Timestamp::now()),
                    _ => judged,
                }
            }
            Err(error) => {
                // Nothing is known but that it was started. What is not known to be done is done again.
                let cause = Some(format!("{STATUS} cannot be read: {error}"));
                Self { state: State::Interrupted, attempt: 1, cause, ..Self::default() }
            }
        }
    }

    fn judged(self, now: Timestamp) -> Self {
        if self.state != State::Running {
            return self;
        }
        let lives: Vec<Life> =
            [&self.runner, &self.worker].into_iter().flatten().map(Process::life).collect();
        if lives.contains(&Life::Alive) {
            return self;
        }
        let cause = if lives.contains(&Life::Elsewhere) {
            let last = self.heartbeat.or(self.started).unwrap_or(Timestamp::UNIX_EPOCH);
            if now.duration_since(last) < SILENCE {
                return self;
            }
            let host = self.runner.as_ref().map_or("its machine", |runner| &runner.host);
            format!("no sign of life from {host} since {}", last.strftime("%Y-%m-%d %H:%M:%SZ"))
        } else {
            "its processes are gone: killed from outside, or the machine went down".into()
        };
        Self { state: State::Interrupted, cause: Some(cause), ..self }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// The run directory is gone, the disk is full, …
    pub fn write(&self, run_dir: &Path, durability: Durability) -> io::Result<()> {
        let path = run_dir.join(STATUS);
        let text = serde_json::to_string_pretty(self)? + "\n";
        match replace(&path, text.as_bytes(), durability) {
            // A full disk has no room for a second file. The first has its block already.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                let shorter = Self { log: Vec::new(), ..self.clone() };
                let text = serde_json::to_string(&shorter)?;
                overwrite(&path, text.as_bytes()).map_err(|_| error)
            }
            result => result,
        }
    }
}

/// Overwrites a file where it is. The text is padded to the file's length and may not be longer: what needs no more room
/// is whole before and after the one call that writes it.
fn overwrite(path: &Path, text: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    let mut bytes = text.to_vec();
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    if bytes.len() > length {
        return Err(io::Error::from(io::ErrorKind::StorageFull));
    }
    bytes.resize(length, b'\n');
    file.write_all(&bytes)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(runner: Process) -> Status {
        let now = Some(Timestamp::now());
        Status {
            state: State::Running,
            attempt: 1,
            runner: Some(runner),
            started: now,
            heartbeat: now,
            ..Status::default()
        }
    }

    #[test]
    fn a_running_job_whose_processes_are_gone_is_interrupted() {
        let me = Process::me();
        assert_eq!(running(me.clone()).judged(Timestamp::now()).state, State::Running);
        let gone = Process { started: Some("earlier".into()), ..me.clone() };
        let status = running(gone.clone()).judged(Timestamp::now());
        assert_eq!(status.state, State::Interrupted);
        assert!(status.cause.is_some_and(|cause| cause.contains("gone")));
        // Its worker goes on without it.
        let status = Status { worker: Some(me), ..running(gone) };
        assert_eq!(status.judged(Timestamp::now()).state, State::Running);
    }

    #[test]
    fn a_job_elsewhere_is_believed_for_three_minutes() {
        let elsewhere = Process { host: "node7".into(), pid: 1, started: None, namespace: None };
        let status = running(elsewhere);
        let after = |seconds| status.clone().judged(Timestamp::now() + SignedDuration::from_secs(seconds));
        assert_eq!(after(170).state, State::Running);
        let late = after(190);
        assert_eq!(late.state, State::Interrupted);
        assert!(late.cause.is_some_and(|cause| cause.starts_with("no sign of life from node7 since ")));
    }

    #[test]
    fn a_damaged_file_is_not_taken_for_done() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Status::now(folder.path()).state, State::Planned);
        std::fs::write(folder.path().join(STATUS), "{\"state\": \"do").expect("written");
        assert_eq!(Status::now(folder.path()).state, State::Interrupted);
    }

    #[test]
    fn what_is_overwritten_in_place_reads_as_what_was_written_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let status = Status { log: vec!["x".repeat(500)], ..running(Process::me()) };
        status.write(folder.path(), Durability::Soon).expect("written");
        let shorter = Status { state: State::Done, ..Status::default() };
        let text = serde_json::to_string(&shorter).expect("JSON");
        overwrite(&folder.path().join(STATUS), text.as_bytes()).expect("overwritten");
        assert_eq!(Status::recorded(folder.path()).expect("read"), shorter);
    }
}
