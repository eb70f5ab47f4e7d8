//! What can go wrong before a run has started, or while one is uploaded on request.

use std::io;
use std::path::PathBuf;

/// Why a run could not start, or a directory not be uploaded. No text of it has the key in it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] pub(crate) Kind);

/// The cases, which are not a part of the interface.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("cannot {action} {}: {source}", .path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} has no transaction log, run-<id>.wandb", .0.display())]
    NoLog(PathBuf),
    #[error("{} is still being written or uploaded, by a program that runs", .0.display())]
    Running(PathBuf),
    #[error("there is no API key: set WANDB_API_KEY, or put the host into ~/.netrc")]
    NoKey,
    #[error("no run {id} to continue: resume=must")]
    NothingToResume { id: String },
    #[error("the run {id} exists already: resume=never")]
    Exists { id: String },
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Unreachable(String),
}

impl Error {
    /// The server said no, and would again.
    pub fn is_refused(&self) -> bool {
        matches!(self.0, Kind::Refused(_) | Kind::NothingToResume { .. } | Kind::Exists { .. })
    }

    /// Another program, or this one, still writes the log or uploads it.
    pub fn is_running(&self) -> bool {
        matches!(self.0, Kind::Running(_))
    }

    /// The server could not be reached, or had no time; another attempt may succeed.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.0, Kind::Unreachable(_))
    }
}

impl Kind {
    /// For `map_err`.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Kind {
        let path = path.into();
        move |source| Kind::File { action, path, source }
    }
}
