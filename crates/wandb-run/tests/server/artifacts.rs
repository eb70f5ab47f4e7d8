//! Artifacts: what the mutations do to them, and the digests that must agree before one is committed.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use serde_json::Value;

use super::graphql::execute::{Args, Node};
use super::graphql::objects::Object;
use super::lenient;
use super::state::{Refusal, RunKey, State, refuse};
use super::storage::{Target, artifact_file_url, b64_md5, sign};

/// One version of an artifact.
#[derive(Default)]
pub(crate) struct Artifact {
    pub(crate) run: Option<RunKey>,
    pub(crate) entity: String,
    pub(crate) project: String,
    pub(crate) kind: String,
    /// Of the collection.
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) digest: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) history_step: Option<u64>,
    pub(crate) client_id: Option<String>,
    pub(crate) committed: bool,
    /// Its number in the collection, given when it is committed.
    pub(crate) version: Option<u64>,
    pub(crate) manifest: Option<String>,
    pub(crate) files: BTreeMap<String, ArtifactFile>,
}

impl Artifact {
    pub(crate) fn same_collection(&self, other: &Artifact) -> bool {
        self.entity == other.entity && self.project == other.project && self.name == other.name
    }
}

/// One file of an artifact.
pub(crate) struct ArtifactFile {
    pub(crate) md5: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

/// The list of an artifact's files, itself a file.
pub(crate) struct Manifest {
    pub(crate) artifact: String,
    /// base64 of the MD5 of its bytes; empty while the client only reserves it.
    pub(crate) digest: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

fn unknown(what: &str) -> Refusal {
    Refusal { status: 404, rule: "unknown-artifact", message: format!("there is no {what}") }
}

/// `createArtifact`: reserves a version, or finds the committed one with the same contents.
pub(crate) fn create(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let key = RunKey::new(
        &input.need("entityName")?,
        &input.need("projectName")?,
        &input.text("runName")?.unwrap_or_default(),
    );
    let mut artifact = Artifact {
        entity: key.entity.clone(),
        project: key.project.clone(),
        kind: input.need("artifactTypeName")?,
        name: input.text("artifactCollectionName")?.unwrap_or_default(),
        description: input.text("description")?,
        metadata: input.text("metadata")?,
        digest: input.need("digest")?,
        history_step: input.number("historyStep"),
        client_id: input.text("clientID")?,
        ..Artifact::default()
    };
    let names = input.texts("artifactCollectionNames")?.unwrap_or_default();
    artifact.name = names.into_iter().next().unwrap_or(artifact.name);
    let sequence = input.text("sequenceClientID")?;
    let algorithm = input.need("digestAlgorithm")?;
    let deduplicate = input.take("enableDigestDeduplication") == Some(Value::Bool(true));
    for ignored in ["ttlDurationSeconds", "labels", "tags", "distributedID", "storageRegion"] {
        input.take(ignored);
    }
    for alias in input.list("aliases")?.unwrap_or_default() {
        let Some(name) = alias["alias"].as_str() else {
            return Err(refuse("artifact", format!("alias {alias}")));
        };
        if alias["artifactCollectionName"] != artifact.name.as_str() {
            return Err(refuse("artifact", format!("the alias {alias} is for another collection")));
        }
        artifact.aliases.push(name.to_owned());
    }
    if !key.name.is_empty() {
        if state.run(&key)?.complete {
            return Err(refuse("after-complete", format!("an artifact of {key}, which is complete")));
        }
        artifact.run = Some(key);
    }
    check(&artifact, &algorithm, sequence.as_deref())?;

    let same = |(_, other): &(&String, &Artifact)| {
        let repeated = other.client_id.is_some() && other.client_id == artifact.client_id;
        repeated
            || deduplicate
                && other.committed
                && other.digest == artifact.digest
                && other.same_collection(&artifact)
    };
    let found = state.artifacts.iter().find(same).map(|(id, _)| id.clone());
    let id = match found {
        Some(id) => {
            let aliases = std::mem::take(&mut artifact.aliases);
            name_it(state, &id, aliases);
            id
        }
        None => {
            let id = state.new_id("Artifact");
            state.artifacts.insert(id.clone(), artifact);
            id
        }
    };
    Ok(Node::Object(Object::Plain(
        "CreateArtifactPayload",
        vec![("artifact", Node::Object(Object::Artifact(id)))],
    )))
}

fn check(artifact: &Artifact, algorithm: &str, sequence: Option<&str>) -> Result<(), Refusal> {
    if algorithm != "MANIFEST_MD5" {
        return Err(refuse("artifact-digest", format!("the digest algorithm {algorithm}")));
    }
    if artifact.digest.len() != 32
        || !artifact.digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Err(refuse("artifact-digest", format!("{:?} is no MD5 in hexadecimal", artifact.digest)));
    }
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if artifact.name.is_empty() || artifact.name.len() > 128 || !artifact.name.chars().all(plain) {
        return Err(refuse("artifact", format!("the name {:?}", artifact.name)));
    }
    if let Some(metadata) = &artifact.metadata {
        lenient::object(metadata).map_err(|error| refuse("artifact", format!("metadata: {error}")))?;
    }
    for id in [artifact.client_id.as_deref(), sequence].into_iter().flatten() {
        if id.len() != 128 || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err(refuse("artifact", format!("the client id {id:?}")));
        }
    }
    Ok(())
}

