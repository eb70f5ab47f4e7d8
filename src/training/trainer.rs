//! The training loop.

use super::pace::Pace;
use super::plan::samples_path;
use super::state::State;
use super::{Checkpoint, CheckpointError, Checkpoints, Mean, Plan, Signal, Signals, TrainError};
use crate::device::{device_for, use_threads};
use crate::diffusion::{Process, Sampler, Schedule};
use crate::pictures;
use crate::random::{self, Purpose};
use crate::tracking::{Event, Tracker};
use ddpm_config::Config;
use ddpm_data::{Batch, Batches};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tch::{Device, Tensor};

/// Pictures of the first batch that are shown.
const MOST_INPUTS: i64 = 64;

/// A run of training: a function of its configuration, and of nothing else.
pub struct Trainer {
    config: Config,
    run_dir: PathBuf,
    tracker: Tracker,
    signals: Signals,
    device: Device,
    batches: Batches,
    plan: Plan,
    process: Process,
    sampler: Sampler,
    checkpoints: Checkpoints,
    state: State,
    resumed: Option<Event>,
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All steps are done.
    Finished,
    /// It was asked to stop, and saved.
    Interrupted(Signal),
}

impl Trainer {
    /// Everything in place for the first step; `batches` are the configuration's, see [`batches`](super::batches()).
    ///
    /// # Errors
    /// The device or the schedule is not to be had.
    pub fn new(
        config: Config,
        batches: Batches,
        run_dir: &Path,
        signals: Signals,
    ) -> Result<Self, TrainError> {
        let device = device_for(config.device)?;
        use_threads(config.threads);
        let schedule = Schedule::new(&config.diffusion.schedule, config.diffusion.timesteps)?;
        Ok(Self {
            run_dir: run_dir.to_owned(),
            tracker: Tracker::new(),
            signals,
            device,
            plan: Plan::new(&config, &batches),
            batches,
            process: Process::new(schedule, config.diffusion.objective, device),
            sampler: Sampler::new(&config.sampling, config.diffusion.timesteps),
            checkpoints: Checkpoints::of(run_dir),
            state: State::new(&config, device)?,
            resumed: None,
            config,
        })
    }

    /// Goes on from a checkpoint, which was read from `path`, instead of from the beginning.
    ///
    /// # Errors
    /// The checkpoint is of another configuration, or of other pictures.
    pub fn resume(&mut self, path: &Path, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let step = checkpoint.step;
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
        let result = self.epochs();
        match &result {
            Ok(Ended::Finished) => {}
            Ok(Ended::Interrupted(_)) => {
                if self.signals.is_orphan() {
                    let message = "the process that started this worker is gone".to_owned();
                    self.tracker.emit(&Event::Warning { message });
                }
                self.tracker.emit(&Event::Interrupted { step: self.state.step });
            }
            Err(error) => self.tracker.emit(&Event::Failed { message: error.to_string() }),
        }
        result
    }

