//! What a person sees while a run goes on.

use super::{Event, Listener};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// How much one step moves the average of the loss that is shown.
const SMOOTHING: f64 = 0.05;

/// A progress bar on standard error, with a line above it for each epoch; without a terminal, only the lines.
#[derive(Debug)]
pub struct Console {
    bar: ProgressBar,
    average: Option<f64>,
    terminal: bool,
}

impl Console {
    /// Nothing is drawn before training starts.
    pub fn new() -> Self {
        let terminal = io::stderr().is_terminal();
        Self { bar: ProgressBar::hidden(), average: None, terminal }
    }

    fn say(&self, line: &str) -> io::Result<()> {
        // A hidden bar prints nothing: before training there is none, and after it none any more.
        if self.terminal && !self.bar.is_hidden() && !self.bar.is_finished() {
            self.bar.println(line);
            return Ok(());
        }
        // Not `eprintln!`, which panics when nobody reads any more.
        writeln!(io::stderr(), "{line}")
    }

    fn start(&mut self, steps: u64) {
        let target =
            if self.terminal { ProgressDrawTarget::stderr_with_hz(4) } else { ProgressDrawTarget::hidden() };
        let template = "{prefix} {bar:24} {pos}/{len} {msg} {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        // No ticking thread: a second busy thread slows the tensor operations down.
        self.bar = ProgressBar::with_draw_target(Some(steps), target).with_style(style);
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener for Console {
    fn name(&self) -> &str {
        "the console"
    }

    fn on(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Step { step, epoch, loss, images_per_second, .. } => {
                let average = self.average.map_or(*loss, |average| average + SMOOTHING * (loss - average));
                self.average = Some(average);
                self.bar.set_prefix(format!("epoch {epoch}"));
                self.bar.set_message(format!("loss {average:.4} {images_per_second:.0} images/s"));
                self.bar.set_position(*step);
            }
            Event::Started { steps, .. } => {
                self.say(&event.to_string())?;
                self.start(*steps);
            }
            Event::Resumed { step, .. } => {
                self.say(&event.to_string())?;
                self.bar.set_position(*step);
                // The steps of an earlier worker say nothing about the time that is left.
                self.bar.reset_eta();
            }
            Event::Interrupted { .. } | Event::Finished { .. } => {
                self.bar.finish_and_clear();
                self.say(&event.to_string())?;
            }
            // The program itself says what ended it.
            Event::Failed { .. } => self.bar.finish_and_clear(),
            Event::Checkpoint { .. } => {}
            _ => self.say(&event.to_string())?,
        }
        Ok(())
    }
}
