//! Artifacts: nothing is committed whose digests do not agree.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::raw::Client;
use crate::{rules, with_run};

/// The bytes and the digests of the protocol's notes.
const CONTENT: &str = "lr: 0.001\nmodel:\n  dim: 64\n";
const CONTENT_MD5: &str = "+udQ3NsHT/8lfbtkN7FA0A==";
const DIGEST: &str = "8b448312c84010564b452acfa4839083";

const CREATE: &str = "mutation CreateArtifact($input: CreateArtifactInput!) { createArtifact(input: $input) { \
    artifact { id state artifactSequence { latestArtifact { id } } } } }";
const MANIFEST: &str = "mutation CreateArtifactManifest($artifactID: ID!, $digest: String!, $includeUpload: Boolean!) { \
    createArtifactManifest(input: {artifactID: $artifactID, baseArtifactID: null, name: \"wandb_manifest.json\", \
    digest: $digest, entityName: \"tester\", projectName: \"p\", runName: \"r\", type: FULL}) { artifactManifest { id \
    file { uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) } } } }";
const FILES: &str = "mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) \
    { files { edges { node { uploadUrl uploadHeaders } } } } }";
const COMMIT: &str =
    "mutation CommitArtifact($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id } } }";

/// What a client says of an artifact with one file.
#[derive(Clone)]
struct Said {
    digest: String,
    content: String,
    content_md5: String,
    size: usize,
    born: Option<&'static str>,
    /// A file beside it that the manifest does not name.
    extra: Option<&'static str>,
    client: char,
}

impl Said {
    fn right() -> Self {
        let (digest, content_md5) = (DIGEST.to_owned(), CONTENT_MD5.to_owned());
        Self {
            digest,
            content: CONTENT.to_owned(),
            content_md5,
            size: CONTENT.len(),
            born: None,
            extra: None,
            client: 'a',
        }
    }

    fn create(&self, client: &Client) -> (u16, Value) {
        let input = json!({
            "entityName": "tester", "projectName": "p", "runName": "r", "artifactTypeName": "config",
            "artifactCollectionName": "config-r", "digest": self.digest, "digestAlgorithm": "MANIFEST_MD5",
            "enableDigestDeduplication": true, "metadata": "{}", "clientID": self.client.to_string().repeat(128),
            "aliases": [{ "alias": "latest", "artifactCollectionName": "config-r" }],
        });
        let (status, answer) = client.graphql(CREATE, &json!({ "input": input }));
        (status, answer["data"]["createArtifact"]["artifact"].clone())
    }

    /// All steps; the status of the last, which is the first that is not 200.
    fn log(&self, client: &Client) -> u16 {
        let (status, artifact) = self.create(client);
        let id = &artifact["id"];
        if status != 200 {
            return status;
        }
        let manifest =
            client.graphql(MANIFEST, &json!({ "artifactID": id, "digest": "", "includeUpload": false }));
        let manifest_id = &manifest.1["data"]["createArtifactManifest"]["artifactManifest"]["id"];
        let file = |name: &str| json!({ "artifactID": id, "artifactManifestID": manifest_id, "name": name, "md5": self.content_md5 });
        let files: Vec<Value> = std::iter::once("config.yaml").chain(self.extra).map(file).collect();
        let input = json!({ "input": { "artifactFiles": files, "storageLayout": "V2" } });
        let files = client.graphql(FILES, &input);
        let put =
            put(client, &files.1["data"]["createArtifactFiles"]["files"]["edges"][0]["node"], &self.content);
        if put != 200 {
            return put;
        }
        let born = self.born.map_or(id.clone(), Value::from);
        let entry = json!({ "digest": self.content_md5, "size": self.size, "birthArtifactID": born });
        let text = json!({
            "version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": { "storageLayout": "V2" },
            "contents": { "config.yaml": entry },
        })
        .to_string();
        let digest = BASE64_STANDARD.encode(Md5::digest(&text));
        let manifest =
            client.graphql(MANIFEST, &json!({ "artifactID": id, "digest": digest, "includeUpload": true }));
        let place = &manifest.1["data"]["createArtifactManifest"]["artifactManifest"]["file"];
        assert_eq!(self::put(client, place, &format!("{text} ")), 400, "other bytes than were promised");
        assert_eq!(self::put(client, place, &text), 200);
        client.graphql(COMMIT, &json!({ "id": id })).0
    }
}

fn put(client: &Client, place: &Value, text: &str) -> u16 {
    let headers: Vec<(&str, &str)> = place["uploadHeaders"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|header| header.as_str()?.split_once(':'))
        .collect();
    client.send("PUT", &client.path_of(&place["uploadUrl"]), &headers, text.as_bytes()).0
}

