//! What clients change through the API.

use serde_json::Value;

use super::super::artifacts;
use super::super::lenient;
use super::super::state::{Refusal, Run, RunKey, State, USER, refuse};
use super::super::storage::{Target, sign};
use super::super::sweeps;
use super::execute::{Args, Node};
use super::objects::Object;

/// A field of the type `Mutation`, or `None` where the server has none of that name.
pub(crate) fn resolve(state: &mut State, field: &str, args: &mut Args) -> Result<Option<Node>, Refusal> {
    let known = [
        "upsertBucket",
        "createRunFiles",
        "markRunFilesUploaded",
        "createArtifact",
        "createArtifactManifest",
        "createArtifactFiles",
        "commitArtifact",
        "useArtifact",
        "updateArtifact",
        "upsertSweep",
        "createAgent",
        "agentHeartbeat",
    ];
    if !known.contains(&field) {
        return Ok(None);
    }
    let mut input = args.input("input")?;
    let node = match field {
        "upsertBucket" => upsert_bucket(state, &mut input)?,
        "createRunFiles" => create_run_files(state, &mut input)?,
        "markRunFilesUploaded" => mark_uploaded(state, &mut input)?,
        "createArtifact" => artifacts::create(state, &mut input)?,
        "createArtifactManifest" => artifacts::create_manifest(state, &mut input)?,
        "createArtifactFiles" => artifacts::create_files(state, &mut input)?,
        "commitArtifact" => artifacts::commit(state, &mut input)?,
        "useArtifact" => use_artifact(state, &mut input)?,
        "upsertSweep" => sweeps::upsert(state, &mut input)?,
        "createAgent" => sweeps::create_agent(state, &mut input)?,
        "agentHeartbeat" => sweeps::heartbeat(state, &mut input)?,
        _ => update_artifact(state, &mut input)?,
    };
    input.finish()?;
    Ok(Some(node))
}

fn upsert_bucket(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let (id, name) = (input.text("id")?, input.text("name")?);
    let entity =
        input.text("entityName")?.filter(|entity| !entity.is_empty()).unwrap_or_else(|| USER.to_owned());
    let project = input.text("modelName")?.filter(|project| !project.is_empty());
    let starts = name.is_some();
    let key = match (&id, name) {
        (Some(id), _) => {
            state.key_of(id).ok_or_else(|| refuse("unknown-run", format!("there is no run {id:?}")))?
        }
        (None, Some(name)) => {
            RunKey { entity, project: project.unwrap_or_else(|| "uncategorized".to_owned()), name }
        }
        (None, None) => return Err(refuse("run-id", "neither id nor name")),
    };
    check_names(&key)?;
    let inserted = !state.runs.contains_key(&key);
    let run = state.runs.entry(key.clone()).or_default();
    if inserted {
        run.state = "running";
        run.sessions = 1;
    } else if starts && run.complete {
        if !run.asked {
            return Err(refuse(
                "after-complete",
                format!("{key} is complete, and nobody asked where to resume"),
            ));
        }
        run.complete = false;
        run.state = "running";
        run.exit_code = None;
        run.sessions += 1;
    } else if starts && run.asked {
        run.sessions += 1;
    }
    run.asked = false;
    for field in TEXTS {
        if let Some(text) = input.text(field)? {
            run.fields.insert((*field).to_owned(), text.into());
        }
    }
    for field in ["config", "summaryMetrics"] {
        if let Some(text) = input.text(field)? {
            lenient::object(&text).map_err(|error| refuse(field, format!("{error}: {text}")))?;
            run.fields.insert(field.to_owned(), text.into());
        }
    }
    if let Some(tags) = input.texts("tags")? {
        if let Some(tag) = tags.iter().find(|tag| tag.is_empty() || tag.chars().count() > 64) {
            return Err(refuse("tags", format!("the tag {tag:?}")));
        }
        run.fields.insert("tags".to_owned(), tags.into());
    }
    if let Some(sweep) = run.text("sweep").map(str::to_owned)
        && !state.sweeps.iter().any(|known| known.name == sweep && known.project == key.project)
    {
        return Err(refuse("sweep", format!("there is no sweep {sweep:?} in {}", key.project)));
    }
    input.take("debug");
    let bucket = Node::Object(Object::Run(key));
    Ok(Node::Object(Object::Plain(
        "UpsertBucketPayload",
        vec![("bucket", bucket), ("inserted", Node::of(inserted)), ("clientMutationId", Node::null())],
    )))
}

