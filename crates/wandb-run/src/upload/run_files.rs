//! Files of a run: pictures as they come, and those of the end.

use super::api::{self, Name, Place};
use super::config;
use super::control::Stop;
use super::http;
use super::uploader::Uploader;
use crate::files;
use std::path::{Component, Path, PathBuf};

/// A refused address has run out: another one is asked for, so often.
const ADDRESSES: u32 = 3;

impl Uploader {
    /// Writes the files that say how the run ended, and uploads them and all that were to wait for the end.
    pub(super) fn send_last_files(&mut self) -> Result<(), Stop> {
        let mut names = self.reading.last_files.clone();
        for (name, text) in config::last_files(&self.reading) {
            let path = self.dir.join("files").join(name);
            if let Err(error) = files::publish(&path, text.as_bytes()) {
                self.control.warn(&format!("cannot write {}: {error}", path.display()));
            }
            names.insert(name.to_owned());
        }
        // The stock client names it only in some of its modes.
        names.insert("output.log".to_owned());
        self.put_files(names.into_iter().collect())
    }

    pub(super) fn put_files(&mut self, mut names: Vec<String>) -> Result<(), Stop> {
        names.sort();
        names.dedup();
        names.retain(|name| match self.local(name) {
            Some(path) if path.is_file() => true,
            _ if name == "output.log" => false,
            _ => {
                self.control.warn(&format!("{name} is left out: it is not in the run's directory"));
                false
            }
        });
        for attempt in 1.. {
            if names.is_empty() {
                break;
            }
            let places = self.places(&names)?;
            let mut refused = None;
            for place in places {
                let Some(path) = self.local(&place.name).filter(|_| names.contains(&place.name)) else {
                    continue;
                };
                match self.put(&place, &path) {
                    Ok(()) => {
                        names.retain(|name| *name != place.name);
                        self.uploaded.push(place.name);
                    }
                    Err(Stop::Refused(message) | Stop::Denied(message)) => refused = Some(message),
                    Err(stop) => return Err(stop),
                }
            }
            if attempt >= ADDRESSES && !names.is_empty() {
                let message = refused.unwrap_or_else(|| "the server gives no address".to_owned());
                return Err(Stop::Refused(format!("{}: {message}", names.join(", "))));
            }
        }
        Ok(())
    }

    fn places(&self, names: &[String]) -> Result<Vec<Place>, Stop> {
        let (entity, project) = self.owner();
        let run = self.run_id();
        let name = Name { entity: entity.as_deref(), project: &project, run: &run };
        self.control.persist(|_| api::places(&self.http, name, names))
    }

    fn put(&self, place: &Place, path: &Path) -> Result<(), Stop> {
        self.control.persist(|_| self.http.put(&place.url, &place.headers, http::open(path)?.into()))
    }

    /// Below `files/`, wherever a log from elsewhere points.
    fn local(&self, name: &str) -> Option<PathBuf> {
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        (inside && !name.is_empty()).then(|| self.dir.join("files").join(name))
    }
}
