//! What a run is set to, from the places where W&B's users set it.
//!
//! Low to high, as in the stock client:
//!
//! 1. defaults: project `uncategorized`, W&B's own server
//! 2. `~/.config/wandb/settings`, or `$WANDB_CONFIG_DIR/settings`
//! 3. `./wandb/settings`
//! 4. the environment, `WANDB_*`
//! 5. the program ([`Overrides`]). In a sweep (`WANDB_SWEEP_ID`), project, entity and run id are those of the agent, and the
//!    program's are dropped with a warning.
//!
//! | variable | key in the files | |
//! |---|---|---|
//! | `WANDB_MODE` | `mode` | `online`, `offline`, `disabled`; `run` and `dryrun` are the older names of the first two |
//! | `WANDB_BASE_URL` | `base_url` | the server |
//! | `WANDB_API_KEY` | `api_key` | see below |
//! | `WANDB_PROJECT`, `WANDB_ENTITY` | `project`, `entity` | where the run belongs |
//! | `WANDB_RUN_ID` | `run_id` | made if it is not given |
//! | `WANDB_NAME`, `WANDB_NOTES` | `run_name`, `run_notes` | shown |
//! | `WANDB_TAGS` | `run_tags` | separated by commas; in a file it is a single tag |
//! | `WANDB_RUN_GROUP`, `WANDB_JOB_TYPE` | `run_group`, `run_job_type` | what belongs together |
//! | `WANDB_RESUME` | `resume` | `never`, `allow`, `must`, `auto` |
//! | `WANDB_DIR` | | the folder that gets `wandb/` |
//! | `WANDB_SWEEP_ID`, `WANDB_SWEEP_PARAM_PATH` | `sweep_id`, `sweep_param_path` | set by `wandb agent` |
//! | `WANDB_SILENT`, `WANDB_QUIET` | `silent`, `quiet` | no notices; no notices but warnings |
//! | `WANDB_HTTP_TIMEOUT` | `x_graphql_timeout_seconds` | seconds |
//! | `WANDB_CONFIG_DIR`, `NETRC` | | where settings and keys are read |
//!
//! `WANDB_CACHE_DIR` and `WANDB_DATA_DIR` say where the stock client keeps what it downloads and stages; nothing is kept
//! there by this one, so they change nothing.
//!
//! The key is that of the program, else `WANDB_API_KEY`, else that of netrc, else `api_key` of the settings files. Without
//! one a run is written offline, and a notice says so: nobody is ever asked for a login.
//!
//! Where the stock client differs: a variable that is set to nothing counts as not set; a settings file with a value that
//! is refused is an error here, where the stock client prints one and goes on without *any* of its values; and a
//! key that cannot be one costs a warning, not the run.
//!
//! ```
//! use wandb_run::settings::{Folders, Mode, Overrides, Settings};
//! let home = tempfile::tempdir()?;
//! let folders = Folders { home: Some(home.path().to_owned()), current: home.path().to_owned() };
//! let environment = |name: &str| (name == "WANDB_PROJECT").then(|| "faces".to_owned());
//! let program = Overrides { group: Some("sweep".into()), ..Overrides::default() };
//! let loaded = Settings::load(program, &environment, &folders)?;
//! assert_eq!(loaded.settings.project, "faces");
//! assert_eq!(loaded.settings.group.as_deref(), Some("sweep"));
//! assert_eq!(loaded.settings.mode, Mode::Offline);
//! assert!(loaded.notices[0].text.contains("no API key"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod ini;
mod key;
mod layers;
mod load;
mod netrc;
pub(crate) mod server;
mod values;

pub use error::{Error, Problem};
pub use key::ApiKey;
pub use load::{Folders, Level, Loaded, Notice, Overrides};

use std::path::PathBuf;
use std::time::Duration;

/// Where records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Into the log, and from there to the server.
    Online,
    /// Into the log, which can be uploaded later.
    Offline,
    /// Nowhere.
    Disabled,
}

/// What happens if the server has a run of this id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// It is an error.
    Never,
    /// That run goes on; without one, a run begins.
    Allow,
    /// That run goes on; without one, it is an error.
    Must,
    /// That run goes on, also under an id that the last run of this folder left.
    Auto,
    /// Nobody said: that run is written over.
    #[default]
    No,
}

/// What a run is set to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where records go.
    pub mode: Mode,
    /// The server, without a slash at the end: `https://api.wandb.ai`.
    pub base_url: String,
    /// What the server knows the user by. Some, if the mode is online.
    pub api_key: Option<ApiKey>,
    /// The user or team that the project belongs to; none: the user's default.
    pub entity: Option<String>,
    /// The project, at most 128 characters.
    pub project: String,
    /// Unique in the project.
    pub run_id: String,
    /// What the run is called; none: the server makes a name.
    pub name: Option<String>,
    /// About the run, in Markdown.
    pub notes: Option<String>,
    /// For filtering, each 1 to 64 characters.
    pub tags: Vec<String>,
    /// Runs that belong together, such as the jobs of a sweep.
    pub group: Option<String>,
    /// What the run does: `train`, `eval`.
    pub job_type: Option<String>,
    /// What happens if the server has a run of this id.
    pub resume: Resume,
    /// The folder that gets `wandb/`.
    pub dir: PathBuf,
    /// The W&B sweep that the run is of.
    pub sweep_id: Option<String>,
    /// How long one request may take.
    pub http_timeout: Duration,
    /// The time between two uploads.
    pub upload_interval: Duration,
    /// Nothing is printed.
    pub silent: bool,
}
