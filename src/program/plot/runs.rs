//! The runs that are drawn, read and checked.

use super::labels::{labels, title};
use hydra_app::failure::{Failure, say};
use hydra_app::run_dir::FROZEN;
use hydra_app::sweep::compare::{Axis, Numbers, Series, numbers};
use hydra_app::sweep::{SWEEP, Sweep};
use std::path::{Path, PathBuf};

/// The learning rate's name in `metrics.jsonl`.
pub(super) const LEARNING_RATE: &str = "lr";

/// A run, as far as it is drawn.
pub(super) struct Run {
    /// What tells it from the others.
    pub(super) label: String,
    /// The metric that was asked for.
    pub(super) metric: Series,
    /// The learning rate, if it wrote one.
    pub(super) rate: Option<Series>,
}

/// What is drawn.
pub(super) struct Runs {
    pub(super) runs: Vec<Run>,
    pub(super) axis: Axis,
    /// What they are together.
    pub(super) title: String,
}

/// Reads runs; a sweep stands for its jobs. Of several runs those without numbers are left out, with a warning.
pub(super) fn read(dirs: &[PathBuf], metric: &str) -> Result<Runs, Failure> {
    let mut run_dirs = Vec::new();
    for dir in dirs {
        if dir.join(FROZEN).is_file() {
            run_dirs.push(dir.clone());
        } else if dir.join(SWEEP).is_file() {
            let sweep = Sweep::open(dir).map_err(Failure::Other)?;
            run_dirs.extend(sweep.record.jobs.iter().map(|job| sweep.job_dir(job)));
        } else {
            return Err(no_run(dir));
        }
    }
    let all: Vec<Numbers> = run_dirs.iter().map(|dir| numbers(dir)).collect();
    let mut kept = Vec::new();
    let mut missing = Vec::new();
    for (dir, numbers) in run_dirs.iter().zip(all) {
        match of_name(&numbers, metric).filter(|series| series.y.iter().any(|y| y.is_finite())) {
            Some(series) => kept.push((dir.clone(), series.clone(), numbers)),
            None => missing.push((dir, why(dir, &numbers, metric))),
        }
    }
    if let (true, Some((_, why))) = (kept.is_empty(), missing.first()) {
        return Err(Failure::Other(why.clone()));
    }
    for (_, why) in &missing {
        let line = why.lines().next().unwrap_or_default();
        say(&format!("warning: {line}; the run is left out"));
    }
    together(kept, dirs)
}

fn together(kept: Vec<(PathBuf, Series, Numbers)>, dirs: &[PathBuf]) -> Result<Runs, Failure> {
    let axis = kept.first().map(|(_, _, numbers)| numbers.axis).unwrap_or_default();
    if let Some((dir, _, numbers)) = kept.iter().find(|(_, _, numbers)| numbers.axis != axis) {
        let (one, other) = (axis_name(axis), axis_name(numbers.axis));
        let (dir, first) = (dir.display(), kept[0].0.display());
        return Err(Failure::Other(format!(
            "the lines of {first} are numbered by {one}, those of {dir} by {other}\nhelp: draw them one by one"
        )));
    }
    let places: Vec<PathBuf> = kept.iter().map(|(dir, _, _)| dir.clone()).collect();
    let title = match (places.as_slice(), dirs) {
        ([one], _) => title(one),
        (several, [sweep]) => format!("{}: {} runs", title(sweep), several.len()),
        (several, _) => format!("{} runs", several.len()),
    };
    let runs = kept
        .into_iter()
        .zip(labels(&places))
        .map(|((_, metric, numbers), label)| Run {
            label,
            metric,
            rate: of_name(&numbers, LEARNING_RATE).cloned(),
        })
        .collect();
    Ok(Runs { runs, axis, title })
}

/// What points are numbered by.
pub(super) fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Step => "step",
        Axis::Epoch => "epoch",
        Axis::Line => "line",
    }
}

fn of_name<'a>(numbers: &'a Numbers, name: &str) -> Option<&'a Series> {
    numbers.series.iter().find(|series| series.name == name)
}

fn no_run(dir: &Path) -> Failure {
    let place = dir.display();
    if !dir.exists() {
        return Failure::Other(format!(
            "{place} is not there\nhelp: runs are under outputs/, sweeps under multirun/"
        ));
    }
    Failure::Other(format!(
        "{place} is not a run directory: it has no {FROZEN}\nhelp: runs are under outputs/, for instance outputs/2026-11-23/05-28-01"
    ))
}

/// Why a run has no such curve.
fn why(dir: &Path, numbers: &Numbers, metric: &str) -> String {
    const METRICS: &str = "metrics.jsonl";
    let place = dir.join(METRICS);
    let place = place.display();
    if !dir.join(METRICS).is_file() {
        return format!(
            "{place} is missing: the run has taken no step\nhelp: 'ddpm --resume {}' runs it",
            dir.display()
        );
    }
    if of_name(numbers, metric).is_some() {
        return format!(
            "{place}: no '{metric}' is a finite number\nhelp: the run diverged at its first step; a smaller learning rate may help"
        );
    }
    if numbers.series.is_empty() {
        return format!(
            "{place} has no numbers yet\nhelp: the first are written after training.log_every steps"
        );
    }
    let names: Vec<String> = numbers.series.iter().map(|series| format!("'{}'", series.name)).collect();
    format!("{place} has no '{metric}'\nhelp: it has {}", names.join(", "))
}
