//! The log file, in the layout of Hydra's job logs.

use super::{Event, Listener};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::panic;
use std::path::{Path, PathBuf};

/// Appends `[2026-11-23 05:28:01,123][ddpm][INFO] - …` for all events but single steps.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// Opened with the first line: a worker that has nothing to do leaves no file.
    file: Option<File>,
    name: String,
}

impl Log {
    /// A log that is appended to `path`, under the name of the program.
    pub fn new(path: &Path, name: &str) -> Self {
        Self { path: path.to_owned(), file: None, name: name.to_owned() }
    }

    fn write(&mut self, level: &str, message: &str) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(OpenOptions::new().create(true).append(true).open(&self.path)?),
        };
        let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S,%3f").to_string();
        let line = format!("[{now}][{}][{level}] - {message}\n", self.name);
        file.write_all(line.as_bytes())
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
        self.write(level, &event.to_string())
    }
}

/// From now on a panic of any thread of the process is written to the log file, too, and not only to standard error,
/// where there may be nobody.
pub fn log_panics(path: &Path, name: &str) {
    let (path, name) = (path.to_owned(), name.to_owned());
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // A file handle of its own: the panic may be that of the thread that is writing to the other. If it cannot be
        // written, standard error has it.
        let _ = Log::new(&path, &name).write("ERROR", &panic.to_string());
        before(panic);
    }));
}
