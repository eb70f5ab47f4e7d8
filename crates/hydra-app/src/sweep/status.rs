//! `sweep status`: the table, refreshed on a terminal; and the same as JSON.

use super::record::Sweep;
use super::table::table;
use crate::cli::Format;
use crate::failure::{Failure, print, say};
use crate::job::Status;
use crate::launch::LauncherSettings;
use crate::render::Style;
use console::Term;
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);
/// A cluster is asked less often.
const PAUSE_ON_A_CLUSTER: Duration = Duration::from_secs(5);

/// Shows how the jobs stand: once, or on a terminal until nothing runs any more.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn show(sweep: &Sweep, format: Format, once: bool) -> Result<(), Failure> {
    let terminal = Term::stdout();
    if format == Format::Json {
        print(&as_json(sweep, &asked(sweep)))
    } else if once || !terminal.is_term() {
        let style = if terminal.is_term() { Style::of_stdout() } else { Style::Plain };
        print(&table(sweep, &asked(sweep), style, None, None))
    } else {
        refresh(sweep, &terminal)
    }
}

/// The statuses, and a word where Slurm could not be asked about them.
fn asked(sweep: &Sweep) -> Vec<Status> {
    let queue = sweep.queue().unwrap_or_else(|reason| {
        say(&format!("warning: Slurm cannot be asked, so this is what the jobs themselves wrote: {reason}"));
        None
    });
    sweep.statuses_with(queue.as_ref())
}

fn refresh(sweep: &Sweep, terminal: &Term) -> Result<(), Failure> {
    let mut lines = 0;
    loop {
        // Asked first: what ended in between is in the table, and the last table is the true one.
        let goes_on = sweep.is_active().unwrap_or(false);
        let (height, width) = terminal.size();
        // The title, the summary, and a few of the lines below it.
        let rows = usize::from(height).saturating_sub(8).max(3);
        let most = goes_on.then_some(rows);
        let text = table(sweep, &sweep.statuses(), Style::of_stdout(), Some(usize::from(width)), most);
        let _ = terminal.clear_last_lines(lines);
        if goes_on {
            let shown = fitting(&text, usize::from(height));
            lines = shown.lines().count();
            print(&shown)?;
            sleep(match sweep.record.launcher {
                LauncherSettings::Slurm(_) => PAUSE_ON_A_CLUSTER,
                _ => PAUSE,
            });
        } else {
            return print(&text);
        }
    }
}

/// As many lines as the terminal has room for; what is longer could not be drawn over.
fn fitting(text: &str, height: usize) -> String {
    text.lines().take(height.saturating_sub(1).max(3)).map(|line| format!("{line}\n")).collect()
}

fn as_json(sweep: &Sweep, statuses: &[Status]) -> String {
    let jobs: Vec<Value> = sweep
        .record
        .jobs
        .iter()
        .zip(statuses)
        .map(|(job, status)| {
            json!({
                "num": job.num,
                "overrides": job.overrides,
                "state": status.state,
                "exit_status": status.exit_status,
                "dir": sweep.job_dir(job).to_string_lossy(),
            })
        })
        .collect();
    json!({ "jobs": jobs }).to_string() + "\n"
}
