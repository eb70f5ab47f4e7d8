//! The messages of the log, as far as they matter here. What is not named is skipped when it is read.
//!
//! Field numbers are those of the stock client's `wandb_internal.proto`.

use prost::{Message, Oneof};

/// One entry of the log.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Record {
    /// From 1, in the order of the log.
    #[prost(int64, tag = "1")]
    pub(crate) num: i64,
    #[prost(oneof = "Body", tags = "2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 17, 18, 21, 22, 26")]
    pub(crate) body: Option<Body>,
}

/// What a record says.
#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Body {
    #[prost(message, tag = "2")]
    History(History),
    #[prost(message, tag = "3")]
    Summary(Update),
    #[prost(message, tag = "4")]
    Output(Output),
    #[prost(message, tag = "5")]
    Config(Update),
    #[prost(message, tag = "6")]
    Files(Files),
    #[prost(message, tag = "7")]
    Stats(Stats),
    #[prost(message, boxed, tag = "8")]
    Artifact(Box<ArtifactRecord>),
    #[prost(message, tag = "11")]
    Telemetry(Telemetry),
    #[prost(message, tag = "12")]
    Metric(Metric),
    #[prost(message, tag = "13")]
    OutputRaw(Output),
    // Boxed, as the artifact is: they are the largest, and there is one a log.
    #[prost(message, boxed, tag = "17")]
    Run(Box<RunRecord>),
    #[prost(message, tag = "18")]
    Exit(Exit),
    #[prost(message, tag = "21")]
    Header(Header),
    #[prost(message, tag = "22")]
    Footer(Footer),
    #[prost(message, tag = "26")]
    Environment(Environment),
}

