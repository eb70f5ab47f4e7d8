//! Work in progress: locked against other processes, invisible until it is whole.

use crate::files::{FileError, hex, publish, sync_folder};
use crate::manifest::RecordFile;
use crate::progress::Event;
use crate::{PIXELS, RECORD};
use md5::{Digest, Md5};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A new file of records, and what the manifest will say of it.
pub(crate) struct RecordWriter {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Md5,
    bytes: u64,
}

impl RecordWriter {
    /// Starts `folder/name`, which must not exist.
    pub(crate) fn create(folder: &Path, name: &str) -> Result<Self, FileError> {
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(FileError::at("create", &path))?;
        Ok(Self { path, file: BufWriter::with_capacity(1 << 16, file), hash: Md5::new(), bytes: 0 })
    }

    /// Appends one record.
    pub(crate) fn record(&mut self, label: u8, pixels: &[u8; PIXELS]) -> Result<(), FileError> {
        self.raw(&[label])?;
        self.raw(pixels)
    }

    /// Appends bytes that are whole records.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_all(bytes).map_err(FileError::at("write", &self.path))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Waits until everything is on the disk.
    pub(crate) fn finish(mut self) -> Result<RecordFile, FileError> {
        self.file.flush().map_err(FileError::at("write", &self.path))?;
        self.file.get_ref().sync_all().map_err(FileError::at("write", &self.path))?;
        Ok(RecordFile {
            pictures: self.bytes / RECORD as u64,
            bytes: self.bytes,
            md5: hex(&self.hash.finalize()),
        })
    }
}

/// Keeps two processes from preparing the same dataset at once. Released when dropped, or when the process
/// dies.
pub(crate) struct Lock {
    // The system's lock lives as long as the open file. The file itself stays: removing it would let a third
    // process lock a new file of that name while a second one still waits for this one.
    _file: File,
    held: Held,
}

enum Held {
    Alone,
    /// Some network file systems have no locks. Scratch names are then told apart by process, and the last
    /// step, a rename, decides.
    WithoutLock,
}

impl Lock {
    /// Takes the lock, waiting for another process if need be.
    pub(crate) fn take(path: &Path, progress: &mut dyn FnMut(Event<'_>)) -> Result<Self, FileError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(FileError::at("create", path))?;
        let held = match file.try_lock() {
            Ok(()) => Held::Alone,
            Err(TryLockError::WouldBlock) => {
                progress(Event::Waiting { lock: path });
                file.lock().map_err(FileError::at("lock", path))?;
                Held::Alone
            }
            // In one way or another: they say that they know no locks, or that they have none left.
            Err(TryLockError::Error(_)) => Held::WithoutLock,
        };
        Ok(Self { _file: file, held })
    }

    /// The name for unfinished work on `name`: the same each time where the lock protects it, so that what a
    /// killed process left is found again.
    pub(crate) fn scratch(&self, name: &str) -> String {
        match self.held {
            Held::Alone => format!("{name}.part"),
            Held::WithoutLock => format!("{name}.{}.part", std::process::id()),
        }
    }
}

/// A folder that is removed again unless it is published.
pub(crate) struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Makes an empty folder, removing what a killed process may have left there.
    pub(crate) fn create(path: PathBuf) -> Result<Self, FileError> {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(FileError::at("remove the unfinished folder", &path)(error));
            }
            _ => {}
        }
        fs::create_dir(&path).map_err(FileError::at("create the folder", &path))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Syncs the folder and renames it to its place.
    pub(crate) fn publish(self, to: &Path) -> Result<(), FileError> {
        sync_folder(&self.path)?;
        publish(&self.path, to)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Gone already when published. A folder that cannot be removed is removed by the next preparation.
        let _ = fs::remove_dir_all(&self.path);
    }
}
