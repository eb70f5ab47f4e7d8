//! A client that says exactly what it is told, right or wrong.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

/// As long as a real one.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

const UPSERT: &str = "mutation UpsertBucket($id: String, $name: String, $project: String, $entity: String, \
    $config: JSONString, $tags: [String!]) { upsertBucket(input: {id: $id, name: $name, modelName: $project, \
    entityName: $entity, config: $config, tags: $tags}) { bucket { id } inserted } }";

const CREATE_FILES: &str = "mutation CreateRunFiles($files: [String!]!) { createRunFiles(input: {entityName: \
    \"tester\", projectName: \"p\", runName: \"r\", files: $files}) { uploadHeaders files { name uploadUrl } } }";

/// The header of a user and a key.
pub(crate) fn basic(user: &str, key: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{key}")))
}

/// Speaks to one server, about the run `tester/p/r` where nothing else is said.
pub(crate) struct Client {
    address: String,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        Self { address: url.trim_start_matches("http://").to_owned() }
    }

    /// The status and the body. The status is 0 where no whole answer comes back.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, Vec<u8>) {
        let (status, _, body) = self.exchange(method, path, headers, body);
        (status, body)
    }

    /// As `send`, with the head of the answer.
    pub(crate) fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).expect("the head is sent");
        stream.write_all(body).expect("the body is sent");
        stream.shutdown(std::net::Shutdown::Write).expect("the request ends");
        let mut answer = Vec::new();
        // A broken connection leaves what came before it.
        let _ = stream.read_to_end(&mut answer);
        parsed(&answer).unwrap_or_default()
    }

    fn with_key(&self, path: &str, body: &Value) -> (u16, Value) {
        let key = basic("api", KEY);
        let headers = [("Authorization", key.as_str()), ("Content-Type", "application/json")];
        let (status, answer) = self.send("POST", path, &headers, body.to_string().as_bytes());
        (status, serde_json::from_slice(&answer).unwrap_or_default())
    }

    pub(crate) fn graphql(&self, query: &str, variables: &Value) -> (u16, Value) {
        self.with_key("/graphql", &json!({ "query": query, "variables": variables }))
    }

    pub(crate) fn stream(&self, body: &Value) -> (u16, Value) {
        self.with_key("/files/tester/p/r/file_stream", body)
    }

    pub(crate) fn upsert(&self, variables: Value) -> (u16, Value) {
        self.graphql(UPSERT, &variables)
    }

    pub(crate) fn create_files(&self, names: &[&str]) -> (u16, Value) {
        self.graphql(CREATE_FILES, &json!({ "files": names }))
    }

    /// The path of a signed URL for a file of the run.
    pub(crate) fn upload_url(&self, name: &str) -> String {
        let (_, answer) = self.create_files(&[name]);
        self.path_of(&answer["data"]["createRunFiles"]["files"][0]["uploadUrl"])
    }

    pub(crate) fn put_file(&self, name: &str, bytes: &[u8]) {
        let url = self.upload_url(name);
        assert_eq!(self.send("PUT", &url, &[("X-Signed-For", "strict")], bytes).0, 200);
    }

    /// What comes after the host in a URL.
    pub(crate) fn path_of(&self, url: &Value) -> String {
        let url = url.as_str().unwrap_or_default();
        url.trim_start_matches("http://").trim_start_matches(&self.address).to_owned()
    }
}

fn parsed(answer: &[u8]) -> Option<(u16, String, Vec<u8>)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..end].to_vec()).ok()?;
    let body = answer[end + 4..].to_vec();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length =
        head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?.parse::<usize>().ok()?;
    (body.len() == length).then_some((status, head, body))
}
