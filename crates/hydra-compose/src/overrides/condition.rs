//! Which values a condition of `exclude(…)` means.

use super::equality::ValueKey;
use super::glob::Patterns;
use super::ordering;
use super::parsed::{Override, parse};
use super::value::{Element, ElementKind, Number, RangeSweep, Sweep};
use crate::error::{Code, Error, Result};
use crate::tree::{Int, Origin, Span};
use num_traits::{Signed, Zero};
use std::cmp::Ordering;
use std::collections::HashSet;

/// The values that a condition takes in.
pub(crate) enum Matcher {
    /// These.
    Values(HashSet<ValueKey>),
    /// The numbers from one to the other, both included.
    Numbers(Number, Number),
    /// The integers of a range, which can be many.
    Steps { start: Int, stop: Int, step: Int },
    /// Those whose text matches.
    Texts(Texts),
}

/// The patterns of `glob(…)`.
pub(crate) struct Texts(Patterns);

impl Matcher {
    /// Of a condition `KEY=VALUE`.
    ///
    /// # Errors
    /// [`Code::OverrideInvalid`]: a sweep inside of another value, a range without an end, a pattern that is no text, an
    /// interval that holds nothing.
    pub(crate) fn new(condition: &Override) -> Result<Self> {
        match condition.sweep() {
            Some(Sweep::Interval(interval)) => {
                match ordering::compare(&interval.start, &interval.end) {
                    Some(Ordering::Less | Ordering::Equal) => {}
                    _ => return Err(empty(condition)),
                }
                Ok(Self::Numbers(interval.start.clone(), interval.end.clone()))
            }
            Some(Sweep::Range(RangeSweep {
                start: Number::Int(start),
                stop: Number::Int(stop),
                step: Number::Int(step),
                ..
            })) if !step.is_zero() => {
                Ok(Self::Steps { start: start.clone(), stop: stop.clone(), step: step.clone() })
            }
            // The whole search path has no meaning here: patterns are for the values, whatever these are.
            Some(Sweep::Glob(glob)) => Ok(Self::Texts(Texts(condition.patterns(glob)?))),
            _ => {
                let values = condition.expand(&|_| Vec::new())?;
                Ok(Self::Values(values.iter().filter_map(|text| ValueKey::of(&read(text))).collect()))
            }
        }
    }

    /// Whether it means this value.
    pub(crate) fn takes(&self, value: &Element) -> bool {
        match (self, &value.kind) {
            (Self::Values(values), _) => ValueKey::of(value).is_some_and(|key| values.contains(&key)),
            (Self::Numbers(..), ElementKind::Bool(_)) => false,
            (Self::Steps { start, stop, step }, _) => match ValueKey::of(value) {
                Some(ValueKey::Int(int)) => {
                    let is_before_stop = if step.is_positive() { int < *stop } else { int > *stop };
                    let is_after_start = if step.is_positive() { int >= *start } else { int <= *start };
                    is_before_stop && is_after_start && ((int - start) % step).is_zero()
                }
                _ => false,
            },
            (Self::Numbers(start, end), kind) => Number::of(kind).is_some_and(|number| {
                let is_at_most = |one: &Number, other: &Number| {
                    matches!(ordering::compare(one, other), Some(Ordering::Less | Ordering::Equal))
                };
                is_at_most(start, &number) && is_at_most(&number, end)
            }),
            (Self::Texts(Texts(patterns)), _) => match value.as_str() {
                Some(text) => patterns.take(text),
                None => patterns.take(&value.to_string()),
            },
        }
    }
}

/// What a job makes of a value that was printed for it. What a job cannot read stays text: composing it tells why.
pub(crate) fn read(text: &str) -> Element {
    // Most of a million values are short integers, printed in the one form that they have.
    if let Ok(int) = text.parse::<i64>()
        && !text.starts_with(['+', '0'])
        && !text.starts_with("-0")
    {
        return Element::new(ElementKind::Int(Int::from(int)), Span::new(0, text.len()));
    }
    let value = parse(&format!("x={text}"), 0).ok().and_then(|over| over.value);
    value.unwrap_or_else(|| Element::new(ElementKind::Str(text.to_owned()), Span::new(0, text.len())))
}

fn empty(condition: &Override) -> Error {
    let span = condition.value.as_ref().map_or(condition.key_span, |value| value.span);
    Error::new(Code::OverrideInvalid, "an interval that holds no number")
        .label(&Origin::argument(&condition.argument, span), "the end is below the start")
        .help("the smaller number comes first: interval(0,1)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overrides::Directive;

    #[track_caller]
    fn takes(condition: &str, value: &str) -> bool {
        let Some(Ok(Directive::Exclude(exclusion))) = Directive::parse(&format!("exclude(x={condition})"), 0)
        else {
            panic!("{condition} is no condition")
        };
        Matcher::new(&exclusion.conditions[0]).expect("it can be asked").takes(&read(value))
    }

    #[test]
    fn every_form_of_a_condition_takes_in_what_it_names() {
        for (condition, value) in [
            ("1e-3", "0.001"),
            ("choice(a,2)", "2.0"),
            ("range(1,4)", "3"),
            ("range(9,0,-3)", "3"),
            ("range(2,9,3)", "8.0"),
            ("range(0,0.5,0.1)", "0.3"),
            ("interval(0,1)", "0"),
            ("interval(0,1)", "1.0"),
            ("interval(-inf,0)", "-1e300"),
            ("glob(res*)", "resnet"),
            ("glob([a*,1?],exclude=a)", "10"),
            ("str(1)", "1"),
            ("[1,2]", "[1.0,2]"),
            ("", ""),
            ("sort(3,1)", "1"),
        ] {
            assert!(takes(condition, value), "{condition} {value}");
        }
        for (condition, value) in [
            ("range(1,4)", "4"),
            ("interval(0,1)", "1.5"),
            ("interval(0,1)", "true"),
            ("interval(0,1)", "'0'"),
            ("glob(res*)", "Resnet"),
            ("choice(a,b)", "c"),
            ("range(3,0)", "1"),
            ("range(9,0,-3)", "0"),
            ("range(2,9,3)", "7"),
            ("range(3)", "true"),
            ("range(3)", "'1'"),
            ("1", "007"),
            ("7", "007"),
        ] {
            assert!(!takes(condition, value), "{condition} {value}");
        }
    }
}
