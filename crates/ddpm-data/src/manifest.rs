//! `dataset.json`: what a prepared folder holds, and what made it.

use crate::emoji::EmojiSubset;
use serde::{Deserialize, Serialize};

/// The file's name. It is written last: a folder without it is not a dataset.
pub(crate) const FILE: &str = "dataset.json";

/// Counts up when a preparation gives other bytes for the same source.
pub(crate) const FORMAT: u32 = 1;

/// The content of `dataset.json`.
///
/// It holds no times and no paths of the machine, so preparing the same source twice gives the same bytes,
/// and a tool that hashes folders (DVC) sees no change.
///
/// ```
/// # use ddpm_data::{EmojiSubset, Manifest, Origin, RecordFile};
/// let json = r#"{
///     "format": 1, "name": "emoji-faces",
///     "origin": { "source": "emoji", "subset": "faces", "assets": "twemoji-assets 1.5.1+17.0.2" },
///     "train": { "pictures": 2, "bytes": 6146, "md5": "00" },
///     "test": { "pictures": 1, "bytes": 3073, "md5": "00" }
/// }"#;
/// let manifest: Manifest = serde_json::from_str(json)?;
/// assert!(matches!(manifest.origin, Origin::Emoji { subset: EmojiSubset::Faces, .. }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the preparation.
    pub format: u32,
    /// The folder's name.
    pub name: String,
    /// What it was made from.
    pub origin: Origin,
    /// Where the archive can be had, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `train.bin`.
    pub train: RecordFile,
    /// `test.bin`, which no run trains on.
    pub test: RecordFile,
}

/// What decides the bytes of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "lowercase")]
pub enum Origin {
    /// Twemoji's pictures.
    Emoji {
        /// Which of them.
        subset: EmojiSubset,
        /// The crate that carries them, with its version.
        assets: String,
    },
    /// CIFAR-10.
    Cifar10 {
        /// The archive's MD5 checksum, 32 lower-case hexadecimal digits.
        md5: String,
    },
}

/// A file of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFile {
    /// Number of records.
    pub pictures: u64,
    /// Size: 3,073 for each record.
    pub bytes: u64,
    /// The file's MD5 checksum, 32 lower-case hexadecimal digits.
    pub md5: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip_and_names_its_source() {
        let file = || RecordFile { pictures: 1, bytes: 3073, md5: "0".repeat(32) };
        let manifest = Manifest {
            format: FORMAT,
            name: "cifar10".to_owned(),
            origin: Origin::Cifar10 { md5: "1".repeat(32) },
            url: Some("https://example.org/a.tar.gz".to_owned()),
            train: file(),
            test: file(),
        };
        let json = serde_json::to_string(&manifest).expect("plain data");
        assert!(json.contains(r#""source":"cifar10""#), "{json}");
        assert_eq!(serde_json::from_str::<Manifest>(&json).expect("own output"), manifest);
    }
}
