//! What a preparation tells its caller while it works.

use std::path::Path;
use std::time::Duration;

/// One thing that [`prepare`](crate::prepare()) is about to do or has come to.
///
/// Events are hints for a person: nothing depends on their number or order, and more kinds may be added.
///
/// ```
/// use ddpm_data::Event;
///
/// let mut received_bytes = 0;
/// let mut listener = |event: Event<'_>| {
///     if let Event::Downloading { received, .. } = event {
///         received_bytes = received;
///     }
/// };
/// listener(Event::Downloading { received: 10, total: Some(20) });
/// assert_eq!(received_bytes, 10);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another process prepares the same dataset; this one waits for it.
    Waiting {
        /// The lock that the other holds.
        lock: &'a Path,
    },
    /// A request is sent.
    Connecting {
        /// To where.
        url: &'a str,
        /// Bytes that an earlier attempt left; the rest is asked for.
        offset: u64,
    },
    /// More bytes came in.
    Downloading {
        /// Bytes so far, those of earlier attempts included.
        received: u64,
        /// Bytes in all, where the server says so.
        total: Option<u64>,
    },
    /// An attempt failed and is repeated after a pause.
    Retrying {
        /// What went wrong.
        why: &'a str,
        /// How long nothing happens now.
        pause: Duration,
    },
    /// A file is read to compute its checksum.
    Verifying {
        /// The file.
        path: &'a Path,
    },
    /// A member of the archive is read.
    Extracting {
        /// Its name in the archive.
        name: &'a str,
    },
    /// Pictures are scaled.
    Rendering {
        /// Pictures done.
        done: usize,
        /// Pictures in all.
        total: usize,
    },
}
