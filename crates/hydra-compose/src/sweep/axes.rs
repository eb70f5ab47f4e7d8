//! Overrides to the values of each key.

use super::interval::Interval;
use crate::error::{Code, Error, Result};
use crate::overrides::{ElementKind, Order, Override, OverrideKind, Sweep, ZipSweep};
use std::collections::HashMap;

/// More jobs than anyone waits for. Hydra has no limit and would run until the memory is full.
pub(super) const MOST_JOBS: usize = 1_000_000;

/// What each override of a sweep has to choose from, in the order of the overrides.
pub(super) struct Axes {
    pub(super) axes: Vec<Axis>,
    /// For each override of a job, whether it is `~key`, with no value.
    deletes_anything: Vec<bool>,
}

/// One override: the values of its key, or of the keys that are zipped.
pub(super) struct Axis {
    /// The argument it came from.
    pub(super) argument: String,
    pub(super) columns: Vec<Column>,
    pub(super) choices: Choices,
}

/// One key.
pub(super) struct Column {
    /// All before the `=`.
    pub(super) key: String,
    /// The same without the symbols before it.
    pub(super) bare_key: String,
    pub(super) kind: OverrideKind,
    /// The values, as jobs get them; none if they are drawn from an interval.
    pub(super) values: Vec<String>,
    deletes_anything: bool,
}

/// What a job takes of an axis.
pub(super) enum Choices {
    /// One of so many rows: a value of each column.
    Rows(usize),
    /// A number.
    Within(Interval),
}

/// What a sweeper makes of intervals and of a random order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// All values, in the order given; an interval has no first one.
    Listed,
    /// Draws: from intervals as well, and in whatever order the values are, it must be the same each time.
    Drawn,
}

impl Axes {
    /// The axes of these overrides: a key element that comes again replaces the earlier values, in their place.
    /// `options` gives the sorted options of a config group, for `glob(…)`.
    ///
    /// # Errors
    /// All overrides that cannot be expanded, or that set one key of a zip again.
    pub(super) fn new<'o>(
        overrides: impl Iterator<Item = &'o Override>,
        values: Values,
        options: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<Self> {
        let (mut axes, mut errors) = (Places::default(), Vec::new());
        for over in overrides {
            match Axis::new(over, values, options).and_then(|axis| axes.put(axis, over)) {
                Ok(()) => {}
                Err(error) => errors.push(error),
            }
        }
        match Error::several(errors) {
            Some(error) => Err(error),
            None => {
                let axes: Vec<Axis> = axes.axes.into_iter().flatten().collect();
                let columns = axes.iter().flat_map(|axis| &axis.columns);
                let deletes_anything = columns.map(|column| column.deletes_anything).collect();
                Ok(Self { axes, deletes_anything })
            }
        }
    }

    /// Whether some axis has nothing to choose from, so that there is no job.
    pub(super) fn is_empty(&self) -> bool {
        self.without_values().next().is_some()
    }

    /// How many combinations of rows there are. Without any override there is one.
    ///
    /// # Errors
    /// More than there may be.
    pub(super) fn combinations(&self) -> Result<usize> {
        if self.is_empty() {
            return Ok(0);
        }
        let count = self.axes.iter().map(Axis::rows).try_fold(1_usize, usize::checked_mul);
        count.filter(|count| *count <= MOST_JOBS).ok_or_else(|| too_many(&self.axes))
    }

    /// Whether the override at this place of every job is a `~key` that deletes whatever the value is.
    pub(super) fn deletes_anything(&self, place: usize) -> bool {
        self.deletes_anything.get(place).copied().unwrap_or_default()
    }

    /// The arguments that leave no value, and so no job.
    pub(super) fn without_values(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().filter(|axis| axis.rows() == 0).map(|axis| axis.argument.as_str())
    }
}

