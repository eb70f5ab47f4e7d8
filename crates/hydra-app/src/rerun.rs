//! `--rerun`: a frozen configuration, as the start of another run.

use crate::cli::ComposeArgs;
use crate::failure::Failure;
use crate::job::{JobPlan, JobRecord};
use crate::launch::existing;
use crate::run_dir::FROZEN;
use hydra_compose::tree::{Node, SourceFile};
use hydra_compose::{Config, yaml};
use std::fs;
use std::path::Path;

/// The configuration of a run with what `args` changes in it, and what is known of the new job.
///
/// # Errors
/// It is no run directory, or an override cannot be applied to its configuration.
pub fn rerun(program: &str, run_dir: &Path, args: &ComposeArgs) -> Result<(Config, JobPlan), Failure> {
    if let Some(flag) = args.flag() {
        let message = format!("{flag} does not go with --rerun, which composes nothing");
        return Err(Failure::Usage(message));
    }
    let folder = existing(run_dir)?;
    let record = JobRecord::read(&folder).map_err(Failure::io)?;
    record.ensure_frozen(&folder).map_err(Failure::io)?;
    let frozen = load(&folder.join(FROZEN))?;
    let hydra = match &record.output_subdir {
        Some(subdir) => {
            let path = folder.join(subdir).join("hydra.yaml");
            path.is_file().then(|| load(&path)).transpose()?
        }
        None => None,
    };
    let config = args.composer(program, ".").rerun(frozen, hydra)?;
    let plan = JobPlan {
        earlier_overrides: record.overrides,
        command: record.command,
        rerun_of: Some(folder),
        ..JobPlan::default()
    };
    Ok((config, plan))
}

fn load(path: &Path) -> Result<Node, Failure> {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
    Ok(yaml::load(&SourceFile::new(path, text))?)
}