#[test]
fn what_agrees_is_committed_and_found_again() {
    let (server, client) = with_run();
    assert_eq!(Said::right().log(&client), 200);
    let artifact = &server.run("tester", "p", "r")["artifacts"][0];
    assert_eq!(artifact["aliases"], json!(["latest"]));
    assert_eq!((&artifact["committed"], &artifact["version"]), (&json!(true), &json!(0)));
    // The same content by another client is the same version.
    let again = Said { client: 'b', ..Said::right() }.create(&client).1;
    assert_eq!((&again["state"], &again["id"]), (&json!("COMMITTED"), &artifact["id"]));
    // Only the manifest that was spoilt on purpose was refused.
    assert_eq!(rules(&server), ["upload-digest"]);
}

#[test]
fn the_newest_version_is_the_latest() {
    let (server, client) = with_run();
    assert_eq!(Said::right().log(&client), 200);
    let content = "lr: 1\n".to_owned();
    let content_md5 = BASE64_STANDARD.encode(Md5::digest(&content));
    let whole = Md5::digest(format!("wandb-artifact-manifest-v1\nconfig.yaml:{content_md5}\n"));
    let digest = whole.iter().map(|byte| format!("{byte:02x}")).collect();
    let size = content.len();
    assert_eq!(
        Said { content, content_md5, digest, size, client: 'b', born: None, extra: None }.log(&client),
        200
    );
    let artifacts = server.run("tester", "p", "r")["artifacts"].clone();
    assert_eq!((&artifacts[0]["aliases"], &artifacts[1]["aliases"]), (&json!([]), &json!(["latest"])));
    assert_eq!(artifacts[1]["version"], 1);
}

#[test]
fn what_does_not_agree_is_refused() {
    let right = Said::right();
    let cases = [
        (Said { content: "other".to_owned(), ..right.clone() }, "upload-digest"),
        (Said { digest: "0".repeat(32), ..right.clone() }, "artifact-digest"),
        (Said { digest: "none".to_owned(), ..right.clone() }, "artifact-digest"),
        (Said { size: 1, ..right.clone() }, "artifact-files"),
        (Said { born: Some("elsewhere"), ..right.clone() }, "artifact-manifest"),
        (Said { extra: Some("more.txt"), ..right.clone() }, "artifact-files"),
        (Said { client: '-', ..right }, "artifact"),
    ];
    for (said, rule) in cases {
        let (server, client) = with_run();
        assert_eq!(said.log(&client), 400, "{rule}");
        assert_eq!(rules(&server).last().map(String::as_str), Some(rule));
        assert_ne!(server.run("tester", "p", "r")["artifacts"][0]["committed"], true);
    }
}

#[test]
fn nothing_is_committed_before_all_of_it_is_there() {
    let (server, client) = with_run();
    let id = Said::right().create(&client).1["id"].clone();
    assert_eq!(client.graphql(COMMIT, &json!({ "id": id })).0, 400, "no manifest");
    let reserve = json!({ "artifactID": id, "digest": "", "includeUpload": false });
    assert_eq!(client.graphql(MANIFEST, &reserve).0, 200);
    assert_eq!(client.graphql(COMMIT, &json!({ "id": id })).0, 400, "an empty manifest");
    let reserve = json!({ "artifactID": id, "digest": "", "includeUpload": true });
    let manifest = client.graphql(MANIFEST, &reserve).1;
    let place = &manifest["data"]["createArtifactManifest"]["artifactManifest"]["file"];
    assert_eq!(put(&client, place, "{}"), 200);
    assert_eq!(client.graphql(COMMIT, &json!({ "id": id })).0, 400, "a manifest without a digest");
    let why = server.violations()[2]["message"].clone();
    assert!(why.as_str().is_some_and(|why| why.contains("digest")), "{why}");
    assert_eq!(client.graphql(COMMIT, &json!({ "id": "bm9uZQ==" })).0, 404);
    assert_eq!(
        rules(&server),
        ["artifact-manifest", "artifact-manifest", "artifact-manifest", "unknown-artifact"]
    );
}

#[test]
fn a_run_that_is_over_logs_no_artifact() {
    let (server, client) = with_run();
    assert_eq!(client.stream(&json!({ "complete": true, "exitcode": 0 })).0, 200);
    assert_eq!(Said::right().create(&client).0, 400);
    assert_eq!(rules(&server), ["after-complete"]);
}
