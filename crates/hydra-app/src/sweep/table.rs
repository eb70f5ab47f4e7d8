//! How the jobs of a sweep stand, as a table.

use super::record::{Sweep, SweepJob};
use crate::job::Progress;
use crate::job::{State, Status};
use crate::launch::duration;
use crate::plan::one_line;
use crate::render::Style;
use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Titles of the columns; the last takes what is left of a line.
const TITLES: [&str; 7] = ["#", "state", "progress", "epoch", "loss", "time", "overrides"];

/// The table, and under it what went wrong. `width`: columns of the terminal, if it is one.
/// `most`: rows that there is room for; those that matter most are shown.
pub(super) fn table(
    sweep: &Sweep,
    statuses: &[Status],
    style: Style,
    width: Option<usize>,
    most: Option<usize>,
) -> String {
    let now = Timestamp::now();
    let common = common(&sweep.record.jobs);
    let rows: Vec<[String; 7]> = sweep
        .record
        .jobs
        .iter()
        .zip(statuses)
        .map(|(job, status)| row(sweep, job, &common, status, now))
        .collect();
    let column = |index: usize| {
        let cells = rows.iter().map(|row| row[index].width());
        cells.chain([TITLES[index].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(column).collect();
    let line = |cells: &[String; 7]| {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            if index + 1 == cells.len() {
                line.push_str(cell);
            } else {
                line.push_str(&pad(cell, widths[index], matches!(index, 0 | 3 | 4)));
                line.push_str("  ");
            }
        }
        cut(line.trim_end(), width)
    };
    let mut out = line(&TITLES.map(str::to_owned)) + "\n";
    let shown = chosen(statuses, most.unwrap_or(usize::MAX));
    for num in &shown {
        out.push_str(&coloured(&line(&rows[*num]), statuses[*num].state, style));
        out.push('\n');
    }
    if shown.len() < rows.len() {
        out.push_str(&format!("… {} more jobs\n", rows.len() - shown.len()));
    }
    out.push_str(&summary(statuses.iter().map(|status| status.state)));
    if !common.is_empty() {
        out.push_str(&cut(&format!("all with {}", one_line(&common.join(" "))), width));
        out.push('\n');
    }
    for (job, status) in sweep.record.jobs.iter().zip(statuses) {
        if let Some(cause) = status.cause.as_ref().filter(|_| status.state != State::Done) {
            out.push_str(&cut(&format!("#{} {}: {}", job.num, status.state.word(), one_line(cause)), width));
            out.push('\n');
        }
    }
    out
}

/// The numbers of at most `most` jobs, in order: those that run, those that need somebody, and then the others.
fn chosen(statuses: &[Status], most: usize) -> Vec<usize> {
    let weight = |state| match state {
        State::Running => 0,
        State::Failed => 1,
        State::Interrupted => 2,
        State::Planned => 3,
        State::Done => 4,
    };
    let mut nums: Vec<usize> = (0..statuses.len()).collect();
    nums.sort_by_key(|num| weight(statuses[*num].state));
    nums.truncate(most);
    nums.sort_unstable();
    nums
}

/// The overrides of every job: of no help in telling them apart.
fn common(jobs: &[SweepJob]) -> Vec<&str> {
    let [first, others @ ..] = jobs else { return Vec::new() };
    if others.is_empty() {
        return Vec::new();
    }
    let is_common = |over: &&String| others.iter().all(|job| job.overrides.contains(over));
    first.overrides.iter().filter(is_common).map(String::as_str).collect()
}

fn row(sweep: &Sweep, job: &SweepJob, common: &[&str], status: &Status, now: Timestamp) -> [String; 7] {
    let progress = match status.state {
        State::Planned => Progress::default(),
        _ => Progress::read(&sweep.job_dir(job)),
    };
    let percent = progress.share().map(|share| format!("{:.0}%", (share * 100.0).floor()));
    let time = match status.state {
        State::Running => {
            let left = progress.seconds_left(status, now).map(|left| format!("{} left", duration(left)));
            left.or_else(|| status.started.map(|started| duration(now.duration_since(started).as_secs())))
        }
        _ => status.started.zip(status.ended).map(|(from, to)| duration(to.duration_since(from).as_secs())),
    };
    let own: Vec<&str> =
        job.overrides.iter().map(String::as_str).filter(|over| !common.contains(over)).collect();
    [
        job.num.to_string(),
        status.state.word().to_owned(),
        percent.unwrap_or_default(),
        progress.epoch.map(|epoch| epoch.to_string()).unwrap_or_default(),
        progress.loss.map(|loss| format!("{loss:.4}")).unwrap_or_default(),
        time.unwrap_or_default(),
        one_line(&own.join(" ")),
    ]
}

/// `4 jobs: 2 done, 1 running, 1 planned`
pub(crate) fn summary(jobs: impl Iterator<Item = State>) -> String {
    let jobs: Vec<State> = jobs.collect();
    let states = [State::Done, State::Running, State::Failed, State::Interrupted, State::Planned];
    let count = |state| jobs.iter().filter(|job| **job == state).count();
    let parts: Vec<String> = states
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| format!("{} {}", count(state), state.word()))
        .collect();
    let jobs = if jobs.len() == 1 { "1 job".to_owned() } else { format!("{} jobs", jobs.len()) };
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("{jobs}{parts}\n")
}

/// A cell as wide as its column. Numbers stand at the right.
pub(super) fn pad(cell: &str, width: usize, is_number: bool) -> String {
    let pad = " ".repeat(width.saturating_sub(cell.width()));
    if is_number { pad + cell } else { cell.to_owned() + &pad }
}

/// A line that a terminal shows without breaking it.
pub(super) fn cut(line: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| *width > 1 && line.width() > *width) else {
        return line.to_owned();
    };
    let mut used = 0;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used < width
    };
    line.chars().take_while(fits).chain(['…']).collect()
}

/// A line in the colour of how its job stands.
pub(super) fn coloured(line: &str, state: State, style: Style) -> String {
    let code = match state {
        State::Planned => "2",
        State::Running => "36",
        State::Done => "32",
        State::Failed => "31",
        State::Interrupted => "33",
    };
    if style == Style::Coloured { format!("\u{1b}[{code}m{line}\u{1b}[0m") } else { line.to_owned() }
}
