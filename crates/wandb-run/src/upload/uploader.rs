//! Takes a log to the server: reads a part, sends it, reads on.

use super::api::{self, Existing, Name};
use super::artifact;
use super::config;
use super::control::{Control, Stop};
use super::http::Http;
use super::progress::{Base, Intent, Progress};
use super::reading::Reading;
use crate::json::Json;
use crate::log::reader::LogReader;
use crate::log::record::{ArtifactRecord, Body, Record};
use crate::settings::{Settings, server};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One log on its way.
pub(crate) struct Uploader {
    pub(super) http: Http,
    pub(super) control: Arc<Control>,
    base_url: String,
    /// What the log does not say, because it was written without a server in mind.
    entity: Option<String>,
    project: String,
    pub(super) dir: PathBuf,
    log: PathBuf,
    reader: LogReader,
    /// Read, and not yet taken.
    held: Option<Record>,
    pub(super) reading: Reading,
    pub(super) progress: Progress,
    /// Files that are uploaded, and of which the server was not told.
    pub(super) uploaded: Vec<String>,
    /// The server has a run of this id that this log does not continue.
    foreign: bool,
}

impl Uploader {
    /// `ours` says that the log was written here, and not by the stock client.
    pub(crate) fn new(
        settings: &Settings,
        dir: &Path,
        log: &Path,
        progress: Progress,
        ours: bool,
        control: Arc<Control>,
    ) -> Result<Self, crate::error::Kind> {
        let reader = LogReader::open(log).map_err(crate::error::Kind::file("read", log))?;
        Ok(Self {
            http: Http::new(settings)?,
            control,
            base_url: settings.base_url.clone(),
            entity: settings.entity.clone(),
            project: settings.project.clone(),
            dir: dir.to_owned(),
            log: log.to_owned(),
            reader,
            reading: Reading::new(ours),
            held: None,
            progress,
            uploaded: Vec::new(),
            foreign: false,
        })
    }

