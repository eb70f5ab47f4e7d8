//! An artifact: reserved, described, filled, committed.

use super::api::headers;
use super::control::{Control, Stop};
use super::http::{self, Http};
use crate::files;
use crate::log::record::{ArtifactRecord, ManifestEntry};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

const CREATE: &str = "mutation CreateArtifact($input: CreateArtifactInput!) {
  createArtifact(input: $input) { artifact { id state artifactSequence { latestArtifact { id } } } }
}";

const MANIFEST: &str = "mutation CreateArtifactManifest($artifactID: ID!, $baseArtifactID: ID, $name: String!,
  $digest: String!, $entityName: String!, $projectName: String!, $runName: String!,
  $manifestType: ArtifactManifestType!, $includeUpload: Boolean!) {
  createArtifactManifest(input: {artifactID: $artifactID, baseArtifactID: $baseArtifactID, name: $name,
    digest: $digest, entityName: $entityName, projectName: $projectName, runName: $runName, type: $manifestType}) {
    artifactManifest { id file { id uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) } }
  }
}";

const FILES: &str = "mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) {
  createArtifactFiles(input: $input) { files { edges { node { storagePath uploadUrl uploadHeaders
    uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } } artifact { id } } } } }
}";

const COMMIT: &str = "mutation CommitArtifact($artifactID: ID!) {
  commitArtifact(input: {artifactID: $artifactID}) { artifact { id digest } }
}";

/// Files that are asked for at once.
const BATCH: usize = 100;

/// One artifact on its way.
pub(super) struct Upload<'a> {
    pub(super) http: &'a Http,
    pub(super) control: &'a Control,
    pub(super) entity: &'a str,
    pub(super) project: &'a str,
    pub(super) run: &'a str,
    /// The run's directory, which may have moved since the log named it.
    pub(super) dir: &'a Path,
    pub(super) record: &'a ArtifactRecord,
    pub(super) step: i64,
}

