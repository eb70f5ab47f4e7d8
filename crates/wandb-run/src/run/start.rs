//! The start of a run.

use super::about::About;
use super::directory::Directory;
use super::row::{Clock, LastValues};
use super::statistics::Statistics;
use super::{Active, Run, auto};
use crate::PROTOCOL;
use crate::error::{Error, Kind};
use crate::json::Json;
use crate::log::record::{Body, Header, RunRecord, Telemetry, Timestamp, Update, VersionInfo};
use crate::log::writer::LogWriter;
use crate::parts;
use crate::settings::{Mode, Resume, Settings};
use crate::upload::Existing;
use crate::upload::progress::{Base, Progress};
use crate::upload::worker::{Task, Worker};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

pub(super) fn start(settings: Settings, config: Json, about: &About) -> Result<Run, Error> {
    let id = settings.run_id.clone();
    let (prefix, online) = match settings.mode {
        Mode::Disabled => return Ok(Run { id, active: None }),
        Mode::Offline => ("offline-", false),
        Mode::Online => ("", true),
    };
    // What an earlier start of the run has left here says where it stands, and no network needs to be asked.
    let wandb = settings.dir.join("wandb");
    let continues = !matches!(settings.resume, Resume::No | Resume::Never);
    let earlier = if continues { parts::of_run(&wandb, &id) } else { Vec::new() };
    let existing = if online && earlier.is_empty() { ask(&settings)? } else { None };
    let directory = Directory::create(&settings.dir, prefix, &id)?;
    if settings.resume == Resume::Auto {
        auto::remember(&wandb, &id).map_err(Kind::file("write in", &wandb))?;
    }
    let base = existing.as_ref().map(|answer| answer.as_ref().map(Base::after).unwrap_or_default());
    let progress = Progress::new(settings.resume, base.clone());
    let before = Before::of(base, &earlier);
    let clock = Clock { start_time: Timestamp::now(), started: Instant::now(), before: before.runtime };
    let log = directory.log();
    progress.save(&log).map_err(Kind::file("write", &log))?;
    let mut writer = LogWriter::create(&log).map_err(Kind::file("make", &log))?;
    let first = RunRecord {
        starting_step: before.first_step as i64,
        resumed: before.resumed,
        // The run, not this part of it: all times of a run count from its beginning.
        ..run_record(&settings, config, about, clock.start_time.earlier(before.runtime))
    };
    write_first(&mut writer, first, about, clock.start_time).map_err(Kind::file("write", &log))?;
    let guard = writer.guard();
    let shared = Arc::new(Mutex::new(writer));
    let worker = if online {
        let (dir, existing) = (directory.path(), existing.flatten());
        Some(Worker::start(&settings, Task { dir, log: &log, earlier, progress, existing, guard })?)
    } else {
        None
    };
    let statistics = Statistics::start(Arc::clone(&shared));
    let active = Active {
        settings,
        directory,
        log: shared,
        clock,
        first_step: before.first_step,
        last_step: None,
        values: LastValues::new(),
        output: None,
        statistics,
        worker,
    };
    Ok(Run { id, active: Some(active) })
}

/// What the run had before this start.
struct Before {
    first_step: u64,
    /// Seconds.
    runtime: f64,
    resumed: bool,
}

impl Before {
    fn of(base: Option<Base>, earlier: &[PathBuf]) -> Self {
        let row = earlier.iter().rev().find_map(|log| parts::last_row(log));
        let base = base.unwrap_or_default();
        let last = base.last_step.or(row.map(|row| row.step));
        Self {
            first_step: last.map_or(0, |last| last.saturating_add(1).max(0) as u64),
            runtime: row.map_or(base.runtime, |row| row.runtime.max(base.runtime)),
            resumed: base.resumed || row.is_some(),
        }
    }
}

/// What the server has of this run: nothing known; nothing there; or that much.
#[expect(clippy::option_option, reason = "not to know is not the same as to know that there is none")]
fn ask(settings: &Settings) -> Result<Option<Option<Existing>>, Error> {
    let id = || settings.run_id.clone();
    if settings.resume == Resume::No {
        return Ok(None);
    }
    match crate::upload::ask(settings) {
        Ok(Some(_)) if settings.resume == Resume::Never => Err(Kind::Exists { id: id() }.into()),
        Ok(None) if settings.resume == Resume::Must => Err(Kind::NothingToResume { id: id() }.into()),
        Ok(answer) => Ok(Some(answer)),
        // The uploader asks again, before it sends anything; steps that are there already it leaves out. If it is refused
        // then, the run is in its log all the same.
        Err(_) if settings.resume != Resume::Must => Ok(None),
        Err(error) => Err(error),
    }
}

fn run_record(settings: &Settings, config: Json, about: &About, start_time: Timestamp) -> RunRecord {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let config = match config {
        Json::Object(entries) => Update::of(&entries),
        // Not an object, so it has no names of its own.
        Json::Null => Update::default(),
        value => Update::of(&[("config".to_owned(), value)]),
    };
    RunRecord {
        run_id: settings.run_id.clone(),
        entity: text(&settings.entity),
        project: settings.project.clone(),
        config: Some(config),
        run_group: text(&settings.group),
        job_type: text(&settings.job_type),
        display_name: text(&settings.name),
        notes: text(&settings.notes),
        tags: settings.tags.clone(),
        sweep_id: text(&settings.sweep_id),
        host: about.host(),
        start_time: Some(start_time),
        telemetry: Some(Telemetry {
            cli_version: PROTOCOL.to_owned(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            ..Telemetry::default()
        }),
        git: about.git(),
        ..RunRecord::default()
    }
}

fn write_first(log: &mut LogWriter, run: RunRecord, about: &About, started: Timestamp) -> io::Result<()> {
    let version_info = VersionInfo { producer: PROTOCOL.to_owned(), min_consumer: "0.70.0".to_owned() };
    log.append(Body::Header(Header { version_info: Some(version_info) }))?;
    log.append(Body::Run(Box::new(run)))?;
    log.append(Body::Environment(about.environment(started)))
}
