//! From the log to the service.

mod api;
mod artifact;
mod backoff;
mod config;
mod control;
mod http;
mod lines;
mod output;
pub(crate) mod past;
pub(crate) mod progress;
mod reading;
mod row;
mod run_files;
mod stream;
mod uploader;
pub(crate) mod worker;
mod yaml;

pub(crate) use api::Existing;
pub(crate) use control::{Control, Stop};

use crate::error::{Error, Kind};
use crate::settings::{Resume, Settings};
use api::Name;
use http::Http;
use std::time::Duration;

/// What the server has of a run, while the program waits: for one request, or where there is no way on without an
/// answer, for those that begin before `http_timeout` is over.
pub(crate) fn ask(settings: &Settings) -> Result<Option<Existing>, Error> {
    let http = Http::new(settings)?;
    let name = Name { entity: settings.entity.as_deref(), project: &settings.project, run: &settings.run_id };
    let patience = if settings.resume == Resume::Must { settings.http_timeout } else { Duration::ZERO };
    match Control::new(Some(patience), true).persist(|_| api::existing(&http, name)) {
        Ok(existing) => Ok(existing.filter(|existing| existing.resumable)),
        Err(stop) => Err(Kind::from(stop).into()),
    }
}

impl From<Stop> for Kind {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(message) | Stop::Denied(message) => Self::Refused(message),
            Stop::GaveUp(message) => Self::Unreachable(message),
        }
    }
}
