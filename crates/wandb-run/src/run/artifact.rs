//! Files that are kept together under a name and a version.

use crate::files;
use crate::json::Json;
use crate::log::record::{ArtifactRecord, Manifest, ManifestEntry, PolicyItem};
use md5::{Digest, Md5};
use std::io;
use std::path::{Component, Path};

/// Files that are kept together under a name and a version, such as the configuration of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Artifact {
    /// Its name in the project.
    pub name: String,
    /// Its type, such as `config`.
    pub kind: String,
    /// Relative paths with slashes, and what is in the files.
    pub files: Vec<(String, Vec<u8>)>,
    /// Prose about it.
    pub description: Option<String>,
    /// Facts about it: an object.
    pub metadata: Option<Json>,
    /// Names of this version; `latest` if none.
    pub aliases: Vec<String>,
}

impl Artifact {
    /// The digest by which W&B knows that two artifacts are the same.
    ///
    /// ```
    /// let config = b"lr: 0.001\nmodel:\n  dim: 64\n".to_vec();
    /// let artifact =
    ///     wandb_run::Artifact { files: vec![("config.yaml".to_owned(), config)], ..Default::default() };
    /// assert_eq!(artifact.digest(), "8b448312c84010564b452acfa4839083");
    /// ```
    pub fn digest(&self) -> String {
        let mut entries: Vec<_> =
            self.files.iter().map(|(path, bytes)| (path, files::b64_md5(bytes))).collect();
        entries.sort();
        let mut hasher = Md5::new();
        hasher.update("wandb-artifact-manifest-v1\n");
        for (path, digest) in entries {
            hasher.update(format!("{path}:{digest}\n"));
        }
        files::hex(&hasher.finalize())
    }

    /// Keeps the bytes in a folder of the run, and says in a record where.
    pub(super) fn record(&self, run: &Path, ids: Ids<'_>) -> io::Result<ArtifactRecord> {
        let digest = self.digest();
        let folder = run.join("artifacts").join(&digest);
        let mut contents = Vec::with_capacity(self.files.len());
        for (path, bytes) in &self.files {
            let relative = Path::new(path);
            if !relative.components().all(|part| matches!(part, Component::Normal(_))) || path.is_empty() {
                let why = format!("{path}: a file of an artifact has a relative path");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
            }
            let local = folder.join(relative);
            files::publish(&local, bytes)?;
            contents.push(ManifestEntry {
                path: path.clone(),
                digest: files::b64_md5(bytes),
                size: bytes.len() as i64,
                // The stock client's `wandb sync` opens it from wherever it is started.
                local_path: std::path::absolute(&local)?.display().to_string(),
            });
        }
        contents.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Manifest {
            version: 1,
            storage_policy: "wandb-storage-policy-v1".to_owned(),
            storage_policy_config: vec![PolicyItem {
                key: "storageLayout".to_owned(),
                value_json: "\"V2\"".to_owned(),
            }],
            contents,
            manifest_file_path: String::new(),
        };
        let aliases = if self.aliases.is_empty() { vec!["latest".to_owned()] } else { self.aliases.clone() };
        Ok(ArtifactRecord {
            run_id: ids.run.to_owned(),
            project: ids.project.to_owned(),
            entity: ids.entity.to_owned(),
            kind: self.kind.clone(),
            name: self.name.clone(),
            digest,
            description: self.description.clone().unwrap_or_default(),
            metadata: self.metadata.as_ref().map(Json::to_string).unwrap_or_default(),
            // It would say that no run has made it.
            user_created: false,
            aliases,
            manifest: Some(manifest),
            finalize: true,
            client_id: files::random_id(128),
            sequence_client_id: files::random_id(128),
            digest_algorithm: "MANIFEST_MD5".to_owned(),
        })
    }
}

/// Whose artifact it is.
#[derive(Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) run: &'a str,
    pub(super) project: &'a str,
    pub(super) entity: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_file() {
        assert_eq!(files::b64_md5(b"lr: 0.001\nmodel:\n  dim: 64\n"), "+udQ3NsHT/8lfbtkN7FA0A==");
    }

    #[test]
    fn no_path_leads_out() {
        let folder = tempfile::tempdir().expect("folder");
        for path in ["../x", "/x", "a/../b", ""] {
            let artifact = Artifact { files: vec![(path.to_owned(), Vec::new())], ..Artifact::default() };
            let ids = Ids { run: "r", project: "p", entity: "" };
            assert!(artifact.record(folder.path(), ids).is_err(), "{path}");
        }
    }
}
