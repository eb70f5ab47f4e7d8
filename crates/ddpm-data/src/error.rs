//! The one public error: what failed, where, and what to do about it.

use crate::batches::BatchesError;
use crate::cifar10::{ArchiveError, DownloadError};
use crate::emoji::EmojiError;
use crate::files::FileError;
use crate::grid::GridError;
use crate::prepare::PrepareError;
use crate::records::RecordsError;
use std::error::Error;
use std::fmt;
use std::path::Path;

/// Why pictures could not be prepared or read.
///
/// `Display` says what failed and on which file, in one line; [`source`](Error::source) has the system's
/// reason, and [`help`](DataError::help) what can be done. [`report`](DataError::report) puts the three
/// together.
///
/// ```
/// let error = ddpm_data::Records::open("/nowhere/train.bin".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "cannot open /nowhere/train.bin");
/// assert_eq!(error.path(), Some("/nowhere/train.bin".as_ref()));
/// ```
#[derive(Debug)]
pub struct DataError(Box<Kind>);

/// What an error knows besides its message and its cause.
pub(crate) trait Explain: Error {
    /// What the user can do.
    fn help(&self) -> Option<String> {
        None
    }

    /// The file or folder that it is about.
    fn path(&self) -> Option<&Path> {
        None
    }
}

macro_rules! kinds {
    ($($kind:ident($error:ty)),+ $(,)?) => {
        /// One module's error each.
        #[derive(Debug)]
        enum Kind {
            $($kind($error),)+
        }

        $(impl From<$error> for DataError {
            fn from(error: $error) -> Self {
                Self(Box::new(Kind::$kind(error)))
            }
        })+

        impl DataError {
            fn explain(&self) -> &dyn Explain {
                match &*self.0 {
                    $(Kind::$kind(error) => error,)+
                }
            }
        }
    };
}

kinds! {
    Archive(ArchiveError),
    Batches(BatchesError),
    Download(DownloadError),
    Emoji(EmojiError),
    File(FileError),
    Grid(GridError),
    Prepare(PrepareError),
    Records(RecordsError),
}

impl DataError {
    /// What the user can do about it, as one or two sentences without a full stop at the end.
    pub fn help(&self) -> Option<String> {
        self.explain().help()
    }

    /// The file or folder that the error is about.
    pub fn path(&self) -> Option<&Path> {
        self.explain().path()
    }

    /// Whether the server could not be reached or did not give the file: trying again later may help.
    pub fn is_network(&self) -> bool {
        match &*self.0 {
            Kind::Download(error) => error.is_network(),
            _ => false,
        }
    }

    /// Whether a file is not the one that its checksum promises.
    pub fn is_checksum(&self) -> bool {
        match &*self.0 {
            Kind::Download(error) => error.is_checksum(),
            _ => false,
        }
    }

    /// The message, each cause on a line of its own, and the help, without colours.
    ///
    /// ```
    /// let error = ddpm_data::Records::open("/nowhere/train.bin".as_ref()).unwrap_err();
    /// assert!(error.report().starts_with("cannot open /nowhere/train.bin\ncaused by: "));
    /// ```
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str("\ncaused by: ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        if let Some(help) = self.help() {
            text.push_str("\nhelp: ");
            text.push_str(&help);
        }
        text
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.explain(), f)
    }
}

impl Error for DataError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.explain().source()
    }
}
