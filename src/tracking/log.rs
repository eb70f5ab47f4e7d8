//! The log file, in the layout of Hydra's job logs.

use super::{Event, Listener};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Appends `[2026-11-23 05:28:01,123][ddpm][INFO] - …` for all events but single steps.
#[derive(Debug)]
pub struct Log {
    file: File,
    name: String,
}

impl Log {
    /// Opens `<name>.log` in the run directory, to be appended to.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(run_dir: &Path, name: &str) -> io::Result<Self> {
        let path = run_dir.join(format!("{name}.log"));
        Ok(Self { file: OpenOptions::new().create(true).append(true).open(path)?, name: name.to_owned() })
    }
}

impl Listener for Log {
    fn name(&self) -> &str {
        "the log"
    }

    fn on(&mut self, event: &Event) -> io::Result<()> {
        let level = match event {
            Event::Step { .. } => return Ok(()),
            Event::Warning { .. } => "WARNING",
            Event::Failed { .. } => "ERROR",
            _ => "INFO",
        };
        let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S,%3f").to_string();
        let line = format!("[{now}][{}][{level}] - {event}\n", self.name);
        self.file.write_all(line.as_bytes())
    }
}
