//! Why there is no archive, and what to do about it.

use crate::error::Explain;
use std::path::{Path, PathBuf};

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    #[error("cannot download CIFAR-10 from {url}: {why} ({attempts} attempts)")]
    Unreachable { url: String, target: PathBuf, attempts: u32, why: String },
    #[error("cannot download CIFAR-10 from {url}: {why}")]
    Refused { url: String, target: PathBuf, why: String },
    #[error(
        "what {url} sends is not the expected archive, twice: its MD5 checksum is {actual}, not {expected}"
    )]
    Corrupted { url: String, target: PathBuf, expected: String, actual: String },
    #[error("{} is not the expected archive: its MD5 checksum is {actual}, not {expected}", .path.display())]
    OtherFile { path: PathBuf, expected: String, actual: String },
    #[error("`{md5}` is no MD5 checksum: it has 32 hexadecimal digits")]
    Malformed { md5: String },
}

impl DownloadError {
    pub(crate) fn is_network(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused { .. })
    }

    pub(crate) fn is_checksum(&self) -> bool {
        matches!(self, Self::Corrupted { .. } | Self::OtherFile { .. })
    }
}

impl Explain for DownloadError {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Unreachable { target, .. }
            | Self::Refused { target, .. }
            | Self::Corrupted { target, .. } => format!(
                "put the archive at {} by hand, or say where it is with `dataset.archive`; \
                 `dataset=emoji` needs none",
                target.display()
            ),
            Self::OtherFile { path, .. } => format!(
                "remove {} if its download was cut short; if another archive is meant, give its checksum as \
                 `dataset.md5`",
                path.display()
            ),
            Self::Malformed { .. } => format!("that of CIFAR-10 is {}", super::CIFAR10_MD5),
        };
        Some(text)
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Unreachable { target, .. }
            | Self::Refused { target, .. }
            | Self::Corrupted { target, .. } => Some(target),
            Self::OtherFile { path, .. } => Some(path),
            Self::Malformed { .. } => None,
        }
    }
}
