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
}

impl Metrics {
    /// Opens `metrics.jsonl` in the run directory, to be appended to.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(run_dir: &Path) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().create(true).append(true).open(run_dir.join("metrics.jsonl"))? })
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
        let mut line = serde_json::to_string(event)?;
        line.push('\n');
        self.file.write_all(line.as_bytes())
    }
}
