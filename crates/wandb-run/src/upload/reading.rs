//! What the records of a log amount to: the lines to send, and the state of the run so far.

use super::lines::Lines;
use super::output::Console;
use super::row::Row;
use crate::json::Json;
use crate::log::record::{
    ArtifactRecord, Body, Environment, Exit, FileItem, Files, History, Metric, Record, RunRecord, Stats,
    Telemetry,
};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Files or artifacts that wait; more are read when these are gone.
const MANY: usize = 64;

/// A log, as far as it was read.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) run: Option<Box<RunRecord>>,
    pub(crate) telemetry: Telemetry,
    pub(crate) environment: Option<Environment>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) exit: Option<Exit>,

    pub(crate) config: Option<Json>,
    pub(crate) config_changed: bool,
    summary: BTreeMap<String, Json>,
    pub(crate) summary_changed: bool,
    /// Nobody says what the stock client's summary is of a key but it itself: it may be a minimum.
    summary_of_rows: bool,

    pub(crate) history: Lines,
    pub(crate) events: Lines,
    pub(crate) output: Lines,
    /// The server has the rows up to this step.
    pub(crate) last_step: Option<i64>,
    /// Rows that are left out because the server has their steps.
    pub(crate) known_rows: u64,
    row: Option<Row>,
    console: Console,

    pub(crate) files: VecDeque<FileItem>,
    /// Files that are left out because they are uploaded.
    pub(crate) files_done: u64,
    /// Those that change until the end.
    pub(crate) last_files: BTreeSet<String>,
    /// Each with the step that would come next when it was logged.
    pub(crate) artifacts: VecDeque<(Box<ArtifactRecord>, i64)>,
    pub(crate) artifacts_done: u64,
}

impl Reading {
    pub(crate) fn new(summary_of_rows: bool) -> Self {
        Self { summary_of_rows, ..Self::default() }
    }

    /// There is so much to send that reading must wait.
    pub(crate) fn is_full(&self) -> bool {
        self.history.is_full()
            || self.events.is_full()
            || self.output.is_full()
            || self.files.len() >= MANY
            || self.artifacts.len() >= MANY
    }

    /// Takes the next record.
    pub(crate) fn take(&mut self, record: Record) {
        let Some(body) = record.body else { return };
        match body {
            Body::Run(run) => self.take_run(run),
            Body::History(history) => self.take_row(&history),
            Body::Stats(stats) => self.take_stats(&stats),
            Body::Output(output) | Body::OutputRaw(output) => self.console.take(&output, &mut self.output),
            Body::Summary(update) => {
                let mut summary = Json::Object(std::mem::take(&mut self.summary).into_iter().collect());
                update.apply(&mut summary);
                if let Json::Object(entries) = summary {
                    self.summary = entries.into_iter().collect();
                }
                self.summary_changed = true;
            }
            Body::Config(update) => {
                update.apply(self.config.get_or_insert(Json::Object(Vec::new())));
                self.config_changed = true;
            }
            Body::Files(files) => self.take_files(files),
            Body::Artifact(artifact) => {
                if self.artifacts_done > 0 {
                    self.artifacts_done -= 1;
                } else {
                    let step = self.row.as_ref().and_then(|row| row.step).or(self.last_step);
                    self.artifacts.push_back((artifact, step.map_or(0, |step| step + 1)));
                }
            }
            Body::Telemetry(telemetry) => self.take_telemetry(telemetry),
            Body::Metric(metric) => {
                self.metrics.push(metric);
                self.config_changed = true;
            }
            Body::Environment(environment) => {
                // The stock client says it in two parts; an encoded message always decodes.
                let known = self.environment.get_or_insert_default();
                let _ = known.merge(environment.encode_to_vec().as_slice());
                self.config_changed = true;
            }
            Body::Exit(exit) => {
                self.end();
                self.exit = Some(exit);
            }
            Body::Header(_) | Body::Footer(_) => {}
        }
    }

    /// No more rows or lines of output will come.
    pub(crate) fn end(&mut self) {
        self.end_row();
        self.console.end(&mut self.output);
    }

    fn take_run(&mut self, mut run: Box<RunRecord>) {
        let config = self.config.get_or_insert(Json::Object(Vec::new()));
        if let Some(update) = run.config.take() {
            update.apply(config);
        }
        if let Some(telemetry) = run.telemetry.take() {
            self.take_telemetry(telemetry);
        }
        self.config_changed = true;
        self.run = Some(run);
    }

    fn take_telemetry(&mut self, telemetry: Telemetry) {
        let keep = |old: &mut String, new: String| {
            if !new.is_empty() {
                *old = new;
            }
        };
        keep(&mut self.telemetry.python_version, telemetry.python_version);
        keep(&mut self.telemetry.cli_version, telemetry.cli_version);
        keep(&mut self.telemetry.platform, telemetry.platform);
    }

