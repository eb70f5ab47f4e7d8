//! The type `Run`.

use serde_json::{Map, Value, json};

use super::super::lenient;
use super::super::state::{NOW, Refusal, Run, RunKey, State, refuse};
use super::super::storage::{b64_md5, run_file_url};
use super::execute::{Args, Node};
use super::objects::{Object, user};

/// The value of a field, or `None` where a run has none of that name.
pub(crate) fn resolve(
    state: &mut State,
    key: &RunKey,
    field: &str,
    args: &mut Args,
) -> Result<Option<Node>, Refusal> {
    match field {
        "files" => return files(state, key, args).map(Some),
        "outputArtifacts" | "inputArtifacts" => return artifacts(state, key, field, args).map(Some),
        _ => {}
    }
    let run = &*state.run(key)?;
    let said = |name: &str| Node::of(run.text(name));
    Ok(Some(match field {
        "id" => Node::of(key.storage_id()),
        "name" => Node::of(key.name.as_str()),
        "displayName" => Node::of(run.text("displayName").unwrap_or(&key.name)),
        "description" | "notes" | "commit" | "jobType" | "host" => said(field),
        "group" => said("groupName"),
        "sweepName" => said("sweep"),
        "state" => Node::of(run.state),
        "config" => Node::of(run.text("config").unwrap_or("{}")),
        "summaryMetrics" => Node::of(run.summary()),
        "systemMetrics" => Node::of("{}"),
        "tags" => Node::of(run.fields.get("tags").cloned().unwrap_or_else(|| json!([]))),
        "exitcode" => Node::of(run.exit_code),
        "failed" => Node::of(run.state == "failed"),
        "running" => Node::of(run.state == "running"),
        "shouldStop" | "stopped" => Node::of(false),
        "readOnly" => Node::of(false),
        "createdAt" | "heartbeatAt" | "updatedAt" => Node::of(NOW),
        "user" => user(),
        "project" => Node::Object(Object::Project(key.entity.clone(), key.project.clone())),
        "projectId" => Node::of("1"),
        "fileCount" => Node::of(run.files.len()),
        "historyLineCount" => Node::of(run.history.len()),
        "eventsLineCount" => Node::of(run.events.len()),
        "logLineCount" => Node::of(run.output.len()),
        "historyTail" => tail(&run.history),
        "eventsTail" => tail(&run.events),
        "historyKeys" => history_keys(run),
        "wandbConfig" => {
            let keys = args.texts("keys")?.unwrap_or_default();
            let config = lenient::object(run.text("config").unwrap_or("{}")).unwrap_or_default();
            let own = config.get("_wandb").map(|item| &item["value"]).and_then(Value::as_object);
            let mut own = own.cloned().unwrap_or_default();
            own.retain(|key, _| keys.contains(key));
            text(&Value::Object(own))
        }
        "history" | "events" => {
            let most = args.number("samples").unwrap_or(500);
            let from = args.number("minStep").unwrap_or(0);
            let to = args.number("maxStep").unwrap_or(u64::MAX);
            let lines = if field == "history" { &run.history } else { &run.events };
            let within = |line: &&String| field == "events" || (from..to).contains(&step(line));
            let lines: Vec<String> = lines.iter().filter(within).cloned().collect();
            Node::of(sampled(&lines, most))
        }
        "sampledHistory" => {
            let specs = args.texts("specs")?.unwrap_or_default();
            let answers =
                specs.iter().map(|spec| sampled_history(run, spec)).collect::<Result<Vec<_>, _>>()?;
            Node::of(answers)
        }
        "parquetHistory" => {
            args.take("liveKeys");
            // Nothing has been packed into Parquet: all rows are live.
            let rows = run.history.iter().filter_map(|line| lenient::object(line).ok()).map(Value::Object);
            let fields = vec![
                ("parquetUrls", Node::List(Vec::new())),
                ("liveData", Node::of(rows.collect::<Vec<_>>())),
            ];
            Node::Object(Object::Plain("ParquetHistory", fields))
        }
        _ => return Ok(None),
    }))
}

fn step(line: &str) -> u64 {
    lenient::object(line).ok().and_then(|row| row.get("_step")?.as_u64()).unwrap_or(0)
}

/// The last lines: a list, as text, of rows that are text.
fn tail(lines: &[String]) -> Node {
    let from = lines.len().saturating_sub(2);
    text(&json!(lines[from..]))
}

