//! CIFAR-10: its archive, found or downloaded, verified, and its six batches as two files of records.
//!
//! Alex Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.

mod archive;
mod download;
mod error;

pub(crate) use archive::ArchiveError;
pub use download::Patience;
pub(crate) use error::DownloadError;

use crate::error::DataError;
use crate::files::{self, FileError};
use crate::manifest::RecordFile;
use crate::progress::Event;
use crate::staging::{Lock, RecordWriter};
use download::Download;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where the authors publish the binary version.
pub const CIFAR10_URL: &str = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz";

/// The MD5 checksum that the authors publish for it.
pub const CIFAR10_MD5: &str = "c32a1d4ab5d03f1284b67883e8d87530";

/// What is needed to come by the archive.
pub(crate) struct Request<'a> {
    /// The folder that the archive is kept in.
    pub(crate) root: &'a Path,
    /// The archive, if the user has it.
    pub(crate) archive: Option<&'a Path>,
    pub(crate) url: &'a str,
    /// As the user gave it, but checked by [`check_md5`].
    pub(crate) md5: &'a str,
    pub(crate) patience: &'a Patience,
    /// Held by the caller: two downloads must not write to one file.
    pub(crate) lock: &'a Lock,
}

/// A name for the files of this archive: that of CIFAR-10 itself is plain, another has eight digits of its
/// checksum.
pub(crate) fn named(stem: &str, md5: &str, extension: &str) -> String {
    if md5.eq_ignore_ascii_case(CIFAR10_MD5) {
        return format!("{stem}{extension}");
    }
    // Only digits: the name must not become a path whatever was given as a checksum.
    let digits: String = md5.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    format!("{stem}-{}{extension}", digits.to_ascii_lowercase())
}

/// Refuses what cannot be a checksum.
pub(crate) fn check_md5(md5: &str) -> Result<(), DataError> {
    if md5.len() == 32 && md5.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err(DownloadError::Malformed { md5: md5.to_owned() }.into())
    }
}

/// Writes `train.bin` (the five training batches in order) and `test.bin`; returns what to say of them.
pub(crate) fn write(
    folder: &Path,
    request: &Request<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<(RecordFile, RecordFile), DataError> {
    let (path, file) = verified(request, progress)?;
    let [test, training @ ..] = archive::batches(&path, file, progress)?;
    let mut train_file = RecordWriter::create(folder, "train.bin")?;
    for batch in &training {
        train_file.raw(batch)?;
    }
    let mut test_file = RecordWriter::create(folder, "test.bin")?;
    test_file.raw(&test)?;
    Ok((train_file.finish()?, test_file.finish()?))
}

/// The archive, open and with the right checksum.
///
/// The file that was verified is the file that is read: it is not opened a second time.
fn verified(
    request: &Request<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<(PathBuf, File), DataError> {
    let md5 = request.md5.to_ascii_lowercase();
    let name = named("cifar-10-binary", &md5, ".tar.gz");
    let path = request.archive.map_or_else(|| request.root.join(&name), Path::to_owned);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if request.archive.is_none() && error.kind() == ErrorKind::NotFound => {
            let part = request.root.join(request.lock.scratch(&name));
            let download = Download {
                url: request.url,
                md5: &md5,
                part: &part,
                target: &path,
                patience: request.patience,
            };
            download.run(progress)?;
            File::open(&path).map_err(FileError::at("open", &path))?
        }
        Err(error) => return Err(FileError::at("open", &path)(error).into()),
    };
    progress(Event::Verifying { path: &path });
    let actual = files::checksum(&mut file, &path)?;
    if actual == md5 {
        Ok((path, file))
    } else {
        Err(DownloadError::OtherFile { path, expected: md5, actual }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_archive_has_another_name_and_never_a_path() {
        assert_eq!(named("cifar10", CIFAR10_MD5, ""), "cifar10");
        assert_eq!(named("cifar10", &CIFAR10_MD5.to_uppercase(), ""), "cifar10");
        assert_eq!(named("cifar10", "0123456789ABCDEF0123456789abcdef", ".x"), "cifar10-01234567.x");
        assert_eq!(named("cifar10", "../../etc", ""), "cifar10-ec");
    }

    #[test]
    fn a_checksum_has_32_hexadecimal_digits() {
        assert!(check_md5(CIFAR10_MD5).is_ok());
        for wrong in ["", "c32a", &CIFAR10_MD5.replace('c', "g"), &format!("{CIFAR10_MD5}0")] {
            let error = check_md5(wrong).expect_err("no checksum");
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}
