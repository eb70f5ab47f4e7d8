//! What each run is called in the legend: by what differs between their configurations.

use hydra_app::sweep::compare::{Difference, differences};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Keys in a label.
const MOST_KEYS: usize = 4;

/// A label for each run; no two are the same, unless the same run is named twice.
pub(super) fn labels(run_dirs: &[PathBuf]) -> Vec<String> {
    let paths: Vec<&Path> = run_dirs.iter().map(PathBuf::as_path).collect();
    let found = differences(&paths);
    let chosen = chosen(&found, run_dirs.len());
    let mut labels: Vec<String> = (0..run_dirs.len()).map(|run| label(&chosen, run)).collect();
    if distinct(&labels) < labels.len() || labels.iter().any(String::is_empty) {
        for (label, dir) in labels.iter_mut().zip(run_dirs) {
            *label = if label.is_empty() { title(dir) } else { format!("{label} ({})", title(dir)) };
        }
    }
    labels
}

/// What was overridden, and of the rest as much as it takes to tell the runs from each other.
fn chosen(found: &[Difference], runs: usize) -> Vec<&Difference> {
    let (overridden, others): (Vec<&Difference>, Vec<&Difference>) =
        found.iter().partition(|difference| difference.overridden);
    let mut chosen: Vec<&Difference> = overridden.into_iter().take(MOST_KEYS).collect();
    for other in others {
        let known = (0..runs).map(|run| label(&chosen, run)).collect::<Vec<_>>();
        if distinct(&known) == runs || chosen.len() == MOST_KEYS {
            break;
        }
        chosen.push(other);
    }
    chosen
}

fn label(chosen: &[&Difference], run: usize) -> String {
    let part = |difference: &&Difference| {
        let value = difference.values.get(run)?.as_ref()?;
        let key = &difference.key;
        let last = key.rsplit('.').next().unwrap_or(key);
        // The last part of a key is enough, if it is that of no other.
        let is_clear = chosen.iter().filter(|other| other.key.rsplit('.').next() == Some(last)).count() == 1;
        Some(format!("{}={value}", if is_clear { last } else { key }))
    };
    chosen.iter().filter_map(part).collect::<Vec<_>>().join(" ")
}

fn distinct(labels: &[String]) -> usize {
    labels.iter().collect::<HashSet<_>>().len()
}

/// The last two names of a directory: `2026-11-23/05-28-01`.
pub(super) fn title(run_dir: &Path) -> String {
    let whole = run_dir.canonicalize().unwrap_or_else(|_| run_dir.to_owned());
    let names: Vec<String> = whole
        .components()
        .filter(|part| matches!(part, std::path::Component::Normal(_)))
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    names[names.len().saturating_sub(2)..].join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(key: &str, overridden: bool, values: &[&str]) -> Difference {
        let values = values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect();
        Difference { key: key.to_owned(), overridden, values }
    }

    #[test]
    fn a_label_has_what_tells_runs_from_each_other() {
        let found = [
            difference("optimizer.lr", true, &["0.1", "0.1", "0.2"]),
            difference("seed", false, &["1", "2", "1"]),
            difference("data.name", false, &["x", "y", "z"]),
        ];
        let chosen = chosen(&found, 3);
        let labels: Vec<String> = (0..3).map(|run| label(&chosen, run)).collect();
        assert_eq!(labels, ["lr=0.1 seed=1", "lr=0.1 seed=2", "lr=0.2 seed=1"]);
    }

    #[test]
    fn keys_with_the_same_end_are_written_out() {
        let found = [difference("a.name", true, &["1", ""]), difference("b.name", true, &["1", "2"])];
        let chosen = chosen(&found, 2);
        assert_eq!(label(&chosen, 0), "a.name=1 b.name=1");
        assert_eq!(label(&chosen, 1), "b.name=2");
    }
}
