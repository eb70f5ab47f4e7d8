//! Weights & Biases: metrics, pictures and the end of a run, into its transaction log and from there to the server.

use super::{Event, Listener};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use wandb_run::{Image, Run, Summary, Value};

/// Records a run for W&B. Nothing here waits for a network; what it cannot write costs one warning.
#[derive(Debug)]
pub struct Wandb {
    run: Option<Run>,
    run_dir: PathBuf,
    options: WandbOptions,
    /// The last step that was recorded.
    step: u64,
}

/// What is recorded.
#[derive(Clone, Copy, Debug)]
pub struct WandbOptions {
    /// Metrics after every so many steps.
    pub every: u64,
    /// Whether pictures are recorded.
    pub images: bool,
}

impl Wandb {
    /// Records into `run`; paths of events are relative to `run_dir`.
    pub fn new(run: Run, run_dir: &Path, options: WandbOptions) -> Self {
        let step = run.first_step();
        Self { run: Some(run), run_dir: run_dir.to_owned(), options, step }
    }

    /// Steps that the run has from before are not recorded twice.
    fn log(&mut self, step: u64, items: &[(&str, Value)]) -> io::Result<()> {
        match &mut self.run {
            Some(run) if step >= run.first_step() => {
                self.step = step;
                run.log(step, items)
            }
            _ => Ok(()),
        }
    }

    fn picture(&mut self, key: &str, path: &Path, caption: Option<String>) -> io::Result<()> {
        if !self.options.images {
            return Ok(());
        }
        let png = fs::read(self.run_dir.join(path))?;
        self.log(self.step, &[(key, Image { png, caption }.into())])
    }

    fn finish(&mut self, exit_code: i32) -> Option<Summary> {
        Some(self.run.take()?.finish(exit_code))
    }
}

impl Listener for Wandb {
    fn name(&self) -> &str {
        "the record for Weights & Biases"
    }

    fn on(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Step { step, epoch, loss, lr, images_per_second } => {
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
                let items = [
                    ("epoch/loss", (*loss).into()),
                    ("epoch/images_per_second", (*images_per_second).into()),
                    ("epoch", Value::from(*epoch as i64)),
                ];
                self.log(*step, &items)
            }
            Event::Inputs { path } => self.picture("inputs", path, None),
            Event::Samples { epoch, path } => self.picture("samples", path, Some(format!("epoch {epoch}"))),
            Event::Finished { .. } => self.told(0),
            Event::Interrupted { .. } => self.told(130),
            Event::Failed { .. } => self.told(1),
            Event::Started { .. }
            | Event::Resumed { .. }
            | Event::Checkpoint { .. }
            | Event::Notice { .. }
            | Event::Warning { .. } => Ok(()),
        }
    }
}

impl Wandb {
    /// Ends the record, and says where it is.
    fn told(&mut self, exit_code: i32) -> io::Result<()> {
        if let Some(summary) = self.finish(exit_code).filter(|summary| summary.dir.is_some()) {
            use io::Write;
            // Nobody may be reading.
            let _ = writeln!(io::stderr(), "{summary}");
        }
        Ok(())
    }
}
