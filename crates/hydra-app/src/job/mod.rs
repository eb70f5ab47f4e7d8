//! A job: a directory with a frozen configuration, and the process that works on it.
//!
//! | file | written by | says |
//! |---|---|---|
//! | `config.yaml` | whoever plans the job | its configuration: complete, resolved, never changed |
//! | `job.json` | whoever plans the job | its number, overrides, environment, command ([`JobRecord`]) |
//! | `provenance.json` | whoever plans the job | where each value of the configuration came from |
//! | `status.json` | its runner | where it stands ([`Status`]) |
//! | `.lock` | its runner | nothing; it is locked while the runner is there |
//!
//! - `record`: `job.json`
//! - `provenance`: `provenance.json`
//! - `folder`: the directory, written when the job is planned
//! - `status`: `status.json`, and what it says about a job that died without a word
//! - `runner`: runs a job
//! - `watch`: its worker, while it runs
//! - `progress`: how far it is, from what it wrote
//! - `ending`: how it ended, in words
//! - `process`, `signals`: what the system knows of it

mod ending;
mod folder;
mod process;
mod progress;
mod provenance;
mod record;
mod runner;
mod signals;
mod status;
mod watch;

pub use folder::{JobPlan, check, write};
pub use process::{Life, Process};
pub use progress::Progress;
pub use provenance::{PROVENANCE, provenance};
pub use record::{JOB, JobRecord};
pub use runner::{Outcome, Runner, STDERR, STDOUT, Streams, ask_to_stop, wait_for};
pub use status::{STATUS, State, Status};
pub use watch::Passing;

pub(crate) use record::{FORMAT, hash, read_json};
pub(crate) use signals::{HANGUP, Signals, USER2, send};
