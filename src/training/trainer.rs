//! The training loop.

use super::pace::{Mean, Pace};
use super::{Checkpoint, Ema, Optimizer, Signal, Signals, TrainError};
use crate::device::{device_for, use_threads};
use crate::diffusion::{Process, Sampler, Schedule};
use crate::model::UNet;
use crate::pictures;
use crate::random::{self, Purpose};
use crate::tracking::{Event, Tracker};
use ddpm_config::Config;
use ddpm_data::{Batch, BatchOptions, Batches, Flip, LastBatch, Records};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tch::{Device, TchError, Tensor, nn};

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
    process: Process,
    sampler: Sampler,
    vs: nn::VarStore,
    model: UNet,
    ema: Option<Ema>,
    optimizer: Optimizer,
    step: u64,
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
    /// Everything in place for the first step; `records` are the prepared pictures.
    ///
    /// # Errors
    /// The device, the schedule or the pictures are not to be had.
    pub fn new(
        config: Config,
        records: Records,
        run_dir: &Path,
        signals: Signals,
    ) -> Result<Self, TrainError> {
        let device = device_for(config.device)?;
        use_threads(config.threads);
        let schedule = Schedule::new(&config.diffusion.schedule, config.diffusion.timesteps)?;
        let process = Process::new(schedule, config.diffusion.objective, device);
        let sampler = Sampler::new(&config.sampling, config.diffusion.timesteps);
        let batches = Batches::new(Arc::new(records), batch_options(&config));

        random::reseed(config.seed, Purpose::Weights, 0);
        let vs = nn::VarStore::new(Device::Cpu);
        let model = UNet::new(&vs.root(), 3, config.model.hidden_size);
        let (vs, model) = on_device(vs, model, &config, device)?;
        let ema = match config.training.ema_decay {
            Some(decay) => Some(Ema::new(&vs, &config.model, decay, device)?),
            None => None,
        };
        let mut parameters: Vec<_> = vs.variables().into_iter().collect();
        parameters.sort_by(|a, b| a.0.cmp(&b.0));
        let optimizer = Optimizer::new(config.optimizer.clone(), parameters);
        let run_dir = run_dir.to_owned();
        Ok(Self {
            config,
            run_dir,
            tracker: Tracker::new(),
            signals,
            device,
            batches,
            process,
            sampler,
            vs,
            model,
            ema,
            optimizer,
            step: 0,
        })
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
            Ok(Ended::Interrupted(_)) => self.tracker.emit(&Event::Interrupted { step: self.step }),
            Err(error) => self.tracker.emit(&Event::Failed { message: error.to_string() }),
        }
        result
    }

    fn epochs(&mut self) -> Result<Ended, TrainError> {
        let started = Instant::now();
        let steps = self.total_steps();
        self.tracker.emit(&Event::Started {
            device: device_name(self.device),
            threads: tch::get_num_threads(),
            parameters: self.vs.trainable_variables().iter().map(|variable| variable.numel() as i64).sum(),
            pictures: self.batches.records().len(),
            steps_per_epoch: self.steps_per_epoch(),
            steps,
        });
        let mut epoch = 0;
        while self.step < steps {
            epoch += 1;
            if let Some(signal) = self.epoch(epoch, steps)? {
                self.save(&Checkpoint::interrupted_path(&self.run_dir, self.step))?;
                return Ok(Ended::Interrupted(signal));
            }
            // Saved before samples are drawn: what took an epoch must not be lost while they are.
            self.save(&Checkpoint::path(&self.run_dir, epoch))?;
            self.prune()?;
            let last = self.step >= steps;
            let every = self.config.sampling.every_epochs;
            if every > 0 && (last || epoch.is_multiple_of(every)) {
                self.draw(epoch)?;
            }
            if let Some(signal) = self.signals.received() {
                return Ok(Ended::Interrupted(signal));
            }
        }
        self.tracker.emit(&Event::Finished { step: self.step, seconds: started.elapsed().as_secs_f64() });
        Ok(Ended::Finished)
    }

    /// One epoch; a signal ends it early.
    fn epoch(&mut self, epoch: u64, steps: u64) -> Result<Option<Signal>, TrainError> {
        let mut pace = Pace::start();
        let mut losses = Mean::default();
        for batch in self.batches.epoch(epoch - 1, 0)? {
            if let Some(signal) = self.signals.received() {
                return Ok(Some(signal));
            }
            if self.step >= steps {
                break;
            }
            let loss = self.train(&batch)?;
            losses.add(loss);
            pace.add(batch.indices.len());
            if self.step.is_multiple_of(self.config.training.log_every) {
                let (step, lr) = (self.step, self.optimizer.lr());
                let images_per_second = pace.since_last_time();
                self.tracker.emit(&Event::Step { step, epoch, loss, lr, images_per_second });
            }
        }
        let (step, lr) = (self.step, self.optimizer.lr());
        let images_per_second = pace.overall();
        self.tracker.emit(&Event::Epoch { step, epoch, loss: losses.value(), lr, images_per_second });
        // A signal that came during the last batch finds the epoch done; it is looked at once that is saved.
        Ok(None)
    }

    /// One step: noise the batch, predict, descend. Returns the loss.
    fn train(&mut self, batch: &Batch) -> Result<f64, TrainError> {
        let clean = Tensor::from_slice(&batch.images).reshape([batch.indices.len() as i64, 3, 32, 32]);
        if self.step == 0 {
            let path = Path::new("inputs.png").to_owned();
            pictures::write_grid(
                &clean.narrow(0, 0, clean.size()[0].min(MOST_INPUTS)),
                &self.run_dir.join(&path),
            )?;
            self.tracker.emit(&Event::Inputs { path });
        }
        let clean = clean.to_device(self.device);
        random::reseed(self.config.seed, Purpose::Training, self.step);
        let timesteps = random::timesteps(clean.size()[0], self.config.diffusion.timesteps, self.device);
        let noise = random::normal(&clean.size(), self.device);

        let loss = self.process.loss(|x, t| self.model.forward(x, t), &clean, &timesteps, &noise);
        let value = loss.double_value(&[]);
        if !value.is_finite() {
            // Under a name that nobody takes for a checkpoint to go on from.
            let saved = Checkpoint::diverged_path(&self.run_dir, self.step);
            self.save(&saved)?;
            return Err(TrainError::Diverged { step: self.step + 1, loss: value, saved });
        }
        loss.backward();
        self.optimizer.step();
        self.step += 1;
        if let Some(ema) = &mut self.ema {
            ema.update(self.step);
        }
        Ok(value)
    }

    /// Draws a grid of pictures, always from the same noise, so that grids of different epochs can be compared.
    fn draw(&mut self, epoch: u64) -> Result<(), TrainError> {
        random::reseed(self.config.seed, Purpose::Sampling, 0);
        let model = self.ema.as_ref().map_or(&self.model, Ema::model);
        let shape = [self.config.sampling.pictures as i64, 3, 32, 32];
        let go_on = || self.signals.received().is_none();
        let Some(drawn) =
            self.sampler.sample(&self.process, |x, t| model.forward(x, t), shape, self.device, go_on)
        else {
            return Ok(());
        };
        let path = Path::new("samples").join(format!("epoch_{epoch:04}.png"));
        pictures::write_grid(&drawn, &self.run_dir.join(&path))?;
        self.tracker.emit(&Event::Samples { epoch, path });
        Ok(())
    }

    fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        let named = |prefix: &str, vs: &nn::VarStore| -> Vec<(String, Tensor)> {
            let all = vs.variables().into_iter();
            all.map(|(name, tensor)| (format!("{prefix}.{name}"), tensor)).collect()
        };
        let mut tensors = named("model", &self.vs);
        if let Some(ema) = &self.ema {
            tensors.extend(named("ema", ema.variables()));
        }
        let state = self.optimizer.state().into_iter();
        tensors.extend(state.map(|(name, tensor)| (format!("optimizer.{name}"), tensor)));
        let epoch = self.step / self.steps_per_epoch().max(1);
        Checkpoint { step: self.step, epoch, tensors }.write(path)?;
        let path = path.strip_prefix(&self.run_dir).unwrap_or(path).to_owned();
        self.tracker.emit(&Event::Checkpoint { step: self.step, path });
        Ok(())
    }

    /// Removes checkpoints beyond those that the configuration keeps.
    fn prune(&mut self) -> Result<(), TrainError> {
        let Some(keep) = self.config.training.keep_checkpoints else { return Ok(()) };
        for path in Checkpoint::list(&self.run_dir)?.into_iter().skip(keep) {
            if let Err(error) = std::fs::remove_file(&path) {
                let message = format!("{} could not be removed: {error}", path.display());
                self.tracker.emit(&Event::Warning { message });
            }
        }
        Ok(())
    }

    fn steps_per_epoch(&self) -> u64 {
        self.batches.per_epoch() as u64
    }

    fn total_steps(&self) -> u64 {
        let all = self.steps_per_epoch().saturating_mul(self.config.training.epochs);
        self.config.training.max_steps.map_or(all, |most| all.min(most))
    }
}

/// The weights are drawn on the CPU, so that a seed means the same weights everywhere, and then moved.
fn on_device(
    mut vs: nn::VarStore,
    model: UNet,
    config: &Config,
    device: Device,
) -> Result<(nn::VarStore, UNet), TchError> {
    if device == Device::Cpu {
        return Ok((vs, model));
    }
    let mut moved = nn::VarStore::new(device);
    let model = UNet::new(&moved.root(), 3, config.model.hidden_size);
    vs.set_device(device);
    moved.copy(&vs)?;
    Ok((moved, model))
}

fn batch_options(config: &Config) -> BatchOptions {
    BatchOptions {
        seed: config.seed,
        batch_size: config.training.batch_size,
        passes: config.dataset.repeat(),
        flip: if config.data.random_flip { Flip::Horizontal } else { Flip::None },
        last: LastBatch::Keep,
        workers: config.data.num_workers,
    }
}

fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("cuda:{index}"),
        Device::Cpu => "cpu".into(),
        other => format!("{other:?}"),
    }
}
