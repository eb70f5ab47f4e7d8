//! The training loop.

use super::checkpoint::Best;
use super::pace::Pace;
use super::plan::samples_path;
use super::state::State;
use super::validation::Validation;
use super::{Checkpoint, CheckpointError, Checkpoints, Mean, Plan, Signal, Signals, TrainError, identity};
use crate::device::{device_for, use_threads};
use crate::diffusion::{Process, Schedule};
use crate::drawing::Artist;
use crate::evaluation::{EvaluationError, Inception, check_sizes};
use crate::random::{self, Purpose};
use crate::tracking::{Event, Tracker};
use ddpm_config::Config;
use ddpm_data::{Batches, Records};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tch::Device;

/// A run of training: a function of its configuration, and of nothing else.
pub struct Trainer {
    pub(super) config: Config,
    pub(super) run_dir: PathBuf,
    pub(super) tracker: Tracker,
    pub(super) signals: Signals,
    pub(super) device: Device,
    pub(super) batches: Batches,
    pub(super) held_out: Option<Records>,
    validation: Option<Validation>,
    /// For the FID after training. Loaded before it: a file that is none must not be found after hours.
    pub(super) inception: Option<Inception>,
    plan: Plan,
    pub(super) process: Process,
    pub(super) checkpoints: Checkpoints,
    pub(super) state: State,
    resumed: Option<Event>,
    /// `training.max_minutes`, of each start.
    limit: Option<Duration>,
    /// When they are over, and how many steps there were when they began: each start takes one at least.
    deadline: Option<(Instant, u64)>,
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All steps are done.
    Finished,
    /// `training.max_minutes` are over, and all is saved.
    OutOfTime,
    /// It was asked to stop, and saved.
    Interrupted(Signal),
}

/// Why an epoch was left early.
enum Left {
    Asked(Signal),
    OutOfTime,
}

impl Trainer {
    /// Everything in place for the first step; `batches` are the configuration's, see [`batches`](super::batches()), and
    /// `held_out` pictures that are not trained on, if there are any.
    ///
    /// # Errors
    /// The device or the schedule is not to be had.
    pub fn new(
        config: Config,
        batches: Batches,
        held_out: Option<Records>,
        run_dir: &Path,
        signals: Signals,
    ) -> Result<Self, TrainError> {
        let device = device_for(config.device)?;
        use_threads(config.threads);
        let schedule = Schedule::new(&config.diffusion.schedule, config.diffusion.timesteps)?;
        let mut process = Process::new(schedule, config.diffusion.objective, device);
        if let Some(gamma) = config.diffusion.min_snr_gamma {
            process = process.with_min_snr(gamma);
        }
        let mut inception = None;
        if config.eval.after_training {
            check_sizes(held_out.as_ref(), batches.records())?;
            let path = config.eval.inception.as_deref();
            inception =
                path.map(|path| Inception::load(path, device)).transpose().map_err(EvaluationError::from)?;
        }
        let minutes = config.training.max_minutes;
        Ok(Self {
            run_dir: run_dir.to_owned(),
            tracker: Tracker::new(),
            signals,
            device,
            plan: Plan::new(&config, &batches),
            batches,
            validation: held_out.as_ref().and_then(|records| Validation::new(&config, records, device)),
            held_out,
            inception,
            process,
            checkpoints: Checkpoints::of(run_dir),
            state: State::new(&config, device)?,
            resumed: None,
            // So many minutes that no clock counts them are no limit.
            limit: minutes.and_then(|minutes| Duration::try_from_secs_f64(60.0 * minutes).ok()),
            deadline: None,
            config,
        })
    }

    /// Goes on from a checkpoint, which was read from `path`, instead of from the beginning.
    ///
    /// # Errors
    /// The checkpoint is of another configuration, or of other pictures.
    pub fn resume(&mut self, path: &Path, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let step = checkpoint.step;
        if let Some(reason) = identity::difference(&checkpoint.settings, &self.state.settings) {
            return Err(CheckpointError::Misfit { step, reason }.into());
        }
        let (epoch, _) = self.plan.place(step);
        if epoch != checkpoint.epoch {
            let reason =
                format!("it is of epoch {}, and these pictures make that epoch {epoch}", checkpoint.epoch);
            return Err(CheckpointError::Misfit { step, reason }.into());
        }
        self.state.restore(checkpoint)?;
        self.resumed = Some(Event::Resumed { step, checkpoint: self.relative(path) });
        Ok(())
    }

