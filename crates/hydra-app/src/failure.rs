//! What ends a program early, and how it is told.

use crate::cli::Format;
use crate::json;
use crate::render::{Style, render};
use crate::run_dir::RunDirError;
use hydra_compose::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// What ends a program early.
#[derive(Debug)]
pub enum Failure {
    /// The configuration or an override is wrong: exit status 1.
    Config(Error),
    /// Something else is wrong, in words: exit status 1.
    Other(String),
    /// The command line is misused: exit status 2.
    Usage(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Config(error)
    }
}

impl Failure {
    /// Something that the system said, which names its file already.
    pub fn io(error: io::Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<RunDirError> for Failure {
    fn from(error: RunDirError) -> Self {
        match error {
            RunDirError::Config(error) => Self::Config(error),
            other => Self::Other(other.to_string()),
        }
    }
}

/// Prints a failure on standard error, for a person or as one line of JSON, and gives its exit status.
pub fn report(failure: &Failure, format: Format) -> ExitCode {
    let text = match (failure, format) {
        (Failure::Config(error), Format::Text) => render(error, Style::of_stderr()),
        (Failure::Config(error), Format::Json) => json::error(error),
        (Failure::Other(text) | Failure::Usage(text), Format::Text) => format!("error: {text}"),
        (Failure::Other(text), Format::Json) => match text.split_once("\nhelp: ") {
            Some((message, help)) => json::plain_error("failed", message, Some(help)),
            None => json::plain_error("failed", text, None),
        },
        (Failure::Usage(text), Format::Json) => json::plain_error("usage", text, None),
    };
    say(&text);
    ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 1 })
}

/// A line on standard error. If that is closed, there is nobody left to tell.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Text on standard output. A reader such as `head` may close it early; that is its right.
///
/// # Errors
/// It cannot be written for another reason: the disk is full.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Other(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
