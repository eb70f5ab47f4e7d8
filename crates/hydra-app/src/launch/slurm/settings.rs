//! What `hydra/launcher=slurm` takes: the names of hydra-submitit-launcher, checked.
//! <https://hydra.cc/docs/plugins/submitit_launcher/>

use hydra_compose::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Settings of `hydra/launcher=slurm`. What is null is left to the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlurmSettings {
    /// Time limit of a job, in minutes.
    #[schemars(range(min = 1))]
    pub timeout_min: u32,
    /// `--partition`
    pub partition: Option<String>,
    /// `--qos`
    pub qos: Option<String>,
    /// `--account`
    pub account: Option<String>,
    /// Machines for each job.
    #[schemars(range(min = 1))]
    pub nodes: u32,
    /// Tasks on each machine. The worker is started once a job; what starts further tasks is its own affair (`srun`).
    #[schemars(range(min = 1))]
    pub tasks_per_node: u32,
    /// CPUs for each task; the job is told to use as many threads.
    #[schemars(range(min = 1))]
    pub cpus_per_task: Option<u32>,
    /// Memory of each machine, in GiB.
    #[schemars(range(min = 1))]
    pub mem_gb: Option<u32>,
    /// Memory for each CPU, as Slurm spells it (`4G`).
    pub mem_per_cpu: Option<String>,
    /// Memory for each GPU, as Slurm spells it.
    pub mem_per_gpu: Option<String>,
    /// GPUs on each machine.
    pub gpus_per_node: Option<Gpus>,
    /// GPUs for each task.
    pub gpus_per_task: Option<Gpus>,
    /// CPUs for each GPU.
    #[schemars(range(min = 1))]
    pub cpus_per_gpu: Option<u32>,
    /// `--gres`
    pub gres: Option<String>,
    /// `--constraint`
    pub constraint: Option<String>,
    /// Machines to keep off.
    pub exclude: Option<String>,
    /// `--comment`
    pub comment: Option<String>,
    /// Name of the jobs in the queue.
    pub name: String,
    /// How many jobs run at once.
    #[schemars(range(min = 1))]
    pub array_parallelism: u32,
    /// Seconds before its time limit at which a job is asked to save. Slurm looks at it once a minute.
    pub signal_delay_s: u32,
    /// How often a job that ran out of time is queued again.
    pub max_num_timeout: u32,
    /// One file for the output of the task and its errors.
    pub stderr_to_stdout: bool,
    /// Read for compatibility; the logs are in the run directories, and those of Slurm itself in `slurm/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitit_folder: Option<String>,
    /// Lines of shell before the job.
    pub setup: Option<Vec<String>>,
    /// Further options of sbatch: `{mail_type: END, exclusive: true}` is `--mail-type=END --exclusive`.
    pub additional_parameters: BTreeMap<String, Value>,
}

/// A number of GPUs, or type and number as Slurm spells them (`a100:2`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Gpus {
    /// So many of any type.
    Number(u32),
    /// Type and number.
    Typed(String),
}

impl std::fmt::Display for Gpus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Typed(typed) => typed.fmt(f),
        }
    }
}

/// Options of sbatch that a launch gives itself.
const OURS: [&str; 12] = [
    "array",
    "chdir",
    "error",
    "export",
    "no-requeue",
    "open-mode",
    "output",
    "parsable",
    "requeue",
    "signal",
    "time",
    "wrap",
];

impl SlurmSettings {
    /// What the types cannot say.
    ///
    /// # Errors
    /// Two settings that Slurm does not take together, a further option that is no name.
    pub(in crate::launch) fn check(&self) -> Result<()> {
        let mut errors = Vec::new();
        let memory = [
            ("mem_gb", self.mem_gb.is_some()),
            ("mem_per_cpu", self.mem_per_cpu.is_some()),
            ("mem_per_gpu", self.mem_per_gpu.is_some()),
        ];
        let given: Vec<&str> = memory.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        if given.len() > 1 {
            let message = format!("hydra.launcher: Slurm takes one of {}", given.join(" and "));
            errors.push(Error::new(Code::InvalidValue, message).help("leave the others null"));
        }
        for (name, value) in &self.additional_parameters {
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
            let option = name.replace('_', "-");
            if OURS.contains(&option.as_str()) {
                let message =
                    format!("hydra.launcher.additional_parameters.{name}: sweeps of this program rely on it");
                let help =
                    "there are timeout_min, signal_delay_s, array_parallelism, nodes and tasks_per_node";
                errors.push(Error::new(Code::InvalidValue, message).help(help));
                continue;
            }
            if !is_name || value.is_array() || value.is_object() {
                let message = format!("hydra.launcher.additional_parameters.{name} is no option of sbatch");
                errors.push(
                    Error::new(Code::InvalidValue, message).help("for --mail-type=END write mail_type: END"),
                );
            }
        }
        Error::several(errors).map_or(Ok(()), Err)
    }

    /// What a person should know before submitting.
    pub(super) fn warning(&self) -> Option<String> {
        // Slurm may send the signal up to a minute early.
        let early = self.signal_delay_s.saturating_add(60);
        (early >= self.timeout_min.saturating_mul(60)).then(|| {
            format!(
                "with timeout_min={} and signal_delay_s={} jobs may be asked to save as soon as they start",
                self.timeout_min, self.signal_delay_s
            )
        })
    }
}
