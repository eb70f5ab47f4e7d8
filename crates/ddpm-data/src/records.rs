//! A file of records, mapped into memory.

use crate::error::{DataError, Explain};
use crate::files::FileError;
use crate::{PIXELS, RECORD};
use memmap2::Mmap;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// The pictures of a `train.bin` or `test.bin`, read as they are needed.
///
/// Opening takes no time and no memory, whatever the size; processes that read the same file share its pages.
/// The file must not be changed while it is open: a prepared one never is.
///
/// ```
/// use ddpm_data::{RECORD, Records};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("two.bin");
/// std::fs::write(&path, [[7_u8; RECORD], [9; RECORD]].concat())?;
/// let records = Records::open(&path)?;
/// assert_eq!((records.len(), records.label(0), records.pixels(1)[0]), (2, 7, 9));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Records {
    map: Mmap,
    len: usize,
}

impl Records {
    /// Opens a file of records.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is empty, or its size is no multiple of [`RECORD`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(FileError::at("open", path))?;
        // SAFETY: a map is undefined behaviour only if the file changes under it. Datasets are published by
        // renaming a finished folder and never written again, and the map is read-only, so no code of this
        // program changes it.
        #[expect(
            unsafe_code,
            reason = "mapping a file has no safe form; the line above says why it holds here"
        )]
        let map = unsafe { Mmap::map(&file) }.map_err(FileError::at("map", path))?;
        let len = map.len() / RECORD;
        if len == 0 || !map.len().is_multiple_of(RECORD) {
            return Err(RecordsError::Size { path: path.to_owned(), bytes: map.len() }.into());
        }
        if u32::try_from(len).is_err() {
            return Err(RecordsError::TooMany { path: path.to_owned(), len }.into());
        }
        Ok(Self { map, len })
    }

    /// The first `limit` pictures only; all of them if there are fewer.
    ///
    /// ```
    /// # use ddpm_data::{RECORD, Records};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("two.bin");
    /// # std::fs::write(&path, [0_u8; 2 * RECORD])?;
    /// let one = std::num::NonZeroUsize::MIN;
    /// assert_eq!(Records::open(&path)?.with_limit(one).len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_limit(self, limit: NonZeroUsize) -> Self {
        Self { len: self.len.min(limit.get()), ..self }
    }

    /// Number of pictures, at least 1.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Always false: a file without pictures is not opened.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The label of a picture: its class in CIFAR-10, 0 for emoji.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Records::len).
    pub fn label(&self, index: usize) -> u8 {
        self.record(index)[0]
    }

    /// The red, green and blue plane of a picture, each row by row from the top left.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Records::len).
    pub fn pixels(&self, index: usize) -> &[u8; PIXELS] {
        let [_label, pixels @ ..] = self.record(index);
        pixels
    }

    fn record(&self, index: usize) -> &[u8; RECORD] {
        assert!(index < self.len, "there is no picture {index} among {}", self.len);
        let (records, _) = self.map.as_chunks::<RECORD>();
        &records[index]
    }
}

/// Why a file is not one of records.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordsError {
    #[error("{} is no file of pictures: its {bytes} bytes are no multiple of {}", .path.display(), RECORD)]
    Size { path: PathBuf, bytes: usize },
    #[error("{} has {len} pictures, more than can be counted in 32 bits", .path.display())]
    TooMany { path: PathBuf, len: usize },
}

impl Explain for RecordsError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Size { path, .. } => {
                let folder = path.parent().unwrap_or(path);
                Some(format!("remove {} to have it prepared anew", folder.display()))
            }
            Self::TooMany { .. } => None,
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Size { path, .. } | Self::TooMany { path, .. } => Some(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Result<Records, DataError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("some.bin");
        std::fs::write(&path, bytes).expect("a temporary file");
        Records::open(&path)
    }

    #[test]
    fn a_record_is_a_label_and_three_planes() {
        let mut bytes = vec![0_u8; 3 * RECORD];
        bytes[RECORD] = 5;
        bytes[RECORD + 1] = 10;
        bytes[2 * RECORD - 1] = 20;
        let records = open(&bytes).expect("three records");
        assert_eq!(records.len(), 3);
        assert_eq!([0, 1, 2].map(|index| records.label(index)), [0, 5, 0]);
        assert_eq!(records.pixels(1)[0], 10);
        assert_eq!(records.pixels(1)[PIXELS - 1], 20);
        assert_eq!(records.pixels(2), &[0; PIXELS]);
    }

    #[test]
    fn half_a_record_or_none_is_refused_with_the_path() {
        for size in [0, 1, RECORD - 1, RECORD + 1] {
            let error = open(&vec![0; size]).expect_err("no whole record");
            assert!(error.to_string().contains("some.bin"), "{error}");
            assert!(error.to_string().contains(&format!("{size} bytes")), "{error}");
        }
    }

    #[test]
    fn a_limit_takes_the_first_pictures() {
        let limit = |limit| {
            let records = open(&vec![0; 3 * RECORD]).expect("three records");
            records.with_limit(NonZeroUsize::new(limit).expect("not 0")).len()
        };
        assert_eq!([1, 3, 4].map(limit), [1, 3, 3]);
    }

    #[test]
    #[should_panic(expected = "there is no picture 1 among 1")]
    fn what_is_beyond_the_limit_is_not_there() {
        let records = open(&[0; 2 * RECORD]).expect("two records").with_limit(NonZeroUsize::MIN);
        records.label(1);
    }
}
