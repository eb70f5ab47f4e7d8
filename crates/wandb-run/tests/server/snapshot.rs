//! The state as JSON: what a test compares.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value, json};

use super::lenient;
use super::sha256;
use super::state::{Run, RunKey, State};

/// Everything that the server has of a run, or null.
pub(crate) fn run(state: &State, key: &RunKey) -> Value {
    let Some(run) = state.runs.get(key) else { return Value::Null };
    let files: Map<String, Value> =
        run.files.iter().map(|(name, bytes)| (name.clone(), file(name, bytes, run))).collect();
    let output: Vec<&String> = run.output.values().collect();
    json!({
        "entity": key.entity,
        "project": key.project,
        "id": key.name,
        "state": run.state,
        "complete": run.complete,
        "exit_code": run.exit_code,
        "sessions": run.sessions,
        "posts": run.posts,
        "repeated": run.repeated,
        "fields": fields(run),
        "config": lenient::parse(run.text("config").unwrap_or("{}")).unwrap_or_default(),
        "summary": lenient::parse(run.summary()).unwrap_or_default(),
        "history": rows(&run.history),
        "events": rows(&run.events),
        "output": output,
        "files": files,
        "uploaded": run.uploaded,
        "artifacts": artifacts(state, key),
    })
}

/// What `UpsertBucket` said, but for the config, which has a place of its own.
fn fields(run: &Run) -> Value {
    let mut fields = run.fields.clone();
    fields.remove("config");
    fields.remove("summaryMetrics");
    Value::Object(fields)
}

fn rows(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| lenient::parse(line).unwrap_or_else(|_| json!(line))).collect()
}

/// A file: its text where it is small text, for a difference that can be read.
fn file(name: &str, bytes: &[u8], run: &Run) -> Value {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() < 1 << 16);
    json!({
        "size": bytes.len(),
        "sha256": sha256(bytes),
        "text": text,
        "uploaded": run.uploaded.contains(name),
    })
}

fn artifacts(state: &State, key: &RunKey) -> Vec<Value> {
    let ours = state.artifacts.iter().filter(|(_, artifact)| artifact.run.as_ref() == Some(key));
    let mut all: Vec<Value> = ours
        .map(|(id, artifact)| {
            let files: Map<String, Value> = artifact
                .files
                .iter()
                .map(|(path, file)| {
                    let bytes = file.bytes.as_deref().unwrap_or_default();
                    let text = std::str::from_utf8(bytes).ok();
                    (path.clone(), json!({ "digest": file.md5, "size": bytes.len(), "text": text }))
                })
                .collect();
            let manifest = artifact.manifest.as_ref().and_then(|id| state.manifests.get(id)?.bytes.as_ref());
            let manifest: Value = manifest.and_then(|it| serde_json::from_slice(it).ok()).unwrap_or_default();
            let metadata = artifact.metadata.as_deref().and_then(|text| lenient::parse(text).ok());
            json!({
                "id": id,
                "type": artifact.kind,
                "name": artifact.name,
                "version": artifact.version,
                "aliases": artifact.aliases,
                "committed": artifact.committed,
                "digest": artifact.digest,
                "description": artifact.description,
                "metadata": metadata,
                "history_step": artifact.history_step,
                "files": files,
                "manifest": manifest,
            })
        })
        .collect();
    all.sort_by_key(|artifact| (artifact["name"].to_string(), artifact["version"].as_u64()));
    all
}

/// All runs, what was refused, and what was asked.
pub(crate) fn all(state: &State) -> Value {
    let runs: Map<String, Value> = state.runs.keys().map(|key| (key.to_string(), run(state, key))).collect();
    json!({
        "runs": runs,
        "violations": violations(state),
        "requests": state.requests,
        "with_key": state.with_key,
    })
}

/// What was refused, oldest first.
pub(crate) fn violations(state: &State) -> Vec<Value> {
    let one = |it: &super::state::Violation| json!({ "rule": it.rule, "message": it.message });
    state.violations.iter().map(one).collect()
}

/// A user and a key from an `Authorization` header.
pub(crate) fn credentials(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (user, key) = text.split_once(':')?;
    Some((user.to_owned(), key.to_owned()))
}
