//! From a source to a folder of records, once.

use crate::RECORD;
use crate::cifar10::{self, Patience};
use crate::emoji::{self, EmojiSubset};
use crate::error::{DataError, Explain};
use crate::files::{self, FileError};
use crate::manifest::{self, Manifest, Origin, RecordFile};
use crate::progress::Event;
use crate::staging::{Lock, Staging};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where pictures come from.
///
/// ```
/// use ddpm_data::{CIFAR10_MD5, CIFAR10_URL, Source};
///
/// let (url, md5) = (CIFAR10_URL.to_owned(), CIFAR10_MD5.to_owned());
/// let downloaded = Source::Cifar10 { archive: None, url, md5 };
/// assert_eq!(downloaded.name(), "cifar10");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Twemoji's pictures (CC-BY-4.0), which the program carries; nothing is downloaded.
    Emoji {
        /// Which of them.
        subset: EmojiSubset,
    },
    /// CIFAR-10's binary archive (Krizhevsky 2009).
    Cifar10 {
        /// The archive, if it is there already; `None`: `<root>/cifar-10-binary.tar.gz`, downloaded if
        /// missing.
        archive: Option<PathBuf>,
        /// Where it is downloaded from; [`CIFAR10_URL`](crate::CIFAR10_URL) is its home.
        url: String,
        /// The archive's MD5 checksum, 32 hexadecimal digits; [`CIFAR10_MD5`](crate::CIFAR10_MD5) is the real
        /// one's.
        md5: String,
    },
}

impl Source {
    /// The folder's name below the root: a source that gives other bytes has another name.
    ///
    /// `emoji-all`, `emoji-faces`, `cifar10`; and `cifar10-` with eight digits of the checksum for another
    /// archive.
    pub fn name(&self) -> String {
        match self {
            Self::Emoji { subset } => format!("emoji-{subset}"),
            Self::Cifar10 { md5, .. } => cifar10::named("cifar10", md5, ""),
        }
    }

    fn origin(&self) -> Origin {
        match self {
            Self::Emoji { subset } => Origin::Emoji { subset: *subset, assets: emoji::ASSETS.to_owned() },
            Self::Cifar10 { md5, .. } => Origin::Cifar10 { md5: md5.to_ascii_lowercase() },
        }
    }

    fn url(&self) -> Option<String> {
        match self {
            Self::Emoji { .. } => None,
            Self::Cifar10 { url, .. } => Some(url.clone()),
        }
    }
}

/// A dataset that is ready to be read.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// `<root>/<name>`.
    pub folder: PathBuf,
    /// The pictures to train on, for [`Records::open`](crate::Records::open).
    pub train: PathBuf,
    /// The pictures held out.
    pub test: PathBuf,
    /// Whether anything had to be done.
    pub outcome: Outcome,
    /// The content of `dataset.json`: counts and checksums.
    pub manifest: Manifest,
}

/// What a preparation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The folder was made.
    Made,
    /// The folder was there.
    Found,
}

/// Makes `<root>/<name>` with `train.bin`, `test.bin`, `dataset.json`, and for emoji `ATTRIBUTION.txt`.
///
/// The folder is written beside its place, synced and renamed, so it is either there as a whole or not at
/// all. A second call finds it (by the manifest and the sizes of the files) and does nothing. Processes that
/// prepare the same dataset at once wait for the first. Nothing that is there is ever replaced.
///
/// Each record is a label byte and [`PIXELS`](crate::PIXELS) bytes, as in CIFAR-10's archive. Emoji have the
/// label 0, are ordered by code point, and every twentieth is held out; CIFAR-10 keeps its own order and its
/// own test batch.
///
/// # Errors
///
/// - a file cannot be read or written (the path is named),
/// - the folder holds something else, another version's data, or a file of the wrong size,
/// - the archive cannot be downloaded, has another checksum, or is not what CIFAR-10's archive looks like.
///
/// ```
/// use ddpm_data::{EmojiSubset, Outcome, Source, prepare};
///
/// let root = tempfile::tempdir()?;
/// let source = Source::Emoji { subset: EmojiSubset::Faces };
/// let made = prepare(root.path(), &source, &mut |_| {})?;
/// assert_eq!(made.outcome, Outcome::Made);
/// assert_eq!(made.folder, root.path().join("emoji-faces"));
/// assert_eq!(prepare(root.path(), &source, &mut |_| {})?.outcome, Outcome::Found);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prepare(
    root: &Path,
    source: &Source,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Prepared, DataError> {
    prepare_with(root, source, &Patience::default(), progress)
}

