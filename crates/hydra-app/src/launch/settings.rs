//! What `hydra.launcher` says.

use super::slurm::SlurmSettings;
use hydra_compose::tree::{Map, Node, Value};
use hydra_compose::{Code, Config, Error, Result, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of a launcher; which one, says the `_target_` that its option under `hydra/launcher` gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "_target_")]
pub enum LauncherSettings {
    /// `hydra/launcher=basic`: one job after another, each with the whole machine.
    #[serde(rename = "hydra._internal.core_plugins.basic_launcher.BasicLauncher")]
    Basic(BasicSettings),
    /// `hydra/launcher=local`: several at once on this machine.
    #[serde(rename = "hydra_app.launcher.Local")]
    Local(LocalSettings),
    /// `hydra/launcher=slurm`: on a cluster.
    #[serde(rename = "hydra_app.launcher.Slurm")]
    Slurm(Box<SlurmSettings>),
}

/// Nothing to be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicSettings {}

/// Settings of `hydra/launcher=local`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalSettings {
    /// How many jobs run at once; null: as many as the GPUs take, or without GPUs one for each core; -1: one for each core.
    #[schemars(range(min = -1))]
    pub n_jobs: Option<i64>,
    /// Threads that each job is told to use (`OMP_NUM_THREADS` and its kin); null: the cores, divided by the jobs.
    #[schemars(range(min = 1))]
    pub threads_per_job: Option<u32>,
    /// GPUs that the jobs share, as in `CUDA_VISIBLE_DEVICES`; null: all that this process sees; []: none.
    pub gpus: Option<Vec<Gpu>>,
    /// How many jobs share one GPU.
    #[schemars(range(min = 1))]
    pub jobs_per_gpu: u32,
}

/// A GPU, by number or UUID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Gpu {
    /// Its number.
    Number(u32),
    /// `GPU-…` or `MIG-…`.
    Uuid(String),
}

/// Options of `hydra/launcher`.
const OPTIONS: [&str; 3] = ["basic", "local", "slurm"];

/// What a launcher is called by in the Python plugins, and here.
const ALIASES: [(&str, &str); 1] =
    [("hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher", "hydra_app.launcher.Slurm")];

/// The place of the settings in a configuration, so that errors give whole keys.
#[derive(Deserialize, JsonSchema)]
struct Root {
    hydra: Hydra,
}

#[derive(Deserialize, JsonSchema)]
struct Hydra {
    launcher: LauncherSettings,
}

impl LauncherSettings {
    /// Reads the settings of a sweep.
    ///
    /// # Errors
    /// Every setting that is unknown, of the wrong type or out of range; a launcher that is not here.
    pub fn read(master: &Config) -> Result<Self> {
        let node: Option<Node> = master.resolve_at("hydra.launcher")?;
        let Some(mut node) = node else {
            return Err(Error::new(Code::MissingValue, "there is no launcher: hydra.launcher is not set"));
        };
        let target = node.as_map_mut().and_then(|map| map.get_mut("_target_"));
        if let Some(target) = target
            && let Some((_, here)) = ALIASES.iter().find(|(python, _)| target.as_str() == Some(*python))
        {
            target.value = Value::Str((*here).into());
        }
        let target = node.get("_target_");
        let known = typed::schema_of::<Self>();
        let is_known = target
            .and_then(Node::as_str)
            .is_some_and(|target| known.to_string().contains(&serde_json::Value::from(target).to_string()));
        if !is_known {
            let name = target.and_then(Node::as_str).unwrap_or("not named");
            return Err(Error::new(
                Code::InvalidValue,
                format!("the launcher is '{name}', which is not here"),
            )
            .label(&target.unwrap_or(&node).origin, "")
            .help(format!("choose one: hydra/launcher={}", OPTIONS.join("|"))));
        }
        let under = |key: &str, node: Node| {
            let origin = node.origin.clone();
            let mut map = Map::new();
            map.insert(key.into(), origin.clone(), node);
            Node::new(Value::Map(map), origin)
        };
        let root: Root = typed::validate(&under("hydra", under("launcher", node)))?;
        if let Self::Local(LocalSettings { n_jobs: Some(0), .. }) = &root.hydra.launcher {
            return Err(Error::new(
                Code::InvalidValue,
                "hydra.launcher.n_jobs is 0, and then no job would run",
            )
            .help("null: as many as the machine takes; -1: one for each core"));
        }
        if let Self::Slurm(settings) = &root.hydra.launcher {
            settings.check()?;
        }
        Ok(root.hydra.launcher)
    }
}
