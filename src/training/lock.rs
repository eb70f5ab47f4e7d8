//! One worker at a time in a run directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The right to train in a run directory, until it is dropped or the process ends, however it ends.
///
/// It is a lock on a file of its own: the kernel gives it back when the process is gone, so none is ever left over.
/// The file stays, because removing it would let a third worker lock a new file beside a second one that still waits
/// for, or holds, the old.
#[derive(Debug)]
pub struct RunLock {
    /// None: the file system knows no locks.
    _held: Option<File>,
    unsupported: Option<io::Error>,
}

/// The right to train was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error(
        "another worker is training in {}\nhelp: wait until it is done, or stop it: the run then goes on from where it stopped",
        run_dir.display()
    )]
    Taken {
        /// The run directory.
        run_dir: PathBuf,
    },
    /// The file that would be locked cannot be opened.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl RunLock {
    /// Takes the lock, or says at once that another worker has it.
    ///
    /// # Errors
    /// Another worker has it, or nothing can be written in the directory.
    pub fn take(run_dir: &Path) -> Result<Self, LockError> {
        let path = run_dir.join(".worker.lock");
        // Writable, because NFS gives an exclusive lock on nothing less.
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(|source| LockError::Io { path, source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: Some(file), unsupported: None }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken { run_dir: run_dir.to_owned() }),
            // Some of the file systems of clusters are mounted without locks; that is no reason not to train.
            Err(TryLockError::Error(error)) => Ok(Self { _held: None, unsupported: Some(error) }),
        }
    }

    /// What to tell the user if nothing really keeps a second worker away.
    pub fn warning(&self) -> Option<String> {
        let error = self.unsupported.as_ref()?;
        Some(format!(
            "the run directory cannot be locked: {error}; see to it that only one worker trains in it"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = RunLock::take(folder.path()).expect("free");
        assert!(first.warning().is_none());
        assert!(matches!(RunLock::take(folder.path()), Err(LockError::Taken { .. })));
        drop(first);
        RunLock::take(folder.path()).expect("free again");
    }
}