    /// A row ends when another step begins: what is logged at one step in several calls is one row.
    fn take_row(&mut self, history: &History) {
        let row = Row::of(history);
        match &mut self.row {
            Some(before) if before.same_step(&row) => before.extend(row),
            _ => {
                self.end_row();
                self.row = Some(row);
            }
        }
    }

    fn end_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        if matches!((row.step, self.last_step), (Some(step), Some(last)) if step <= last) {
            self.known_rows += 1;
            return;
        }
        if self.summary_of_rows {
            for (path, text) in row.entries() {
                let Some((key, rest)) = path.split_first() else { continue };
                let value = Json::parse(text).unwrap_or_else(|| Json::Text(text.clone()));
                self.summary.entry(key.clone()).or_insert(Json::Null).set(rest, value);
            }
            self.summary_changed = true;
        }
        self.history.push(row.line());
    }

    fn take_stats(&mut self, stats: &Stats) {
        let time = stats.timestamp.unwrap_or_default().seconds();
        let start = self.run.as_ref().and_then(|run| run.start_time).unwrap_or_default().seconds();
        let mut entries = vec![
            ("_wandb".to_owned(), Json::Bool(true)),
            ("_runtime".to_owned(), Json::Float((time - start).max(0.0))),
            ("_timestamp".to_owned(), Json::Float(time)),
        ];
        for item in &stats.item {
            let text = item.json();
            let value = Json::parse(&text).unwrap_or(Json::Text(text));
            entries.push((format!("system.{}", item.key), value));
        }
        self.events.push(Json::Object(entries).to_string());
    }

    fn take_files(&mut self, files: Files) {
        for file in files.files {
            if file.policy != 0 {
                self.last_files.insert(file.path);
            } else if self.files_done > 0 {
                self.files_done -= 1;
            } else {
                self.files.push_back(file);
            }
        }
    }

    /// Puts what the server has below what this log says.
    pub(crate) fn continue_from(&mut self, config: &Json, summary: &Json) {
        let mut merged = Json::Object(Vec::new());
        for (key, value) in config.entries().iter().filter(|(key, _)| key != "_wandb") {
            merged.set(std::slice::from_ref(key), value.get("value").unwrap_or(value).clone());
        }
        for (key, value) in self.config.iter().flat_map(Json::entries) {
            merged.set(std::slice::from_ref(key), value.clone());
        }
        self.config = Some(merged);
        for (key, value) in summary.entries().iter().filter(|(key, _)| key != "_wandb") {
            self.summary.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }

    /// Lines that are left out because no request takes them.
    pub(crate) fn too_long(&self) -> u64 {
        self.history.too_long() + self.events.too_long() + self.output.too_long()
    }

    /// The whole summary.
    pub(crate) fn summary(&self) -> Json {
        let mut entries: Vec<_> = self.summary.clone().into_iter().collect();
        if !self.summary.contains_key("_wandb") {
            let seconds = self.summary.get("_runtime").and_then(Json::as_f64);
            let seconds = self.exit.map(|exit| f64::from(exit.runtime)).or(seconds).unwrap_or(0.0);
            entries.push(("_wandb".to_owned(), Json::object([("runtime", Json::Int(seconds as i64))])));
        }
        Json::Object(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::record::{Item, Step};

    fn row(step: i64, items: &[(&str, &str)]) -> Record {
        let item = items.iter().map(|(key, value)| Item::new(key, (*value).to_owned())).collect();
        Record { num: 0, body: Some(Body::History(History { item, step: Some(Step { num: step }) })) }
    }

    fn lines(reading: &Reading) -> serde_json::Value {
        reading.history.chunk().0["content"].clone()
    }

    #[test]
    fn one_row_for_a_step() {
        let mut reading = Reading { summary_of_rows: true, ..Reading::default() };
        reading.take(row(1, &[("loss", "1.0"), ("_step", "1")]));
        reading.take(row(1, &[("image", "{}"), ("_step", "1")]));
        reading.take(row(2, &[("loss", "NaN"), ("_step", "2")]));
        reading.end();
        let expected = [r#"{"loss":1.0,"_step":1,"image":{}}"#, r#"{"loss":NaN,"_step":2}"#];
        assert_eq!(lines(&reading), serde_json::json!(expected));
        let summary = reading.summary().to_string();
        assert_eq!(summary, r#"{"_step":2,"image":{},"loss":NaN,"_wandb":{"runtime":0}}"#);
    }

    #[test]
    fn a_continued_run_repeats_no_step() {
        let mut reading = Reading { last_step: Some(2), ..Reading::default() };
        reading.history.start(3, 0);
        for step in 1..5 {
            reading.take(row(step, &[("a", "0")]));
        }
        reading.end();
        let expected = serde_json::json!({"offset": 3, "content": [r#"{"a":0}"#, r#"{"a":0}"#]});
        assert_eq!(reading.history.chunk(), (expected, 2));
    }
}
