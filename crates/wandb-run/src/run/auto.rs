//! The file by which `WANDB_RESUME=auto` finds the last run of a folder, as the stock client keeps it.

use crate::files;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize)]
struct Remembered {
    run_id: String,
}

fn file(wandb: &Path) -> PathBuf {
    wandb.join("wandb-resume.json")
}

/// The run that did not end well, if one is remembered in a folder `wandb/`.
pub(crate) fn remembered(wandb: &Path) -> Option<String> {
    let text = fs::read(file(wandb)).ok()?;
    serde_json::from_slice::<Remembered>(&text).ok().map(|remembered| remembered.run_id)
}

/// Remembers a run.
pub(super) fn remember(wandb: &Path, id: &str) -> io::Result<()> {
    files::publish(&file(wandb), &serde_json::to_vec(&Remembered { run_id: id.to_owned() })?)
}

/// It ended well: the next one is another.
pub(super) fn forget(wandb: &Path) {
    // One that is not there is forgotten.
    let _ = fs::remove_file(file(wandb));
}
