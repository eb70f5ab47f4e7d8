//! A run, as the program that is tracked sees it: everything said here goes into the log, and nothing waits for a
//! network.

mod about;
mod artifact;
pub(crate) mod auto;
mod directory;
mod finish;
mod gpu;
mod media;
mod row;
mod start;
mod statistics;
mod system;
mod value;

pub use about::{About, without_password};
pub use artifact::Artifact;
pub use finish::Summary;
pub use value::{Histogram, Image, Value};

use crate::error::Error;
use crate::json::Json;
use crate::log::record::{Body, FileItem, Files, Metric, MetricOptions, Output, Timestamp, Update};
use crate::log::writer::LogWriter;
use crate::settings::Settings;
use crate::upload::worker::Worker;
use directory::Directory;
use row::LastValues;
use statistics::Statistics;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which of a program's outputs a line is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One run that is being tracked.
///
/// Every record is in the log when the call returns, and outlives the process from then on. If the disk is full, the
/// call says so, the log stays readable, and later records are written when there is room again.
///
/// ```
/// use wandb_run::{About, Mode, Run, Settings};
/// # let folder = tempfile::tempdir()?;
/// # let mut settings = wandb_run::doc_settings(folder.path());
/// settings.mode = Mode::Offline;
/// let config = serde_json::json!({"lr": 0.001, "model": {"dim": 64}});
/// let mut run = Run::start(settings, config, About::default())?;
/// for step in 0..10 {
///     run.log(step, &[("train/loss", (1.0 / (step + 1) as f64).into())])?;
/// }
/// let summary = run.finish(0);
/// println!("{summary}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Run {
    id: String,
    /// Nothing, if tracking is disabled.
    active: Option<Active>,
}

/// What a run has that is not disabled.
struct Active {
    settings: Settings,
    directory: Directory,
    log: SharedLog,
    clock: row::Clock,
    first_step: u64,
    last_step: Option<u64>,
    values: LastValues,
    /// `files/output.log`, made by the first line.
    output: Option<File>,
    statistics: Option<Statistics>,
    worker: Option<Worker>,
}

/// The log, which the thread of the system figures writes to as well.
type SharedLog = Arc<Mutex<LogWriter>>;

