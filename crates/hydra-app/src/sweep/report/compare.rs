//! Runs side by side, for whoever draws them: their numbers, and what differs between their configurations.
//!
//! ```
//! use hydra_app::sweep::compare;
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("metrics.jsonl"), "{\"step\":1,\"loss\":2.5}\n{\"step\":2,\"loss\":1.5}\n")?;
//! let numbers = compare::numbers(folder.path());
//! assert_eq!(numbers.series[0].name, "loss");
//! assert_eq!((&numbers.series[0].x, &numbers.series[0].y), (&vec![1.0, 2.0], &vec![2.5, 1.5]));
//! # Ok::<(), std::io::Error>(())
//! ```

use super::curves::Curve;
use super::differences::{self, Source};
use super::metrics::Metrics;
use super::settings::Settings;
use super::text;
use crate::job::JobRecord;
use std::path::Path;

pub use super::metrics::{Axis, Series};

/// What a run measured.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// In the order in which they first appear.
    pub series: Vec<Series>,
    /// What the points are numbered by.
    pub axis: Axis,
}

/// The numbers in a run's `metrics.jsonl`; none, if there is no such file. Lines that cannot be read are left out.
pub fn numbers(run_dir: &Path) -> Numbers {
    let Metrics { series, axis, .. } = Metrics::read(run_dir);
    Numbers { series, axis }
}

/// The points of a series, at most `most` of them (at least four): of each stretch the lowest and the highest, so that no peak
/// is lost. NaN is a gap.
pub fn thinned(series: &Series, most: usize) -> (Vec<f64>, Vec<f64>) {
    let curve = Curve::of(series, most);
    (curve.x, curve.y)
}

/// A key that differs between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Dotted, or a config group: `optimizer.lr`, `model`.
    pub key: String,
    /// An override names it; otherwise it follows from one, or from another configuration.
    pub overridden: bool,
    /// What each run has there, on one line; none, if it has no such key.
    pub values: Vec<Option<String>>,
}

/// What differs between the frozen configurations of runs: what their overrides name first, then the rest. Runs whose
/// configuration cannot be read have no part in it.
pub fn differences(run_dirs: &[&Path]) -> Vec<Difference> {
    let settings: Vec<Option<Settings>> = run_dirs
        .iter()
        .map(|dir| {
            // Without a record nothing is known of overrides; the configurations still differ.
            let overrides = JobRecord::read(dir).map(|record| record.overrides).unwrap_or_default();
            // Values that name the run's own directory are no difference, and its whole name stands in nothing else.
            let whole = std::path::absolute(dir).ok()?;
            Settings::read(&whole, &overrides).ok()
        })
        .collect();
    let settings: Vec<Option<&Settings>> = settings.iter().map(Option::as_ref).collect();
    let found = differences::differences(&settings);
    found
        .columns
        .iter()
        .map(|column| Difference {
            key: text::shown(&column.key, text::KEY),
            overridden: column.source == Source::Override,
            values: (0..run_dirs.len())
                .map(|run| column.of(run).map(|cell| text::shown(&cell.text, text::VALUE)))
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_of_each_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let dirs = ["a", "b", "c"].map(|name| folder.path().join(name));
        for (dir, text) in dirs.iter().zip(["lr: 0.1\nseed: 0\n", "lr: 0.2\nseed: 0\nmore: x\n", "lr: ["]) {
            std::fs::create_dir(dir).expect("made");
            std::fs::write(dir.join("config.yaml"), text).expect("written");
        }
        let found = differences(&dirs.each_ref().map(|dir| dir.as_path()));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].key.as_str(), &found[0].values), ("lr", &vec![text("0.1"), text("0.2"), None]));
        assert_eq!((found[1].key.as_str(), &found[1].values), ("more", &vec![None, text("x"), None]));
    }

    #[test]
    fn few_points_are_left_of_many_and_the_peak_is_among_them() {
        let x: Vec<f64> = (1..=10_000).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| if *x == 5000.0 { 9.0 } else { 1.0 + x % 3.0 }).collect();
        let (x, y) = thinned(&Series { name: "loss".into(), x, y, end: None }, 100);
        assert!(x.len() <= 100 && x.len() == y.len());
        assert!(y.contains(&9.0));
    }
}