/// `createArtifactManifest`: reserves the manifest, or says its digest and asks where to put it.
pub(crate) fn create_manifest(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let artifact = input.need("artifactID")?;
    let (name, digest, kind) = (input.need("name")?, input.need("digest")?, input.need("type")?);
    let key = RunKey::new(&input.need("entityName")?, &input.need("projectName")?, &input.need("runName")?);
    if input.take("baseArtifactID").is_some() || kind != "FULL" || name != "wandb_manifest.json" {
        return Err(refuse("artifact-manifest", format!("a manifest {name} of the type {kind}")));
    }
    let open = state.artifacts.get(&artifact).ok_or_else(|| unknown("artifact"))?;
    if open.committed || open.run.as_ref() != Some(&key) {
        return Err(refuse("artifact-manifest", format!("a manifest for {}, by {key}", open.name)));
    }
    let id = match open.manifest.clone() {
        Some(id) => id,
        None => state.new_id("ArtifactManifest"),
    };
    let promised = (!digest.is_empty()).then(|| digest.clone());
    let manifest = Manifest { artifact: artifact.clone(), digest, bytes: None };
    state.manifests.insert(id.clone(), manifest);
    if let Some(open) = state.artifacts.get_mut(&artifact) {
        open.manifest = Some(id.clone());
    }
    let (url, headers) = sign(state, Target::Manifest(id.clone()), promised);
    let file = Object::Plain(
        "File",
        vec![
            ("id", Node::of(format!("{id}file"))),
            ("uploadUrl", Node::of(url)),
            ("uploadHeaders", Node::of(headers)),
        ],
    );
    let manifest =
        Object::Plain("ArtifactManifest", vec![("id", Node::of(id)), ("file", Node::Object(file))]);
    Ok(Node::Object(Object::Plain(
        "CreateArtifactManifestPayload",
        vec![("artifactManifest", Node::Object(manifest))],
    )))
}

/// `createArtifactFiles`: where to put the files.
pub(crate) fn create_files(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    if input.text("storageLayout")?.as_deref() != Some("V2") {
        return Err(refuse("artifact", "the storage layout is V2"));
    }
    input.take("cloudRegionID");
    let mut edges = Vec::new();
    for item in input.list("artifactFiles")?.unwrap_or_default() {
        let Value::Object(map) = item else { return Err(refuse("artifact", format!("a file {item}"))) };
        let mut file = Args::new("CreateArtifactFileSpecInput", map);
        let (id, path, md5) = (file.need("artifactID")?, file.need("name")?, file.need("md5")?);
        let manifest = file.need("artifactManifestID")?;
        for ignored in ["mimetype", "uploadPartsInput"] {
            file.take(ignored);
        }
        file.finish()?;
        let artifact = state.artifacts.get_mut(&id).ok_or_else(|| unknown("artifact"))?;
        if artifact.committed || artifact.manifest.as_ref() != Some(&manifest) {
            return Err(refuse(
                "artifact",
                format!("{path}: the artifact is committed or has another manifest"),
            ));
        }
        if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(refuse("artifact", format!("the path {path:?}")));
        }
        artifact.files.insert(path.clone(), ArtifactFile { md5: md5.clone(), bytes: None });
        let (url, headers) = sign(state, Target::ArtifactFile(id.clone(), path.clone()), Some(md5));
        let node = Object::Plain(
            "File",
            vec![
                ("storagePath", Node::of(format!("wandb_artifacts/{id}/{path}"))),
                ("uploadUrl", Node::of(url)),
                ("uploadHeaders", Node::of(headers)),
                ("uploadMultipartUrls", Node::null()),
                ("artifact", Node::Object(Object::Artifact(id))),
            ],
        );
        edges.push(node);
    }
    let files = Object::connection("FileConnection", edges);
    Ok(Node::Object(Object::Plain("CreateArtifactFilesPayload", vec![("files", Node::Object(files))])))
}

