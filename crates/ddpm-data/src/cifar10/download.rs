//! One file over HTTP, however bad the line: resumed, retried, verified.

use super::error::DownloadError;
use crate::error::DataError;
use crate::files::{self, FileError};
use crate::progress::Event;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{StatusCode, Url};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU32;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How long a download waits, and how often it tries again.
///
/// ```
/// use ddpm_data::Patience;
/// use std::time::Duration;
///
/// let hasty = Patience { stall: Duration::from_secs(2), ..Patience::default() };
/// assert_eq!(hasty.attempts.get(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection to be made.
    pub connect: Duration,
    /// For an answer to begin, and then for more bytes to come: a slow server is fine, a silent one is not.
    pub stall: Duration,
    /// Attempts in a row that bring nothing new. One that brings bytes starts the count again.
    pub attempts: NonZeroU32,
    /// Before the second attempt; doubled for each one after it, up to 32 times as long.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            attempts: const { NonZeroU32::new(4).expect("4 is not 0") },
            pause: Duration::from_secs(1),
        }
    }
}

/// A file to be had.
pub(super) struct Download<'a> {
    pub(super) url: &'a str,
    /// 32 lower-case hexadecimal digits.
    pub(super) md5: &'a str,
    /// What has come so far; another process must not write to it.
    pub(super) part: &'a Path,
    /// Where the file goes when it is whole and verified.
    pub(super) target: &'a Path,
    pub(super) patience: &'a Patience,
}

/// How an attempt failed.
enum Failure {
    /// The next one may succeed.
    Passing(String),
    /// The next one would fail too.
    Final(DataError),
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::Final(error.into())
    }
}

