//! `dataset=emoji|cifar10` and `data=flip|plain`

use ddpm_data::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// The pictures; `name` chooses where they come from. All are 32×32 RGB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum Dataset {
    /// Twemoji's pictures, which the program carries; nothing is downloaded.
    Emoji {
        /// Which of them.
        subset: EmojiSubset,
        /// Only the first N pictures; null: all.
        #[schemars(range(min = 1))]
        limit: Option<NonZeroUsize>,
        /// How often an epoch goes through the pictures, in a new order each time.
        #[schemars(range(min = 1))]
        repeat: NonZeroUsize,
        /// Folder for prepared datasets, relative to the current directory.
        root: PathBuf,
    },
    /// CIFAR-10 (Krizhevsky 2009), downloaded once.
    Cifar10 {
        /// The archive `cifar-10-binary.tar.gz` if you have it already; null: download it.
        archive: Option<PathBuf>,
        /// Only the first N pictures; null: all 50,000.
        #[schemars(range(min = 1))]
        limit: Option<NonZeroUsize>,
        /// How often an epoch goes through the pictures, in a new order each time.
        #[schemars(range(min = 1))]
        repeat: NonZeroUsize,
        /// Folder for prepared datasets, relative to the current directory.
        root: PathBuf,
        /// Where the archive is downloaded from.
        url: String,
        /// The MD5 checksum that the archive must have, 32 hexadecimal digits.
        #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
        md5: String,
    },
}

/// Which of the emoji.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EmojiSubset {
    /// Every picture.
    All,
    /// The round yellow faces.
    Faces,
}

impl Dataset {
    /// What to prepare, and the folder to prepare it in.
    pub fn source(&self) -> (&Path, Source) {
        match self {
            Self::Emoji { subset, root, .. } => {
                let subset = match subset {
                    EmojiSubset::All => ddpm_data::EmojiSubset::All,
                    EmojiSubset::Faces => ddpm_data::EmojiSubset::Faces,
                };
                (root, Source::Emoji { subset })
            }
            Self::Cifar10 { archive, root, url, md5, .. } => {
                (root, Source::Cifar10 { archive: archive.clone(), url: url.clone(), md5: md5.clone() })
            }
        }
    }

    /// Take the first N pictures only.
    pub fn limit(&self) -> Option<NonZeroUsize> {
        match self {
            Self::Emoji { limit, .. } | Self::Cifar10 { limit, .. } => *limit,
        }
    }

    /// How often an epoch goes through the pictures.
    pub fn repeat(&self) -> NonZeroUsize {
        match self {
            Self::Emoji { repeat, .. } | Self::Cifar10 { repeat, .. } => *repeat,
        }
    }
}

/// How pictures become batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Mirror each picture left to right with probability 1/2.
    pub random_flip: bool,
    /// Threads that prepare batches ahead of training; 0 prepares them in between. The batches are the same.
    #[schemars(range(min = 0, max = 256))]
    pub num_workers: usize,
}