/// A thread that panicked left whole records: an append has no state between two of them.
fn lock(log: &SharedLog) -> MutexGuard<'_, LogWriter> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Active {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Active").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Run {
    /// Starts a run: makes its directory and its log, and online the thread that uploads it.
    ///
    /// The network is asked only if the run may continue one that left nothing in this folder, because then its first step
    /// must be known: once, for at most `http_timeout`. Only [`Resume::Must`](crate::Resume::Must) asks again while
    /// that time lasts, and takes silence for an error.
    ///
    /// # Errors
    /// The directory cannot be written, or the run exists or does not in conflict with [`Settings::resume`].
    pub fn start(settings: Settings, config: impl Into<Json>, about: About) -> Result<Self, Error> {
        start::start(settings, config.into(), &about)
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The directory of the run; an empty path if tracking is disabled.
    pub fn dir(&self) -> &Path {
        self.active.as_ref().map_or(Path::new(""), |active| active.directory.path())
    }

    /// The run's page, as soon as the server has said whose run it is.
    pub fn url(&self) -> Option<String> {
        self.active.as_ref()?.worker.as_ref()?.url()
    }

    /// The step at which a continued run goes on: one after the last that was logged, as this folder knows or else the
    /// server. 0 for a new run.
    pub fn first_step(&self) -> u64 {
        self.active.as_ref().map_or(0, |active| active.first_step)
    }

    /// Logs values of a step. The same step may be logged several times in a row: the server sees one row, in which
    /// a later value of a key replaces an earlier one.
    ///
    /// # Errors
    /// The log cannot be written, an image is no PNG file, or a later step was logged before.
    pub fn log(&mut self, step: u64, items: &[(&str, Value)]) -> io::Result<()> {
        let Some(active) = &mut self.active else { return Ok(()) };
        if let Some(last) = active.last_step.filter(|&last| step < last) {
            let why = format!("step {step} is before step {last}, which was logged already");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let mut media = Vec::new();
        let folder = active.directory.files();
        let mut row = Vec::with_capacity(items.len() + 3);
        for (key, value) in items {
            let text = match value {
                Value::Number(value) => Json::Float(*value).to_string(),
                value => media::json(value, key, step, &folder, &mut media)?.to_string(),
            };
            row.push((*key, text));
        }
        let history = active.clock.row(step, row);
        let mut log = lock(&active.log);
        if !media.is_empty() {
            let item = |path| FileItem { path, policy: 0, kind: 2 };
            log.append(Body::Files(Files { files: media.into_iter().map(item).collect() }))?;
        }
        active.values.take(&history);
        log.append(Body::History(history))?;
        active.last_step = Some(step);
        active.values.write_if_due(&mut log)
    }

    /// Keeps a line that the program printed; without its newline. Of a line that was overwritten with `\r`, only
    /// the last state is kept.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn log_output(&mut self, stream: Stream, line: &str) -> io::Result<()> {
        let Some(active) = &mut self.active else { return Ok(()) };
        let line = line.trim_end_matches(['\r', '\n']);
        let line = format!("{}\n", line.rsplit('\r').next().unwrap_or_default());
        let output_type = i32::from(stream == Stream::Stdout);
        let mut log = lock(&active.log);
        if active.output.is_none() {
            let path = active.directory.files().join("output.log");
            active.output = Some(File::options().append(true).create(true).open(path)?);
            let item = FileItem { path: "output.log".to_owned(), policy: 1, kind: 1 };
            log.append(Body::Files(Files { files: vec![item] }))?;
        }
        if let Some(file) = &mut active.output {
            file.write_all(line.as_bytes())?;
        }
        log.append(Body::OutputRaw(Output { output_type, timestamp: Some(Timestamp::now()), line }))
    }

    /// Sets values of the summary, which otherwise has the last value of each key.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn set_summary(&mut self, items: &[(&str, Json)]) -> io::Result<()> {
        let Some(active) = &mut self.active else { return Ok(()) };
        let items: Vec<_> = items.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        active.values.set(&items);
        lock(&active.log).append(Body::Summary(Update::of(&items)))
    }

    /// Sets values of the configuration.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn set_config(&mut self, items: &[(&str, Json)]) -> io::Result<()> {
        let Some(active) = &mut self.active else { return Ok(()) };
        let items: Vec<_> = items.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        lock(&active.log).append(Body::Config(Update::of(&items)))
    }

    /// Draws a metric over another one, instead of over the steps: `define_metric("epoch/loss", "epoch")`. A `*` at the
    /// end stands for any rest of a name.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn define_metric(&mut self, name: &str, over: &str) -> io::Result<()> {
        let Some(active) = &mut self.active else { return Ok(()) };
        let (name, glob_name) = if name.ends_with('*') { ("", name) } else { (name, "") };
        let metric = Metric {
            name: name.to_owned(),
            glob_name: glob_name.to_owned(),
            step_metric: over.to_owned(),
            options: Some(MetricOptions { step_sync: true }),
        };
        lock(&active.log).append(Body::Metric(metric))
    }

    /// Has the disk take all that was logged, so that it outlives a power cut.
    ///
    /// # Errors
    /// The disk's.
    pub fn sync_log(&self) -> io::Result<()> {
        self.active.as_ref().map_or(Ok(()), |active| lock(&active.log).sync())
    }

    /// Keeps files under a name and a version. Their bytes are copied into the run's directory now.
    ///
    /// # Errors
    /// The directory or the log cannot be written, or a path leads out of the artifact.
    pub fn log_artifact(&mut self, artifact: Artifact) -> io::Result<()> {
        let Some(active) = &mut self.active else { return Ok(()) };
        let ids = artifact::Ids {
            run: &self.id,
            project: &active.settings.project,
            entity: active.settings.entity.as_deref().unwrap_or_default(),
        };
        let record = artifact.record(active.directory.path(), ids)?;
        lock(&active.log).append(Body::Artifact(Box::new(record)))
    }

    /// Ends the run, and online waits until all of it is uploaded, or until a minute has brought no progress.
    pub fn finish(self, exit_code: i32) -> Summary {
        self.finish_within(exit_code, Duration::from_secs(60))
    }

    /// As [`Run::finish`], with another patience. What is left stays in the log, for [`sync`](crate::sync).
    pub fn finish_within(self, exit_code: i32, patience: Duration) -> Summary {
        self.finish_while(exit_code, patience, &|| true)
    }

    /// As [`Run::finish_within`], and no longer than the caller has time: it is asked ten times a second.
    pub fn finish_while(
        mut self,
        exit_code: i32,
        patience: Duration,
        has_time: &dyn Fn() -> bool,
    ) -> Summary {
        match self.active.take() {
            Some(active) => finish::finish(active, exit_code, patience, has_time),
            None => Summary::nothing(),
        }
    }
}

impl Drop for Run {
    /// A run that is dropped has not finished: its log gets no exit code, but what it said is there.
    fn drop(&mut self) {
        if let Some(active) = self.active.take() {
            let _ = active.values.write(&mut lock(&active.log));
        }
    }
}
