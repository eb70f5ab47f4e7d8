//! The bucket behind the service: signed URLs that take and give bytes, and no credentials.

use md5::{Digest, Md5};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::http::{Request, Response, encoded};
use super::state::{Refusal, RunKey, State, refuse};

/// What a signed URL is for.
#[derive(Clone)]
pub(crate) enum Target {
    RunFile(RunKey, String),
    /// Artifact and path in it.
    ArtifactFile(String, String),
    /// Manifest.
    Manifest(String),
}

/// A signed URL.
pub(crate) struct Upload {
    pub(crate) target: Target,
    /// Headers that are part of the signature.
    pub(crate) headers: Vec<(String, String)>,
    /// base64 of the MD5 that was promised.
    pub(crate) md5: Option<String>,
}

/// base64 of the MD5, as W&B names contents.
pub(crate) fn b64_md5(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(bytes))
}

/// A URL for one PUT, and the headers that must come with it, as the API gives them.
pub(crate) fn sign(state: &mut State, target: Target, md5: Option<String>) -> (String, Vec<String>) {
    state.next_id += 1;
    let name = format!("put-{}", state.next_id);
    let mut headers = vec![("X-Signed-For".to_owned(), "strict".to_owned())];
    if let Some(md5) = &md5 {
        headers.push(("Content-MD5".to_owned(), md5.clone()));
    }
    let lines = headers.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    let url = format!("{}/storage/{name}", state.url);
    state.uploads.insert(name, Upload { target, headers, md5 });
    (url, lines)
}

/// Where the bytes of a run's file can be fetched.
pub(crate) fn run_file_url(state: &State, key: &RunKey, name: &str) -> String {
    format!("{}/storage/run/{}/{}", state.url, encoded(&key.storage_id()), encoded(name))
}

/// Where the bytes of an artifact's file can be fetched; an empty path means its manifest.
pub(crate) fn artifact_file_url(state: &State, artifact: &str, path: &str) -> String {
    format!("{}/storage/artifact/{}/{}", state.url, encoded(artifact), encoded(path))
}

/// Answers everything below `/storage`.
pub(crate) fn answer(state: &mut State, request: &Request) -> Result<Response, Refusal> {
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("PUT", [name]) => put(state, request, name),
        ("GET" | "HEAD", ["run", id, name]) => {
            let key = state.key_of(id).ok_or_else(|| missing(id))?;
            let bytes = state.run(&key)?.files.get(*name).cloned().ok_or_else(|| missing(name))?;
            Ok(Response::bytes(bytes))
        }
        ("GET" | "HEAD", ["artifact", id, path]) => {
            let artifact = state.artifacts.get(*id).ok_or_else(|| missing(id))?;
            let bytes = if path.is_empty() {
                artifact
                    .manifest
                    .as_ref()
                    .and_then(|id| state.manifests.get(id))
                    .and_then(|it| it.bytes.clone())
            } else {
                artifact.files.get(*path).and_then(|file| file.bytes.clone())
            };
            Ok(Response::bytes(bytes.ok_or_else(|| missing(path))?))
        }
        _ => Err(missing(&request.path)),
    }
}

fn missing(what: &str) -> Refusal {
    Refusal { status: 404, rule: "storage", message: format!("there is nothing at {what}") }
}

fn put(state: &mut State, request: &Request, name: &str) -> Result<Response, Refusal> {
    if request.header("authorization").is_some() {
        return Err(refuse("auth-on-upload", format!("an Authorization header on the upload URL of {name}")));
    }
    let upload = state.uploads.get(name).ok_or_else(|| missing(name))?;
    for (header, value) in &upload.headers {
        if request.header(&header.to_ascii_lowercase()) != Some(value) {
            let message = format!("the signature covers the header {header}: {value}");
            return Err(Refusal { status: 403, rule: "upload-headers", message });
        }
    }
    let digest = b64_md5(&request.body);
    if upload.md5.as_ref().is_some_and(|promised| *promised != digest) {
        let message = format!("{digest} arrived, {:?} was promised", upload.md5);
        return Err(refuse("upload-digest", message));
    }
    match upload.target.clone() {
        Target::RunFile(key, file) => {
            let run = state.run(&key)?;
            if run.complete {
                return Err(refuse("after-complete", format!("{file} uploaded after {key} was complete")));
            }
            run.files.insert(file, request.body.clone());
        }
        Target::ArtifactFile(id, path) => {
            if let Some(file) =
                state.artifacts.get_mut(&id).and_then(|artifact| artifact.files.get_mut(&path))
            {
                file.bytes = Some(request.body.clone());
            }
        }
        Target::Manifest(id) => {
            if let Some(manifest) = state.manifests.get_mut(&id) {
                manifest.bytes = Some(request.body.clone());
            }
        }
    }
    Ok(Response::bytes(Vec::new()))
}
