//! Measuring how far what a run draws is from real pictures.

use super::{Network, frozen_config, held_out, records, wandb};
use crate::evaluation::{Comparison, Evaluation, Inception, check_sizes, evaluate_drawn};
use crate::tracking::{Event, Listener, Metrics};
use crate::training::{Checkpoints, Plan, RunLock, Signals, batches, conditions, write_evaluation};
use ddpm_config::{DeviceChoice, Eval, Sampling};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What to measure; what is not said is as in the run's configuration.
#[derive(Clone, Debug, Default)]
pub struct EvalRequest {
    /// Other settings than the run's.
    pub settings: Option<EvalSettings>,
    /// The checkpoint, or other weights; none: the newest that is whole.
    pub checkpoint: Option<PathBuf>,
    /// Seed of the noise.
    pub seed: Option<u64>,
    /// Where to compute.
    pub device: Option<DeviceChoice>,
    /// The folder that a relative `dataset.root` is relative to; empty: the current directory.
    pub folder: PathBuf,
}

/// The parts of a configuration that measuring depends on, and training does not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EvalSettings {
    /// What to measure.
    pub eval: Eval,
    /// How to draw.
    pub sampling: Sampling,
}

/// What was measured, and where it belongs.
#[derive(Debug)]
pub struct Evaluated {
    /// The distances.
    pub evaluation: Evaluation,
    step: u64,
    conditions: Value,
    /// Whether the weights are the run's own newest.
    own: bool,
}

/// Draws pictures with what a run has learned and compares them with held-out ones. None: a signal has ended it.
///
/// # Errors
/// There is no checkpoint, there are too few held-out pictures, an Inception file is none, …
pub fn eval(
    run_dir: &Path,
    request: &EvalRequest,
    signals: &Signals,
) -> Result<Option<Evaluated>, Box<dyn Error>> {
    let config = frozen_config(run_dir)?;
    let settings = request.settings.clone().unwrap_or_else(|| {
        let mut eval = config.eval.clone();
        eval.inception = eval.inception.map(|path| request.folder.join(path));
        EvalSettings { eval, sampling: config.sampling.clone() }
    });
    let held_out = held_out(&config, &request.folder)?;
    let real = records(&config, &request.folder)?;
    check_sizes(held_out.as_ref(), &real)?;
    let Some(held_out) = held_out else { return Ok(None) };
    let network = Network::load(run_dir, &config, request.checkpoint.as_deref(), request.device)?;
    let inception = settings.eval.inception.as_deref().map(|path| Inception::load(path, network.device));
    let inception = inception.transpose()?;
    let comparison = Comparison {
        held_out: &held_out,
        real: &real,
        samples: settings.eval.samples,
        inception: inception.as_ref(),
    };
    let seed = request.seed.unwrap_or(config.seed);
    let go_on = || signals.received().is_none();
    let found = evaluate_drawn(&mut network.artist(), &settings.sampling, seed, &comparison, go_on)?;
    let (step, own) = (network.step, request.checkpoint.is_none());
    let conditions = conditions(&settings.eval, &settings.sampling, seed);
    Ok(found.map(|evaluation| Evaluated { evaluation, step, conditions, own }))
}

/// Keeps what was found in `evaluation.json` and `metrics.jsonl` of the run directory, and, of a run that has come to its last
/// step, at W&B. What other weights draw is not the run's result, and is not kept.
///
/// # Errors
/// Somebody trains there or has trained since, or a file cannot be written.
pub fn record(
    run_dir: &Path,
    evaluated: &Evaluated,
    folder: &Path,
    signals: Signals,
) -> Result<(), Box<dyn Error>> {
    let Evaluated { evaluation, step, ref conditions, own: true } = *evaluated else { return Ok(()) };
    let config = frozen_config(run_dir)?;
    let lock = RunLock::take(run_dir)?;
    let mut is_damaged = false;
    let newest = Checkpoints::of(run_dir).newest(|_| is_damaged = true)?;
    // Nobody could train while it was measured only if nobody wanted to: it took minutes, without the lock.
    if let Some((_, newest)) = newest.filter(|(_, newest)| newest.step != step) {
        let now = newest.step;
        return Err(
            format!("this is of step {step}, and the run is at step {now} now: it is not kept").into()
        );
    }
    write_evaluation(run_dir, &evaluation, step, conditions)?;
    let event = Event::Evaluation { step, evaluation };
    // Lines beyond the checkpoint would be cut when the run goes on, and this one with them. Where the newest checkpoint is
    // damaged they may be all that is left of it.
    let metrics = if is_damaged { Metrics::append(run_dir) } else { Metrics::resume(run_dir, step) };
    metrics?.on(&event)?;
    let plan = Plan::new(&config, &batches(&config, records(&config, folder)?));
    // Of a run that will go on, only the trainer writes to W&B; and one that was not recorded there stays so.
    if step >= plan.steps()
        && wandb::is_recorded(run_dir)
        && let Some(started) = wandb::start(run_dir, &config, signals)?
    {
        for notice in started.notices {
            let _ = writeln!(io::stderr(), "wandb: {}", notice.text);
        }
        let mut wandb = started.wandb;
        wandb.on(&event)?;
        wandb.on(&Event::Finished { step, seconds: 0.0 })?;
    }
    drop(lock);
    Ok(())
}
