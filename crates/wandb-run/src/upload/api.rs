//! What is asked of the API for a run.

use super::http::{self, Failure, Http};
use crate::json::Json;
use serde_json::{Value, json};

/// A run on the server.
#[derive(Clone, Debug)]
pub(crate) struct Existing {
    /// The server's own name for it.
    pub(crate) bucket: String,
    /// The stock client takes only a run with the mark of a client for one that can be continued.
    pub(crate) resumable: bool,
    pub(crate) history: u64,
    pub(crate) events: u64,
    pub(crate) output: u64,
    pub(crate) last_step: Option<i64>,
    /// Seconds so far.
    pub(crate) runtime: f64,
    pub(crate) config: Json,
    pub(crate) summary: Json,
}

impl Existing {
    /// Whether the writer of a log is among those that the server has lines of; unknown, if nobody says who wrote it.
    pub(crate) fn is_of(&self, writer: &str) -> Option<bool> {
        let own = self.config.get("_wandb").map(|own| own.get("value").unwrap_or(own));
        let writers = own?.get("e")?.entries();
        (!writer.is_empty()).then(|| writers.iter().any(|(known, _)| known == writer))
    }
}

/// Which run: of whom, in which project.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) entity: Option<&'a str>,
    pub(crate) project: &'a str,
    pub(crate) run: &'a str,
}

const RESUME_STATUS: &str = "query RunResumeStatus($project: String, $entity: String, $name: String!) {
  model(name: $project, entityName: $entity) {
    id name entity { id name }
    bucket(name: $name, missingOk: true) {
      id name summaryMetrics displayName logLineCount historyLineCount eventsLineCount
      historyTail eventsTail config tags notes wandbConfig(keys: [\"t\"])
    }
  }
}";

const UPSERT: &str = "mutation UpsertBucket($id: String, $name: String, $project: String, $entity: String,
  $groupName: String, $description: String, $displayName: String, $notes: String, $commit: String,
  $config: JSONString, $host: String, $debug: Boolean, $program: String, $repo: String, $jobType: String,
  $state: String, $sweep: String, $tags: [String!], $summaryMetrics: JSONString) {
  upsertBucket(input: {id: $id, name: $name, groupName: $groupName, modelName: $project, entityName: $entity,
    description: $description, displayName: $displayName, notes: $notes, config: $config, commit: $commit,
    host: $host, debug: $debug, jobProgram: $program, jobRepo: $repo, jobType: $jobType, state: $state,
    sweep: $sweep, tags: $tags, summaryMetrics: $summaryMetrics}) {
    bucket { id name displayName description config sweepName project { id name entity { id name } } historyLineCount }
    inserted
  }
}";

const CREATE_FILES: &str =
    "mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
    runID uploadHeaders files { name uploadUrl }
  }
}";

/// What the server has of a run, if anything.
pub(crate) fn existing(http: &Http, name: Name<'_>) -> Result<Option<Existing>, Failure> {
    let variables = json!({"project": name.project, "entity": name.entity, "name": name.run});
    let data = http.graphql("RunResumeStatus", RESUME_STATUS, variables)?;
    let bucket = &data["model"]["bucket"];
    let Some(id) = bucket["id"].as_str() else { return Ok(None) };
    let parsed = |field: &str| bucket[field].as_str().and_then(Json::parse);
    let count = |field: &str| bucket[field].as_u64().unwrap_or(0);
    // An array of lines, each again JSON.
    let last = |field: &str, key: &str| match parsed(field)? {
        Json::Array(lines) => lines.last()?.as_str().and_then(Json::parse)?.get(key)?.as_f64(),
        _ => None,
    };
    let summary = parsed("summaryMetrics").unwrap_or(Json::Object(Vec::new()));
    let runtimes = [
        summary.get("_wandb").and_then(|own| own.get("runtime")).and_then(Json::as_f64),
        summary.get("_runtime").and_then(Json::as_f64),
        last("historyTail", "_runtime"),
        last("eventsTail", "_runtime"),
    ];
    let history = count("historyLineCount");
    Ok(Some(Existing {
        bucket: id.to_owned(),
        resumable: parsed("wandbConfig").is_some_and(|config| config.get("t").is_some()),
        history,
        events: count("eventsLineCount"),
        output: count("logLineCount"),
        last_step: last("historyTail", "_step").filter(|_| history > 0).map(|step| step as i64),
        runtime: runtimes.into_iter().flatten().filter(|time| time.is_finite()).fold(0.0, f64::max),
        config: parsed("config").unwrap_or(Json::Object(Vec::new())),
        summary,
    }))
}

/// What the server says of a run that was made or changed.
pub(crate) struct Bucket {
    pub(crate) id: String,
    pub(crate) entity: Option<String>,
    pub(crate) project: Option<String>,
}

/// Makes a run, or changes it. `fields` are the variables that are not null.
pub(crate) fn upsert(http: &Http, fields: Value) -> Result<Bucket, Failure> {
    let mut data = http.graphql("UpsertBucket", UPSERT, fields)?;
    let mut bucket = http::take(&mut data, "/upsertBucket/bucket");
    let mut text = |pointer: &str| match bucket.pointer_mut(pointer).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let incomplete =
        || Failure::Refused { status: None, message: "UpsertBucket: the server names no run".to_owned() };
    Ok(Bucket {
        id: text("/id").ok_or_else(incomplete)?,
        entity: text("/project/entity/name"),
        project: text("/project/name"),
    })
}

/// Where a file may be put.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// Asks where files of a run may be put.
pub(crate) fn places(http: &Http, name: Name<'_>, files: &[String]) -> Result<Vec<Place>, Failure> {
    let variables = json!({"entity": name.entity, "project": name.project, "run": name.run, "files": files});
    let data = http.graphql("CreateRunFiles", CREATE_FILES, variables)?;
    let created = &data["createRunFiles"];
    let headers = headers(&created["uploadHeaders"]);
    let place = |file: &Value| {
        let (name, url) = (file["name"].as_str()?.to_owned(), file["uploadUrl"].as_str()?.to_owned());
        Some(Place { name, url, headers: headers.clone() })
    };
    Ok(created["files"].as_array().into_iter().flatten().filter_map(place).collect())
}

/// From `"Name: value"` each.
pub(crate) fn headers(list: &Value) -> Vec<(String, String)> {
    let lines = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}
