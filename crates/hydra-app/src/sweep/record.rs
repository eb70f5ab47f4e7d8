//! `sweep.json`: the plan of a sweep, written before its first job starts and never after.

use crate::job::{Status, read_json};
use crate::launch::LauncherSettings;
use crate::launch::slurm::{Queue, submissions};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file in the sweep's directory.
pub const SWEEP: &str = "sweep.json";

/// The plan of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRecord {
    /// The version of this layout.
    pub format: u32,
    /// The program's name.
    pub program: String,
    /// The program's version.
    pub version: String,
    /// When it was planned.
    pub created: Timestamp,
    /// Where it was asked for.
    pub cwd: PathBuf,
    /// `hydra.launcher`.
    pub launcher: LauncherSettings,
    /// `hydra.sweeper.max_batch_size`: so many jobs end before the next start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_batch_size: Option<usize>,
    /// Whether the first failure keeps the others from starting.
    #[serde(default)]
    pub fail_fast: bool,
    /// The jobs, in order: the place of each is its number.
    pub jobs: Vec<SweepJob>,
}

/// A job of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepJob {
    /// Its number.
    pub num: usize,
    /// Its overrides, without those of Hydra's own configuration.
    pub overrides: Vec<String>,
    /// SHA-256 of its frozen configuration.
    pub config_hash: String,
    /// Its directory, relative to the sweep's if it is inside.
    pub dir: PathBuf,
}

/// A sweep that is there.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Its directory, absolute.
    pub dir: PathBuf,
    /// Its plan.
    pub record: SweepRecord,
}

impl Sweep {
    /// Reads the plan in a directory.
    ///
    /// # Errors
    /// It is no sweep, the sweep was never planned to its end, or the plan is damaged; in words for a person.
    pub fn open(dir: &Path) -> Result<Self, String> {
        let dir = std::path::absolute(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        // Collected, so that a slash at the end or a dot in the middle is gone.
        let dir: PathBuf = dir.components().collect();
        match read_json(&dir.join(SWEEP)) {
            Ok(record) => Ok(Self { dir, record }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(&dir)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The directory of a job.
    pub fn job_dir(&self, job: &SweepJob) -> PathBuf {
        self.dir.join(&job.dir)
    }

    /// How each job stands now, in order.
    pub fn statuses(&self) -> Vec<Status> {
        self.statuses_with(self.queue().unwrap_or_default().as_ref())
    }

    /// As [`Sweep::statuses`], with what Slurm said.
    pub(super) fn statuses_with(&self, queue: Option<&Queue>) -> Vec<Status> {
        let statuses = self.record.jobs.iter().map(|job| (job.num, Status::now(&self.job_dir(job))));
        match queue {
            Some(queue) => statuses.map(|(num, status)| queue.judge(num, status)).collect(),
            None => statuses.map(|(_, status)| status).collect(),
        }
    }

    /// What Slurm says of the jobs, if they were submitted to it.
    ///
    /// # Errors
    /// It cannot be asked. What the jobs themselves wrote is then all that is known.
    pub(super) fn queue(&self) -> Result<Option<Queue>, String> {
        let LauncherSettings::Slurm(_) = self.record.launcher else { return Ok(None) };
        let submissions = submissions(&self.dir).map_err(|error| error.to_string())?;
        Queue::ask(&submissions).map(Some)
    }
}

fn missing(dir: &Path) -> String {
    let shown = dir.display();
    if !dir.is_dir() {
        return format!("there is no sweep in {shown}: there is no such folder");
    }
    if dir.join(crate::job::JOB).is_file() {
        let sweep = dir.ancestors().skip(1).find(|folder| folder.join(SWEEP).is_file());
        let help = match sweep {
            Some(sweep) => format!("its sweep is {}", sweep.display()),
            None => "to let it go on: --resume; to repeat it: --rerun".into(),
        };
        return format!("{shown} is the directory of one run\nhelp: {help}");
    }
    if dir.join(super::MULTIRUN).is_file() && has_run(dir) {
        return format!(
            "{shown} has lost its {SWEEP}\nhelp: its jobs are there: each can be resumed with --resume"
        );
    }
    if dir.join(super::MULTIRUN).is_file() {
        return format!(
            "the sweep in {shown} was stopped while it was planned; none of its jobs ran\nhelp: start it again"
        );
    }
    format!("there is no sweep in {shown}: it has no {SWEEP}\nhelp: sweeps are under multirun/")
}

/// Whether a job in the folder was ever started.
fn has_run(dir: &Path) -> bool {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.join(crate::job::STATUS).is_file())
}