fn history_keys(run: &Run) -> Node {
    let mut keys = Map::new();
    let mut last = -1;
    for row in run.history.iter().filter_map(|line| lenient::object(line).ok()) {
        last = row.get("_step").and_then(Value::as_i64).unwrap_or(last);
        for (name, value) in &row {
            let kind = match value {
                Value::Number(_) => "number",
                Value::String(_) => "string",
                other => other["_type"].as_str().unwrap_or("unknown"),
            };
            let entry =
                keys.entry(name).or_insert_with(|| json!({ "typeCounts": [{ "type": kind, "count": 0 }] }));
            let count = entry["typeCounts"][0]["count"].as_u64().unwrap_or(0) + 1;
            entry["typeCounts"][0]["count"] = count.into();
        }
    }
    Node::of(json!({ "sets": [], "keys": keys, "lastStep": last }))
}

/// The rows that have all the keys of a spec, with just these keys.
fn sampled_history(run: &Run, spec: &str) -> Result<Value, Refusal> {
    let spec = lenient::object(spec).map_err(|error| refuse("graphql", format!("spec: {error}")))?;
    let number = |name: &str| spec.get(name).and_then(Value::as_u64);
    let keys: Vec<&str> =
        spec.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut rows = Vec::new();
    for line in &run.history {
        let row = lenient::object(line).map_err(|error| refuse("history-json", error))?;
        let at = row.get("_step").and_then(Value::as_u64).unwrap_or(0);
        // Unlike that of `history`, this range includes its end.
        if !(number("minStep").unwrap_or(0)..=number("maxStep").unwrap_or(u64::MAX)).contains(&at) {
            continue;
        }
        let picked: Option<Map<String, Value>> =
            keys.iter().map(|key| Some(((*key).to_owned(), row.get(*key)?.clone()))).collect();
        rows.extend(picked.map(Value::Object));
    }
    Ok(Value::Array(sampled(&rows, number("samples").unwrap_or(500))))
}

fn files(state: &State, key: &RunKey, args: &mut Args) -> Result<Node, Refusal> {
    let names = args.texts("names")?.unwrap_or_default();
    let pattern = args.text("pattern")?;
    args.take("first");
    args.take("after");
    let Some(run) = state.runs.get(key) else { return Ok(Node::null()) };
    let fits = |name: &str| {
        names.is_empty() && pattern.as_deref().is_none_or(|pattern| like(name, pattern))
            || names.iter().any(|wanted| wanted == name)
    };
    let files = run.files.iter().filter(|(name, _)| fits(name)).map(|(name, bytes)| {
        let url = run_file_url(state, key, name);
        Object::Plain(
            "File",
            vec![
                ("id", Node::of(format!("{}/{name}", key.storage_id()))),
                ("name", Node::of(name.as_str())),
                ("url", Node::of(url.clone())),
                ("directUrl", Node::of(url)),
                ("sizeBytes", Node::of(bytes.len())),
                ("mimetype", Node::of("application/octet-stream")),
                ("updatedAt", Node::of(NOW)),
                ("md5", Node::of(b64_md5(bytes))),
            ],
        )
    });
    Ok(Node::Object(Object::connection("FileConnection", files.collect())))
}

/// SQL's `LIKE`, as far as `%` goes.
fn like(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('%') else { return name == pattern };
    let Some(left) = name.strip_prefix(start) else { return false };
    rest.is_empty() || left.char_indices().any(|(at, _)| like(&left[at..], rest))
}

fn artifacts(state: &State, key: &RunKey, field: &str, args: &mut Args) -> Result<Node, Refusal> {
    args.take("first");
    args.take("after");
    let used = state.runs.get(key).map(|run| run.used.clone()).unwrap_or_default();
    let logged = state.artifacts.iter().filter(|(id, artifact)| match field {
        "outputArtifacts" => artifact.committed && artifact.run.as_ref() == Some(key),
        _ => used.contains(id),
    });
    let nodes = logged.map(|(id, _)| Object::Artifact(id.clone())).collect();
    Ok(Node::Object(Object::connection("ArtifactConnection", nodes)))
}

/// A number of rows, evenly taken from all, the last one always among them.
fn sampled<T: Clone>(rows: &[T], most: u64) -> Vec<T> {
    let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
    if rows.len() <= most {
        return rows.to_vec();
    }
    (1..=most).map(|part| rows[part * rows.len() / most - 1].clone()).collect()
}

/// JSON as text, which is how the API gives it.
fn text(value: &Value) -> Node {
    Node::of(value.to_string())
}
