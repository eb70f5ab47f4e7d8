//! What a person is told while a sweep runs: a line when a job starts and when it ends, and what to do about failures.

use super::single::shown;
use crate::failure::say;
use crate::job::{HANGUP, STDERR, State, Status};
use crate::plan::one_line;
use crate::sweep::{Sweep, SweepJob, summary};
use jiff::Timestamp;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a person finds what a job prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Here, as it comes, and in its files.
    Echoed,
    /// In its files.
    InFiles,
}

/// Tells what happens, on standard error.
pub(super) struct Report<'a> {
    sweep: &'a Sweep,
    total: usize,
    output: Output,
    since: Timestamp,
    ended: AtomicUsize,
}

impl<'a> Report<'a> {
    /// For this many jobs.
    pub(super) fn new(sweep: &'a Sweep, total: usize, output: Output) -> Self {
        Self { sweep, total, output, since: Timestamp::now(), ended: AtomicUsize::new(0) }
    }

    /// When the launch began.
    pub(super) fn since(&self) -> Timestamp {
        self.since
    }

    pub(super) fn launching(&self, at_once: usize, threads: Option<u32>) {
        let jobs = count(self.total, "job");
        let how = match threads {
            _ if self.total == 0 => return,
            Some(threads) => format!(", {at_once} at once with {} each", count(threads as usize, "thread")),
            None => ", one after another".into(),
        };
        say(&format!("launching {jobs}{how}"));
    }

    pub(super) fn started(&self, job: &SweepJob) {
        say(&format!("#{} : {}", job.num, one_line(&job.overrides.join(" "))));
    }

    pub(super) fn found_running(&self, job: &SweepJob, status: &Status) {
        let who =
            status.runner.as_ref().map(|runner| format!(" as process {} on {}", runner.pid, runner.host));
        say(&format!("#{} is running already{}; waiting for it", job.num, who.unwrap_or_default()));
    }

    pub(super) fn finished(&self, job: &SweepJob, status: &Status, dir: &Path) {
        let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
        let time = match (status.started, status.ended) {
            (Some(started), Some(ended)) => {
                format!(" after {}", duration(ended.duration_since(started).as_secs()))
            }
            _ => String::new(),
        };
        let what = match &status.cause {
            Some(cause) => format!("{}: {}", status.state.word(), one_line(cause)),
            None => status.state.word().to_owned(),
        };
        say(&format!("#{} {what}{time} ({ended} of {})", job.num, self.total));
        if status.state == State::Failed {
            for line in status.log.iter().filter(|_| self.output == Output::InFiles) {
                say(&format!("  | {line}"));
            }
            let log = dir.join(STDERR);
            if log.metadata().is_ok_and(|file| file.len() > 0) {
                say(&format!("  see {}", shown(&log)));
            }
        }
    }

    pub(super) fn stopping(&self, number: i32) {
        say(match number == HANGUP {
            true => "the terminal is gone: nothing more is started, what runs goes on",
            false => {
                "stopping: nothing more is started, and what runs is asked to save; Ctrl-C once more ends it at once"
            }
        });
    }

    /// The last words: how all of them stand.
    pub(super) fn ended(&self) {
        let statuses = self.sweep.statuses();
        say(summary(statuses.iter().map(|status| status.state)).trim_end());
        let done = statuses.iter().filter(|status| status.state == State::Done).count();
        if done < statuses.len() {
            let (program, dir) = (&self.sweep.record.program, shown(&self.sweep.dir));
            say(&format!("help: '{program} sweep resume {dir}' runs what is not done"));
        }
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A time as a person says it, with its two largest units.
pub(crate) fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_time_is_told_with_its_two_largest_units() {
        let told = [(-1, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3700, "1 h 1 min"), (190_000, "2 d 4 h")];
        for (seconds, text) in told {
            assert_eq!(duration(seconds), text);
        }
    }
}
