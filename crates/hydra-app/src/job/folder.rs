//! Writing a job's directory: what was planned, frozen.

use super::provenance::{PROVENANCE, provenance};
use super::record::{FORMAT, JOB, JobRecord, hash};
use crate::files::{Durability, replace};
use crate::run_dir::{FROZEN, RunDirError, text};
use hydra_compose::interpolation::python_str;
use hydra_compose::tree::{Key, Map, Node, Origin, Value};
use hydra_compose::{Code, Config, Error, yaml};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// What a job is, besides its configuration.
#[derive(Clone, Debug, Default)]
pub struct JobPlan {
    /// Its number in its sweep.
    pub num: Option<usize>,
    /// Overrides of the run that it repeats; those of its configuration come after them.
    pub earlier_overrides: Vec<String>,
    /// Where it was asked for.
    pub cwd: PathBuf,
    /// The command that does it, if it is not the program's own worker.
    pub command: Option<Vec<String>>,
    /// The run that it repeats.
    pub rerun_of: Option<PathBuf>,
}

/// Writes all that a job's directory has before it runs: the frozen configuration, `job.json`, and the three files that
/// Hydra writes: `<output_subdir>/config.yaml`, `hydra.yaml` (both as composed, unresolved) and `overrides.yaml`.
///
/// `config` knows its `hydra.runtime.output_dir`. The directory is there and empty: nothing in it is overwritten, and what
/// makes it complete is written last.
///
/// # Errors
/// A file cannot be written, a setting of the node `hydra` is wrong, or an interpolation leads nowhere.
pub fn write(
    run_dir: &Path,
    config: &Config,
    plan: JobPlan,
    durability: Durability,
) -> Result<JobRecord, RunDirError> {
    let resolved = config.resolve()?;
    let frozen = yaml::dump(&resolved);
    let record = record(run_dir, config, plan, &frozen)?;
    if let Some(subdir) = &record.output_subdir {
        let subdir = run_dir.join(subdir);
        fs::create_dir_all(&subdir).map_err(|source| RunDirError::Io { path: subdir.clone(), source })?;
        let put = |name: &str, node: &Node| put(&subdir.join(name), &yaml::dump(node), durability);
        put("config.yaml", config.job())?;
        put("hydra.yaml", &hydra_part(config))?;
        put("overrides.yaml", &list(&record.overrides))?;
    }
    let json =
        serde_json::to_string_pretty(&record).map_err(|error| failed(&run_dir.join(JOB), error.into()))?;
    put(&run_dir.join(JOB), &(json + "\n"), durability)?;
    put(&run_dir.join(PROVENANCE), &format!("{:#}\n", provenance(&resolved)), durability)?;
    // Last: a directory that has it is complete.
    let path = run_dir.join(FROZEN);
    replace(&path, frozen.as_bytes(), durability).map_err(|error| failed(&path, error))?;
    Ok(record)
}

/// Whether a job's directory could be written: what [`write()`] finds out as well, without writing anything. `run_dir` is
/// where it would be.
///
/// # Errors
/// A setting of the node `hydra` is wrong, or an interpolation leads nowhere.
pub fn check(run_dir: &Path, config: &Config) -> Result<(), RunDirError> {
    let config = config.clone().with_output_dir(run_dir);
    config.resolve()?;
    record(run_dir, &config, JobPlan::default(), "").map(drop)
}

fn record(run_dir: &Path, config: &Config, plan: JobPlan, frozen: &str) -> Result<JobRecord, RunDirError> {
    let chdir = config.get::<Option<bool>>("hydra.job.chdir")?.unwrap_or(false);
    let log_file = optional::<String>(config, "hydra.job_logging.handlers.file.filename")?;
    let base = if chdir { run_dir } else { &plan.cwd };
    Ok(JobRecord {
        format: FORMAT,
        name: text(config, "hydra.job.name")?,
        num: plan.num,
        overrides: plan.earlier_overrides.into_iter().chain(task_overrides(config)).collect(),
        config_hash: hash(frozen.as_bytes()),
        output_subdir: output_subdir(config)?,
        // Relative where it can be: a run that was moved does not write where it was.
        log_file: log_file.map(|path| base.join(path)).map(|path| match path.strip_prefix(run_dir) {
            Ok(inside) => inside.to_owned(),
            Err(_) => path,
        }),
        cwd: plan.cwd,
        chdir,
        env: environment(config)?,
        command: plan.command,
        rerun_of: plan.rerun_of,
    })
}

