//! Training a run directory: from its beginning, or from where it stopped.

use super::{FROZEN, frozen_config, held_out, records, wandb};
use crate::tracking::{Console, Event, Log, Metrics, Tracker, log_panics};
use crate::training::{Checkpoints, Ended, Plan, RunLock, Signals, Trainer, batches};
use std::error::Error;
use std::path::{Path, PathBuf};
use wandb_run::settings::Level;

/// The name of the program in its log.
const NAME: &str = "ddpm";

/// What a worker is told besides its run directory.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The folder that a relative `dataset.root` is relative to; empty: the current directory.
    pub folder: PathBuf,
    /// Where the log goes.
    pub log_file: LogFile,
}

/// Where the log goes.
#[derive(Clone, Debug, Default)]
pub enum LogFile {
    /// `ddpm.log` in the run directory.
    #[default]
    InRunDir,
    /// A file, which is appended to.
    At(PathBuf),
    /// Nowhere.
    Off,
}

impl LogFile {
    fn path(&self, run_dir: &Path) -> Option<PathBuf> {
        match self {
            // A mistyped folder is not to be strewn with logs.
            Self::InRunDir => run_dir.join(FROZEN).exists().then(|| run_dir.join(format!("{NAME}.log"))),
            Self::At(path) => Some(path.clone()),
            Self::Off => None,
        }
    }
}

/// What became of a run directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trained {
    /// There was nothing to do, and nothing was changed.
    Complete {
        /// Steps that were taken before.
        steps: u64,
    },
    /// It was trained.
    Now(Ended),
}

/// Trains a run directory to the end: from its newest whole checkpoint, bit for bit as if it had never stopped, or from
/// the beginning where there is none.
///
/// # Errors
/// The configuration, the pictures or the checkpoints cannot be used, another worker trains there, or training fails.
/// The log has them all.
pub fn train(
    run_dir: &Path,
    surroundings: &Surroundings,
    signals: Signals,
) -> Result<Trained, Box<dyn Error>> {
    let mut tracker = Tracker::new().with(Console::new());
    if let Some(path) = surroundings.log_file.path(run_dir) {
        log_panics(&path, NAME);
        tracker = tracker.with(Log::new(&path, NAME));
    }
    match Ready::new(run_dir, surroundings, signals.clone(), &mut tracker) {
        Ok(Ready::Complete { steps }) => Ok(Trained::Complete { steps }),
        Ok(Ready::ToTrain { mut trainer, metrics, lock }) => {
            let tracker = with_wandb(run_dir, tracker.with(metrics), signals);
            let ended = trainer.run(tracker);
            drop(lock);
            Ok(Trained::Now(ended?))
        }
        Err(error) => {
            tracker.emit(&Event::Failed { message: error.to_string() });
            Err(error)
        }
    }
}

/// With a record for Weights & Biases, if there is to be one. Without it training goes on all the same.
fn with_wandb(run_dir: &Path, mut tracker: Tracker, signals: Signals) -> Tracker {
    let started = frozen_config(run_dir).and_then(|config| wandb::start(run_dir, &config, signals));
    match started {
        Ok(Some(started)) => {
            for notice in started.notices {
                tracker.emit(&match notice.level {
                    Level::Warning => Event::Warning { message: notice.text },
                    Level::Info => Event::Notice { message: notice.text },
                });
            }
            tracker.with(started.wandb)
        }
        Ok(None) => tracker,
        Err(error) => {
            let message = format!("nothing is recorded for Weights & Biases: {error}");
            tracker.emit(&Event::Warning { message });
            tracker
        }
    }
}

/// A run directory, once it is known what is to be done.
enum Ready {
    Complete { steps: u64 },
    ToTrain { trainer: Box<Trainer>, metrics: Metrics, lock: RunLock },
}

impl Ready {
    fn new(
        run_dir: &Path,
        surroundings: &Surroundings,
        signals: Signals,
        tracker: &mut Tracker,
    ) -> Result<Self, Box<dyn Error>> {
        let mut config = frozen_config(run_dir)?;
        let lock = RunLock::take(run_dir)?;
        let mut warn = |message| tracker.emit(&Event::Warning { message });
        if let Some(warning) = lock.warning() {
            warn(warning);
        }
        let batches = batches(&config, records(&config, &surroundings.folder)?);
        let plan = Plan::new(&config, &batches);
        let checkpoints = Checkpoints::of(run_dir);
        let newest = checkpoints.newest(warn)?;
        if let Some((_, checkpoint)) = &newest
            && plan.is_complete(checkpoint, run_dir)?
        {
            return Ok(Self::Complete { steps: checkpoint.step });
        }
        checkpoints.sweep();
        let held_out = held_out(&config, &surroundings.folder)?;
        if let Some(path) = &mut config.eval.inception {
            *path = surroundings.folder.join(&*path);
        }
        let mut trainer = Trainer::new(config, batches, held_out, run_dir, signals)?;
        let metrics = match &newest {
            Some((path, checkpoint)) => {
                trainer.resume(path, checkpoint)?;
                Metrics::resume(run_dir, checkpoint.step)
            }
            // A worker that was killed before it saved may have left some.
            None => Metrics::begin(run_dir),
        };
        let metrics =
            metrics.map_err(|error| format!("{}: {error}", run_dir.join("metrics.jsonl").display()))?;
        Ok(Self::ToTrain { trainer: Box::new(trainer), metrics, lock })
    }
}
