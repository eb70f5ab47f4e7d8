//! Measuring, at the end of training, how far what is drawn is from real pictures.

use super::{CheckpointError, TrainError, Trainer};
use crate::evaluation::{Comparison, evaluate_drawn};
use crate::files::write_whole;
use crate::tracking::Event;
use std::path::Path;

/// In a run directory, what `ddpm eval` has found.
pub(crate) const EVALUATION: &str = "evaluation.json";

/// The steps after which a run was last evaluated.
pub(super) fn evaluated_after(run_dir: &Path) -> Option<u64> {
    let text = std::fs::read(run_dir.join(EVALUATION)).ok()?;
    serde_json::from_slice::<serde_json::Value>(&text).ok()?["step"].as_u64()
}

impl Trainer {
    /// Compares pictures with held-out ones, if that is to be done and was not yet.
    pub(super) fn evaluate(&mut self) -> Result<(), TrainError> {
        let path = self.run_dir.join(EVALUATION);
        let Some(held_out) = self.held_out.as_ref().filter(|_| self.config.eval.after_training) else {
            return Ok(());
        };
        if evaluated_after(&self.run_dir) == Some(self.state.step) {
            return Ok(());
        }
        let comparison = Comparison {
            held_out,
            real: self.batches.records(),
            samples: self.config.eval.samples,
            inception: self.inception.as_ref(),
        };
        let go_on = || self.signals.received().is_none();
        let (config, step) = (&self.config, self.state.step);
        let found = evaluate_drawn(&mut self.artist(), &config.sampling, config.seed, &comparison, go_on)?;
        let Some(evaluation) = found else { return Ok(()) };
        // First the file: who is killed in between has it, and does not measure again.
        write_whole(&path, format!("{}\n", evaluation.to_json(step)).as_bytes())
            .map_err(|source| CheckpointError::Io { path, source })?;
        self.tracker.emit(&Event::Evaluation { step, evaluation });
        Ok(())
    }
}
