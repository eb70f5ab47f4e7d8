//! Measuring how far what a run draws is from real pictures.

use super::{Network, frozen_config, held_out, records, wandb};
use crate::evaluation::{Comparison, Evaluation, Inception, evaluate_drawn};
use crate::files::write_whole;
use crate::tracking::{Event, Listener, Metrics};
use crate::training::{EVALUATION, Plan, RunLock, Signals, batches};
use ddpm_config::DeviceChoice;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What to measure; what is not said is as in the run's configuration.
#[derive(Clone, Debug, Default)]
pub struct EvalRequest {
    /// The checkpoint, or other weights; none: the newest that is whole.
    pub checkpoint: Option<PathBuf>,
    /// Number of pictures to draw.
    pub samples: Option<usize>,
    /// Denoising steps.
    pub steps: Option<u32>,
    /// Seed of the noise.
    pub seed: Option<u64>,
    /// A TorchScript file of Inception.
    pub inception: Option<PathBuf>,
    /// Where to compute.
    pub device: Option<DeviceChoice>,
    /// The folder that a relative `dataset.root` is relative to; empty: the current directory.
    pub folder: PathBuf,
}

/// Draws pictures with what a run has learned and compares them with held-out ones. Of the run's own weights the result goes to
/// `evaluation.json` and `metrics.jsonl` of the run directory, and to the run at Weights & Biases.
///
/// # Errors
/// There is no checkpoint, there are no held-out pictures, somebody trains there, …
pub fn eval(run_dir: &Path, request: &EvalRequest, signals: Signals) -> Result<Evaluation, Box<dyn Error>> {
    let config = frozen_config(run_dir)?;
    let lock = RunLock::take(run_dir)?;
    let network = Network::load(run_dir, &config, request.checkpoint.as_deref(), request.device)?;
    let held_out = held_out(&config, &request.folder).ok_or(
        "the dataset has no held-out pictures\nhelp: prepare it anew with 'ddpm data' in the folder where it was prepared",
    )?;
    let real = records(&config, &request.folder)?;
    let inception = request.inception.as_ref().or(config.eval.inception.as_ref());
    let inception = inception.map(|path| Inception::load(path, network.device)).transpose()?;
    let comparison = Comparison {
        held_out: &held_out,
        real: &real,
        samples: request.samples.unwrap_or(config.eval.samples),
        inception: inception.as_ref(),
    };
    let mut sampling = config.sampling.clone();
    sampling.steps = request.steps.map_or(sampling.steps, i64::from);
    let seed = request.seed.unwrap_or(config.seed);
    let go_on = || signals.received().is_none();
    let found = evaluate_drawn(&mut network.artist(), &sampling, seed, &comparison, go_on)?;
    let evaluation = found.ok_or("interrupted")?;
    // Another's weights are not this run's result.
    if request.checkpoint.is_none() {
        let step = network.step;
        write_whole(&run_dir.join(EVALUATION), format!("{}\n", evaluation.to_json(step)).as_bytes())?;
        let event = Event::Evaluation { step, evaluation };
        let plan = Plan::new(&config, &batches(&config, real));
        record(run_dir, &event, step >= plan.steps(), signals)?;
    }
    drop(lock);
    Ok(evaluation)
}

/// Into the run's metrics; and to W&B, if its run there is over: of one that will go on, only the trainer writes.
fn record(run_dir: &Path, event: &Event, done: bool, signals: Signals) -> Result<(), Box<dyn Error>> {
    Metrics::append(run_dir)?.on(event)?;
    if !done {
        return Ok(());
    }
    let config = frozen_config(run_dir)?;
    let mut said = io::stderr();
    if let Some(started) = wandb::start(run_dir, &config, signals)? {
        for notice in started.notices {
            let _ = writeln!(said, "wandb: {}", notice.text);
        }
        let mut wandb = started.wandb;
        wandb.on(event)?;
        wandb.on(&Event::Finished { step: 0, seconds: 0.0 })?;
    }
    Ok(())
}
