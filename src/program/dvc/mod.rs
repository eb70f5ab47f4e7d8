//! `ddpm dvc`: what the stages of `dvc.yaml` run.
//!
//! - `params`: `params.yaml`, kept in step with `conf/`
//! - `merge`: three configurations, of which two were changed
//! - `train`: a run of training for the pipeline, resumed if it was cut off
//! - `results`: what of a run is the same each time, as DVC reads it

mod merge;
mod params;
mod results;
mod train;

use hydra_app::failure::Failure;
use std::path::PathBuf;
use std::process::ExitCode;

/// The parameters of the pipeline, composed: by DVC's Hydra for an experiment, by `ddpm dvc params` otherwise.
const PARAMS: &str = "params.yaml";
/// What `conf/` alone composes to; where `params.yaml` differs, an experiment has changed it.
const DEFAULTS: &str = "params.default.yaml";

/// What the stages of dvc.yaml run.
#[derive(clap::Subcommand)]
pub(super) enum DvcCommand {
    /// Bring params.yaml in step with conf/, keeping what an experiment has changed in it
    Params {
        /// Forget what an experiment has changed
        #[arg(long)]
        reset: bool,
    },
    /// Prepare the dataset of params.yaml
    Data,
    /// Train what params.yaml says, and put what came of it where DVC looks for it
    Train {
        /// The folder that gets metrics, plots, samples and the checkpoint; what was there is replaced
        #[arg(long, value_name = "DIR")]
        results: PathBuf,
    },
}

/// Does it.
pub(super) fn run(command: &DvcCommand) -> Result<ExitCode, Failure> {
    match command {
        DvcCommand::Params { reset } => params::update(*reset).map(|()| ExitCode::SUCCESS),
        DvcCommand::Data => train::data().map(|()| ExitCode::SUCCESS),
        DvcCommand::Train { results } => train::train(results),
    }
}

/// The name of the experiment that DVC runs, if it runs one: then it has just composed `params.yaml` itself. DVC sets both
/// variables; a name alone may be somebody's own.
fn experiment() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    set("DVC_EXP_BASELINE_REV").and(set("DVC_EXP_NAME"))
}
