//! Jobs to leave out: what `exclude(…)` says, in terms of the axes.

use super::axes::Axes;
use super::settings::Given;
use crate::error::{Code, Error, Result};
use crate::near;
use crate::overrides::{Element, Matcher, Override, OverrideKind, read};
use indexmap::IndexMap;
use std::collections::HashMap;

/// More keys than this are no help.
const MOST_KEYS: usize = 20;

/// All that is excluded.
pub(super) struct Exclusions {
    pub(super) exclusions: Vec<Excluded>,
}

/// One exclusion: a job that fulfils all of the conditions.
pub(super) struct Excluded {
    /// The argument it came from.
    pub(super) argument: String,
    pub(super) conditions: Vec<Condition>,
}

/// What a job must have chosen of one axis.
pub(super) struct Condition {
    /// The place of the axis.
    pub(super) axis: usize,
    column: usize,
    matcher: Matcher,
    /// The rows that it means, ascending.
    pub(super) rows: Vec<u32>,
}

impl Exclusions {
    /// Finds the axes of all conditions, and the rows that these mean.
    ///
    /// # Errors
    /// All keys that no override of the sweep sets; conditions that cannot be expanded.
    pub(super) fn new(axes: &Axes, given: &[Given]) -> Result<Self> {
        let keys = Keys::new(axes);
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for Given { exclusion, place } in given {
            let mut conditions = Vec::new();
            for condition in &exclusion.conditions {
                match keys.condition(condition) {
                    Ok(condition) => conditions.push(condition),
                    Err(error) => errors.push(match place {
                        Some(place) => error.label(place, "from here"),
                        None => error,
                    }),
                }
            }
            found.push(Excluded { argument: exclusion.argument.text.clone(), conditions });
        }
        if let Some(error) = Error::several(errors) {
            return Err(error);
        }
        let mut found = Self { exclusions: found };
        found.find_rows(axes);
        Ok(found)
    }

    /// Reads every value that a condition asks for once, whatever the number of conditions, and keeps none of them.
    fn find_rows(&mut self, axes: &Axes) {
        let mut of_column: HashMap<Place, Vec<&mut Condition>> = HashMap::new();
        for condition in self.exclusions.iter_mut().flat_map(|exclusion| &mut exclusion.conditions) {
            of_column.entry((condition.axis, condition.column)).or_default().push(condition);
        }
        for ((axis, column), mut conditions) in of_column {
            for (row, text) in (0_u32..).zip(&axes.axes[axis].columns[column].values) {
                let value = read(text);
                for condition in &mut conditions {
                    if condition.matcher.takes(&value) {
                        condition.rows.push(row);
                    }
                }
            }
        }
    }
}

impl Condition {
    /// Whether it means this row of its axis.
    pub(super) fn takes_row(&self, row: usize) -> bool {
        u32::try_from(row).is_ok_and(|row| self.rows.binary_search(&row).is_ok())
    }

    /// Whether it means this number, drawn from the interval of its axis.
    pub(super) fn takes_number(&self, number: &Element) -> bool {
        self.matcher.takes(number)
    }
}

impl Excluded {
    /// The combinations that it means, numbered with the last axis changing fastest.
    pub(super) fn combinations(&self, axes: &Axes) -> Vec<u32> {
        let mut of_axis: HashMap<usize, Vec<&Condition>> = HashMap::new();
        for condition in &self.conditions {
            of_axis.entry(condition.axis).or_default().push(condition);
        }
        let (mut combinations, mut stride) = (vec![0_u32], 1_u32);
        for (place, axis) in axes.axes.iter().enumerate().rev() {
            let count = u32::try_from(axis.rows()).unwrap_or(u32::MAX);
            let rows: Vec<u32> = match of_axis.get(&place).map(Vec::as_slice) {
                Some([first, others @ ..]) => {
                    let all = |row: &u32| others.iter().all(|other| other.takes_row(*row as usize));
                    first.rows.iter().copied().filter(all).collect()
                }
                // One row changes nothing, and there may be many such axes.
                _ if count == 1 => continue,
                _ => (0..count).collect(),
            };
            combinations = rows
                .iter()
                .flat_map(|row| combinations.iter().map(move |combination| combination + row * stride))
                .collect();
            stride *= count;
        }
        combinations
    }
}

/// An axis and a column of it.
type Place = (usize, usize);

/// Where each key of a sweep is.
struct Keys<'a> {
    /// As it is written.
    whole: HashMap<&'a str, Place>,
    /// Without the symbols before it. Where several set it, the last one decides, as it does in a job.
    bare: IndexMap<&'a str, Place>,
}

impl<'a> Keys<'a> {
    fn new(axes: &'a Axes) -> Self {
        let mut keys = Self { whole: HashMap::new(), bare: IndexMap::new() };
        for (axis, columns) in axes.axes.iter().map(|axis| &axis.columns).enumerate() {
            for (number, column) in columns.iter().enumerate() {
                // What these set is not the value that they show.
                if !matches!(column.kind, OverrideKind::Delete | OverrideKind::ExtendList) {
                    keys.whole.insert(&column.key, (axis, number));
                    keys.bare.insert(&column.bare_key, (axis, number));
                }
            }
        }
        keys
    }

    fn condition(&self, condition: &Override) -> Result<Condition> {
        let key = condition.key_element();
        let as_written = self.whole.get(key.as_str());
        let place = match condition.kind {
            OverrideKind::Change => as_written.or_else(|| self.bare.get(key.as_str())),
            _ => as_written,
        };
        let (axis, column) = *place.ok_or_else(|| self.unknown(&key, condition))?;
        Ok(Condition { axis, column, matcher: Matcher::new(condition)?, rows: Vec::new() })
    }

    fn unknown(&self, key: &str, condition: &Override) -> Error {
        let keys: Vec<&str> = self.bare.keys().copied().collect();
        let help = match near::among(key, &keys) {
            Some(near) => format!("did you mean {near}?"),
            None if keys.is_empty() => "nothing is swept".to_owned(),
            None => {
                let shown: Vec<&str> = keys.iter().copied().take(MOST_KEYS).collect();
                let more = if keys.len() > MOST_KEYS { ", …" } else { "" };
                format!("the keys of the sweep: {}{more}", shown.join(", "))
            }
        };
        Error::new(Code::UnknownKey, format!("no override of the sweep sets '{key}'"))
            .label(&condition.key_origin(), "cannot be excluded by it")
            .help(help)
    }
}