    /// Trains to the end, or until a signal asks to stop. `tracker` hears of everything, a failure too.
    ///
    /// # Errors
    /// The loss is not a number, or a result cannot be written.
    pub fn run(&mut self, tracker: Tracker) -> Result<Ended, TrainError> {
        self.tracker = tracker;
        let started = Instant::now();
        let deadline = self.limit.and_then(|limit| started.checked_add(limit));
        self.deadline = deadline.map(|deadline| (deadline, self.state.step));
        let result = self.epochs();
        let step = self.state.step;
        match &result {
            Ok(Ended::Finished) => {
                self.tracker.emit(&Event::Finished { step, seconds: started.elapsed().as_secs_f64() });
            }
            Ok(Ended::OutOfTime) => {
                let message = format!(
                    "training.max_minutes are over after step {step} of {}; 'ddpm --resume {}' would go on",
                    self.plan.steps(),
                    self.run_dir.display()
                );
                self.tracker.emit(&Event::Notice { message });
                self.tracker.emit(&Event::Finished { step, seconds: started.elapsed().as_secs_f64() });
            }
            Ok(Ended::Interrupted(_)) => {
                if self.signals.is_orphan() {
                    let message = "the process that started this worker is gone".to_owned();
                    self.tracker.emit(&Event::Warning { message });
                }
                self.tracker.emit(&Event::Interrupted { step });
            }
            Err(error) => self.tracker.emit(&Event::Failed { message: error.to_string() }),
        }
        result
    }

    fn epochs(&mut self) -> Result<Ended, TrainError> {
        let steps = self.plan.steps();
        self.tracker.emit(&Event::Started {
            device: device_name(self.device),
            arithmetic: self.state.engine.description(),
            threads: tch::get_num_threads(),
            parameters: self.state.parameters(),
            pictures: self.batches.records().len(),
            steps_per_epoch: self.plan.per_epoch(),
            steps,
        });
        if let Some(resumed) = self.resumed.take() {
            self.tracker.emit(&resumed);
            // It may have been stopped after it saved and before all that follows was done.
            if let Some(epoch) = self.plan.epoch_ending_at(self.state.step) {
                // Where the last step has come nearer since, what was saved within an epoch is its end now.
                let saved = self.checkpoints.after_epoch(epoch);
                if Checkpoint::read_step(&saved) != Some(self.state.step) {
                    self.save(&saved)?;
                }
                self.after_saving(epoch)?;
                if !self.run_dir.join(samples_path(epoch)).exists() {
                    self.draw_if_due(epoch)?;
                }
            }
            if let Some(signal) = self.signals.received() {
                return Ok(Ended::Interrupted(signal));
            }
        }
        while self.state.step < steps {
            let (done, from) = self.plan.place(self.state.step);
            let epoch = done + 1;
            if let Some(left) = self.epoch(epoch, from)? {
                let step = self.state.step;
                let saved = self.checkpoints.within_epoch(step);
                match left {
                    Left::Asked(signal) => {
                        self.save(&saved)?;
                        return Ok(Ended::Interrupted(signal));
                    }
                    // What the end of training leaves, this end leaves, too.
                    Left::OutOfTime => {
                        self.validate(epoch);
                        self.save(&saved)?;
                        self.keep_best(&saved)?;
                        self.draw(epoch, PathBuf::from(format!("samples/step_{step:08}.png")))?;
                        self.evaluate()?;
                        return Ok(self.signals.received().map_or(Ended::OutOfTime, Ended::Interrupted));
                    }
                }
            }
            // Before it is saved, so that the checkpoint knows whether it is the best.
            if self.plan.validates_after(epoch) {
                self.validate(epoch);
            }
            // Saved before samples are drawn: what took an epoch must not be lost while they are.
            self.save(&self.checkpoints.after_epoch(epoch))?;
            self.after_saving(epoch)?;
            self.draw_if_due(epoch)?;
            if let Some(signal) = self.signals.received() {
                return Ok(Ended::Interrupted(signal));
            }
        }
        self.evaluate()?;
        Ok(self.signals.received().map_or(Ended::Finished, Ended::Interrupted))
    }

    /// What is left of an epoch after its first `from` steps; a signal, or the time, may end it early.
    fn epoch(&mut self, epoch: u64, from: u64) -> Result<Option<Left>, TrainError> {
        let mut pace = Pace::start();
        let batches_a_step = self.plan.batches_a_step();
        let mut batches = self.batches.epoch(epoch - 1, from as usize * batches_a_step)?;
        // Before the signals: with all steps done, the epoch is whole, and is to be saved as such.
        while self.state.step < self.plan.steps() {
            let group: Vec<_> = batches.by_ref().take(batches_a_step).collect();
            if group.is_empty() {
                break;
            }
            if let Some(signal) = self.signals.received() {
                return Ok(Some(Left::Asked(signal)));
            }
            let is_over =
                |(deadline, from): (Instant, u64)| Instant::now() >= deadline && self.state.step > from;
            if self.deadline.is_some_and(is_over) {
                return Ok(Some(Left::OutOfTime));
            }
            let lr = self.lr(self.state.step);
            let loss = self.step(&group, lr)?;
            self.state.losses.add(loss);
            pace.add(group.iter().map(|batch| batch.indices.len()).sum());
            let step = self.state.step;
            if step.is_multiple_of(self.config.training.log_every) {
                let images_per_second = pace.since_last_time();
                self.tracker.emit(&Event::Step { step, epoch, loss, lr, images_per_second });
            }
            self.save_within_epoch()?;
        }
        let step = self.state.step;
        let lr = self.lr(step.saturating_sub(1));
        let loss = std::mem::take::<Mean>(&mut self.state.losses).value();
        self.tracker.emit(&Event::Epoch { step, epoch, loss, lr, images_per_second: pace.overall() });
        // A signal that came during the last batch finds the epoch done; it is looked at once that is saved.
        Ok(None)
    }

