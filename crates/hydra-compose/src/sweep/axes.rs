//! Overrides to the values of each key, and those to jobs.

use crate::error::{Code, Error, Result};
use crate::overrides::{Override, OverrideKind};
use indexmap::IndexMap;

/// More jobs than anyone waits for. Hydra has no limit and would run until the memory is full.
const MOST_JOBS: usize = 1_000_000;

/// The values that each key takes, in the order of the keys: a sweep is their product.
pub(super) struct Axes {
    axes: Vec<Axis>,
    count: usize,
}

/// One key and the values it takes.
struct Axis {
    /// The argument it came from.
    argument: String,
    /// An override for each value, as jobs get it.
    overrides: Vec<String>,
    /// Whether it is `~key`, with no value.
    deletes_anything: bool,
}

impl Axes {
    /// The axes of these overrides: a key element that comes again replaces the earlier values, in their place.
    /// `options` gives the sorted options of a config group, for `glob(…)`.
    ///
    /// # Errors
    /// All overrides that cannot be expanded; more jobs than there may be.
    pub(super) fn new<'o>(
        overrides: impl Iterator<Item = &'o Override>,
        options: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<Self> {
        let (mut axes, mut errors) = (IndexMap::new(), Vec::new());
        for over in overrides {
            match Axis::new(over, options) {
                Ok(axis) => _ = axes.insert(over.key_element(), axis),
                Err(error) => errors.push(error),
            }
        }
        if let Some(error) = Error::several(errors) {
            return Err(error);
        }
        let axes: Vec<Axis> = axes.into_values().collect();
        let mut count = axes.iter().map(|axis| axis.overrides.len());
        let count = if count.clone().any(|values| values == 0) {
            0
        } else {
            count
                .try_fold(1_usize, usize::checked_mul)
                .filter(|count| *count <= MOST_JOBS)
                .ok_or_else(|| too_many(&axes))?
        };
        Ok(Self { axes, count })
    }

    /// How many jobs there are. Without any override there is one.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The overrides of a job, the last key changing fastest; `num` is below the count.
    pub(super) fn job(&self, num: usize) -> Vec<String> {
        let mut rest = num;
        let mut overrides: Vec<String> = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            overrides.push(axis.overrides[rest % axis.overrides.len()].clone());
            rest /= axis.overrides.len();
        }
        overrides.reverse();
        overrides
    }

    /// Whether the override at this place of every job is a `~key` that deletes whatever the value is.
    pub(super) fn deletes_anything(&self, place: usize) -> bool {
        self.axes.get(place).is_some_and(|axis| axis.deletes_anything)
    }

    /// The arguments that leave no value, and so no job.
    pub(super) fn without_values(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().filter(|axis| axis.overrides.is_empty()).map(|axis| axis.argument.as_str())
    }
}

impl Axis {
    fn new(over: &Override, options: &dyn Fn(&str) -> Vec<String>) -> Result<Self> {
        let key = over.key_element();
        let overrides = over.expand(options)?.into_iter().map(|value| format!("{key}={value}")).collect();
        let deletes_anything = over.kind == OverrideKind::Delete && over.value.is_none();
        Ok(Self { argument: over.argument.text.clone(), overrides, deletes_anything })
    }
}

fn too_many(axes: &[Axis]) -> Error {
    let factors: Vec<String> = axes
        .iter()
        .filter(|axis| axis.overrides.len() > 1)
        .map(|axis| format!("{} of '{}'", axis.overrides.len(), axis.argument))
        .collect();
    Error::new(Code::OverrideInvalid, format!("the sweep has more than {MOST_JOBS} jobs"))
        .help(format!("it multiplies {}", factors.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overrides::parse;

    fn axes(overrides: &[&str]) -> Result<Axes> {
        let parsed: Result<Vec<Override>> =
            overrides.iter().enumerate().map(|(index, text)| parse(text, index)).collect();
        Axes::new(parsed?.iter(), &|_| Vec::new())
    }

    #[track_caller]
    fn jobs(overrides: &[&str]) -> Vec<String> {
        let axes = axes(overrides).unwrap_or_else(|error| panic!("{error}"));
        (0..axes.count()).map(|num| axes.job(num).join(" ")).collect()
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
        let error = axes(&["a=range(1000000)", "b=1,2", "c=3"]).err().expect("too many");
        assert_eq!(error.help_text(), Some("it multiplies 1000000 of 'a=range(1000000)', 2 of 'b=1,2'"));
    }
}
