//! Which metric jobs are compared by, and which of them did best.

use super::curves::Curve;
use super::gather::{Gathered, Job};
use std::collections::HashSet;

/// Which numbers of a metric are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Better {
    /// Losses, errors, distances.
    Lowest,
    /// Accuracies, scores, speeds.
    Highest,
}

/// Parts of the names of metrics of which more is better. All others are taken for losses; the report says which it took.
const HIGHEST: [&str; 14] = [
    "acc",
    "score",
    "psnr",
    "ssim",
    "auc",
    "f1",
    "iou",
    "reward",
    "precision",
    "recall",
    "bleu",
    "per_second",
    "throughput",
    "return",
];

impl Better {
    /// What a metric's name says.
    pub(super) fn of(name: &str) -> Self {
        let name = name.to_lowercase();
        if HIGHEST.iter().any(|part| name.contains(part)) { Self::Highest } else { Self::Lowest }
    }

    /// `lowest`, `highest`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Lowest => "lowest",
            Self::Highest => "highest",
        }
    }

    /// The best number of a curve, and where.
    pub(super) fn best(self, curve: &Curve) -> Option<(f64, f64)> {
        match self {
            Self::Lowest => curve.lowest,
            Self::Highest => curve.highest,
        }
    }
}

/// The metrics of all jobs, the one that is shown first in first place, then in the order in which they appear.
pub(super) fn metrics(gathered: &Gathered) -> Vec<&str> {
    let mut seen = HashSet::new();
    let all = gathered.jobs.iter().flat_map(|job| job.curves.iter().map(|(name, _)| name.as_str()));
    let mut names: Vec<&str> = all.filter(|name| seen.insert(*name)).collect();
    let rank = |name: &&str| match *name {
        "loss" => 0,
        name if name.starts_with("loss") => 1,
        name if name.to_lowercase().contains("loss") => 2,
        _ => 3,
    };
    let best = names.iter().enumerate().min_by_key(|(_, name)| rank(name)).map(|(place, _)| place);
    if let Some(place) = best {
        names[..=place].rotate_right(1);
    }
    names
}

/// The job with the best number of a metric, and that number.
pub(super) fn best<'a>(gathered: &'a Gathered, metric: &str) -> Option<(&'a Job, f64)> {
    let better = Better::of(metric);
    let numbers = gathered.jobs.iter().filter_map(|job| Some((job, better.best(job.curve(metric)?)?.0)));
    numbers.reduce(|best, other| {
        let is_better = match better {
            Better::Lowest => other.1 < best.1,
            Better::Highest => other.1 > best.1,
        };
        if is_better { other } else { best }
    })
}