/// A key and its value, in history, summary, config and statistics.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Item {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    /// In place of `key`, for a value inside of another.
    #[prost(string, repeated, tag = "2")]
    pub(crate) nested_key: Vec<String>,
    /// JSON, in which `NaN` and `Infinity` stand bare.
    #[prost(string, tag = "16")]
    pub(crate) value_json: String,
    /// Later clients write the values of history by their types; read here, never written.
    #[prost(oneof = "Typed", tags = "3, 4, 5, 6, 7, 8")]
    pub(crate) typed: Option<Typed>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Typed {
    #[prost(int32, tag = "3")]
    None(i32),
    #[prost(bool, tag = "4")]
    Boolean(bool),
    #[prost(sint64, tag = "5")]
    Integer(i64),
    #[prost(double, tag = "6")]
    Number(f64),
    #[prost(string, tag = "7")]
    Text(String),
    #[prost(string, tag = "8")]
    Json(String),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct History {
    #[prost(message, repeated, tag = "1")]
    pub(crate) item: Vec<Item>,
    #[prost(message, optional, tag = "2")]
    pub(crate) step: Option<Step>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Step {
    #[prost(int64, tag = "1")]
    pub(crate) num: i64,
}

/// Of the summary or the configuration.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Update {
    #[prost(message, repeated, tag = "1")]
    pub(crate) update: Vec<Item>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) remove: Vec<Item>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Output {
    /// 0 standard error, 1 standard output.
    #[prost(int32, tag = "1")]
    pub(crate) output_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) timestamp: Option<Timestamp>,
    /// With its newline.
    #[prost(string, tag = "3")]
    pub(crate) line: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Files {
    #[prost(message, repeated, tag = "1")]
    pub(crate) files: Vec<FileItem>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FileItem {
    /// Below `files/`.
    #[prost(string, tag = "1")]
    pub(crate) path: String,
    /// 0 now, 1 at the end, 2 live.
    #[prost(int32, tag = "2")]
    pub(crate) policy: i32,
    /// 0 other, 1 W&B's own, 2 media, 3 artifact.
    #[prost(int32, tag = "3")]
    pub(crate) kind: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Stats {
    #[prost(int32, tag = "1")]
    pub(crate) stats_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) timestamp: Option<Timestamp>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) item: Vec<Item>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ArtifactRecord {
    #[prost(string, tag = "1")]
    pub(crate) run_id: String,
    #[prost(string, tag = "2")]
    pub(crate) project: String,
    #[prost(string, tag = "3")]
    pub(crate) entity: String,
    #[prost(string, tag = "4")]
    pub(crate) kind: String,
    #[prost(string, tag = "5")]
    pub(crate) name: String,
    #[prost(string, tag = "6")]
    pub(crate) digest: String,
    #[prost(string, tag = "7")]
    pub(crate) description: String,
    /// JSON.
    #[prost(string, tag = "8")]
    pub(crate) metadata: String,
    #[prost(bool, tag = "9")]
    pub(crate) user_created: bool,
    #[prost(string, repeated, tag = "11")]
    pub(crate) aliases: Vec<String>,
    #[prost(message, optional, tag = "12")]
    pub(crate) manifest: Option<Manifest>,
    #[prost(bool, tag = "14")]
    pub(crate) finalize: bool,
    #[prost(string, tag = "15")]
    pub(crate) client_id: String,
    #[prost(string, tag = "16")]
    pub(crate) sequence_client_id: String,
    #[prost(string, tag = "20")]
    pub(crate) digest_algorithm: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Manifest {
    #[prost(int32, tag = "1")]
    pub(crate) version: i32,
    #[prost(string, tag = "2")]
    pub(crate) storage_policy: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) storage_policy_config: Vec<PolicyItem>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) contents: Vec<ManifestEntry>,
    /// Where a very large manifest of the stock client is; none of ours is.
    #[prost(string, tag = "5")]
    pub(crate) manifest_file_path: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PolicyItem {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value_json: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ManifestEntry {
    #[prost(string, tag = "1")]
    pub(crate) path: String,
    /// Base64 of the MD5 of the bytes.
    #[prost(string, tag = "2")]
    pub(crate) digest: String,
    #[prost(int64, tag = "4")]
    pub(crate) size: i64,
    #[prost(string, tag = "6")]
    pub(crate) local_path: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Telemetry {
    #[prost(string, tag = "4")]
    pub(crate) python_version: String,
    #[prost(string, tag = "5")]
    pub(crate) cli_version: String,
    #[prost(string, tag = "13")]
    pub(crate) platform: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metric {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) glob_name: String,
    #[prost(string, tag = "4")]
    pub(crate) step_metric: String,
    #[prost(message, optional, tag = "6")]
    pub(crate) options: Option<MetricOptions>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct MetricOptions {
    /// A row without the step metric gets its last value.
    #[prost(bool, tag = "1")]
    pub(crate) step_sync: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RunRecord {
    #[prost(string, tag = "1")]
    pub(crate) run_id: String,
    #[prost(string, tag = "2")]
    pub(crate) entity: String,
    #[prost(string, tag = "3")]
    pub(crate) project: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) config: Option<Update>,
    #[prost(message, optional, tag = "5")]
    pub(crate) summary: Option<Update>,
    #[prost(string, tag = "6")]
    pub(crate) run_group: String,
    #[prost(string, tag = "7")]
    pub(crate) job_type: String,
    #[prost(string, tag = "8")]
    pub(crate) display_name: String,
    #[prost(string, tag = "9")]
    pub(crate) notes: String,
    #[prost(string, repeated, tag = "10")]
    pub(crate) tags: Vec<String>,
    #[prost(string, tag = "12")]
    pub(crate) sweep_id: String,
    #[prost(string, tag = "13")]
    pub(crate) host: String,
    #[prost(int64, tag = "14")]
    pub(crate) starting_step: i64,
    #[prost(message, optional, tag = "17")]
    pub(crate) start_time: Option<Timestamp>,
    #[prost(bool, tag = "18")]
    pub(crate) resumed: bool,
    #[prost(message, optional, tag = "19")]
    pub(crate) telemetry: Option<Telemetry>,
    #[prost(int32, tag = "20")]
    pub(crate) runtime: i32,
    #[prost(message, optional, tag = "21")]
    pub(crate) git: Option<Git>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Git {
    #[prost(string, tag = "1")]
    pub(crate) remote_url: String,
    #[prost(string, tag = "2")]
    pub(crate) commit: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Exit {
    #[prost(int32, tag = "1")]
    pub(crate) exit_code: i32,
    /// Seconds.
    #[prost(int32, tag = "2")]
    pub(crate) runtime: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Header {
    #[prost(message, optional, tag = "1")]
    pub(crate) version_info: Option<VersionInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct VersionInfo {
    #[prost(string, tag = "1")]
    pub(crate) producer: String,
    #[prost(string, tag = "2")]
    pub(crate) min_consumer: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Footer {}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Environment {
    #[prost(string, tag = "1")]
    pub(crate) os: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) started_at: Option<Timestamp>,
    #[prost(string, tag = "6")]
    pub(crate) program: String,
    #[prost(string, tag = "11")]
    pub(crate) root: String,
    #[prost(string, tag = "12")]
    pub(crate) host: String,
    #[prost(string, tag = "14")]
    pub(crate) executable: String,
    #[prost(uint32, tag = "16")]
    pub(crate) cpu_count: u32,
    #[prost(uint32, tag = "17")]
    pub(crate) cpu_count_logical: u32,
    #[prost(message, optional, tag = "21")]
    pub(crate) memory: Option<Memory>,
    #[prost(message, optional, tag = "22")]
    pub(crate) cpu: Option<Cpu>,
    #[prost(string, tag = "199")]
    pub(crate) writer_id: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Memory {
    /// Bytes.
    #[prost(uint64, tag = "1")]
    pub(crate) total: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Cpu {
    #[prost(string, tag = "3")]
    pub(crate) model: String,
}
