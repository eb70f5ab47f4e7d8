//! `ddpm dvc train`: a run for the pipeline.
//!
//! Its directory is under `outputs/` as every run's, of the project itself and not of the temporary checkout that DVC may
//! have made for an experiment and will delete: logs and records of Weights & Biases are kept.

use super::{params, results};
use crate::program::{dataset, launch::Train, validated};
use hydra_app::failure::{Failure, say};
use hydra_app::job::{JobPlan, JobRecord, State, Status};
use hydra_app::launch;
use hydra_app::run_dir::FROZEN;
use hydra_compose::tree::{Node, SourceFile};
use hydra_compose::{Config, yaml};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The project that a temporary checkout is of; set by `scripts/pipeline`.
const HOME: &str = "DDPM_PROJECT";
/// A hash of the sources that this program was built from; set by `scripts/pipeline`.
const SOURCES: &str = "DDPM_SOURCES";

/// `ddpm dvc data`
pub(super) fn data() -> Result<(), Failure> {
    dataset::prepare(&validated(&params::load()?)?.dataset)
}

/// `ddpm dvc train`
pub(super) fn train(results: &Path) -> Result<ExitCode, Failure> {
    let worker = Train::as_it_is();
    let folder = folder();
    // Before anything is added to it: what is wrong with it, or that it is missing, is told as it is.
    validated(&params::load()?)?;
    let config = params::composer(".", "params").overrides([run_dir(&folder)]).compose()?;
    let dir = match cut_off(&folder, &config)? {
        Some(dir) => {
            say(&format!("going on with {}, which did not come to its end", dir.display()));
            dir
        }
        None => launch::prepare(&worker, config, JobPlan::default())?,
    };
    let status = launch::resume(&worker, &dir)?;
    if Status::now(&dir).state == State::Done {
        results::put(&dir, results)?;
        // From here on the run has served: to train the same again, as `dvc repro --force` wants it, is another one.
        fs::write(dir.join(TAKEN), []).map_err(Failure::io)?;
        say(&format!("results: {}", results.display()));
    }
    Ok(status)
}

/// In the directory of a run whose results were taken.
const TAKEN: &str = ".results-taken";

/// Where runs of these sources are.
fn folder() -> PathBuf {
    let home = env::var_os(HOME).map(PathBuf::from).unwrap_or_default();
    let sources = env::var(SOURCES).unwrap_or_else(|_| "unknown".to_owned());
    home.join("outputs").join("dvc").join(sources)
}

fn run_dir(folder: &Path) -> String {
    let text = folder.display().to_string().replace('\\', "\\\\").replace('\'', "\\'");
    format!("hydra.run.dir='{text}/${{now:%Y-%m-%d}}_${{now:%H-%M-%S}}'")
}

/// The newest run of the same sources and the same configuration, asked for in this same place, that did not come to its end:
/// killed, interrupted, out of disk, or its results were not taken. Without a hash of the sources nobody knows what
/// an earlier run was trained by.
fn cut_off(folder: &Path, config: &Config) -> Result<Option<PathBuf>, Failure> {
    if env::var_os(SOURCES).is_none() {
        return Ok(None);
    }
    let wanted = what_counts(config.resolve()?);
    let here = env::current_dir().map_err(Failure::io)?;
    let mut dirs: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    dirs.sort();
    let fits = |dir: &PathBuf| {
        let path = dir.join(FROZEN);
        let frozen = fs::read_to_string(&path).ok();
        let frozen = frozen.and_then(|text| yaml::load(&SourceFile::new(path, text)).ok());
        frozen.is_some_and(|frozen| what_counts(frozen) == wanted)
            // A temporary checkout is gone, and its pictures with it.
            && JobRecord::read(dir).is_ok_and(|record| record.cwd == here)
            && unfinished(dir)
    };
    Ok(dirs.into_iter().rev().find(fits))
}

fn unfinished(dir: &Path) -> bool {
    match Status::now(dir).state {
        State::Interrupted => true,
        State::Done => !dir.join(TAKEN).exists(),
        // A loss that was no number would be none again.
        State::Failed => !has_diverged(dir),
        _ => false,
    }
}

fn has_diverged(dir: &Path) -> bool {
    let mut checkpoints = fs::read_dir(dir.join("checkpoints")).into_iter().flatten().flatten();
    checkpoints.any(|entry| entry.file_name().to_string_lossy().starts_with("diverged_"))
}

/// Where a run is tracked changes nothing of what it computes.
fn what_counts(mut config: Node) -> Node {
    if let Some(map) = config.as_map_mut() {
        map.remove("wandb");
    }
    config
}