/// [`prepare`] with other time limits for the download.
///
/// # Errors
///
/// As [`prepare`].
pub fn prepare_with(
    root: &Path,
    source: &Source,
    patience: &Patience,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Prepared, DataError> {
    if let Source::Cifar10 { md5, .. } = source {
        cifar10::check_md5(md5)?;
    }
    // Before the lock, so that a prepared dataset can be read from a folder that cannot be written.
    if let Some(found) = find(root, source)? {
        return Ok(found);
    }
    files::create_folder(root)?;
    let name = source.name();
    let lock = Lock::take(&root.join(format!(".{name}.lock")), progress)?;
    if let Some(found) = find(root, source)? {
        // Another process made it while this one waited.
        return Ok(found);
    }

    let staging = Staging::create(root.join(lock.scratch(&format!(".{name}"))))?;
    let (train, test) = match source {
        Source::Emoji { subset } => emoji::write(staging.path(), *subset, progress)?,
        Source::Cifar10 { archive, url, md5 } => {
            let request =
                cifar10::Request { root, archive: archive.as_deref(), url, md5, patience, lock: &lock };
            cifar10::write(staging.path(), &request, progress)?
        }
    };
    let manifest =
        Manifest { format: manifest::FORMAT, name, origin: source.origin(), url: source.url(), train, test };
    let mut json = serde_json::to_string_pretty(&manifest).map_err(PrepareError::Manifest)?;
    json.push('\n');
    files::write(&staging.path().join(manifest::FILE), json.as_bytes())?;

    let folder = root.join(&manifest.name);
    match staging.publish(&folder) {
        Ok(()) => Ok(Prepared::new(folder, manifest, Outcome::Made)),
        // Without a lock another process may have been faster; then its folder is as good as this one.
        Err(error) => find(root, source)?.ok_or_else(|| error.into()),
    }
}

impl Prepared {
    fn new(folder: PathBuf, manifest: Manifest, outcome: Outcome) -> Self {
        Self { train: folder.join("train.bin"), test: folder.join("test.bin"), folder, outcome, manifest }
    }
}

/// The prepared folder, if it is there and whole; an error if something else is in its place.
fn find(root: &Path, source: &Source) -> Result<Option<Prepared>, DataError> {
    let folder = root.join(source.name());
    let path = folder.join(manifest::FILE);
    let json = match fs::read(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == ErrorKind::NotFound => return vacant(&folder).map(|()| None),
        Err(error) => return Err(FileError::at("read", &path)(error).into()),
    };
    let other = |why: String| PrepareError::Occupied { folder: folder.clone(), why };
    let manifest: Manifest = serde_json::from_slice(&json)
        .map_err(|error| other(format!("{} is not readable: {error}", manifest::FILE)))?;
    if manifest.format != manifest::FORMAT {
        let why = format!(
            "it was prepared in format {}, and this program reads {}",
            manifest.format,
            manifest::FORMAT
        );
        return Err(other(why).into());
    }
    if manifest.name != source.name() || manifest.origin != source.origin() {
        return Err(other("it was prepared from something else".to_owned()).into());
    }
    let prepared = Prepared::new(folder.clone(), manifest, Outcome::Found);
    for (path, file) in
        [(&prepared.train, &prepared.manifest.train), (&prepared.test, &prepared.manifest.test)]
    {
        let RecordFile { pictures, bytes, .. } = *file;
        let actual = files::size(path)?;
        if actual != Some(bytes) || pictures.checked_mul(RECORD as u64) != Some(bytes) {
            let found =
                actual.map_or_else(|| "is missing".to_owned(), |actual| format!("has {actual} bytes"));
            return Err(other(format!("{} {found}, and should have {bytes}", path.display())).into());
        }
    }
    Ok(Some(prepared))
}

/// An error unless the folder is missing or empty: a rename may take its place only then.
fn vacant(folder: &Path) -> Result<(), DataError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => {
                let why = format!("it has no {}", manifest::FILE);
                Err(PrepareError::Occupied { folder: folder.to_owned(), why }.into())
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::at("read the folder", folder)(error).into()),
    }
}

/// Why a folder could not be made or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error("{} is not the dataset that it should be: {why}", .folder.display())]
    Occupied { folder: PathBuf, why: String },
    #[error("cannot write the manifest")]
    Manifest(#[source] serde_json::Error),
}

impl Explain for PrepareError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Occupied { folder, .. } => Some(format!(
                "nothing was changed; remove {} to have it prepared anew, or choose another folder with \
                 `dataset.root`",
                folder.display()
            )),
            Self::Manifest(_) => None,
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Occupied { folder, .. } => Some(folder),
            Self::Manifest(_) => None,
        }
    }
}