    /// Reads on, until there is enough to send. `true` says that the log's end was reached.
    pub(crate) fn read(&mut self) -> Result<bool, Stop> {
        while !self.reading.is_full() {
            match self.next()? {
                Some(record) => self.reading.take(record),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn next(&mut self) -> Result<Option<Record>, Stop> {
        if let Some(record) = self.held.take() {
            return Ok(Some(record));
        }
        self.reader.next().map_err(|error| Stop::Refused(format!("cannot read the log: {error}")))
    }

    /// Damaged places of the log.
    pub(crate) fn skipped(&self) -> u64 {
        self.reader.skipped()
    }

    /// Reads up to the record that says whose run it is, and the one on its environment if that comes next: the first
    /// word to the server has both.
    fn find_run(&mut self) -> Result<(), Stop> {
        while self.reading.run.is_none() {
            let record = self.next()?.ok_or_else(|| Stop::Refused("the log names no run".to_owned()))?;
            self.reading.take(record);
        }
        match self.next()? {
            Some(record) if matches!(record.body, Some(Body::Environment(_))) => self.reading.take(record),
            other => self.held = other,
        }
        Ok(())
    }

    /// Makes the run on the server, or finds it, and where its lines go on. `fresh` says that nothing was sent of
    /// this log before; `known`, what the server was found to have when the run started.
    pub(crate) fn open(&mut self, fresh: bool, known: Option<Existing>) -> Result<(), Stop> {
        self.find_run()?;
        let ask = match &self.progress.base {
            None => !fresh || self.progress.resume != Intent::No,
            Some(_) => !fresh,
        };
        let existing = match known {
            None if ask => self.ask()?,
            known => known,
        };
        if ask && existing.is_none() && self.progress.base.is_some() {
            // It was deleted there: what was sent before has to be sent again.
            self.progress = Progress { resume: self.progress.resume, ..Progress::default() };
        }
        self.settle_base(existing.as_ref())?;
        let base = self.progress.base.clone().unwrap_or_default();
        let progress = &self.progress;
        let reading = &mut self.reading;
        reading.history.start(base.history, progress.history);
        reading.events.start(base.events, progress.events);
        reading.output.start(base.output, progress.output);
        (reading.last_step, reading.files_done) = (base.last_step, progress.files);
        reading.artifacts_done = progress.artifacts;
        if let Some(existing) = existing.as_ref().filter(|_| base.resumed) {
            reading.continue_from(&existing.config, &existing.summary);
        }
        let bucket = existing.filter(|_| base.resumed).map(|existing| existing.bucket);
        self.upsert_first(bucket)
    }

    /// Decides once and for all which lines of the server are from before this log, and how many are of it.
    fn settle_base(&mut self, existing: Option<&Existing>) -> Result<(), Stop> {
        let id = self.run_id();
        match (&self.progress.base, existing) {
            (None, Some(existing)) if existing.resumable && self.progress.resume == Intent::Never => {
                return Err(Stop::Refused(format!("the run {id} exists already: resume=never")));
            }
            (None, Some(existing))
                if existing.resumable && matches!(self.progress.resume, Intent::Allow | Intent::Must) =>
            {
                self.progress.base = Some(Base::after(existing));
            }
            (None, _) if self.progress.resume == Intent::Must => {
                return Err(Stop::Refused(format!("no run {id} to continue: resume=must")));
            }
            // Nobody meant to continue a run, and here is one that others wrote: what it has is left as it is.
            (None, Some(existing)) if existing.is_of(&self.writer()) == Some(false) => {
                self.foreign = true;
                self.progress.base = Some(Base::after(existing));
            }
            (None, existing) => {
                self.progress.base = Some(Base::default());
                // What is there is of this log, from an upload that was not noted.
                if let Some(existing) = existing {
                    self.count_sent(existing);
                }
            }
            (Some(_), Some(existing)) => self.count_sent(existing),
            (Some(_), None) => {}
        }
        self.save();
        Ok(())
    }

    /// The server may have lines whose answer never came.
    fn count_sent(&mut self, existing: &Existing) {
        let base = self.progress.base.clone().unwrap_or_default();
        let progress = &mut self.progress;
        progress.history = progress.history.max(existing.history.saturating_sub(base.history));
        progress.events = progress.events.max(existing.events.saturating_sub(base.events));
        progress.output = progress.output.max(existing.output.saturating_sub(base.output));
    }

    fn writer(&self) -> String {
        self.reading.environment.as_ref().map(|environment| environment.writer_id.clone()).unwrap_or_default()
    }

    pub(super) fn run_id(&self) -> String {
        self.reading.run.as_ref().map(|run| run.run_id.clone()).unwrap_or_default()
    }

    /// The entity and the project: what the server said, else what the log says, else what was configured.
    pub(super) fn owner(&self) -> (Option<String>, String) {
        let run = self.reading.run.as_deref();
        let said = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
        let entity = self.progress.entity.clone().or_else(|| said(run.map(|run| &run.entity)));
        let project = self.progress.project.clone().or_else(|| said(run.map(|run| &run.project)));
        (entity.or_else(|| self.entity.clone()), project.unwrap_or_else(|| self.project.clone()))
    }

    /// What the server has of the run.
    pub(super) fn ask(&self) -> Result<Option<Existing>, Stop> {
        let (entity, project) = self.owner();
        let id = self.run_id();
        let name = Name { entity: entity.as_deref(), project: &project, run: &id };
        self.control.persist(|_| api::existing(&self.http, name))
    }

    fn upsert_first(&mut self, bucket: Option<String>) -> Result<(), Stop> {
        let (entity, project) = self.owner();
        let Some(run) = self.reading.run.as_deref() else { return Ok(()) };
        let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        let git = run.git.clone().unwrap_or_default();
        let program = self.reading.environment.as_ref().map(|environment| environment.program.clone());
        let fields = json!({
            "id": bucket,
            "name": run.run_id,
            "project": project,
            "entity": entity,
            "groupName": text(&run.run_group),
            "displayName": text(&run.display_name),
            "notes": text(&run.notes),
            "commit": text(&git.commit),
            "repo": text(&git.remote_url),
            "config": config::wrapped(&self.reading).to_string(),
            "host": text(&run.host),
            "program": text(&program.unwrap_or_default()),
            "jobType": text(&run.job_type),
            "sweep": text(&run.sweep_id),
            // A continued run that has none keeps those that it had.
            "tags": if run.tags.is_empty() { Value::Null } else { run.tags.clone().into() },
        });
        self.upsert(fields)
    }

    /// The whole configuration, again.
    pub(super) fn upsert_config(&mut self) -> Result<(), Stop> {
        let (entity, project) = self.owner();
        self.upsert(json!({
            "id": self.progress.bucket,
            "entity": entity,
            "project": project,
            "config": config::wrapped(&self.reading).to_string(),
        }))
    }

    fn upsert(&mut self, fields: Value) -> Result<(), Stop> {
        let bucket = self.control.persist(|_| api::upsert(&self.http, fields.clone()))?;
        self.reading.config_changed = false;
        self.progress.bucket = Some(bucket.id);
        self.progress.entity = bucket.entity.or(self.progress.entity.take());
        self.progress.project = bucket.project.or(self.progress.project.take());
        self.save();
        let url = self.page();
        self.control.note(|status| status.url = url);
        Ok(())
    }

    /// Where a person looks at the run.
    fn page(&self) -> Option<String> {
        let site = server::site(&self.base_url);
        let (entity, project) = (self.progress.entity.as_ref()?, self.progress.project.as_ref()?);
        Some(format!("{site}/{entity}/{project}/runs/{}", self.run_id()))
    }

    /// Sends everything that was read. A file or an artifact that is refused is left out: what it says must not keep
    /// back the numbers behind it.
    pub(crate) fn send(&mut self) -> Result<(), Stop> {
        if self.reading.config_changed {
            self.upsert_config()?;
        }
        if !self.reading.files.is_empty() {
            let names: Vec<_> = self.reading.files.iter().map(|file| file.path.clone()).collect();
            let count = names.len() as u64;
            let sent = self.put_files(names);
            self.unless_refused(sent)?;
            self.reading.files.clear();
            self.progress.files += count;
            self.save();
        }
        while let Some((record, step)) = self.reading.artifacts.front() {
            let sent = self.put_artifact(record, *step);
            let name = record.name.clone();
            self.unless_refused(sent.map_err(|stop| stop.of(&format!("the artifact {name}"))))?;
            self.reading.artifacts.pop_front();
            self.progress.artifacts += 1;
            self.save();
        }
        self.send_lines()
    }

    fn put_artifact(&self, record: &ArtifactRecord, step: i64) -> Result<(), Stop> {
        let (entity, project) = self.owner();
        let upload = artifact::Upload {
            http: &self.http,
            control: &self.control,
            entity: entity.as_deref().unwrap_or_default(),
            project: &project,
            run: &self.run_id(),
            dir: &self.dir,
            record,
            step,
        };
        upload.run()
    }

    /// What was refused costs a warning.
    fn unless_refused(&self, sent: Result<(), Stop>) -> Result<(), Stop> {
        match sent {
            Err(Stop::Refused(message)) => {
                self.control.warn(&format!("{message}; it is left out, and kept in {}", self.dir.display()));
                Ok(())
            }
            other => other,
        }
    }

    /// What cannot be kept costs a question to the server next time, and nothing else.
    pub(super) fn save(&self) {
        let _ = self.progress.save(&self.log);
        let (uploaded, position) = (self.progress.history, self.reader.position());
        self.control.note(|status| (status.uploaded, status.position) = (uploaded, position));
    }

    /// The rest, when the log has ended: the files of the end, and the word that it is complete.
    pub(crate) fn complete(&mut self) -> Result<(), Stop> {
        self.reading.end();
        self.send()?;
        let sent = self.send_last_files();
        self.unless_refused(sent)?;
        // The stock client's word for a run without an end.
        let exit_code = self.reading.exit.map_or(1, |exit| exit.exit_code);
        self.send_complete(exit_code)?;
        self.close();
        self.control.note(|status| status.complete = true);
        Ok(())
    }

    /// The rest of a log that another one continues, which has the last word on the run.
    pub(crate) fn hand_over(&mut self) -> Result<(), Stop> {
        self.reading.end();
        self.send()?;
        self.close();
        Ok(())
    }

    fn close(&mut self) {
        self.progress.complete = true;
        self.save();
        let marker = Progress::marker(&self.log);
        if let Err(error) = std::fs::write(&marker, []) {
            self.control.warn(&format!("cannot write {}: {error}", marker.display()));
        }
        let (rows, long) = (self.reading.known_rows, self.reading.too_long());
        if self.foreign && rows > 0 {
            let why =
                "the server has a run of this id from elsewhere, with rows of the same steps or later ones";
            self.control
                .warn(&format!("{why}: {rows} rows are left out, and kept in {}", self.dir.display()));
        }
        if long > 0 {
            self.control
                .warn(&format!("{long} lines of more than 10 MB are left out: the server takes none"));
        }
    }

    /// The summary, as a line.
    pub(super) fn summary(&self) -> Json {
        self.reading.summary()
    }
}