impl Upload<'_> {
    /// Uploads it. What the server has already, it does not get again.
    pub(super) fn run(&self) -> Result<(), Stop> {
        let Some(manifest) = &self.record.manifest else { return Ok(()) };
        if !manifest.manifest_file_path.is_empty() {
            self.control
                .warn(&format!("the artifact {} is left out: its manifest is elsewhere", self.record.name));
            return Ok(());
        }
        let entries = &manifest.contents;
        // Before anything is reserved: a file that is gone would leave an artifact that is never committed.
        if let Some(gone) = entries.iter().find(|entry| !self.local(entry).is_file()) {
            self.control
                .warn(&format!("the artifact {} is left out: {} is gone", self.record.name, gone.path));
            return Ok(());
        }
        let (id, committed) = self.create()?;
        if committed {
            return Ok(());
        }
        let manifest_id = self.manifest(&id, "", false)?["id"].as_str().unwrap_or_default().to_owned();
        let mut contents = Map::new();
        for batch in entries.chunks(BATCH) {
            self.files(&id, &manifest_id, batch, &mut contents)?;
        }
        let text = json!({
            "version": 1,
            "storagePolicy": "wandb-storage-policy-v1",
            "storagePolicyConfig": {"storageLayout": "V2"},
            "contents": contents,
        })
        .to_string();
        let manifest = self.manifest(&id, &files::b64_md5(text.as_bytes()), true)?;
        let file = &manifest["file"];
        let url = file["uploadUrl"].as_str().unwrap_or_default();
        let headers = headers(&file["uploadHeaders"]);
        self.control.persist(|_| self.http.put(url, &headers, text.clone().into()))?;
        self.commit(&id)
    }

    /// Its id, and whether the server has its content already.
    fn create(&self) -> Result<(String, bool), Stop> {
        let record = self.record;
        let aliases: Vec<_> = record
            .aliases
            .iter()
            .map(|alias| json!({"alias": alias, "artifactCollectionName": record.name}))
            .collect();
        let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        let input = json!({
            "entityName": self.entity,
            "projectName": self.project,
            "runName": self.run,
            "artifactTypeName": record.kind,
            "artifactCollectionName": record.name,
            "description": text(&record.description),
            "metadata": text(&record.metadata),
            "historyStep": self.step,
            "digest": record.digest,
            "digestAlgorithm": "MANIFEST_MD5",
            "enableDigestDeduplication": true,
            "aliases": aliases,
            "clientID": text(&record.client_id),
            "sequenceClientID": text(&record.sequence_client_id),
        });
        let data = self.ask("CreateArtifact", CREATE, &json!({"input": input}))?;
        let artifact = &data["createArtifact"]["artifact"];
        match artifact["id"].as_str() {
            Some(id) => Ok((id.to_owned(), artifact["state"] == "COMMITTED")),
            None => Err(Stop::Refused("CreateArtifact: the server names no artifact".to_owned())),
        }
    }

    fn manifest(&self, artifact: &str, digest: &str, upload: bool) -> Result<Value, Stop> {
        let variables = json!({
            "artifactID": artifact,
            "baseArtifactID": null,
            "name": "wandb_manifest.json",
            "digest": digest,
            "entityName": self.entity,
            "projectName": self.project,
            "runName": self.run,
            "manifestType": "FULL",
            "includeUpload": upload,
        });
        let mut data = self.ask("CreateArtifactManifest", MANIFEST, &variables)?;
        Ok(http::take(&mut data, "/createArtifactManifest/artifactManifest"))
    }

    fn files(
        &self,
        artifact: &str,
        manifest: &str,
        entries: &[ManifestEntry],
        contents: &mut Map<String, Value>,
    ) -> Result<(), Stop> {
        let specs: Vec<_> = entries
            .iter()
            .map(|entry| {
                json!({"artifactID": artifact, "artifactManifestID": manifest, "name": entry.path, "md5": entry.digest})
            })
            .collect();
        let input = json!({"artifactFiles": specs, "storageLayout": "V2"});
        let data = self.ask("CreateArtifactFiles", FILES, &json!({"input": input}))?;
        let edges = data["createArtifactFiles"]["files"]["edges"].as_array().map_or(&[][..], Vec::as_slice);
        if edges.len() != entries.len() {
            return Err(Stop::Refused("CreateArtifactFiles: the server left out files".to_owned()));
        }
        // They come in the order in which they were asked for, and have no names.
        for (entry, edge) in entries.iter().zip(edges) {
            let node = &edge["node"];
            // Without an address the server has these bytes already.
            if let Some(url) = node["uploadUrl"].as_str() {
                let headers = headers(&node["uploadHeaders"]);
                let local = self.local(entry);
                self.control.persist(|_| self.http.put(url, &headers, http::open(&local)?.into()))?;
            }
            let birth = node["artifact"]["id"].as_str().unwrap_or(artifact);
            let value = json!({"digest": entry.digest, "size": entry.size, "birthArtifactID": birth});
            contents.insert(entry.path.clone(), value);
        }
        Ok(())
    }

    fn commit(&self, id: &str) -> Result<(), Stop> {
        let mut unsure = 0;
        let committed = self.control.persist(|earlier| {
            unsure = earlier;
            self.http.graphql("CommitArtifact", COMMIT, json!({"artifactID": id}))
        });
        match committed {
            // An attempt whose answer was lost may have been the one.
            Err(Stop::Refused(_)) if unsure > 0 && self.create()?.1 => Ok(()),
            result => result.map(drop),
        }
    }

    fn local(&self, entry: &ManifestEntry) -> PathBuf {
        let named = PathBuf::from(&entry.local_path);
        if named.is_file() {
            return named;
        }
        self.dir.join("artifacts").join(&self.record.digest).join(&entry.path)
    }

    fn ask(&self, name: &str, query: &str, variables: &Value) -> Result<Value, Stop> {
        self.control.persist(|_| self.http.graphql(name, query, variables.clone()))
    }
}
