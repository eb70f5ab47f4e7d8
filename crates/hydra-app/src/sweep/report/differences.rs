//! Which keys differ between the jobs of a sweep.

use super::settings::{Cell, Settings};
use std::collections::{HashMap, HashSet};

/// Keys that are compared; more than that are no table.
pub(super) const MOST_COLUMNS: usize = 200;

/// A key, and what the jobs have there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Dotted, or a config group: `optimizer.lr`, `model`.
    pub(super) key: String,
    /// Why it differs.
    pub(super) source: Source,
    /// The values, each once, in the order of the jobs.
    pub(super) values: Vec<Cell>,
    /// For each job the place of its value; none, if it has no such key.
    pub(super) cells: Vec<Option<usize>>,
}

/// Why a key differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// An override names it.
    Override,
    /// It follows from what the overrides name: another option of a group has other keys.
    Consequence,
}

/// What jobs have in common, and what they do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Differences {
    /// What differs: overrides in their order, then what follows from them.
    pub(super) columns: Vec<Column>,
    /// Columns that there are too many of.
    pub(super) left_out: usize,
    /// What all jobs have, in the order of the first job's configuration.
    pub(super) common: Vec<(String, String)>,
}

impl Column {
    /// What this job has there.
    pub(super) fn of(&self, job: usize) -> Option<&Cell> {
        self.cells.get(job).copied().flatten().map(|place| &self.values[place])
    }
}

/// Compares jobs. Of `None` nothing is known; they have no part in it.
pub(super) fn differences(jobs: &[Option<&Settings>]) -> Differences {
    let leaves = keyed(jobs, |settings| &settings.leaves);
    let chosen = keyed(jobs, |settings| &settings.overridden);
    let is_leaf: HashSet<&str> = leaves.iter().map(|column| column.key.as_str()).collect();
    // A group is no key of the configuration, so its choice is seen in the overrides only. A mapping is seen by its keys.
    let is_choice = |column: &&Column| {
        !is_leaf.contains(column.key.as_str()) && !column.values.iter().any(|cell| cell.text.starts_with('{'))
    };
    let mut columns: Vec<Column> =
        chosen.iter().filter(is_choice).filter(|column| differs(column, jobs)).cloned().collect();
    let mut result = Differences::default();
    for column in leaves.iter().cloned() {
        if differs(&column, jobs) {
            let is_named = chosen.iter().any(|chosen| names(chosen, &column.key));
            let source = if is_named { Source::Override } else { Source::Consequence };
            columns.push(Column { source, ..column });
        } else if let Some(cell) = column.values.first() {
            result.common.push((column.key, cell.text.clone()));
        }
    }
    let order = |column: &Column| {
        let place = chosen.iter().position(|chosen| names(chosen, &column.key));
        (column.source, place.filter(|_| column.source == Source::Override))
    };
    columns.sort_by_cached_key(order);
    result.left_out = columns.len().saturating_sub(MOST_COLUMNS);
    columns.truncate(MOST_COLUMNS);
    result.columns = columns;
    result
}

/// Whether an override says what is under a key: it names the key, or gives a whole mapping that the key is in.
fn names(overridden: &Column, key: &str) -> bool {
    let is_mapping = || overridden.values.iter().any(|cell| cell.text.starts_with('{'));
    key.strip_prefix(&overridden.key)
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with('.') && is_mapping()))
}

fn differs(column: &Column, jobs: &[Option<&Settings>]) -> bool {
    let mut known = column.cells.iter().zip(jobs).filter(|(_, job)| job.is_some()).map(|(cell, _)| cell);
    let first = known.next();
    known.any(|cell| Some(cell) != first)
}

/// A column for each key, in the order in which keys first appear.
fn keyed<'a>(
    jobs: &[Option<&'a Settings>],
    part: impl Fn(&'a Settings) -> &'a [(String, Cell)],
) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    // A text can be long, and stand in every job.
    let mut values: Vec<HashMap<&str, usize>> = Vec::new();
    for (job, settings) in jobs.iter().enumerate() {
        for (key, cell) in settings.map(&part).unwrap_or_default() {
            let place = *places.entry(key).or_insert_with(|| {
                let cells = vec![None; jobs.len()];
                columns.push(Column {
                    key: key.clone(),
                    source: Source::Override,
                    values: Vec::new(),
                    cells,
                });
                values.push(HashMap::new());
                columns.len() - 1
            });
            let column = &mut columns[place];
            let value = *values[place].entry(&cell.text).or_insert_with(|| {
                column.values.push(cell.clone());
                column.values.len() - 1
            });
            column.cells[job] = Some(value);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(leaves: &[(&str, &str)], overridden: &[(&str, &str)]) -> Settings {
        let cells = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(key, text)| {
                    (key.to_string(), Cell { text: text.to_string(), number: text.parse().ok() })
                })
                .collect()
        };
        Settings { leaves: cells(leaves), overridden: cells(overridden) }
    }

    fn keys(differences: &Differences) -> Vec<(&str, Source)> {
        differences.columns.iter().map(|column| (column.key.as_str(), column.source)).collect()
    }

    #[test]
    fn overrides_come_first_then_what_follows_from_them() {
        let small = settings(
            &[("model.width", "32"), ("seed", "0"), ("lr", "0.1"), ("data", "x")],
            &[("lr", "0.1"), ("model", "small"), ("data", "x")],
        );
        let large = settings(
            &[("model.width", "64"), ("model.heads", "4"), ("seed", "0"), ("lr", "0.01"), ("data", "x")],
            &[("lr", "0.01"), ("model", "large"), ("data", "x")],
        );
        let found = differences(&[Some(&small), None, Some(&large)]);
        let expected = [
            ("lr", Source::Override),
            ("model", Source::Override),
            ("model.width", Source::Consequence),
            ("model.heads", Source::Consequence),
        ];
        assert_eq!(keys(&found), expected);
        assert_eq!(found.columns[3].cells, [None, None, Some(0)]);
        assert_eq!(found.columns[0].of(2).and_then(|cell| cell.number), Some(0.01));
        assert_eq!(found.common, [("seed".into(), "0".into()), ("data".into(), "x".into())]);
    }

    #[test]
    fn one_job_differs_from_none() {
        let one = settings(&[("seed", "0")], &[("seed", "0")]);
        for jobs in [&[Some(&one)][..], &[Some(&one), None], &[Some(&one), Some(&one)]] {
            let found = differences(jobs);
            assert_eq!((found.columns.len(), found.common.len()), (0, 1));
        }
        assert_eq!(differences(&[]), Differences::default());
    }
}