impl Download<'_> {
    /// Downloads to `part`, verifies it, and renames it to `target`.
    pub(super) fn run(&self, progress: &mut dyn FnMut(Event<'_>)) -> Result<(), DataError> {
        let client = self.client()?;
        self.fetch(&client, progress)?;
        if self.verify(progress)?.is_err() {
            // The bytes of an earlier, other file may have been in the part: once more, from nothing.
            progress(Event::Retrying { why: "the checksum is wrong", pause: Duration::ZERO });
            self.fetch(&client, progress)?;
            if let Err(actual) = self.verify(progress)? {
                let (url, target) = (self.url.to_owned(), self.target.to_owned());
                return Err(
                    DownloadError::Corrupted { url, target, expected: self.md5.to_owned(), actual }.into()
                );
            }
        }
        Ok(files::publish(self.part, self.target)?)
    }

    fn client(&self) -> Result<Client, DataError> {
        let refused = |why: String| DownloadError::Refused {
            url: self.url.to_owned(),
            target: self.target.to_owned(),
            why,
        };
        let url = Url::parse(self.url).map_err(|error| refused(error.to_string()))?;
        // An error says that somebody chose a provider before, and then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("ddpm-data/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.patience.connect)
            // In the blocking client this one counts for the answer and for each read, not for the whole
            // download.
            .timeout(self.patience.stall);
        // A proxy, if the environment names one, cannot see this machine's own servers.
        if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| refused(chain(&error)).into())
    }

    /// The checksum of the part: `Err` with the actual one removes it.
    fn verify(&self, progress: &mut dyn FnMut(Event<'_>)) -> Result<Result<(), String>, FileError> {
        progress(Event::Verifying { path: self.part });
        let mut file = File::open(self.part).map_err(FileError::at("open", self.part))?;
        let actual = files::checksum(&mut file, self.part)?;
        if actual == self.md5 {
            return Ok(Ok(()));
        }
        drop(file);
        files::remove(self.part)?;
        Ok(Err(actual))
    }

    /// Attempts until the part has all that the server has.
    fn fetch(&self, client: &Client, progress: &mut dyn FnMut(Event<'_>)) -> Result<(), DataError> {
        let mut failures = 0;
        // A server that cannot resume may cut each attempt at the same place: only new bytes count as
        // progress.
        let mut furthest = files::size(self.part)?.unwrap_or(0);
        loop {
            let why = match self.attempt(client, progress) {
                Ok(()) => return Ok(()),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(why)) => why,
            };
            let have = files::size(self.part)?.unwrap_or(0);
            if have > furthest {
                furthest = have;
                failures = 0;
            }
            failures += 1;
            if failures >= self.patience.attempts.get() {
                let (url, target) = (self.url.to_owned(), self.target.to_owned());
                return Err(DownloadError::Unreachable { url, target, attempts: failures, why }.into());
            }
            let pause = self.patience.pause.saturating_mul(1 << (failures - 1).min(5));
            progress(Event::Retrying { why: &why, pause });
            thread::sleep(pause);
        }
    }

    /// One request; what it brings is in the part even if it fails.
    fn attempt(&self, client: &Client, progress: &mut dyn FnMut(Event<'_>)) -> Result<(), Failure> {
        let have = files::size(self.part)?.unwrap_or(0);
        progress(Event::Connecting { url: self.url, offset: have });
        let mut request = client.get(self.url);
        if have > 0 {
            request = request.header(RANGE, format!("bytes={have}-"));
        }
        let response = request.send().map_err(|error| {
            let lasting = error.is_builder() || error.is_redirect();
            let why = chain(&error.without_url());
            if lasting { self.refused(why) } else { Failure::Passing(why) }
        })?;
        let status = response.status();
        if status == StatusCode::PARTIAL_CONTENT {
            match ContentRange::of(&response) {
                Some(ContentRange { start: Some(start), total }) if start == have => {
                    return self.receive(response, have, total, progress);
                }
                _ => {
                    return self
                        .start_again("the server sent another part of the file than the one asked for");
                }
            }
        }
        if status == StatusCode::RANGE_NOT_SATISFIABLE && have > 0 {
            return match ContentRange::of(&response) {
                // All of it came before, but the process ended before it was verified.
                Some(ContentRange { total: Some(total), .. }) if total == have => Ok(()),
                _ => self.start_again("the file on the server is shorter than what came before"),
            };
        }
        if status == StatusCode::OK {
            // The whole file, whether or not a part was asked for.
            let total = response.content_length();
            return self.receive(response, 0, total, progress);
        }
        let why = format!("the server answered {status}");
        let busy = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        if busy || status.is_server_error() { Err(Failure::Passing(why)) } else { Err(self.refused(why)) }
    }

    /// Writes the body to the part from the byte `start` on.
    fn receive(
        &self,
        mut response: Response,
        start: u64,
        total: Option<u64>,
        progress: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Failure> {
        let mut options = OpenOptions::new();
        let options = if start == 0 { options.write(true).truncate(true) } else { options.append(true) };
        let mut part = options.create(true).open(self.part).map_err(FileError::at("create", self.part))?;
        let mut received = start;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match response.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    part.write_all(&buffer[..read]).map_err(FileError::at("write", self.part))?;
                    received += read as u64;
                    progress(Event::Downloading { received, total });
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Failure::Passing(format!("after {received} bytes: {}", chain(&error))));
                }
            }
        }
        part.sync_all().map_err(FileError::at("write", self.part))?;
        match total {
            Some(total) if received < total => {
                Err(Failure::Passing(format!("the connection ended after {received} of {total} bytes")))
            }
            Some(total) if received > total => self.start_again("the server sent more than it had announced"),
            _ => Ok(()),
        }
    }

    fn start_again(&self, why: &str) -> Result<(), Failure> {
        files::remove(self.part)?;
        Err(Failure::Passing(why.to_owned()))
    }

    fn refused(&self, why: String) -> Failure {
        let (url, target) = (self.url.to_owned(), self.target.to_owned());
        Failure::Final(DownloadError::Refused { url, target, why }.into())
    }
}

/// `Content-Range: bytes 100-199/200`, or `bytes */200` (RFC 9110, section 14.4).
struct ContentRange {
    start: Option<u64>,
    total: Option<u64>,
}

impl ContentRange {
    fn of(response: &Response) -> Option<Self> {
        Self::parse(response.headers().get(CONTENT_RANGE)?.to_str().ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let start = range.split_once('-').and_then(|(start, _)| start.trim().parse().ok());
        Some(Self { start, total: total.trim().parse().ok() })
    }
}

/// An error and its causes in one line: the client's own message is often just "error sending request".
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::ContentRange;

    #[test]
    fn a_content_range_gives_where_it_starts_and_the_whole_size() {
        for (text, start, total) in [
            ("bytes 100-199/200", Some(100), Some(200)),
            ("bytes 100-199/*", Some(100), None),
            ("bytes */200", None, Some(200)),
        ] {
            let range = ContentRange::parse(text).expect("well-formed");
            assert_eq!((range.start, range.total), (start, total), "{text}");
        }
        for wrong in ["", "bytes", "100-199/200", "bytes 100-199"] {
            assert!(ContentRange::parse(wrong).is_none(), "{wrong}");
        }
    }
}
