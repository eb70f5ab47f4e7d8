//! The row of a step, and the last value of each key.

use crate::json::Json;
use crate::log::record::{Body, History, Item, Step, Timestamp, Update};
use crate::log::writer::LogWriter;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// How long the log may be without a summary. The stock client's `wandb sync` takes it from there, and a process that
/// is killed writes no last one; ours works it out from the rows.
const SUMMARY_EVERY: Duration = Duration::from_secs(15);

/// When a run started, and how long it had run before.
pub(super) struct Clock {
    pub(super) start_time: Timestamp,
    pub(super) started: Instant,
    /// Seconds, of the runs that this one continues.
    pub(super) before: f64,
}

impl Clock {
    /// Seconds since the run started.
    pub(super) fn runtime(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }

    /// The row of a step.
    pub(super) fn row(&self, step: u64, values: Vec<(&str, String)>) -> History {
        let own = [
            ("_step", step.to_string()),
            ("_runtime", Json::Float(self.runtime()).to_string()),
            ("_timestamp", Json::Float(Timestamp::now().seconds()).to_string()),
        ];
        let item = values.into_iter().chain(own).map(|(key, value)| Item::new(key, value)).collect();
        History { item, step: Some(Step { num: step as i64 }) }
    }
}

/// The last value of each key, as JSON.
pub(super) struct LastValues {
    values: BTreeMap<String, String>,
    changed: bool,
    written: Instant,
}

impl LastValues {
    pub(super) fn new() -> Self {
        Self { values: BTreeMap::new(), changed: false, written: Instant::now() }
    }

    pub(super) fn take(&mut self, row: &History) {
        self.changed = true;
        for item in &row.item {
            // Most keys are there already: no new key for each value.
            match self.values.get_mut(&item.key) {
                Some(value) => value.clone_from(&item.value_json),
                None => drop(self.values.insert(item.key.clone(), item.value_json.clone())),
            }
        }
    }

    pub(super) fn set(&mut self, items: &[(String, Json)]) {
        self.values.extend(items.iter().map(|(key, value)| (key.clone(), value.to_string())));
    }

    pub(super) fn write_if_due(&mut self, log: &mut LogWriter) -> io::Result<()> {
        if self.changed && self.written.elapsed() >= SUMMARY_EVERY {
            self.write(log)?;
            (self.changed, self.written) = (false, Instant::now());
        }
        Ok(())
    }

    pub(super) fn write(&self, log: &mut LogWriter) -> io::Result<()> {
        if self.values.is_empty() {
            return Ok(());
        }
        let update = self.values.iter().map(|(key, value)| Item::new(key, value.clone())).collect();
        log.append(Body::Summary(Update { update, remove: Vec::new() }))
    }
}
