//! One Weights & Biases run, without Python.
//!
//! Every record of a [`Run`] goes first into the *transaction log* in its directory, in the format of W&B's own client,
//! so that `wandb sync` uploads it too. Online, a thread reads that log and uploads it: it never blocks the program,
//! survives outages, and holds no more than a few megabytes, however long the server is away. [`sync`] uploads what is
//! left, from where the server stands.
//!
//! ```
//! use wandb_run::{About, Artifact, Histogram, Mode, Run, Settings};
//!
//! # let folder = tempfile::tempdir()?;
//! # let settings = wandb_run::doc_settings(folder.path());
//! // `Settings` are plain data; this one has `mode: Mode::Offline`.
//! let config = serde_json::json!({"lr": 0.001, "model": {"dim": 64}});
//! let mut run = Run::start(settings, config, About::default())?;
//! run.log_artifact(Artifact {
//!     name: "config".to_owned(),
//!     kind: "config".to_owned(),
//!     files: vec![("config.yaml".to_owned(), b"lr: 0.001\n".to_vec())],
//!     ..Artifact::default()
//! })?;
//! for step in 0..3 {
//!     run.log(step, &[("train/loss", 0.5.into()), ("weights", Histogram::of(&[0.1, 0.2], 8).into())])?;
//! }
//! let summary = run.finish(0);
//! assert!(summary.dir.is_some_and(|dir| dir.join(format!("run-{}.wandb", "a1b2c3d4")).is_file()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod files;
mod json;
mod json_parse;
mod log;
mod parts;
mod run;
pub mod settings;
mod sync;
mod upload;

pub use error::Error;
pub use json::Json;
pub use run::{About, Artifact, Histogram, Image, Run, Stream, Summary, Value, without_password};
pub use settings::{ApiKey, Mode, Resume, Settings};
pub use sync::{Synced, sync, sync_within};

/// The stock client whose behaviour this crate has, and what it says it is: servers look at it, and who reads a log.
const PROTOCOL: &str = "0.31.0";

/// Settings for the examples of this documentation.
#[doc(hidden)]
pub fn doc_settings(dir: &std::path::Path) -> Settings {
    use std::time::Duration;
    Settings {
        mode: Mode::Offline,
        base_url: "https://api.wandb.ai".to_owned(),
        api_key: None,
        entity: None,
        project: "uncategorized".to_owned(),
        run_id: "a1b2c3d4".to_owned(),
        name: None,
        notes: None,
        tags: Vec::new(),
        group: None,
        job_type: None,
        resume: Resume::No,
        dir: dir.to_owned(),
        sweep_id: None,
        http_timeout: Duration::from_secs(20),
        upload_interval: Duration::from_secs(15),
        silent: true,
    }
}