/// `commitArtifact`: from here on the version exists, if all of it is there.
pub(crate) fn commit(state: &mut State, input: &mut Args) -> Result<Node, Refusal> {
    let id = input.need("artifactID")?;
    let artifact = state.artifacts.get(&id).ok_or_else(|| unknown("artifact"))?;
    // Again, where the answer to the first time was lost.
    if !artifact.committed {
        let manifest = artifact.manifest.as_ref().and_then(|id| state.manifests.get(id));
        let manifest = manifest.ok_or_else(|| refuse("artifact-manifest", "committed without a manifest"))?;
        verify(&id, artifact, manifest)?;
        let version = state
            .artifacts
            .values()
            .filter(|other| other.same_collection(artifact) && other.committed)
            .count();
        let aliases = artifact.aliases.clone();
        if let Some(artifact) = state.artifacts.get_mut(&id) {
            artifact.committed = true;
            artifact.version = u64::try_from(version).ok();
        }
        name_it(state, &id, aliases);
    }
    let artifact = Node::Object(Object::Artifact(id));
    Ok(Node::Object(Object::Plain("CommitArtifactPayload", vec![("artifact", artifact)])))
}

/// Gives aliases to a version, and takes them from the others of its collection.
fn name_it(state: &mut State, id: &str, aliases: Vec<String>) {
    let Some(Artifact { entity, project, name, .. }) = state.artifacts.get(id) else { return };
    let of = (entity.clone(), project.clone(), name.clone());
    for (other, artifact) in &mut state.artifacts {
        if (&artifact.entity, &artifact.project, &artifact.name) == (&of.0, &of.1, &of.2) {
            artifact.aliases.retain(|alias| !aliases.contains(alias));
            if other == id {
                artifact.aliases.extend(aliases.iter().cloned());
            }
        }
    }
}

/// Whether files, manifest and digests are what each says of the other.
fn verify(id: &str, artifact: &Artifact, manifest: &Manifest) -> Result<(), Refusal> {
    let bytes = manifest.bytes.as_ref().ok_or_else(|| refuse("artifact-manifest", "it was not uploaded"))?;
    if manifest.artifact != id || manifest.digest != b64_md5(bytes) {
        return Err(refuse("artifact-manifest", format!("its digest is not {}", manifest.digest)));
    }
    let text: Value =
        serde_json::from_slice(bytes).map_err(|error| refuse("artifact-manifest", error.to_string()))?;
    let wanted = serde_json::json!([1, "wandb-storage-policy-v1", { "storageLayout": "V2" }]);
    if serde_json::json!([text["version"], text["storagePolicy"], text["storagePolicyConfig"]]) != wanted {
        return Err(refuse("artifact-manifest", format!("{text}")));
    }
    let Some(contents) = text["contents"].as_object() else {
        return Err(refuse("artifact-manifest", format!("no contents: {text}")));
    };
    let mut digest = Md5::new();
    digest.update("wandb-artifact-manifest-v1\n");
    let sorted: BTreeMap<_, _> = contents.iter().collect();
    for (path, entry) in sorted {
        let said = entry["digest"].as_str().unwrap_or_default();
        digest.update(format!("{path}:{said}\n"));
        let there = artifact.files.get(path).and_then(|file| Some((file, file.bytes.as_ref()?)));
        let Some((file, bytes)) = there else {
            return Err(refuse("artifact-files", format!("{path} was not uploaded")));
        };
        let size = u64::try_from(bytes.len()).ok();
        if said != file.md5 || said != b64_md5(bytes) || entry["size"].as_u64() != size {
            return Err(refuse("artifact-files", format!("{path} is not what the manifest says: {entry}")));
        }
        if entry["birthArtifactID"] != id {
            return Err(refuse("artifact-manifest", format!("{path} was not born here: {entry}")));
        }
    }
    if contents.len() != artifact.files.len() {
        return Err(refuse("artifact-files", "files that the manifest does not name"));
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if digest != artifact.digest {
        return Err(refuse("artifact-digest", format!("it is {digest}, not {}", artifact.digest)));
    }
    Ok(())
}

/// A file of an artifact as the API shows it; an empty path means the manifest.
pub(crate) fn file(state: &State, id: &str, path: &str) -> Object {
    let there = state.artifacts.get(id).and_then(|artifact| artifact.files.get(path));
    let size = there.and_then(|file| file.bytes.as_ref()).map(Vec::len);
    let md5 = there.map(|file| file.md5.clone());
    let url = artifact_file_url(state, id, path);
    Object::Plain(
        "File",
        vec![
            ("id", Node::of(format!("{id}/{path}"))),
            ("name", Node::of(path)),
            ("displayName", Node::of(path)),
            ("url", Node::of(url.clone())),
            ("directUrl", Node::of(url)),
            ("sizeBytes", Node::of(size)),
            ("storagePath", Node::of(format!("wandb_artifacts/{id}/{path}"))),
            ("mimetype", Node::of("application/octet-stream")),
            ("updatedAt", Node::of(super::state::NOW)),
            ("digest", Node::of(md5.clone())),
            ("md5", Node::of(md5)),
        ],
    )
}
