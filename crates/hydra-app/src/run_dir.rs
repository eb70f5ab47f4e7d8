//! Run directories. One is claimed by creating it, so two runs never share one and nothing is overwritten.

use hydra_compose::interpolation::python_str;
use hydra_compose::tree::Value;
use hydra_compose::{Config, Error};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Where a run's frozen configuration stands in its directory: complete, resolved, and all that the worker reads.
pub const FROZEN: &str = "config.yaml";

/// Candidates for a directory's name that are tried before giving up.
const MOST_CANDIDATES: u32 = 10_000;

/// A run directory that could not be made or written.
#[derive(Debug)]
pub enum RunDirError {
    /// The file system said no.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A value of the configuration that is no place for a run.
    Place {
        /// The key, `hydra.run.dir` or `hydra.output_subdir`.
        key: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The node `hydra` itself is wrong.
    Config(Error),
}

impl fmt::Display for RunDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => {
                write!(
                    f,
                    "cannot write {}: {source}\nhelp: another place can be named with hydra.run.dir=… (of a sweep: hydra.sweep.dir=…)",
                    path.display()
                )
            }
            Self::Place { key, value, reason } => write!(f, "{key} is '{value}', and {reason}"),
            Self::Config(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunDirError {}

impl From<Error> for RunDirError {
    fn from(error: Error) -> Self {
        Self::Config(error)
    }
}

/// The directory that a run asks for (`hydra.run.dir`), absolute.
///
/// # Errors
/// It has no name of its own to number (`/`, `..`), or the current directory is gone.
pub fn wanted(config: &Config) -> Result<PathBuf, RunDirError> {
    place_at(config, "hydra.run.dir", "a run")
}

/// The directory that a sweep asks for (`hydra.sweep.dir`), absolute.
///
/// # Errors
/// As [`wanted`].
pub fn wanted_for_sweep(config: &Config) -> Result<PathBuf, RunDirError> {
    place_at(config, "hydra.sweep.dir", "a sweep")
}

/// A text of the node `hydra`. An interpolation to a number is text there, as the number would be.
pub(crate) fn text(config: &Config, key: &str) -> Result<String, Error> {
    let node = config.resolve_at(key)?;
    match node.map(|node| node.value) {
        Some(value @ (Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_))) => {
            Ok(python_str(&value))
        }
        // Its error says what is there instead.
        _ => config.get(key),
    }
}

fn place_at(config: &Config, key: &'static str, what: &'static str) -> Result<PathBuf, RunDirError> {
    let value = text(config, key)?;
    let place = |reason: &str| RunDirError::Place {
        key,
        value: value.clone(),
        reason: format!("{what} needs a directory{reason}"),
    };
    if value.is_empty() {
        return Err(place(""));
    }
    let path =
        std::path::absolute(&value).map_err(|source| RunDirError::Io { path: (&value).into(), source })?;
    let here = std::env::current_dir().unwrap_or_default();
    if here.starts_with(path.components().collect::<PathBuf>()) {
        return Err(place(" of its own, and this is where you are, or above it"));
    }
    match path.components().next_back() {
        // Collected, so that a slash at the end or a dot in the middle is gone.
        Some(Component::Normal(_)) => Ok(path.components().collect()),
        _ => Err(place(" of its own, with a name")),
    }
}

/// Creates `wanted`, or if it is there already `wanted-1`, `wanted-2`, …, and says which it became.
///
/// Creating a directory either succeeds for one process or fails, so of any number of runs each gets its own.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let wanted = folder.path().join("outputs/2026-11-23/05-28-01");
/// let first = hydra_app::run_dir::claim(&wanted).unwrap();
/// let second = hydra_app::run_dir::claim(&wanted).unwrap();
/// assert_eq!(first, wanted);
/// assert!(second.ends_with("05-28-01-1"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The disk is full or read-only, a file is in the way, …
pub fn claim(wanted: &Path) -> Result<PathBuf, RunDirError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RunDirError::Io { path, source }
    };
    if let Some(parent) = wanted.parent() {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    let name = wanted.file_name().unwrap_or_default();
    for attempt in 0..MOST_CANDIDATES {
        let candidate = match attempt {
            0 => wanted.to_owned(),
            number => {
                let mut numbered = name.to_owned();
                numbered.push(format!("-{number}"));
                wanted.with_file_name(numbered)
            }
        };
        match fs::create_dir(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && candidate.is_dir() => {}
            Err(error) => return Err(failed(&candidate)(error)),
        }
    }
    Err(failed(wanted)(io::Error::from(io::ErrorKind::AlreadyExists)))
}
