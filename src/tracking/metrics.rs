//! `metrics.jsonl`: one JSON object a line, for programs.

use super::{Event, Listener};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Appends a line for each [`Event::Step`] and each [`Event::Epoch`].
///
/// A line is written in one call, so a run that is killed leaves complete lines and at most one that is cut off.
#[derive(Debug)]
pub struct Metrics {
    file: File,
    /// What the last line ended with; after a disk that was full, maybe in the middle.
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Whole,
    Cut,
}

impl Metrics {
    /// Creates `metrics.jsonl` in the run directory.
    ///
    /// # Errors
    /// The file cannot be created, or is there already: then another worker has trained, or trains, this run.
    pub fn create(run_dir: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create_new(true).append(true).open(run_dir.join("metrics.jsonl"))?;
        Ok(Self { file, ending: Ending::Whole })
    }
}

impl Listener for Metrics {
    fn name(&self) -> &str {
        "metrics.jsonl"
    }

    fn on(&mut self, event: &Event) -> io::Result<()> {
        if !matches!(event, Event::Step { .. } | Event::Epoch { .. }) {
            return Ok(());
        }
        let start = if self.ending == Ending::Cut { "\n" } else { "" };
        let line = format!("{start}{}\n", serde_json::to_string(event)?);
        self.ending = Ending::Cut;
        self.file.write_all(line.as_bytes())?;
        self.ending = Ending::Whole;
        Ok(())
    }
}
