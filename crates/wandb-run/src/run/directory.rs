//! The directory of a run, as the stock client lays it out.

use crate::error::Kind;
use jiff::Zoned;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A directory that was made for one run.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    id: String,
}

impl Directory {
    /// Makes `wandb/[offline-]run-<date>_<time>-<id>/`, with `files/` and `logs/` in it.
    pub(super) fn create(parent: &Path, prefix: &str, id: &str) -> Result<Self, Kind> {
        let wandb = parent.join("wandb");
        fs::create_dir_all(&wandb).map_err(Kind::file("make", &wandb))?;
        // A link to the latest run is relative to this, and artifacts are named by absolute paths.
        let wandb = std::path::absolute(&wandb).map_err(Kind::file("find", &wandb))?;
        let name = format!("{prefix}run-{}-{id}", Zoned::now().strftime("%Y%m%d_%H%M%S"));
        let path = claim(&wandb, &name)?;
        for folder in ["files", "logs"] {
            let folder = path.join(folder);
            fs::create_dir(&folder).map_err(Kind::file("make", &folder))?;
        }
        link_latest(&wandb, &path);
        Ok(Self { path, id: id.to_owned() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join(format!("run-{}.wandb", self.id))
    }

    pub(super) fn files(&self) -> PathBuf {
        self.path.join("files")
    }
}

/// Makes the folder, under a name with `-1`, `-2`, … if another run has it: two runs in one second.
fn claim(wandb: &Path, name: &str) -> Result<PathBuf, Kind> {
    let mut path = wandb.join(name);
    for count in 1.. {
        match fs::create_dir(&path) {
            Ok(()) => break,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                path = wandb.join(format!("{name}-{count}"));
            }
            Err(error) => return Err(Kind::file("make", path)(error)),
        }
    }
    Ok(path)
}

/// A convenience: runs that start at once may race for it, and a file system may have no links.
#[cfg(unix)]
fn link_latest(wandb: &Path, run: &Path) {
    let link = wandb.join("latest-run");
    if link.is_symlink() {
        let _ = fs::remove_file(&link);
    }
    if let Some(name) = run.file_name() {
        let _ = std::os::unix::fs::symlink(name, link);
    }
}

#[cfg(not(unix))]
fn link_latest(_: &Path, _: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_of_one_id_in_one_second_have_two_directories() {
        let folder = tempfile::tempdir().expect("folder");
        let made: Vec<_> =
            (0..3).map(|_| Directory::create(folder.path(), "offline-", "abc").expect("made").path).collect();
        assert!(made[0] != made[1] && made[1] != made[2] && made[0] != made[2]);
        let latest = fs::read_link(folder.path().join("wandb/latest-run")).expect("link");
        assert_eq!(Some(latest.as_os_str()), made[2].file_name());
        assert!(made[0].join("files").is_dir());
    }
}