    fn epochs(&mut self) -> Result<Ended, TrainError> {
        let started = Instant::now();
        let steps = self.plan.steps();
        self.tracker.emit(&Event::Started {
            device: device_name(self.device),
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
                self.prune()?;
                if !self.run_dir.join(samples_path(epoch)).exists() {
                    self.draw(epoch)?;
                }
            }
            if let Some(signal) = self.signals.received() {
                return Ok(Ended::Interrupted(signal));
            }
        }
        while self.state.step < steps {
            let (done, from) = self.plan.place(self.state.step);
            let epoch = done + 1;
            if let Some(signal) = self.epoch(epoch, from)? {
                self.save(&self.checkpoints.interrupted(self.state.step))?;
                return Ok(Ended::Interrupted(signal));
            }
            // Saved before samples are drawn: what took an epoch must not be lost while they are.
            self.save(&self.checkpoints.after_epoch(epoch))?;
            self.prune()?;
            self.draw(epoch)?;
            if let Some(signal) = self.signals.received() {
                return Ok(Ended::Interrupted(signal));
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        self.tracker.emit(&Event::Finished { step: self.state.step, seconds });
        Ok(Ended::Finished)
    }

    /// What is left of an epoch after its first `from` steps; a signal ends it early.
    fn epoch(&mut self, epoch: u64, from: u64) -> Result<Option<Signal>, TrainError> {
        let mut pace = Pace::start();
        for batch in self.batches.epoch(epoch - 1, from as usize)? {
            // Before the signals: with all steps done, the epoch is whole, and is to be saved as such.
            if self.state.step >= self.plan.steps() {
                break;
            }
            if let Some(signal) = self.signals.received() {
                return Ok(Some(signal));
            }
            let loss = self.train(&batch)?;
            self.state.losses.add(loss);
            pace.add(batch.indices.len());
            if self.state.step.is_multiple_of(self.config.training.log_every) {
                let (step, lr) = (self.state.step, self.state.optimizer.lr());
                let images_per_second = pace.since_last_time();
                self.tracker.emit(&Event::Step { step, epoch, loss, lr, images_per_second });
            }
        }
        let (step, lr) = (self.state.step, self.state.optimizer.lr());
        let loss = std::mem::take::<Mean>(&mut self.state.losses).value();
        self.tracker.emit(&Event::Epoch { step, epoch, loss, lr, images_per_second: pace.overall() });
        // A signal that came during the last batch finds the epoch done; it is looked at once that is saved.
        Ok(None)
    }

    /// One step: noise the batch, predict, descend. Returns the loss.
    fn train(&mut self, batch: &Batch) -> Result<f64, TrainError> {
        let clean = Tensor::from_slice(&batch.images).reshape([batch.indices.len() as i64, 3, 32, 32]);
        if self.state.step == 0 {
            let path = Path::new("inputs.png").to_owned();
            pictures::write_grid(
                &clean.narrow(0, 0, clean.size()[0].min(MOST_INPUTS)),
                &self.run_dir.join(&path),
            )?;
            self.tracker.emit(&Event::Inputs { path });
        }
        let clean = clean.to_device(self.device);
        random::reseed(self.config.seed, Purpose::Training, self.state.step);
        let timesteps = random::timesteps(clean.size()[0], self.config.diffusion.timesteps, self.device);
        let noise = random::normal(&clean.size(), self.device);

        let loss = self.process.loss(|x, t| self.state.model.forward(x, t), &clean, &timesteps, &noise);
        let value = loss.double_value(&[]);
        if !value.is_finite() {
            // Under a name that nobody takes for a checkpoint to go on from.
            let saved = self.checkpoints.diverged(self.state.step);
            self.save(&saved)?;
            return Err(TrainError::Diverged { step: self.state.step + 1, loss: value, saved });
        }
        loss.backward();
        self.state.optimizer.step();
        self.state.step += 1;
        if let Some(ema) = &mut self.state.ema {
            ema.update(self.state.step);
        }
        Ok(value)
    }

    /// Draws a grid of pictures if one is due after this epoch, always from the same noise, so that grids of different
    /// epochs can be compared.
    fn draw(&mut self, epoch: u64) -> Result<(), TrainError> {
        if !self.plan.draws_after(epoch) {
            return Ok(());
        }
        random::reseed(self.config.seed, Purpose::Sampling, 0);
        let model = self.state.best_model();
        let shape = [self.config.sampling.pictures as i64, 3, 32, 32];
        let go_on = || self.signals.received().is_none();
        let Some(drawn) =
            self.sampler.sample(&self.process, |x, t| model.forward(x, t), shape, self.device, go_on)
        else {
            return Ok(());
        };
        let path = samples_path(epoch);
        pictures::write_grid(&drawn, &self.run_dir.join(&path))?;
        self.tracker.emit(&Event::Samples { epoch, path });
        Ok(())
    }

    fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        // Metrics that a checkpoint has seen are not written again, so they must outlast what it outlasts.
        self.tracker.flush();
        let (epoch, _) = self.plan.place(self.state.step);
        self.state.checkpoint(epoch).write(path)?;
        let path = self.relative(path);
        self.tracker.emit(&Event::Checkpoint { step: self.state.step, path });
        Ok(())
    }

    /// Removes checkpoints that nobody will go on from.
    fn prune(&mut self) -> Result<(), TrainError> {
        for path in self.plan.superseded(&self.checkpoints, self.state.step)? {
            if let Err(error) = std::fs::remove_file(&path) {
                let message = format!("{} could not be removed: {error}", path.display());
                self.tracker.emit(&Event::Warning { message });
            }
        }
        Ok(())
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
