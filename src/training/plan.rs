//! How the steps of a run fall into epochs, and what is due after each.

use super::{Checkpoint, CheckpointError, Checkpoints};
use ddpm_config::Config;
use ddpm_data::{BatchOptions, Batches, Flip, LastBatch, Records};
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
    steps: u64,
    /// 0: never.
    samples_every: u64,
    keep: Option<usize>,
}

impl Plan {
    /// The plan of a configuration with these batches.
    pub fn new(config: &Config, batches: &Batches) -> Self {
        let per_epoch = (batches.per_epoch() as u64).max(1);
        let all = per_epoch.saturating_mul(config.training.epochs);
        Self {
            per_epoch,
            steps: config.training.max_steps.map_or(all, |most| all.min(most)),
            samples_every: config.sampling.every_epochs,
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
        let last = epoch >= self.steps.div_ceil(self.per_epoch);
        self.samples_every > 0 && (last || epoch.is_multiple_of(self.samples_every))
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
        Ok(drawn && self.superseded(&Checkpoints::of(run_dir), checkpoint.step)?.is_empty())
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
        let plan = Plan { per_epoch: 4, steps: 10, samples_every: 2, keep: None };
        let ends: Vec<_> = (0..=10).filter_map(|step| plan.epoch_ending_at(step)).collect();
        assert_eq!(ends, [1, 2, 3]);
        assert_eq!(plan.place(9), (2, 1));
        assert_eq!((1..=3).map(|epoch| plan.draws_after(epoch)).collect::<Vec<_>>(), [false, true, true]);
        assert!(!Plan { samples_every: 0, ..plan }.draws_after(3));
    }
}
