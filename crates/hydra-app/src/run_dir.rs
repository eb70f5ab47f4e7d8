//! Run directories. One is claimed by creating it, so two runs never share one and nothing is overwritten.

use hydra_compose::tree::{Map, Node, Origin, Value};
use hydra_compose::{Config, yaml};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where a run's frozen configuration stands in its directory: complete, resolved, and all that the worker reads.
pub const FROZEN: &str = "config.yaml";

/// Candidates for a directory's name that are tried before giving up.
const MOST_CANDIDATES: u32 = 10_000;

/// A run directory that could not be made or written.
#[derive(Debug)]
pub struct RunDirError {
    path: PathBuf,
    source: io::Error,
}

impl std::fmt::Display for RunDirError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, source } = self;
        write!(
            f,
            "cannot write {}: {source}\nhelp: choose another place with hydra.run.dir=…",
            path.display()
        )
    }
}

impl std::error::Error for RunDirError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
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
        move |source| RunDirError { path, source }
    };
    if let Some(parent) = wanted.parent() {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    for attempt in 0..MOST_CANDIDATES {
        let candidate = match attempt {
            0 => wanted.to_owned(),
            number => {
                let mut name = wanted.as_os_str().to_owned();
                name.push(format!("-{number}"));
                name.into()
            }
        };
        match fs::create_dir(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&candidate)(error)),
        }
    }
    Err(failed(wanted)(io::Error::from(io::ErrorKind::AlreadyExists)))
}

/// Writes the frozen configuration, and the three files that Hydra writes for a job:
/// `<output_subdir>/config.yaml`, `hydra.yaml` (both as composed, unresolved) and `overrides.yaml`.
///
/// # Errors
/// A file cannot be written, or an interpolation in `hydra.output_subdir` leads nowhere.
pub fn write(run_dir: &Path, config: &Config, frozen: &Node) -> Result<(), RunDirError> {
    let subdir =
        config.get::<Option<String>>("hydra.output_subdir").unwrap_or_else(|_| Some(".hydra".into()));
    if let Some(subdir) = subdir {
        let subdir = run_dir.join(subdir);
        fs::create_dir_all(&subdir).map_err(|source| RunDirError { path: subdir.clone(), source })?;
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
    let failed = |source| RunDirError { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    #[cfg(unix)]
    {
        // A temporary file is private; this one is for whoever may read the folder.
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
