//! What the worker does with a run directory: trains its frozen configuration, or draws from what was trained.

mod eval;
mod network;
mod sample;
mod train;
mod wandb;

use network::Network;

pub use eval::{EvalRequest, EvalSettings, Evaluated, eval, record};
pub use sample::{SampleRequest, sample};
pub use train::{LogFile, Surroundings, Trained, train};

use ddpm_config::Config;
use ddpm_data::Records;
use hydra_compose::tree::SourceFile;
use hydra_compose::{typed, yaml};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The frozen configuration, in a run directory.
const FROZEN: &str = "config.yaml";

/// The frozen configuration of a run.
///
/// # Errors
/// There is none, or it is not a complete, valid one.
pub fn frozen_config(run_dir: &Path) -> Result<Config, Box<dyn Error>> {
    let path = run_dir.join(FROZEN);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let config: Config = typed::validate(&yaml::load(&SourceFile::new(path, text))?)?;
    match config.conflicts().into_iter().next() {
        Some(conflict) => Err(conflict.message.into()),
        None => Ok(config),
    }
}

/// The pictures to train on, which `ddpm` has prepared. A relative folder is relative to `folder`: where `ddpm` was
/// when it prepared them. An empty `folder` is the current directory.
///
/// # Errors
/// They are not there, or cannot be read.
pub fn records(config: &Config, folder: &Path) -> Result<Records, Box<dyn Error>> {
    let path = prepared(config, folder, "train.bin");
    let records = Records::open(&path).map_err(|error| {
        let hint =
            "prepare the dataset with 'ddpm data', or start the worker in the directory where that was done";
        format!("{}\nhelp: {hint}", error.report())
    })?;
    Ok(match config.dataset.limit() {
        Some(limit) => records.with_limit(limit),
        None => records,
    })
}

/// Pictures that are not trained on, if the dataset has any.
///
/// # Errors
/// They are there and cannot be read.
pub fn held_out(config: &Config, folder: &Path) -> Result<Option<Records>, Box<dyn Error>> {
    let path = prepared(config, folder, "test.bin");
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Records::open(&path).map_err(|error| error.report())?))
}

fn prepared(config: &Config, folder: &Path, file: &str) -> PathBuf {
    let (root, source) = config.dataset.source();
    folder.join(root).join(source.name()).join(file)
}
