//! Files written so that no reader ever sees half of one, with errors that name the path.

use crate::error::Explain;
use md5::{Digest, Md5};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An operation of the file system that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", .path.display())]
pub(crate) struct FileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    /// For `map_err`: adds what was done to which path.
    pub(crate) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { action, path: path.to_owned(), source }
    }
}

impl Explain for FileError {
    fn help(&self) -> Option<String> {
        let text = match self.source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "free some space there, or choose another folder with `dataset.root`"
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "choose a folder that you may read and write with `dataset.root`"
            }
            ErrorKind::NotADirectory => {
                "a part of this path is a file; choose another folder with `dataset.root`"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(FileError::at("create the folder", path))
}

/// Writes a new file and waits until it is on the disk.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut file = File::create_new(path).map_err(FileError::at("create", path))?;
    file.write_all(bytes).map_err(FileError::at("write", path))?;
    file.sync_all().map_err(FileError::at("write", path))
}

/// Moves a finished file or folder to its place and waits until the move is on the disk.
pub(crate) fn publish(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::at("move the finished data to", to))?;
    match to.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Waits until the names in a folder are on the disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), FileError> {
    // Windows cannot open a folder as a file, and needs no such call.
    if cfg!(unix) {
        // "" is the parent of a relative path of one name.
        let folder = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let file = File::open(folder).map_err(FileError::at("open the folder", folder))?;
        file.sync_all().map_err(FileError::at("sync the folder", folder))?;
    }
    Ok(())
}

/// Removes a file; it may be gone already.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FileError::at("remove", path)(error)),
        _ => Ok(()),
    }
}

/// The size of a file in bytes; `None` where there is none.
pub(crate) fn size(path: &Path) -> Result<Option<u64>, FileError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::at("look at", path)(error)),
    }
}

/// The MD5 checksum of an open file, as 32 lower-case hexadecimal digits; reads it from the start and rewinds
/// it.
pub(crate) fn checksum(file: &mut File, path: &Path) -> Result<String, FileError> {
    let mut hash = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    file.seek(SeekFrom::Start(0)).map_err(FileError::at("read", path))?;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::at("read", path)(error)),
        }
    }
    file.seek(SeekFrom::Start(0)).map_err(FileError::at("read", path))?;
    Ok(hex(&hash.finalize()))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
