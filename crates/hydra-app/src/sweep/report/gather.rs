//! The directory of a sweep as plain data: all that is read of it but the pictures.

use super::super::record::{Sweep, SweepJob};
use super::curves::{Curve, MOST_POINTS};
use super::metrics::{Axis, Metrics};
use super::samples;
use super::settings::Settings;
use crate::job::{State, Status};
use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A sweep, as far as a report needs it.
pub(super) struct Gathered {
    /// The last two names of its directory: `2026-11-23/09-05-29`.
    pub(super) title: String,
    /// The program that ran it, with its version.
    pub(super) program: String,
    /// When it was planned.
    pub(super) created: Timestamp,
    /// When a job last started, ended or said that it is there: what the report shows is as old as this.
    pub(super) changed: Option<Timestamp>,
    /// In order.
    pub(super) jobs: Vec<Job>,
}

/// A job of it.
pub(super) struct Job {
    /// Its number.
    pub(super) num: usize,
    /// Its directory.
    pub(super) dir: PathBuf,
    /// The same as links are to name it, without links of the file system before the sweep.
    pub(super) place: PathBuf,
    /// The same as the plan names it.
    pub(super) name: String,
    /// How it stands.
    pub(super) status: Status,
    /// Its configuration, or why that cannot be read.
    pub(super) settings: Result<Settings, String>,
    /// Its curves, by name, in the order in which they begin.
    pub(super) curves: Vec<(String, Curve)>,
    /// The last step that it took.
    pub(super) step: Option<u64>,
    /// Steps of the whole job.
    pub(super) steps: Option<u64>,
    /// What its points are numbered by.
    pub(super) axis: Option<Axis>,
    /// Its last picture.
    pub(super) sample: Option<PathBuf>,
}

impl Gathered {
    /// Reads it.
    pub(super) fn read(sweep: &Sweep) -> Self {
        let record = &sweep.record;
        let place = sweep.dir.canonicalize().unwrap_or_else(|_| sweep.dir.clone());
        let jobs: Vec<Job> = record.jobs.iter().map(|job| Job::read(sweep, job, &place)).collect();
        let times = jobs.iter().flat_map(|job| [job.status.started, job.status.heartbeat, job.status.ended]);
        let names: Vec<_> = sweep.dir.iter().map(|name| name.to_string_lossy()).collect();
        Self {
            title: names[names.len().saturating_sub(2)..].join("/"),
            program: format!("{} {}", record.program, record.version),
            created: record.created,
            changed: times.flatten().max(),
            jobs,
        }
    }
}

impl Job {
    fn read(sweep: &Sweep, job: &SweepJob, place: &Path) -> Self {
        let dir = sweep.job_dir(job);
        let status = Status::now(&dir);
        // Thinned at once: a thousand jobs of a million steps are not to be held at the same time.
        let metrics = match status.state {
            State::Planned => Metrics::default(),
            _ => Metrics::read(&dir),
        };
        let curves =
            metrics.series.iter().map(|series| (series.name.clone(), Curve::of(series, MOST_POINTS)));
        Self {
            num: job.num,
            place: place.join(&job.dir),
            name: job.dir.to_string_lossy().into_owned(),
            settings: Settings::read(&dir, &job.overrides),
            curves: curves.collect(),
            step: metrics.step,
            steps: metrics.steps,
            axis: (!metrics.series.is_empty()).then_some(metrics.axis),
            sample: samples::newest(&dir),
            status,
            dir,
        }
    }

    /// Its curve of this name.
    pub(super) fn curve(&self, name: &str) -> Option<&Curve> {
        self.curves.iter().find(|(other, _)| other == name).map(|(_, curve)| curve)
    }

    /// Seconds from its last start to its end; of one that runs or was lost, to its last sign of life.
    pub(super) fn seconds(&self) -> Option<i64> {
        let status = &self.status;
        let end = status.ended.filter(|_| status.state != State::Running).or(status.heartbeat)?;
        Some(end.duration_since(status.started?).as_secs().max(0))
    }
}

/// Opens a file that is one. Others could be waited for forever, or have no end.
pub(super) fn regular(path: &Path) -> io::Result<File> {
    if path.metadata()?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
    }
}
