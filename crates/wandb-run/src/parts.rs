//! Parts of one run. A run that was stopped and goes on has a log for each time, beside the earlier ones; the server
//! must get them in the order in which they were written, or it would not be known whose lines it has.

use crate::log::reader::LogReader;
use crate::log::record::{Body, Timestamp};
use crate::upload::progress::Progress;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// A log names its run in its first records: header, run, environment.
const HEAD: usize = 8;

/// What a part said last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LastRow {
    pub(crate) step: i64,
    /// Seconds since the run started.
    pub(crate) runtime: f64,
}

/// The logs of a run in a folder `wandb/`, oldest first.
pub(crate) fn of_run(wandb: &Path, id: &str) -> Vec<PathBuf> {
    named(wandb, OsStr::new(&format!("run-{id}.wandb")))
}

/// The logs that this one continues, oldest first: back to one that began a run.
pub(crate) fn before(log: &Path) -> Vec<PathBuf> {
    let (all, at) = around(log);
    let begins = all[..=at].iter().rposition(|log| !continues(log)).unwrap_or(0);
    all[begins..at].to_vec()
}

/// Whether another log goes on where this one stopped.
pub(crate) fn is_continued(log: &Path) -> bool {
    let (all, at) = around(log);
    all.get(at + 1).is_some_and(|next| continues(next))
}

/// The last row of a log.
pub(crate) fn last_row(log: &Path) -> Option<LastRow> {
    // A row is rarely longer than the last blocks; if it is, there is the whole log.
    let near = LogReader::open_near_end(log).ok()?;
    rows(near).or_else(|| rows(LogReader::open(log).ok()?))
}

fn rows(mut reader: LogReader) -> Option<LastRow> {
    let mut last = None;
    while let Ok(Some(record)) = reader.next() {
        if let Some(Body::History(history)) = record.body {
            let value =
                |key: &str| history.item.iter().find(|item| item.path() == [key])?.json().parse::<f64>().ok();
            let step = history.step.map(|step| step.num).or_else(|| value("_step").map(|step| step as i64));
            last = step.map(|step| LastRow { step, runtime: value("_runtime").unwrap_or(0.0) }).or(last);
        }
    }
    last
}

fn continues(log: &Path) -> bool {
    Progress::load(log).is_some_and(|progress| progress.resume.continues())
}

/// All logs of the run of this one, and its place among them.
fn around(log: &Path) -> (Vec<PathBuf>, usize) {
    let folder = log.parent().and_then(Path::parent);
    let all = folder.zip(log.file_name()).map(|(folder, name)| named(folder, name)).unwrap_or_default();
    let same = |other: &PathBuf| other == log || fs::canonicalize(other).ok() == fs::canonicalize(log).ok();
    match all.iter().position(same) {
        Some(at) => (all, at),
        None => (vec![log.to_owned()], 0),
    }
}

fn named(wandb: &Path, name: &OsStr) -> Vec<PathBuf> {
    let folders = fs::read_dir(wandb).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut logs: Vec<_> = folders
        // `latest-run` is a link to one of the others.
        .filter(|folder| !folder.is_symlink())
        .map(|folder| folder.join(name))
        .filter_map(|log| Some((started(&log)?, log)))
        .collect();
    logs.sort_by(|(a, one), (b, other)| (a.seconds, a.nanos, one).cmp(&(b.seconds, b.nanos, other)));
    logs.into_iter().map(|(_, log)| log).collect()
}

/// When a log was begun. The name of its folder says it too, but in local time, which may go backwards.
fn started(log: &Path) -> Option<Timestamp> {
    let mut reader = LogReader::open(log).ok()?;
    let mut started = None;
    for _ in 0..HEAD {
        match reader.next().ok().flatten()?.body {
            Some(Body::Environment(environment)) => return environment.started_at.or(started),
            Some(Body::Run(run)) => started = run.start_time,
            Some(Body::History(_)) => break,
            _ => {}
        }
    }
    started
}
