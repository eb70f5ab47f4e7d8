//! Weights & Biases: metrics, pictures and the end of a run, into its transaction log and from there to the server.

use super::{Event, Listener};
use crate::training::Signals;
use std::cell::Cell;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wandb_run::{Image, Run, Summary, Value};

/// A run that was told to stop has little time: clusters often wait for thirty seconds.
const IN_A_HURRY: Duration = Duration::from_secs(10);

/// Records a run for W&B. Nothing here waits for a network but the end, which waits as it was told; what it cannot write
/// costs one warning.
#[derive(Debug)]
pub struct Wandb {
    run: Option<Run>,
    run_dir: PathBuf,
    /// What `ddpm wandb sync` is to be given.
    records: PathBuf,
    options: WandbOptions,
    signals: Signals,
    /// Where a picture belongs.
    step: u64,
}

/// What is recorded, and what is said.
#[derive(Clone, Copy, Debug)]
pub struct WandbOptions {
    /// Metrics after every so many steps.
    pub every: u64,
    /// Whether pictures are recorded.
    pub images: bool,
    /// How long the end waits for a server that takes nothing.
    pub finish_timeout: Duration,
    /// Whether nothing is said.
    pub silent: bool,
}

impl Wandb {
    /// Records into `run`; paths of events are relative to `run_dir`, and its records are in `records`. A signal cuts the
    /// wait at the end short.
    pub fn new(run: Run, run_dir: &Path, records: &Path, options: WandbOptions, signals: Signals) -> Self {
        // What an earlier start left undone is recorded with the first step of this one.
        let step = run.first_step();
        Self {
            run: Some(run),
            run_dir: run_dir.to_owned(),
            records: records.to_owned(),
            options,
            signals,
            step,
        }
    }

    /// Steps that the run has from before are not recorded twice.
    fn log(&mut self, step: u64, items: &[(&str, Value)]) -> io::Result<()> {
        match &mut self.run {
            Some(run) if step >= run.first_step() => run.log(step, items),
            _ => Ok(()),
        }
    }

    fn picture(&mut self, key: &str, path: &Path, caption: Option<String>) -> io::Result<()> {
        if !self.options.images {
            return Ok(());
        }
        let png = fs::read(self.run_dir.join(path))?;
        // A row that an earlier start has written cannot get a picture any more: it comes with the next one.
        let first = self.run.as_ref().map_or(0, Run::first_step);
        self.log(self.step.max(first), &[(key, Image { png, caption }.into())])
    }

    fn finish(&mut self, exit_code: i32) -> Option<Summary> {
        let run = self.run.take()?;
        // A signal that has ended training has been heeded, and leaves some time.
        let Some(_) = self.signals.received() else {
            let wait = Wait::new(&self.records, self.options.silent);
            let has_time = || {
                wait.tell();
                self.signals.received().is_none()
            };
            return Some(run.finish_while(exit_code, self.options.finish_timeout, &has_time));
        };
        let started = Instant::now();
        let patience = self.options.finish_timeout.min(IN_A_HURRY);
        Some(run.finish_while(exit_code, patience, &|| started.elapsed() < IN_A_HURRY))
    }

    /// Ends the record, and says where it is.
    fn told(&mut self, exit_code: i32) {
        let Some(mut summary) = self.finish(exit_code).filter(|summary| summary.dir.is_some()) else {
            return;
        };
        if self.options.silent {
            return;
        }
        // Ours needs no Python, and knows all parts of the run.
        summary.hint = summary.hint.map(|_| upload_later(&self.records));
        // Nobody may be reading.
        let _ = writeln!(io::stderr(), "{summary}");
    }
}

fn upload_later(records: &Path) -> String {
    format!("upload it with: ddpm wandb sync {}", records.display())
}

/// Somebody waits for the server: after a moment they are told why.
struct Wait<'a> {
    records: &'a Path,
    started: Instant,
    told: Cell<bool>,
}

impl<'a> Wait<'a> {
    fn new(records: &'a Path, silent: bool) -> Self {
        Self { records, started: Instant::now(), told: Cell::new(silent) }
    }

    fn tell(&self) {
        if self.started.elapsed() >= Duration::from_secs(2) && !self.told.replace(true) {
            let later = upload_later(self.records);
            let _ = writeln!(
                io::stderr(),
                "wandb: training is done; uploading the rest (Ctrl-C leaves it; {later})"
            );
        }
    }
}

impl Listener for Wandb {
    fn name(&self) -> &str {
        "the record for Weights & Biases"
    }

    fn on(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Step { step, epoch, loss, lr, images_per_second } => {
                self.step = *step;
                if step % self.options.every.max(1) != 0 {
                    return Ok(());
                }
                let items = [
                    ("train/loss", (*loss).into()),
                    ("train/lr", (*lr).into()),
                    ("train/images_per_second", (*images_per_second).into()),
                    ("epoch", Value::from(*epoch as i64)),
                ];
                self.log(*step, &items)
            }
            Event::Epoch { step, epoch, loss, images_per_second, .. } => {
                self.step = *step;
                let items = [
                    ("epoch/loss", (*loss).into()),
                    ("epoch/images_per_second", (*images_per_second).into()),
                    ("epoch", Value::from(*epoch as i64)),
                ];
                self.log(*step, &items)
            }
            // They are those of the first step: an earlier start has recorded them.
            Event::Inputs { .. } if self.run.as_ref().is_none_or(|run| run.first_step() > 0) => Ok(()),
            Event::Inputs { path } => self.picture("inputs", path, None),
            Event::Validation { step, epoch, loss, .. } => {
                self.step = *step;
                let items = [("validation/loss", (*loss).into()), ("epoch", Value::from(*epoch as i64))];
                self.log(*step, &items)
            }
            Event::Evaluation { step, evaluation } => {
                self.step = *step;
                let figures = evaluation.figures();
                let items: Vec<(&str, Value)> =
                    figures.iter().map(|(name, figure)| (name.as_str(), (*figure).into())).collect();
                // Of a run that is done there may be rows of this step already.
                let first = self.run.as_ref().map_or(0, Run::first_step);
                self.log((*step).max(first), &items)
            }
            Event::Samples { epoch, path } => self.picture("samples", path, Some(format!("epoch {epoch}"))),
            Event::Finished { .. } => {
                self.told(0);
                Ok(())
            }
            Event::Interrupted { .. } => {
                let status = self.signals.received().map_or(130, |signal| i32::from(signal.exit_status()));
                self.told(status);
                Ok(())
            }
            Event::Failed { .. } => {
                self.told(1);
                Ok(())
            }
            Event::Started { .. }
            | Event::Resumed { .. }
            | Event::Checkpoint { .. }
            | Event::Notice { .. }
            | Event::Warning { .. } => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.run.as_ref().map_or(Ok(()), Run::sync_log)
    }
}
