//! `sweep status`: the table, refreshed on a terminal; and the same as JSON.

use super::record::Sweep;
use super::table::table;
use crate::cli::Format;
use crate::failure::print;
use crate::job::Status;
use crate::render::Style;
use console::Term;
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);

/// Shows how the jobs stand: once, or on a terminal until nothing runs any more.
pub(super) fn show(sweep: &Sweep, format: Format, once: bool) {
    let terminal = Term::stdout();
    if format == Format::Json {
        print(&as_json(sweep, &sweep.statuses()));
    } else if once || !terminal.is_term() {
        let style = if terminal.is_term() { Style::of_stdout() } else { Style::Plain };
        print(&table(sweep, &sweep.statuses(), style, None));
    } else {
        refresh(sweep, &terminal);
    }
}

fn refresh(sweep: &Sweep, terminal: &Term) {
    let mut lines = 0;
    loop {
        // Asked first: what ended in between is in the table, and the last table is the true one.
        let goes_on = sweep.is_active().unwrap_or(false);
        let (height, width) = terminal.size();
        let text = table(sweep, &sweep.statuses(), Style::of_stdout(), Some(usize::from(width)));
        let _ = terminal.clear_last_lines(lines);
        if goes_on {
            let shown = fitting(&text, usize::from(height));
            lines = shown.lines().count();
            print(&shown);
            sleep(PAUSE);
        } else {
            print(&text);
            return;
        }
    }
}

/// As many lines as the terminal has room for; one that is longer could not be drawn over.
fn fitting(text: &str, height: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let room = height.saturating_sub(1).max(3);
    if lines.len() <= room {
        return text.to_owned();
    }
    let hidden = lines.len() - (room - 1);
    format!("{}\n… {hidden} more lines\n", lines[..room - 1].join("\n"))
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
                "dir": sweep.job_dir(job),
            })
        })
        .collect();
    json!({ "jobs": jobs }).to_string() + "\n"
}
