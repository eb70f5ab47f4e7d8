//! What the server knows: runs, artifacts, uploads, and what it refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value};

use super::artifacts::{Artifact, Manifest};
use super::storage::Upload;
use super::sweeps::{Queue, Sweep};

/// The user whom every valid key belongs to, and the entity of runs that name none.
pub(crate) const USER: &str = "tester";

/// Everything that happens at the server happens at this time, so that its answers are the same in every test.
pub(crate) const NOW: &str = "2026-01-01T00:00:00";

/// Why a request is refused. Each one is also kept as a violation.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The rule that was broken, for tests to look for.
    pub(crate) rule: &'static str,
    pub(crate) message: String,
}

/// A refusal with the status that the service gives to nonsense.
pub(crate) fn refuse(rule: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status: 400, rule, message: message.into() }
}

/// What names a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunKey {
    pub(crate) entity: String,
    pub(crate) project: String,
    pub(crate) name: String,
}

impl RunKey {
    pub(crate) fn new(entity: &str, project: &str, name: &str) -> Self {
        Self { entity: entity.to_owned(), project: project.to_owned(), name: name.to_owned() }
    }

    /// The service's own id, as opaque as there.
    pub(crate) fn storage_id(&self) -> String {
        BASE64_STANDARD.encode(format!("Run:v1:{}:{}:{}", self.name, self.project, self.entity))
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.entity, self.project, self.name)
    }
}

/// One run.
#[derive(Default)]
pub(crate) struct Run {
    /// What `UpsertBucket` said last, by the names of its input: `displayName`, `config`, `tags`, ….
    pub(crate) fields: Map<String, Value>,
    pub(crate) state: &'static str,
    pub(crate) exit_code: Option<i64>,
    pub(crate) history: Vec<String>,
    pub(crate) events: Vec<String>,
    pub(crate) output: BTreeMap<u64, String>,
    /// What the stream said last; before that, what `UpsertBucket` said.
    pub(crate) summary: Option<String>,
    /// Files that were really PUT.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Files that the stream called uploaded.
    pub(crate) uploaded: BTreeSet<String>,
    /// Whether the stream said `complete`, and nobody has resumed the run since.
    pub(crate) complete: bool,
    /// How often it was started: once, and once more for each time it was resumed.
    pub(crate) sessions: u64,
    /// Whether a client has asked where to resume since the last `UpsertBucket`.
    pub(crate) asked: bool,
    /// Whether the answer to the last post did not reach the client, so that it may send it again.
    pub(crate) answer_lost: bool,
    /// The last post's body, to know it again.
    pub(crate) last_post: Vec<u8>,
    /// Posts of which nothing was taken, because they had been before.
    pub(crate) repeated: u64,
    pub(crate) posts: u64,
    /// Artifacts that the run used, by id.
    pub(crate) used: Vec<String>,
}

impl Run {
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    pub(crate) fn summary(&self) -> &str {
        self.summary.as_deref().or_else(|| self.text("summaryMetrics")).unwrap_or("{}")
    }
}

/// A rule that was broken.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) rule: String,
    pub(crate) message: String,
}

/// All of it.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) url: String,
    pub(crate) runs: BTreeMap<RunKey, Run>,
    pub(crate) artifacts: BTreeMap<String, Artifact>,
    pub(crate) manifests: BTreeMap<String, Manifest>,
    /// By the last part of their URL.
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) sweeps: Vec<Sweep>,
    pub(crate) queue: Queue,
    pub(crate) violations: Vec<Violation>,
    /// One line a request, oldest first.
    pub(crate) requests: Vec<String>,
    /// How many requests had an `Authorization` header.
    pub(crate) with_key: u64,
    pub(crate) next_id: u64,
}

impl State {
    /// An id that no other thing has: base64, as the service's are.
    pub(crate) fn new_id(&mut self, kind: &str) -> String {
        self.next_id += 1;
        BASE64_STANDARD.encode(format!("{kind}:{}", self.next_id))
    }

    pub(crate) fn violated(&mut self, rule: &str, message: String) {
        self.violations.push(Violation { rule: rule.to_owned(), message });
    }

    /// The run, or a refusal as from the service.
    pub(crate) fn run(&mut self, key: &RunKey) -> Result<&mut Run, Refusal> {
        self.runs.get_mut(key).ok_or_else(|| Refusal {
            status: 404,
            rule: "unknown-run",
            message: format!("there is no run {key}"),
        })
    }

    /// The key of the run with this storage id.
    pub(crate) fn key_of(&self, storage_id: &str) -> Option<RunKey> {
        self.runs.keys().find(|key| key.storage_id() == storage_id).cloned()
    }
}
