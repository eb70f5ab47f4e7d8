//! The state of a run without what differs between two runs of the same program: ids, times, and the machine.

use serde_json::{Map, Number, Value, json};

use super::lenient;

/// From a snapshot of one run to what two clients that log the same must have in common.
pub(crate) fn normalised(snapshot: &Value) -> Value {
    let mut run = snapshot.clone();
    let Some(map) = run.as_object_mut() else { return run };
    // How often a client posts is its own affair, and system figures differ by nature.
    for name in ["entity", "project", "id", "posts", "repeated", "events"] {
        map.remove(name);
    }
    let fields = map.get_mut("fields").and_then(Value::as_object_mut);
    if let Some(fields) = fields {
        fields.retain(|name, _| !["host", "commit", "jobRepo", "jobProgram"].contains(&name.as_str()));
    }
    change(map, "config", config);
    change(map, "summary", without_times);
    change(map, "history", |rows| each(rows, without_times));
    change(map, "output", |lines| each(lines, output_line));
    change(map, "files", files);
    change(map, "uploaded", |names| each_kept(names, |name| name != "requirements.txt"));
    change(map, "artifacts", |all| each(all, artifact));
    number(run)
}

fn change(map: &mut Map<String, Value>, name: &str, how: impl Fn(Value) -> Value) {
    if let Some(value) = map.get_mut(name) {
        *value = how(value.take());
    }
}

fn each(list: Value, how: impl Fn(Value) -> Value) -> Value {
    match list {
        Value::Array(items) => Value::Array(items.into_iter().map(how).collect()),
        other => other,
    }
}

fn each_kept(list: Value, keep: impl Fn(&Value) -> bool) -> Value {
    match list {
        Value::Array(items) => Value::Array(items.into_iter().filter(keep).collect()),
        other => other,
    }
}

/// Of what the client says about itself only that it says so, and the definitions of metrics.
fn config(mut config: Value) -> Value {
    if let Some(own) = config.get_mut("_wandb") {
        let value = &own["value"];
        *own = json!({ "m": value["m"], "t": value["t"].is_object(), "e": value["e"].is_object() });
    }
    config
}

fn without_times(mut row: Value) -> Value {
    if let Some(row) = row.as_object_mut() {
        row.retain(|name, _| !["_runtime", "_timestamp", "_wandb"].contains(&name.as_str()));
    }
    row
}

/// `ERROR 2026-11-23T10:21:36.769016 text` without the time.
fn output_line(line: Value) -> Value {
    let Some(text) = line.as_str() else { return line };
    let (level, rest) = text.strip_prefix("ERROR ").map_or(("", text), |rest| ("ERROR ", rest));
    match rest.split_once(' ') {
        Some((time, rest)) if time.contains('T') && time.contains(':') => json!(format!("{level}{rest}")),
        _ => line,
    }
}

fn files(files: Value) -> Value {
    let Value::Object(mut files) = files else { return files };
    // What pip has installed is of no use to anyone but Python.
    files.remove("requirements.txt");
    for (name, file) in &mut files {
        let text = file["text"].as_str().unwrap_or_default();
        let content = match name.as_str() {
            // Each of them exists and can be read; what they say is of the machine.
            "wandb-metadata.json" => json!(lenient::object(text).is_ok()),
            "config.yaml" => json!(without_own(text)),
            "wandb-summary.json" => without_times(lenient::parse(text).unwrap_or_default()),
            _ => continue,
        };
        *file = json!({ "content": content, "uploaded": file["uploaded"] });
    }
    Value::Object(files)
}

/// The lines of `config.yaml` outside its `_wandb`.
fn without_own(text: &str) -> Vec<&str> {
    let mut own = false;
    let outside = |line: &&str| {
        if !line.starts_with([' ', '-']) {
            own = line.starts_with("_wandb:");
        }
        !own
    };
    text.lines().filter(outside).collect()
}

fn artifact(mut artifact: Value) -> Value {
    if let Some(map) = artifact.as_object_mut() {
        map.remove("id");
    }
    if let Some(contents) = artifact["manifest"]["contents"].as_object_mut() {
        for entry in contents.values_mut().filter_map(Value::as_object_mut) {
            // The stock client lets out where the file lay and how it keeps it; nobody else should.
            entry.remove("local_path");
            entry.remove("skip_cache");
            entry.insert("birthArtifactID".to_owned(), json!("this one"));
        }
    }
    artifact
}

/// Numbers as numbers: `1`, `1.0` and `1e0` are the same, however a client writes them.
fn number(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53 fits exactly")]
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => json!(float as i64),
            float => float.and_then(Number::from_f64).map_or(Value::Number(number), Value::Number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(self::number).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(name, item)| (name, self::number(item))).collect())
        }
        other => other,
    }
}
