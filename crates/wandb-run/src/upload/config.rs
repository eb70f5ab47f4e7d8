//! The configuration as the server wants it, and the files that the stock client leaves beside it.

use super::reading::Reading;
use super::yaml;
use crate::json::Json;
use crate::log::record::{Environment, Metric, RunRecord};
use serde_json::json;

/// Every value in a `value` of its own, and `_wandb` with what the server looks for: without its `t`, a run cannot be
/// continued.
pub(super) fn wrapped(reading: &Reading) -> Json {
    let config = reading.config.iter().flat_map(Json::entries);
    let mut entries: Vec<_> = config
        .filter(|(key, _)| key != "_wandb")
        .map(|(key, value)| (key.clone(), Json::object([("value", value.clone())])))
        .collect();
    let telemetry = &reading.telemetry;
    let mut marks = Vec::new();
    for (key, text) in
        [("4", &telemetry.python_version), ("5", &telemetry.cli_version), ("13", &telemetry.platform)]
    {
        if !text.is_empty() {
            marks.push((key.to_owned(), Json::Text(text.clone())));
        }
    }
    let mut own = vec![
        ("cli_version".to_owned(), Json::Text(telemetry.cli_version.clone())),
        ("m".to_owned(), Json::Array(metrics(&reading.metrics))),
        ("t".to_owned(), Json::Object(marks)),
    ];
    if let Some(environment) = &reading.environment {
        let writer = (environment.writer_id.clone(), metadata(environment, reading.run.as_deref()));
        own.push(("e".to_owned(), Json::Object(vec![writer])));
    }
    entries.push(("_wandb".to_owned(), Json::object([("value", Json::Object(own))])));
    Json::Object(entries)
}

/// Numbers stand for names here; 5 is the place of the metric that another is drawn over, counted from 1.
fn metrics(metrics: &[Metric]) -> Vec<Json> {
    // What others are drawn over is a metric, too, whether or not anybody said so.
    let mut all: Vec<Metric> = Vec::new();
    for metric in metrics {
        if !all.iter().any(|known| known.name == metric.name && known.glob_name == metric.glob_name) {
            all.push(metric.clone());
        }
        let axis = &metric.step_metric;
        let named = |metric: &Metric| metric.name == *axis;
        if !axis.is_empty() && !metrics.iter().any(named) && !all.iter().any(named) {
            all.push(Metric { name: axis.clone(), ..Metric::default() });
        }
    }
    let place = |name: &str| all.iter().position(|metric| metric.name == name);
    let one = |metric: &Metric| {
        let mut entries = Vec::new();
        if let Some(place) = place(&metric.step_metric).filter(|_| !metric.step_metric.is_empty()) {
            entries.push(("5".to_owned(), Json::Int(place as i64 + 1)));
        }
        let synced = metric.options.is_some_and(|options| options.step_sync);
        let options = if synced { vec![Json::Int(1)] } else { Vec::new() };
        entries.push(("6".to_owned(), Json::Array(options)));
        entries.push(("7".to_owned(), Json::Array(Vec::new())));
        let (key, name) = if metric.name.is_empty() { ("2", &metric.glob_name) } else { ("1", &metric.name) };
        entries.push((key.to_owned(), Json::Text(name.clone())));
        Json::Object(entries)
    };
    all.iter().map(one).collect()
}

/// What `wandb-metadata.json` says.
pub(super) fn metadata(environment: &Environment, run: Option<&RunRecord>) -> Json {
    let mut entries = Vec::new();
    let mut add = |key: &str, value: &str| {
        if !value.is_empty() {
            entries.push((key.to_owned(), Json::Text(value.to_owned())));
        }
    };
    add("os", &environment.os);
    let started = environment.started_at.map(|time| format!("{}Z", time.iso()));
    add("startedAt", started.as_deref().unwrap_or_default());
    add("program", &environment.program);
    add("root", &environment.root);
    add("host", &environment.host);
    add("executable", &environment.executable);
    add("writerId", &environment.writer_id);
    if let Some(git) = run.and_then(|run| run.git.as_ref()) {
        let git = json!({"remote": git.remote_url, "commit": git.commit});
        entries.push(("git".to_owned(), git.into()));
    }
    if environment.cpu_count > 0 {
        entries.push(("cpu_count".to_owned(), Json::Int(environment.cpu_count.into())));
        entries.push(("cpu_count_logical".to_owned(), Json::Int(environment.cpu_count_logical.into())));
    }
    if let Some(memory) = environment.memory {
        // Numbers of 64 bits are strings in the JSON of protobuf.
        entries.push(("memory".to_owned(), json!({"total": memory.total.to_string()}).into()));
    }
    if let Some(cpu) = &environment.cpu {
        entries.push(("cpu".to_owned(), json!({"model": cpu.model}).into()));
    }
    Json::Object(entries)
}

/// The files that every run has at its end.
pub(super) fn last_files(reading: &Reading) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("config.yaml", yaml::document(&wrapped(reading))),
        ("wandb-summary.json", reading.summary().to_string()),
    ];
    if let Some(environment) = &reading.environment {
        files.push(("wandb-metadata.json", metadata(environment, reading.run.as_deref()).to_string()));
    }
    files
}
