//! The start of a run.

use super::about::About;
use super::directory::Directory;
use super::row::{Clock, LastValues};
use super::statistics::Statistics;
use super::{Active, Run};
use crate::error::{Error, Kind};
use crate::json::Json;
use crate::log::record::{Body, Header, RunRecord, Telemetry, Timestamp, Update, VersionInfo};
use crate::log::writer::LogWriter;
use crate::settings::{Mode, Resume, Settings};
use crate::upload::Existing;
use crate::upload::progress::{Base, Progress};
use crate::upload::worker::Worker;
use crate::{PRODUCER, PROTOCOL};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

pub(super) fn start(settings: Settings, config: Json, about: &About) -> Result<Run, Error> {
    let id = settings.run_id.clone();
    let (prefix, online) = match settings.mode {
        Mode::Disabled => return Ok(Run { id, active: None }),
        Mode::Offline => ("offline-", false),
        Mode::Online => ("", true),
    };
    let existing = if online { ask(&settings)? } else { None };
    let directory = Directory::create(&settings.dir, prefix, &id)?;
    let base = existing.as_ref().map(|answer| answer.as_ref().map(Base::after).unwrap_or_default());
    let progress = Progress::new(settings.resume, base.clone());
    let base = base.unwrap_or_default();
    let first_step = base.last_step.map_or(0, |last| last.saturating_add(1).max(0) as u64);
    let clock = Clock { start_time: Timestamp::now(), started: Instant::now(), before: base.runtime };
    let log = directory.log();
    progress.save(&log).map_err(Kind::file("write", &log))?;
    let mut writer = LogWriter::create(&log).map_err(Kind::file("make", &log))?;
    let first = RunRecord {
        starting_step: first_step as i64,
        resumed: existing.as_ref().is_some_and(Option::is_some),
        ..run_record(&settings, config, about, clock.start_time)
    };
    write_first(&mut writer, first, about, clock.start_time).map_err(Kind::file("write", &log))?;
    let guard = writer.guard();
    let shared = Arc::new(Mutex::new(writer));
    let worker = if online {
        let existing = existing.flatten();
        Some(Worker::start(&settings, directory.path(), &log, progress, existing, guard)?)
    } else {
        None
    };
    let statistics = Statistics::start(Arc::clone(&shared));
    let active = Active {
        settings,
        directory,
        log: shared,
        clock,
        first_step,
        last_step: None,
        values: LastValues::new(),
        output: None,
        statistics,
        worker,
    };
    Ok(Run { id, active: Some(active) })
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
        // The uploader asks again, before it sends anything; steps that are there already it leaves out.
        Err(error) if error.is_unreachable() && settings.resume != Resume::Must => Ok(None),
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
    let version_info = VersionInfo { producer: PRODUCER.to_owned(), min_consumer: "0.70.0".to_owned() };
    log.append(Body::Header(Header { version_info: Some(version_info) }))?;
    log.append(Body::Run(Box::new(run)))?;
    log.append(Body::Environment(about.environment(started)))
}
