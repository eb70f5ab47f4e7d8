//! Files that others read: all of one, or nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Whether a file outlives the machine's sudden end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It is on the disk when the call returns.
    Synced,
    /// It is on the disk when the system gets to it. Whoever reads it still reads all of it or what was there before.
    Soon,
}

/// Writes a file beside its place and renames it into place: whoever reads it reads all of it.
///
/// ```
/// use hydra_app::files::{Durability, replace};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("status.json");
/// replace(&path, b"{}", Durability::Soon)?;
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The folder is not there, the disk is full, …
pub fn replace(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    #[cfg(unix)]
    {
        // A temporary file is private; this one is for whomever the umask lets.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if durability == Durability::Synced {
        file.as_file().sync_all()?;
    }
    file.persist(path)?;
    match durability {
        // The rename itself is only on the disk once the folder is.
        Durability::Synced => File::open(folder)?.sync_all(),
        Durability::Soon => Ok(()),
    }
}

/// Everything written so far to the file system of `folder` is on the disk when this returns: one call for the
/// thousands of files of a sweep.
///
/// # Errors
/// The disk could not take it.
pub fn sync_all_under(folder: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        Ok(rustix::fs::syncfs(File::open(folder)?)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        File::open(folder)?.sync_all()
    }
}

/// What became of asking for a lock.
#[derive(Debug)]
pub(crate) enum Lock {
    /// It is this process's as long as the file is open. Where the file system knows no locks, this is all that is known.
    Held(File),
    /// It is another process's.
    Taken,
}

/// Asks for the lock of a file, which is made if it is not there. The system gives it back with the process.
pub(crate) fn lock(path: &Path) -> io::Result<Lock> {
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock::Held(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(Lock::Taken),
        Err(fs::TryLockError::Error(error)) if has_no_locks(&error) => Ok(Lock::Held(file)),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Some network file systems are mounted without locks.
fn has_no_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error()) {
        return true;
    }
    error.kind() == io::ErrorKind::Unsupported
}

/// The last lines of a file, at most `most`, read from its last few KiB. Nothing, if it cannot be read.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("log"), "one\ntwo\n\nthree\n")?;
/// assert_eq!(hydra_app::files::tail(&folder.path().join("log"), 2), ["two", "three"]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn tail(path: &Path, most: usize) -> Vec<String> {
    tail_from(path, 0, most)
}

/// As [`tail`], of what stands after the first `start` bytes.
pub(crate) fn tail_from(path: &Path, start: u64, most: usize) -> Vec<String> {
    const WINDOW: u64 = 16 * 1024;
    let read = || -> io::Result<(Vec<u8>, bool)> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = open_regular(path)?;
        let length = file.metadata()?.len();
        let from = length.saturating_sub(WINDOW).max(start);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(WINDOW).read_to_end(&mut bytes)?;
        Ok((bytes, from > start))
    };
    let Ok((bytes, cut)) = read() else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    // The first line of a window in the middle is the end of one.
    let lines = text.lines().skip(usize::from(cut)).filter(|line| !line.trim().is_empty());
    let mut lines: Vec<String> = lines.map(shown).collect();
    lines.drain(..lines.len().saturating_sub(most));
    lines
}

/// Opens a file to be read, and nothing that would wait for a writer.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    File::open(path)
}

/// What a terminal would show of a line that draws over itself, as progress bars do, without its colours.
fn shown(line: &str) -> String {
    let last = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    let mut out = String::new();
    let mut characters = last.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                // `ESC [ … letter`
                if characters.next() == Some('[') {
                    let _ = characters.by_ref().find(|character| ('@'..='~').contains(character));
                }
            }
            '\t' => out.push(' '),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_bar_leaves_its_last_state() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        fs::write(&path, "10%\r20%\r\u{1b}[32m30%\u{1b}[0m\r\nend\tof it").expect("written");
        assert_eq!(tail(&path, 9), ["30%", "end of it"]);
        assert!(tail(&folder.path().join("nothing"), 9).is_empty());
    }

    #[test]
    fn a_long_file_is_read_from_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        fs::write(&path, "line of some length\n".repeat(10_000) + "last\n").expect("written");
        assert_eq!(tail(&path, 2), ["line of some length", "last"]);
        // A single line without an end is not a line of the file.
        fs::write(&path, "x".repeat(100_000)).expect("written");
        assert!(tail(&path, 2).is_empty());
    }
}
