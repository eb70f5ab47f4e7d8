//! Files that others read.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// How the name of a file begins that is being written; a process that was killed may leave one.
pub(crate) const UNFINISHED: &str = ".writing-";

/// Writes a file beside its place, syncs it and renames it into place, making its folder if need be.
///
/// Whoever reads it reads all of it, whenever the process is killed or the disk fills up.
///
/// # Errors
/// The disk is full, the folder cannot be made, …
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        // A temporary file is private; this one is for whomever the umask lets.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The rename itself is only on disk once the folder is.
    File::open(folder)?.sync_all()
}