impl Axis {
    fn new(over: &Override, values: Values, options: &dyn Fn(&str) -> Vec<String>) -> Result<Self> {
        let argument = over.argument.text.clone();
        let (columns, choices) = match over.sweep() {
            Some(Sweep::Interval(interval)) if values == Values::Drawn => {
                (vec![Column::new(over, Vec::new())], Choices::Within(Interval::new(over, interval)?))
            }
            Some(Sweep::Zip(zip)) => {
                let columns: Vec<Override> =
                    zip.columns.iter().map(|column| ordered(column, values)).collect();
                let lists = ZipSweep { columns: columns.clone() }.expand(options)?;
                let rows = lists.first().map_or(0, Vec::len);
                let columns = columns.iter().zip(lists).map(|(column, list)| Column::new(column, list));
                (columns.collect(), Choices::Rows(rows))
            }
            _ => {
                let list = ordered(over, values).expand(options)?;
                let rows = list.len();
                (vec![Column::new(over, list)], Choices::Rows(rows))
            }
        };
        Ok(Self { argument, columns, choices })
    }

    /// How many rows there are to choose from; an interval counts as one.
    pub(super) fn rows(&self) -> usize {
        match &self.choices {
            Choices::Rows(rows) => *rows,
            Choices::Within(_) => 1,
        }
    }

    /// The overrides of a row, onto those of a job.
    pub(super) fn push_row(&self, row: usize, overrides: &mut Vec<String>) {
        let filled = |column: &Column| format!("{}={}", column.key, column.values[row]);
        overrides.extend(self.columns.iter().map(filled));
    }
}

impl Column {
    fn new(over: &Override, values: Vec<String>) -> Self {
        let key = over.key_element();
        let bare_key = key.trim_start_matches(['+', '~']).to_owned();
        let deletes_anything = over.kind == OverrideKind::Delete && over.value.is_none();
        Self { key, bare_key, kind: over.kind, values, deletes_anything }
    }
}

/// Axes in their places, some of them given up.
#[derive(Default)]
struct Places {
    axes: Vec<Option<Axis>>,
    /// Where the axis of a key element is.
    places: HashMap<String, usize>,
}

impl Places {
    /// Puts an axis in the place of the first one that it replaces, or at the end. A zip replaces all that set one of its
    /// keys alone, and a zip of the same keys. Nothing else replaces a zip: its other keys would lose their partner.
    fn put(&mut self, axis: Axis, over: &Override) -> Result<()> {
        let keys: Vec<String> = axis.columns.iter().map(|column| column.key.clone()).collect();
        let mut replaced: Vec<usize> = keys.iter().filter_map(|key| self.places.get(key).copied()).collect();
        replaced.sort_unstable();
        replaced.dedup();
        for place in &replaced {
            let torn = self.axes[*place].as_ref().filter(|old| {
                old.columns.len() > 1
                    && !(old.columns.len() == keys.len()
                        && old.columns.iter().all(|column| keys.contains(&column.key)))
            });
            if let Some(torn) = torn {
                return Err(torn_apart(over, torn));
            }
        }
        let place = replaced.first().copied().unwrap_or(self.axes.len());
        for place in replaced {
            self.axes[place] = None;
        }
        if place == self.axes.len() {
            self.axes.push(None);
        }
        self.axes[place] = Some(axis);
        self.places.extend(keys.into_iter().map(|key| (key, place)));
        Ok(())
    }
}

fn torn_apart(over: &Override, zip: &Axis) -> Error {
    let keys: Vec<&str> = zip.columns.iter().map(|column| column.key.as_str()).collect();
    let keys = keys.join(",");
    let message = format!("'{}' sets a key of the zip '{}'", over.argument.text, zip.argument);
    Error::new(Code::OverrideInvalid, message)
        .label(&over.origin(), "one key of several that are swept together")
        .help(format!("set all of them again, '{keys}=zip(…)', or leave one of the two arguments out"))
}