/// What a runner tells its job.
const OURS: [&str; 4] = ["HYDRA_CONFIG_FILE", "HYDRA_LOG_FILE", "HYDRA_ORIGINAL_CWD", "HYDRA_RUN_DIR"];

/// `hydra.job.env_set`, which has what `hydra.job.env_copy` copied as well. Interpolations to numbers become text.
fn environment(config: &Config) -> Result<BTreeMap<String, String>, Error> {
    const KEY: &str = "hydra.job.env_set";
    let node = config.resolve_at(KEY)?;
    let map = node.as_ref().and_then(Node::as_map);
    let wrong =
        |node: &Node, message: String| Error::new(Code::InvalidValue, message).label(&node.origin, "");
    let variable = |(key, node): (&Key, &Node)| match &node.value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            let (name, value) = (key.to_string(), python_str(&node.value));
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(wrong(
                    node,
                    format!("{KEY}: '{}' is no name of a variable", name.escape_debug()),
                ));
            }
            if value.contains('\0') {
                return Err(wrong(node, format!("{KEY}.{name}: a variable cannot hold a NUL")));
            }
            // What a job finds its own directory by.
            if OURS.contains(&name.as_str()) {
                return Err(wrong(node, format!("{KEY}: {name} is set by the launcher")));
            }
            Ok((name, value))
        }
        other => Err(wrong(node, format!("{KEY}.{key} must be text, and is {}", other.kind()))),
    };
    map.into_iter().flat_map(Map::iter).map(variable).collect()
}

/// Overrides as they were typed, without those of the node `hydra`.
fn task_overrides(config: &Config) -> impl Iterator<Item = String> {
    let task = config.overrides().iter().filter(|over| !over.is_hydra());
    task.map(|over| over.argument.text.clone())
}

/// A value that may not be there; `hydra.job_logging` is whatever its option says.
fn optional<T: serde::de::DeserializeOwned>(config: &Config, key: &str) -> Result<Option<T>, Error> {
    match config.get(key) {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.code(), Code::UnknownKey | Code::MissingValue) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `hydra.output_subdir`; none, if it is null.
fn output_subdir(config: &Config) -> Result<Option<PathBuf>, RunDirError> {
    const KEY: &str = "hydra.output_subdir";
    if config.get::<Option<IgnoredAny>>(KEY)?.is_none() {
        return Ok(None);
    }
    let value = text(config, KEY)?;
    let is_inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    match Path::new(&value).components().all(is_inside) {
        true => Ok(Some(value.into())),
        false => {
            Err(RunDirError::Place { key: KEY, value, reason: "it leads out of the run directory".into() })
        }
    }
}

pub(crate) fn hydra_part(config: &Config) -> Node {
    let mut map = Map::new();
    if let Some(hydra) = config.root().get("hydra") {
        map.insert("hydra".into(), hydra.origin.clone(), hydra.clone());
    }
    Node::new(Value::Map(map), config.root().origin.clone())
}

fn list(lines: &[String]) -> Node {
    let origin = || Origin::Builtin("the command line");
    let items = lines.iter().map(|line| Node::new(Value::Str(line.clone()), origin())).collect();
    Node::new(Value::List(items), origin())
}

/// Writes a file of a directory that nobody reads yet.
fn put(path: &Path, text: &str, durability: Durability) -> Result<(), RunDirError> {
    let write = || {
        let mut file = fs::File::create(path)?;
        file.write_all(text.as_bytes())?;
        if durability == Durability::Synced { file.sync_all() } else { Ok(()) }
    };
    write().map_err(|error| failed(path, error))
}

fn failed(path: &Path, source: io::Error) -> RunDirError {
    RunDirError::Io { path: path.to_owned(), source }
}