/// The strings that a run keeps, by their names in `UpsertBucketInput`.
const TEXTS: &[&str] = &[
    "groupName",
    "description",
    "displayName",
    "notes",
    "commit",
    "host",
    "jobProgram",
    "jobRepo",
    "jobType",
    "state",
    "sweep",
];

fn check_names(key: &RunKey) -> Result<(), Refusal> {
    let RunKey { entity, project, name } = key;
    if project.is_empty()
        || project.chars().count() > 128
        || project.contains(['/', '\\', '#', '?', '%', ':'])
    {
        return Err(refuse("project", format!("the project {project:?}")));
    }
    if name.is_empty() || name.len() > 128 || name.contains([':', ';', ',', '#', '?', '/', '\'']) {
        return Err(refuse("run-id", format!("the run id {name:?}")));
    }
    if entity.is_empty() || entity.contains('/') {
        return Err(refuse("entity", format!("the entity {entity:?}")));
    }
    Ok(())
}

fn named(input: &mut Args) -> Result<RunKey, Refusal> {
    Ok(RunKey::new(&input.need("entityName")?, &input.need("projectName")?, &input.need("runName")?))
}

fn open<'a>(state: &'a mut State, key: &RunKey) -> Result<&'a mut Run, Refusal> {
    let run = state.run(key)?;
    if run.complete { Err(refuse("after-complete", format!("{key} is complete"))) } else { Ok(run) }
}

fn create_run_files(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let key = named(input)?;
    let names = input.texts("files")?.unwrap_or_default();
    open(state, &key)?;
    let mut files = Vec::new();
    let mut headers = Vec::new();
    for name in names {
        if name.is_empty()
            || name.starts_with('/')
            || name.contains('\\')
            || name.split('/').any(|part| part == "..")
        {
            return Err(refuse("file-name", format!("the file {name:?}")));
        }
        let (url, needed) = sign(state, Target::RunFile(key.clone(), name.clone()), None);
        headers = needed;
        files.push(Node::Object(Object::Plain(
            "File",
            vec![("name", Node::of(name)), ("uploadUrl", Node::of(url))],
        )));
    }
    Ok(Node::Object(Object::Plain(
        "CreateRunFilesPayload",
        vec![
            ("runID", Node::of(key.storage_id())),
            ("uploadHeaders", Node::of(headers)),
            ("files", Node::List(files)),
        ],
    )))
}

fn mark_uploaded(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let key = named(input)?;
    let names = input.texts("files")?.unwrap_or_default();
    let run = state.run(&key)?;
    for name in names {
        if !run.files.contains_key(&name) {
            return Err(refuse("uploaded", format!("{name} was never uploaded")));
        }
        run.uploaded.insert(name);
    }
    Ok(success("MarkRunFilesUploadedPayload"))
}

fn success(kind: &'static str) -> Node {
    Node::Object(Object::Plain(kind, vec![("success", Node::of(true))]))
}

fn use_artifact(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let key = named(input)?;
    let id = input.need("artifactID")?;
    input.take("usedAs");
    input.take("artifactEntityName");
    input.take("artifactProjectName");
    if !state.artifacts.get(&id).is_some_and(|artifact| artifact.committed) {
        return Err(refuse("unknown-artifact", format!("there is no committed artifact {id:?}")));
    }
    open(state, &key)?.used.push(id.clone());
    Ok(Node::Object(Object::Plain(
        "UseArtifactPayload",
        vec![("artifact", Node::Object(Object::Artifact(id)))],
    )))
}

fn update_artifact(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let id = input.need("artifactID")?;
    let (metadata, description) = (input.text("metadata")?, input.text("description")?);
    let artifact =
        state.artifacts.get_mut(&id).ok_or_else(|| refuse("unknown-artifact", format!("{id:?}")))?;
    if let Some(text) = &metadata {
        lenient::object(text).map_err(|error| refuse("artifact", format!("metadata: {error}")))?;
    }
    artifact.metadata = metadata.or(artifact.metadata.take());
    artifact.description = description.or(artifact.description.take());
    for ignored in ["ttlDurationSeconds", "aliases"] {
        if let Some(value) = input.take(ignored).filter(|value| *value != Value::Array(Vec::new())) {
            return Err(refuse("graphql", format!("the server does not know {ignored}: {value}")));
        }
    }
    Ok(Node::Object(Object::Plain(
        "UpdateArtifactPayload",
        vec![("artifact", Node::Object(Object::Artifact(id)))],
    )))
}
