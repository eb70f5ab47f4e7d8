//! `ddpm wandb sync`: uploads what of a run is not at the server yet, without Python.

use hydra_app::failure::{Failure, say};
use std::env;
use std::path::{Path, PathBuf};
use wandb_run::settings::{Folders, Overrides};
use wandb_run::{Mode, Settings, Synced};

/// What to do with runs of Weights & Biases.
#[derive(clap::Subcommand)]
pub(super) enum WandbCommand {
    /// Upload what the server does not have yet
    Sync {
        /// Run directories, or folders of W&B's own (`wandb/offline-run-…`)
        #[arg(required = true, value_name = "DIR")]
        dirs: Vec<PathBuf>,
    },
}

/// Does it.
pub(super) fn run(command: &WandbCommand) -> Result<(), Failure> {
    let WandbCommand::Sync { dirs } = command;
    let environment = |name: &str| env::var(name).ok();
    let folders = Folders::of_process().map_err(Failure::io)?;
    let program = Overrides { mode: Some(Mode::Online), ..Overrides::default() };
    let loaded =
        Settings::load(program, &environment, &folders).map_err(|error| Failure::Other(error.to_string()))?;
    if loaded.settings.api_key.is_none() {
        let message = "there is no API key for W&B\nhelp: set WANDB_API_KEY, or put one into ~/.netrc with 'wandb login'";
        return Err(Failure::Other(message.into()));
    }
    let mut failed = 0;
    for dir in dirs {
        let logs = logs_in(dir);
        if logs.is_empty() {
            failed += 1;
            say(&format!("error: {} has no run of W&B", dir.display()));
        }
        for log in logs {
            match wandb_run::sync(&log, &loaded.settings) {
                Ok(synced) => say(&told(&log, &synced)),
                Err(error) => {
                    failed += 1;
                    say(&format!("error: {}: {error}", log.display()));
                    // What comes after it in this run has to wait for it.
                    break;
                }
            }
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Other(format!("{failed} could not be uploaded; what was kept is kept"))),
    }
}

/// One line a log, and what is missing.
fn told(log: &Path, synced: &Synced) -> String {
    let mut text = match (synced.was_complete, synced.sent) {
        (true, _) => format!("{}: nothing to do, all of it was uploaded before", log.display()),
        (false, sent) => format!("{}: {sent} steps uploaded", log.display()),
    };
    if let Some(url) = &synced.url {
        text += &format!(", {url}");
    }
    if synced.damaged > 0 {
        text += &format!("\nwarning: {} damaged places of the log were passed over", synced.damaged);
    }
    if let Some(problem) = &synced.problem {
        text += &format!("\nwarning: {problem}");
    }
    text
}

/// The folders of W&B's in a run directory, or the folder itself.
fn logs_in(dir: &Path) -> Vec<PathBuf> {
    let has_log = |folder: &Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|suffix| suffix == "wandb"))
    };
    if has_log(dir) {
        return vec![dir.to_owned()];
    }
    let entries = dir.join("wandb").read_dir().into_iter().flatten().flatten();
    // `latest-run` is a link to one of the others.
    let folders = entries.map(|entry| entry.path()).filter(|path| !path.is_symlink());
    let mut logs: Vec<PathBuf> = folders.filter(|path| has_log(path)).collect();
    // Parts of one run, in the order in which they were written: their names begin with the time.
    logs.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.trim_start_matches("offline-").to_owned()
    });
    logs
}
