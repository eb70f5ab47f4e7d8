//! `job.json`: what a job is, written when it is planned and never after.

use crate::run_dir::FROZEN;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file in the run directory.
pub const JOB: &str = "job.json";

/// The version of the layout of run directories and sweeps.
pub(crate) const FORMAT: u32 = 1;

/// A job: with the frozen configuration beside it, all that its runner needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The version of this layout.
    pub format: u32,
    /// `hydra.job.name`.
    pub name: String,
    /// Its number in its sweep.
    pub num: Option<usize>,
    /// Its overrides, without those of Hydra's own configuration.
    pub overrides: Vec<String>,
    /// SHA-256 of the frozen configuration.
    pub config_hash: String,
    /// Where it was asked for: its working directory, and what relative paths are relative to.
    pub cwd: PathBuf,
    /// `hydra.job.chdir`: its working directory is the run directory instead.
    #[serde(default)]
    pub chdir: bool,
    /// `hydra.job.env_set`, with what `hydra.job.env_copy` copied.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// `hydra.output_subdir`, where Hydra's own files are.
    #[serde(default)]
    pub output_subdir: Option<PathBuf>,
    /// The file of `hydra.job_logging`, relative to the run directory if it is inside; none, if that logs to no file.
    pub log_file: Option<PathBuf>,
    /// The command that does the job, if it is not the program's own worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// The run that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<PathBuf>,
}

impl JobRecord {
    /// Reads the record of a run directory.
    ///
    /// # Errors
    /// It is no run directory, or the file is damaged or of a later version; the message names the file.
    pub fn read(run_dir: &Path) -> io::Result<Self> {
        read_json(&run_dir.join(JOB))
    }

    /// Whether the frozen configuration is the one that was planned.
    ///
    /// # Errors
    /// It was changed, or cannot be read.
    pub fn ensure_frozen(&self, run_dir: &Path) -> io::Result<()> {
        let path = run_dir.join(FROZEN);
        let at = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        if hash(&fs::read(&path).map_err(at)?) == self.config_hash {
            return Ok(());
        }
        let message = format!(
            "{} was changed since the job was planned\nhelp: for a run with other values: --rerun {} key=value",
            path.display(),
            run_dir.display()
        );
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a record that says which `format` it is of.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<T> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let invalid =
        |what: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", path.display()));
    let text = fs::read(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    let version: Versioned =
        serde_json::from_slice(&text).map_err(|error| invalid(format!("damaged: {error}")))?;
    if version.format > FORMAT {
        return Err(invalid("written by a later version of this program".into()));
    }
    serde_json::from_slice(&text).map_err(|error| invalid(format!("damaged: {error}")))
}
