//! Measuring, at the end of training, how far what is drawn is from real pictures.

use super::{CheckpointError, TrainError, Trainer};
use crate::evaluation::{Comparison, Evaluation, evaluate_drawn};
use crate::files::write_whole;
use crate::tracking::Event;
use ddpm_config::{Eval, Sampling};
use serde_json::{Value, json};
use std::io;
use std::path::Path;

/// In a run directory, what `ddpm eval` has found.
const EVALUATION: &str = "evaluation.json";

/// What the figures depend on besides the weights, as `evaluation.json` has it.
pub(crate) fn conditions(eval: &Eval, sampling: &Sampling, seed: u64) -> Value {
    json!({
        "samples": eval.samples,
        "seed": seed,
        "sampling_steps": sampling.steps,
        "eta": sampling.eta,
        "fid": eval.inception.is_some(),
    })
}

/// Writes `evaluation.json`.
///
/// # Errors
/// The disk is full, …
pub(crate) fn write_evaluation(
    run_dir: &Path,
    evaluation: &Evaluation,
    step: u64,
    conditions: &Value,
) -> io::Result<()> {
    let mut json = evaluation.to_json(step);
    json["conditions"] = conditions.clone();
    write_whole(&run_dir.join(EVALUATION), format!("{json:#}\n").as_bytes())
}

/// Whether a run was evaluated after `step` steps, and as it is to be: `ddpm eval` may have taken a quick look.
pub(super) fn is_evaluated(run_dir: &Path, step: u64, wanted: &Value) -> bool {
    let found = std::fs::read(run_dir.join(EVALUATION)).ok();
    let Some(found) = found.and_then(|text| serde_json::from_slice::<Value>(&text).ok()) else {
        return false;
    };
    // An older file does not say how it was measured.
    found["step"] == step && (found["conditions"].is_null() || found["conditions"] == *wanted)
}

impl Trainer {
    /// Compares pictures with held-out ones, if that is to be done and was not yet.
    pub(super) fn evaluate(&mut self) -> Result<(), TrainError> {
        let Some(held_out) = self.held_out.as_ref().filter(|_| self.config.eval.after_training) else {
            return Ok(());
        };
        let (config, step) = (&self.config, self.state.step);
        let wanted = conditions(&config.eval, &config.sampling, config.seed);
        if is_evaluated(&self.run_dir, step, &wanted) {
            return Ok(());
        }
        let comparison = Comparison {
            held_out,
            real: self.batches.records(),
            samples: self.config.eval.samples,
            inception: self.inception.as_ref(),
        };
        let go_on = || self.signals.received().is_none();
        let found = evaluate_drawn(&mut self.artist(), &config.sampling, config.seed, &comparison, go_on)?;
        let Some(evaluation) = found else { return Ok(()) };
        // First the file: who is killed in between has it, and does not measure again.
        write_evaluation(&self.run_dir, &evaluation, step, &wanted)
            .map_err(|source| CheckpointError::Io { path: self.run_dir.join(EVALUATION), source })?;
        self.tracker.emit(&Event::Evaluation { step, evaluation });
        Ok(())
    }
}
