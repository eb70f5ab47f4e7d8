//! The six batches out of `cifar-10-binary.tar.gz`.
//!
//! Nothing is unpacked: the members that are wanted are read into memory, and no path of the archive ever
//! becomes a path on the disk. An archive with a link, or with a path that leaves its folder, is refused as a
//! whole all the same: it is not the one that CIFAR-10's authors made, whatever its checksum.

use crate::RECORD;
use crate::error::Explain;
use crate::progress::Event;
use flate2::read::GzDecoder;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use tar::{Archive, Entry};

/// The folder in the archive.
const FOLDER: &str = "cifar-10-batches-bin";

/// The members that hold pictures: the test batch, then the training batches in order.
const MEMBERS: [&str; 6] = [
    "test_batch.bin",
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
];

/// Each of CIFAR-10's batches has 10,000 pictures; more is not it, and could fill the memory.
const LARGEST: u64 = 10_000 * RECORD as u64;

/// Airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
const CLASSES: u8 = 10;

/// The records of each batch, in the order of [`MEMBERS`]. `path` is for messages.
pub(super) fn batches(
    path: &Path,
    file: File,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<[Vec<u8>; 6], ArchiveError> {
    let unreadable = |source: io::Error| ArchiveError::Unreadable { path: path.to_owned(), source };
    let refused = |member: &Path, why: &'static str| ArchiveError::Refused {
        path: path.to_owned(),
        member: member.display().to_string(),
        why,
    };
    let mut batches: [Option<Vec<u8>>; 6] = Default::default();
    let mut archive = Archive::new(GzDecoder::new(file));
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let member = entry.path().map_err(unreadable)?.into_owned();
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            // A comment on the archive, not a file.
            continue;
        }
        if !stays_inside(&member) {
            return Err(refused(&member, "its path leaves the folder"));
        }
        if kind.is_dir() {
            continue;
        }
        if !kind.is_file() {
            return Err(refused(&member, "it is a link or a special file"));
        }
        let Some(index) = position(&member) else { continue };
        progress(Event::Extracting { name: MEMBERS[index] });
        if batches[index].is_some() {
            return Err(refused(&member, "it is there twice"));
        }
        if entry.size() > LARGEST {
            return Err(refused(&member, "it is larger than a batch of CIFAR-10"));
        }
        let records = read(&mut entry).map_err(unreadable)?;
        if records.is_empty() || !records.len().is_multiple_of(RECORD) {
            return Err(refused(&member, "its size is no multiple of a record's 3,073 bytes"));
        }
        if records.iter().step_by(RECORD).any(|label| *label >= CLASSES) {
            return Err(refused(&member, "it has a label above 9"));
        }
        batches[index] = Some(records);
    }
    let missing: Vec<&str> =
        batches.iter().zip(MEMBERS).filter(|(batch, _)| batch.is_none()).map(|(_, name)| name).collect();
    if missing.is_empty() {
        Ok(batches.map(Option::unwrap_or_default))
    } else {
        Err(ArchiveError::Incomplete { path: path.to_owned(), missing: missing.join(", ") })
    }
}

/// All bytes of a member. Its size was checked, but what follows may still end early.
fn read<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<Vec<u8>> {
    let size = entry.size();
    let mut bytes = Vec::new();
    entry.take(LARGEST).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == size { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Whether a path has nothing but names: no root, no drive, no `..`.
fn stays_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Which of the [`MEMBERS`] a path names.
fn position(path: &Path) -> Option<usize> {
    let mut names = path.components().filter(|part| *part != Component::CurDir).map(Component::as_os_str);
    let (Some(folder), Some(name), None) = (names.next(), names.next(), names.next()) else {
        return None;
    };
    if folder != OsStr::new(FOLDER) {
        return None;
    }
    MEMBERS.iter().position(|member| name == OsStr::new(member))
}

/// Why an archive is not CIFAR-10's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("cannot read the archive {}", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the archive {} is not CIFAR-10: {member} is refused, {why}", .path.display())]
    Refused { path: PathBuf, member: String, why: &'static str },
    #[error("the archive {} is not CIFAR-10: {missing} is missing in {}", .path.display(), FOLDER)]
    Incomplete { path: PathBuf, missing: String },
}

impl Explain for ArchiveError {
    fn help(&self) -> Option<String> {
        Some(format!("the archive that is meant is `cifar-10-binary.tar.gz` from {}", super::CIFAR10_URL))
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Unreadable { path, .. } | Self::Refused { path, .. } | Self::Incomplete { path, .. } => {
                Some(path)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_stay_inside() {
        for inside in ["a", "a/b", "./a", "a/./b", "a/"] {
            assert!(stays_inside(Path::new(inside)), "{inside}");
        }
        for outside in ["/a", "..", "../a", "a/../../b", "a/.."] {
            assert!(!stays_inside(Path::new(outside)), "{outside}");
        }
    }

    #[test]
    fn a_member_is_known_by_its_whole_path() {
        assert_eq!(position(Path::new("cifar-10-batches-bin/test_batch.bin")), Some(0));
        assert_eq!(position(Path::new("./cifar-10-batches-bin/data_batch_5.bin")), Some(5));
        for other in ["test_batch.bin", "other/test_batch.bin", "cifar-10-batches-bin/x/test_batch.bin"] {
            assert_eq!(position(Path::new(other)), None, "{other}");
        }
    }
}
