//! `wandb`: tracking in Weights & Biases

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Weights & Biases. What is null here is as in W&B's environment variables and settings files; it changes nothing of what a
/// run computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wandb {
    /// Where records go; null: `WANDB_MODE`, else `online` if there is an API key and `offline` if there is none.
    pub mode: Option<WandbMode>,
    /// The project, at most 128 characters, without `/ \ # ? % :`; null: `WANDB_PROJECT`, else `uncategorized`.
    #[schemars(length(max = 128), regex(pattern = r"^[^/\\#?%:]+$"))]
    pub project: Option<String>,
    /// The user or team that the project belongs to; null: `WANDB_ENTITY`, else the user's default.
    #[schemars(length(min = 1))]
    pub entity: Option<String>,
    /// What the run is called; null: `WANDB_NAME`, else a name that W&B makes.
    #[schemars(length(min = 1))]
    pub name: Option<String>,
    /// Runs that belong together; null: `WANDB_RUN_GROUP`, else the jobs of a sweep share one.
    #[schemars(length(min = 1))]
    pub group: Option<String>,
    /// For filtering, each 1 to 64 characters; null: `WANDB_TAGS`.
    #[schemars(inner(length(min = 1, max = 64)))]
    pub tags: Option<Vec<String>>,
    /// About the run, in Markdown; null: `WANDB_NOTES`.
    pub notes: Option<String>,
    /// What the run does; null: `WANDB_JOB_TYPE`.
    #[schemars(length(min = 1))]
    pub job_type: Option<String>,
    /// Loss, learning rate and speed after every N steps, of those that `training.log_every` writes.
    #[schemars(range(min = 1))]
    pub log_every: u64,
    /// The inputs of the first batch and the samples of each epoch, too.
    pub images: bool,
    /// Seconds that the end of a run waits for a server that takes nothing; what is left is uploaded by `ddpm wandb sync`.
    #[schemars(range(max = 86400))]
    pub finish_timeout: u64,
}

/// Where records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WandbMode {
    /// Into the run's log, and from there to the server.
    Online,
    /// Into the run's log, which can be uploaded later.
    Offline,
    /// Nowhere.
    Disabled,
}
