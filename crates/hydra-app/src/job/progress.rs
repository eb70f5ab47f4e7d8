//! How far a job is, from the `metrics.jsonl` in its directory: one JSON object a line, as the trainer writes it, and any
//! other program may.
//!
//! | key | in which line | means |
//! |---|---|---|
//! | `step`, `epoch`, `loss` | any; the last one counts | how far it is |
//! | `steps` | the first | how many steps there will be |

use super::status::Status;
use crate::files::{open_regular, tail};
use jiff::Timestamp;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The file.
const METRICS: &str = "metrics.jsonl";
/// Lines from the end that are looked through for what the last one does not say.
const LAST_LINES: usize = 16;

/// How far a job is. What it did not write is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Steps taken.
    pub step: Option<u64>,
    /// Steps of the whole job.
    pub steps: Option<u64>,
    /// The epoch, as the job counts them.
    pub epoch: Option<u64>,
    /// The last loss.
    pub loss: Option<f64>,
}

impl Progress {
    /// What the job in this directory wrote.
    pub fn read(run_dir: &Path) -> Self {
        let path = run_dir.join(METRICS);
        let mut progress = Self::default();
        for line in tail(&path, LAST_LINES).iter().rev() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            progress.step = progress.step.or(line["step"].as_u64());
            progress.epoch = progress.epoch.or(line["epoch"].as_u64());
            // That of held-out pictures is another one, and would seem to jump.
            let is_validation = line["event"] == "validation";
            progress.loss = progress.loss.or(line["loss"].as_f64().filter(|_| !is_validation));
        }
        progress.steps = first_line(&path).and_then(|line| line["steps"].as_u64());
        progress
    }

    /// The share that is done, from 0 to 1.
    pub fn share(&self) -> Option<f64> {
        let (step, steps) = (self.step?, self.steps.filter(|steps| *steps > 0)?);
        #[expect(clippy::cast_precision_loss, reason = "a share for a person to read")]
        let share = step as f64 / steps as f64;
        Some(share.min(1.0))
    }

    /// Whether fewer steps were taken than there are.
    pub fn is_short(&self) -> bool {
        self.step.zip(self.steps).is_some_and(|(step, steps)| step < steps)
    }

    /// Seconds that a running job still takes, if it goes on as it has since it started.
    pub fn seconds_left(&self, status: &Status, now: Timestamp) -> Option<i64> {
        let (step, steps) = (self.step?, self.steps?);
        // What earlier attempts took was taken before this one started.
        let taken = step.checked_sub(status.first_step.unwrap_or(0)).filter(|taken| *taken > 0)?;
        let spent = now.duration_since(status.started?).as_secs();
        let left = i128::from(spent) * i128::from(steps.saturating_sub(step)) / i128::from(taken);
        i64::try_from(left).ok()
    }
}

fn first_line(path: &Path) -> Option<Value> {
    let mut line = String::new();
    // A file of another kind may have no second line.
    BufReader::new(open_regular(path).ok()?.take(4096)).read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}
