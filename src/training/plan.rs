//! How the steps of a run fall into epochs, and what is due after each.

use super::checkpoint::Best;
use super::evaluate::{conditions, is_evaluated};
use super::{Checkpoint, CheckpointError, Checkpoints};
use ddpm_config::Config;
use ddpm_data::{BatchOptions, Batches, Flip, LastBatch, Records};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The batches that a configuration asks for.
pub fn batches(config: &Config, records: Records) -> Batches {
    let options = BatchOptions {
        seed: config.seed,
        batch_size: config.training.batch_size,
        passes: config.dataset.repeat(),
        flip: if config.data.random_flip { Flip::Horizontal } else { Flip::None },
        last: LastBatch::Keep,
        workers: config.data.num_workers,
    };
    Batches::new(Arc::new(records), options)
}

/// What a run does when. Known before anything is loaded, so that a complete run is seen to be complete at once.
#[derive(Clone, Debug)]
pub struct Plan {
    per_epoch: u64,
    batches_a_step: u64,
    steps: u64,
    /// 0: never.
    samples_every: u64,
    /// 0: never.
    validates_every: u64,
    best: bool,
    /// As `evaluation.json` has it; none: not at all.
    evaluates: Option<Value>,
    keep: Option<usize>,
}

impl Plan {
    /// The plan of a configuration with these batches.
    pub fn new(config: &Config, batches: &Batches) -> Self {
        let batches_a_step = config.training.accumulate_batches.get();
        let per_epoch = (batches.per_epoch() as u64).div_ceil(batches_a_step).max(1);
        let all = per_epoch.saturating_mul(config.training.epochs);
        Self {
            per_epoch,
            batches_a_step,
            steps: config.training.max_steps.map_or(all, |most| all.min(most)),
            samples_every: config.sampling.every_epochs,
            validates_every: config.validation.every_epochs,
            best: config.training.keep_best,
            evaluates: (config.eval.after_training)
                .then(|| conditions(&config.eval, &config.sampling, config.seed)),
            keep: config.training.keep_checkpoints,
        }
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Steps of an epoch.
    pub fn per_epoch(&self) -> u64 {
        self.per_epoch
    }

    /// Batches whose gradients make a step.
    pub(super) fn batches_a_step(&self) -> usize {
        self.batches_a_step as usize
    }

    /// Whole epochs after `step` steps, and the steps of the next.
    pub(super) fn place(&self, step: u64) -> (u64, u64) {
        (step / self.per_epoch, step % self.per_epoch)
    }

    /// The epoch, from 1, that ends after `step` steps, if one does; the last may end early.
    pub(super) fn epoch_ending_at(&self, step: u64) -> Option<u64> {
        let ends = step > 0 && (step.is_multiple_of(self.per_epoch) || step >= self.steps);
        ends.then(|| step.div_ceil(self.per_epoch))
    }

    /// Whether pictures are to be drawn at the end of an epoch.
    pub(super) fn draws_after(&self, epoch: u64) -> bool {
        self.is_due(self.samples_every, epoch)
    }

    /// Whether the loss on held-out pictures is to be found at the end of an epoch.
    pub(super) fn validates_after(&self, epoch: u64) -> bool {
        self.is_due(self.validates_every, epoch)
    }

    /// Whether what is done after every so many epochs, 0 for never, and after the last, is due.
    fn is_due(&self, every: u64, epoch: u64) -> bool {
        let last = epoch >= self.steps.div_ceil(self.per_epoch);
        every > 0 && (last || epoch.is_multiple_of(every))
    }

    /// Whether a checkpoint is the best so far and is to be kept as such.
    pub(super) fn is_best(&self, step: u64, best: Option<Best>) -> bool {
        self.best && best.is_some_and(|best| best.step == step)
    }

    /// What can go once the epoch that ends at `step` is saved.
    pub(super) fn superseded(
        &self,
        checkpoints: &Checkpoints,
        step: u64,
    ) -> Result<Vec<PathBuf>, CheckpointError> {
        checkpoints.superseded(step, self.keep)
    }

    /// Whether nothing is left to do for a run that has come to this checkpoint.
    ///
    /// # Errors
    /// The folder of checkpoints cannot be read.
    pub fn is_complete(&self, checkpoint: &Checkpoint, run_dir: &Path) -> Result<bool, CheckpointError> {
        if checkpoint.step < self.steps {
            return Ok(false);
        }
        let drawn = self.epoch_ending_at(checkpoint.step).is_none_or(|epoch| {
            // Written beside its place and renamed: a file that is there is whole.
            !self.draws_after(epoch) || run_dir.join(samples_path(epoch)).exists()
        });
        let checkpoints = Checkpoints::of(run_dir);
        let best_is_kept =
            !self.is_best(checkpoint.step, checkpoint.best) || checkpoints.has_best(checkpoint.step);
        let evaluated =
            (self.evaluates.as_ref()).is_none_or(|wanted| is_evaluated(run_dir, checkpoint.step, wanted));
        Ok(drawn && evaluated && best_is_kept && self.superseded(&checkpoints, checkpoint.step)?.is_empty())
    }
}

/// Where the pictures drawn after an epoch go, in the run directory.
pub(super) fn samples_path(epoch: u64) -> PathBuf {
    Path::new("samples").join(format!("epoch_{epoch:04}.png"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_epoch_may_end_early() {
        let plan = Plan {
            per_epoch: 4,
            batches_a_step: 1,
            steps: 10,
            samples_every: 2,
            validates_every: 0,
            best: false,
            evaluates: None,
            keep: None,
        };
        let ends: Vec<_> = (0..=10).filter_map(|step| plan.epoch_ending_at(step)).collect();
        assert_eq!(ends, [1, 2, 3]);
        assert_eq!(plan.place(9), (2, 1));
        assert_eq!((1..=3).map(|epoch| plan.draws_after(epoch)).collect::<Vec<_>>(), [false, true, true]);
        assert!(!Plan { samples_every: 0, ..plan }.draws_after(3));
    }
}
