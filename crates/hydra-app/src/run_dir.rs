//! Run directories. One is claimed by creating it, so two runs never share one and nothing is overwritten.

use hydra_compose::tree::{Map, Node, Origin, Value};
use hydra_compose::{Config, Error, yaml};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
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
        reason: &'static str,
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
                    "cannot write {}: {source}\nhelp: another place can be named with hydra.run.dir=…",
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

/// The directory that the configuration asks for (`hydra.run.dir`), absolute.
///
/// # Errors
/// It has no name of its own to number (`/`, `..`), or the current directory is gone.
pub fn wanted(config: &Config) -> Result<PathBuf, RunDirError> {
    const KEY: &str = "hydra.run.dir";
    let value: String = config.get(KEY)?;
    let place = |reason| RunDirError::Place { key: KEY, value: value.clone(), reason };
    if value.is_empty() {
        return Err(place("a run needs a directory"));
    }
    let path =
        std::path::absolute(&value).map_err(|source| RunDirError::Io { path: (&value).into(), source })?;
    match path.components().next_back() {
        // Collected, so that a slash at the end or a dot in the middle is gone.
        Some(Component::Normal(_)) => Ok(path.components().collect()),
        _ => Err(place("a run needs a directory of its own, with a name")),
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

/// Writes the frozen configuration, and the three files that Hydra writes for a job:
/// `<output_subdir>/config.yaml`, `hydra.yaml` (both as composed, unresolved) and `overrides.yaml`.
///
/// # Errors
/// A file cannot be written, or `hydra.output_subdir` leads out of the directory.
pub fn write(run_dir: &Path, config: &Config, frozen: &Node) -> Result<(), RunDirError> {
    const KEY: &str = "hydra.output_subdir";
    if let Some(subdir) = config.get::<Option<String>>(KEY)? {
        if !Path::new(&subdir)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        {
            return Err(RunDirError::Place {
                key: KEY,
                value: subdir,
                reason: "it leads out of the run directory",
            });
        }
        let subdir = run_dir.join(subdir);
        fs::create_dir_all(&subdir).map_err(|source| RunDirError::Io { path: subdir.clone(), source })?;
        write_file(&subdir.join("config.yaml"), &yaml::dump(config.job()))?;
        write_file(&subdir.join("hydra.yaml"), &yaml::dump(&hydra_part(config)))?;
        let task = config.overrides().iter().filter(|over| !over.is_hydra());
        let lines =
            task.map(|over| Node::new(Value::Str(over.argument.text.clone()), over.origin())).collect();
        let list = Node::new(Value::List(lines), Origin::Builtin("the command line"));
        write_file(&subdir.join("overrides.yaml"), &yaml::dump(&list))?;
    }
    // Last: a directory that has it is complete.
    write_file(&run_dir.join(FROZEN), &yaml::dump(frozen))
}

fn hydra_part(config: &Config) -> Node {
    let mut map = Map::new();
    if let Some(hydra) = config.root().get("hydra") {
        map.insert("hydra".into(), hydra.origin.clone(), hydra.clone());
    }
    Node::new(Value::Map(map), config.root().origin.clone())
}

/// Writes a file beside its place, syncs it and renames it into place: whoever reads it reads all of it.
///
/// # Errors
/// The folder is not there, the disk is full, …
pub fn write_file(path: &Path, text: &str) -> Result<(), RunDirError> {
    let failed = |source| RunDirError::Io { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    #[cfg(unix)]
    {
        // A temporary file is private; this one is for whomever the umask lets.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