/// Without the random order that `shuffle(…)` asks for, where values are drawn anyway.
fn ordered(over: &Override, values: Values) -> Override {
    let mut over = over.clone();
    if values == Values::Drawn
        && let Some(value) = &mut over.value
        && let ElementKind::Sweep(sweep) = &mut value.kind
    {
        match &mut **sweep {
            Sweep::Choice(choice) => choice.order = Order::Given,
            Sweep::Range(range) => range.order = Order::Given,
            _ => {}
        }
    }
    over
}

/// The error of a product that is too large.
pub(super) fn too_many(axes: &[Axis]) -> Error {
    let factors: Vec<String> = axes
        .iter()
        .filter(|axis| axis.rows() > 1)
        .map(|axis| format!("{} of '{}'", axis.rows(), axis.argument))
        .collect();
    Error::new(Code::OverrideInvalid, format!("the sweep has more than {MOST_JOBS} jobs"))
        .help(format!("it multiplies {}", factors.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overrides::parse;
    use crate::sweep::exclusions::Exclusions;
    use crate::sweep::grid::Grid;

    fn axes(overrides: &[&str]) -> Result<Axes> {
        let parsed: Result<Vec<Override>> =
            overrides.iter().enumerate().map(|(index, text)| parse(text, index)).collect();
        Axes::new(parsed?.iter(), Values::Listed, &|_| Vec::new())
    }

    #[track_caller]
    fn jobs(overrides: &[&str]) -> Vec<String> {
        let axes = axes(overrides).unwrap_or_else(|error| panic!("{error}"));
        let grid = Grid::new(&axes, &Exclusions { exclusions: Vec::new() }).expect("not too many");
        (0..grid.count()).map(|num| grid.job(&axes, num).join(" ")).collect()
    }

    #[test]
    fn the_last_key_changes_fastest() {
        assert_eq!(
            jobs(&["a=1,2", "b=x", "c=3,4"]),
            ["a=1 b=x c=3", "a=1 b=x c=4", "a=2 b=x c=3", "a=2 b=x c=4"]
        );
    }

    #[test]
    fn a_key_that_comes_again_keeps_its_place() {
        assert_eq!(jobs(&["a=1,2", "b=1", "a=3"]), ["a=3 b=1"]);
        // What stands before the key and after its `@` is a part of it.
        assert_eq!(jobs(&["a=1", "+a=2", "++a=3", "~a", "a@b=4"]), ["a=1 +a=2 ++a=3 ~a=null a@b=4"]);
    }

    #[test]
    fn nothing_to_sweep_is_one_job_and_no_value_is_none() {
        assert_eq!(jobs(&[]), [""]);
        assert!(jobs(&["a=1,2", "b=range(5,1)"]).is_empty());
        // Of any number of others.
        assert!(jobs(&["a=range(1000000)", "b=range(1000000)", "c=range(0)"]).is_empty());
    }

    #[test]
    fn more_jobs_than_memory_are_refused() {
        let error = axes(&["a=range(1000000)", "b=1,2", "c=3"])
            .and_then(|axes| axes.combinations())
            .expect_err("too many");
        assert_eq!(error.help_text(), Some("it multiplies 1000000 of 'a=range(1000000)', 2 of 'b=1,2'"));
    }

    #[test]
    fn a_zip_replaces_its_keys_and_only_a_zip_replaces_it() {
        assert_eq!(jobs(&["a=1,2", "c=x", "b=3", "a,b=zip([1,2],[3,4])"]), ["a=1 b=3 c=x", "a=2 b=4 c=x"]);
        assert_eq!(jobs(&["a,b=zip([1,2],[3,4])", "b,a=zip([5],[6])"]), ["b=5 a=6"]);
        assert_eq!(jobs(&["a,b=zip([1],[3])", "+a=5"]), ["a=1 b=3 +a=5"]);
        for later in ["a=5", "b,c=zip([1],[2])", "a,b,c=zip([1],[2],[3])"] {
            let error = axes(&["a,b=zip([1,2],[3,4])", later]).err().expect("torn apart");
            assert_eq!(error.message(), format!("'{later}' sets a key of the zip 'a,b=zip([1,2],[3,4])'"));
        }
    }
}
