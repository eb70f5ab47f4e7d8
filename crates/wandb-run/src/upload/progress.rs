//! How far a run is uploaded, kept beside its log so that nothing is sent twice.

use super::Existing;
use crate::files;
use crate::settings::Resume;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// What is known of the upload of one log. Everything but `base` counts what this log brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    /// What was asked for when the run started: `sync` may be the first to reach the server.
    pub(crate) resume: Intent,
    /// What the server had before this log. It must be known before the first line goes out, and never change after.
    pub(crate) base: Option<Base>,
    pub(crate) entity: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) bucket: Option<String>,
    pub(crate) history: u64,
    pub(crate) events: u64,
    pub(crate) output: u64,
    /// Files are uploaded in the order of the log, so a count is enough; likewise artifacts.
    pub(crate) files: u64,
    pub(crate) artifacts: u64,
    /// The last word is on its way: it may have arrived.
    pub(crate) ending: bool,
    /// The server has all of it.
    pub(crate) complete: bool,
}

/// [`Resume`], as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Intent {
    #[default]
    No,
    Never,
    Allow,
    Must,
}

/// Where the lines of a log begin in those of its run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Base {
    pub(crate) history: u64,
    pub(crate) events: u64,
    pub(crate) output: u64,
    /// Rows up to this one are there already, and are left out of this log's.
    pub(crate) last_step: Option<i64>,
    /// Seconds that the run had run before.
    pub(crate) runtime: f64,
    /// The configuration and the summary of the server are continued.
    pub(crate) resumed: bool,
}

impl Base {
    /// A log that continues what the server has.
    pub(crate) fn after(existing: &Existing) -> Self {
        Self {
            history: existing.history,
            events: existing.events,
            output: existing.output,
            last_step: existing.last_step,
            runtime: existing.runtime,
            resumed: true,
        }
    }
}

impl Intent {
    /// The log belongs behind what the run had before.
    pub(crate) fn continues(self) -> bool {
        matches!(self, Self::Allow | Self::Must)
    }
}

impl Progress {
    pub(crate) fn new(resume: Resume, base: Option<Base>) -> Self {
        let resume = match resume {
            Resume::No => Intent::No,
            Resume::Never => Intent::Never,
            Resume::Allow | Resume::Auto => Intent::Allow,
            Resume::Must => Intent::Must,
        };
        Self { resume, base, ..Self::default() }
    }

    /// The file beside a log.
    fn path(log: &Path) -> PathBuf {
        log.with_extension("upload.json")
    }

    /// The file that says, to the stock client too, that the server has all of a log.
    pub(crate) fn marker(log: &Path) -> PathBuf {
        log.with_extension("wandb.synced")
    }

    /// What was kept beside a log; `None` if nothing was, or nothing that can be read: then the server is asked.
    pub(crate) fn load(log: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path(log)).ok()?).ok()
    }

    pub(crate) fn save(&self, log: &Path) -> io::Result<()> {
        files::publish(&Self::path(log), &serde_json::to_vec_pretty(self)?)
    }
}