    /// The learning rate of the step after `step` steps.
    fn lr(&self, step: u64) -> f64 {
        self.state.optimizer.lr() * self.config.lr_schedule.factor(step, self.plan.steps())
    }

    /// Finds the loss on held-out pictures, if there are any and it is wanted at all.
    fn validate(&mut self, epoch: u64) {
        let Some(validation) = &self.validation else { return };
        let (model, mut engine) = self.state.drawing();
        let loss = validation.loss(&self.process, model, &mut engine);
        let step = self.state.step;
        let best = self.state.best.is_none_or(|best| loss < best.loss || best.loss.is_nan());
        if best {
            self.state.best = Some(Best { step, loss });
        }
        self.tracker.emit(&Event::Validation { step, epoch, loss, best });
    }

    /// What follows once an epoch is saved; done again, it changes nothing.
    fn after_saving(&mut self, epoch: u64) -> Result<(), TrainError> {
        self.keep_best(&self.checkpoints.after_epoch(epoch))?;
        self.prune(self.plan.superseded(&self.checkpoints, self.state.step)?);
        Ok(())
    }

    /// Keeps the checkpoint at `saved`, which is of this step, as the best if it is.
    fn keep_best(&self, saved: &Path) -> Result<(), TrainError> {
        if self.plan.is_best(self.state.step, self.state.best) {
            self.checkpoints.keep_as_best(saved)?;
        }
        Ok(())
    }

    fn draw_if_due(&mut self, epoch: u64) -> Result<(), TrainError> {
        if self.plan.draws_after(epoch) { self.draw(epoch, samples_path(epoch)) } else { Ok(()) }
    }

    /// Draws a grid of pictures, always from the same noise, so that grids of different epochs can be compared.
    fn draw(&mut self, epoch: u64, path: PathBuf) -> Result<(), TrainError> {
        random::reseed(self.config.seed, Purpose::Sampling, 0);
        let settings = &self.config.sampling;
        let go_on = || self.signals.received().is_none();
        let Some(drawing) = self.artist().draw(settings, settings.pictures as i64, go_on) else {
            return Ok(());
        };
        drawing.write(&self.run_dir.join(&path))?;
        self.tracker.emit(&Event::Samples { epoch, path });
        Ok(())
    }

    pub(super) fn artist(&self) -> Artist<'_> {
        let (model, engine) = self.state.drawing();
        Artist { process: &self.process, model, engine, device: self.device }
    }

    pub(super) fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        // Metrics that a checkpoint has seen are not written again, so they must outlast what it outlasts.
        self.tracker.flush();
        let (epoch, _) = self.plan.place(self.state.step);
        self.state.checkpoint(epoch).write(path)?;
        let path = self.relative(path);
        self.tracker.emit(&Event::Checkpoint { step: self.state.step, path });
        Ok(())
    }

    /// Saves in the middle of an epoch if that is due.
    fn save_within_epoch(&mut self) -> Result<(), TrainError> {
        let step = self.state.step;
        let due = self.config.training.checkpoint_every_steps.is_some_and(|every| step.is_multiple_of(every));
        // The end of an epoch saves by itself.
        if !due || self.plan.epoch_ending_at(step).is_some() {
            return Ok(());
        }
        self.save(&self.checkpoints.within_epoch(step))?;
        self.prune(self.checkpoints.superseded_within_epoch(step)?);
        Ok(())
    }

    /// Removes checkpoints that nobody will go on from.
    fn prune(&mut self, superseded: Vec<PathBuf>) {
        for path in superseded {
            if let Err(error) = std::fs::remove_file(&path) {
                let message = format!("{} could not be removed: {error}", path.display());
                self.tracker.emit(&Event::Warning { message });
            }
        }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.run_dir).unwrap_or(path).to_owned()
    }
}

fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("cuda:{index}"),
        Device::Cpu => "cpu".into(),
        other => format!("{other:?}"),
    }
}
