//! The functions that make sweeps, and `tag`.

use super::call::{Bound, Failure, Outcome};
use super::casts;
use super::expand::MOST;
use super::value::{
    ChoiceForm, ChoiceSweep, Element, ElementKind, GlobSweep, IntervalSweep, Number, Order, RangeSweep,
    SeedSweep, Sweep,
};
use crate::tree::Int;
use num_traits::ToPrimitive;

/// `choice(…)`
pub(super) fn choice(bound: Bound) -> Outcome {
    let mut list = bound.variadic;
    match list.as_mut_slice() {
        [] => return Err(Failure::value("empty choice is not legal")),
        [Element { kind: ElementKind::Sweep(sweep), .. }] => match &mut **sweep {
            Sweep::Choice(ChoiceSweep { form: ChoiceForm::Explicit, .. }) => {
                return Err(Failure::value("nesting choices is not supported"));
            }
            Sweep::Choice(inner) => {
                inner.form = ChoiceForm::Explicit;
                return Ok(list.remove(0).kind);
            }
            _ => {}
        },
        _ => {}
    }
    Ok(Sweep::Choice(ChoiceSweep::new(list, ChoiceForm::Explicit)).into())
}

/// `range(…)`
pub(super) fn range(mut bound: Bound) -> Outcome {
    let zero = || Number::Int(Int::ZERO);
    let first = bound.take_number("start").unwrap_or_else(zero);
    let (start, stop) = match bound.take_number("stop") {
        Some(stop) => (first, stop),
        None => (zero(), first),
    };
    let step = bound.take_number("step").unwrap_or_else(|| Number::Int(Int::from(1)));
    Ok(Sweep::Range(RangeSweep { start, stop, step, order: Order::Given, tags: Default::default() }).into())
}

/// `interval(…)`
pub(super) fn interval(mut bound: Bound) -> Outcome {
    let mut bound_of = |name| match bound.take_number(name) {
        Some(number) => Ok(Number::Float(casts::number_to_float(&number)?)),
        None => Err(Failure::assertion()),
    };
    let (start, end) = (bound_of("start")?, bound_of("end")?);
    Ok(Sweep::Interval(IntervalSweep { start, end, tags: Default::default() }).into())
}

/// `seeds(…)`
pub(super) fn seeds(mut bound: Bound) -> Outcome {
    let mut whole = |name| match bound.take_number(name) {
        Some(Number::Int(int)) => Some(int),
        _ => None,
    };
    let count = whole("count").and_then(|count| count.to_usize()).filter(|count| (1..=MOST).contains(count));
    let Some(count) = count else {
        return Err(Failure::value(format!("the number of seeds is from 1 to {MOST}")));
    };
    let Some(root) = whole("root").map_or(Some(0), |root| root.to_u64()) else {
        return Err(Failure::value(format!("the root of the seeds is from 0 to {}", u64::MAX)));
    };
    Ok(Sweep::Seeds(SeedSweep { count, root }).into())
}

/// `glob(…)`
pub(super) fn glob(mut bound: Bound) -> Outcome {
    let mut patterns = |name| match bound.take(name) {
        Some(Element { kind: ElementKind::List(patterns), .. }) => patterns,
        Some(pattern) => vec![pattern],
        None => Vec::new(),
    };
    Ok(Sweep::Glob(GlobSweep { include: patterns("include"), exclude: patterns("exclude") }).into())
}

/// `tag(…)`
pub(super) fn tag(mut bound: Bound) -> Outcome {
    let named = bound.take("sweep");
    let mut words = bound.variadic;
    if words.is_empty() {
        return Err(Failure::value("Not enough arguments to tag, must take at least a sweep"));
    }
    words.extend(named);
    let Some(Element { kind: ElementKind::Sweep(mut sweep), .. }) = words.pop() else {
        // Hydra names the type of something else here, always `NoneType`.
        let message = "Last argument to tag() must be a choice(), range() or interval(), got NoneType";
        return Err(Failure::value(message));
    };
    let tags = words
        .into_iter()
        .map(|word| match word.kind {
            ElementKind::Str(text) => Ok(text),
            other => Err(Failure::value(format!("tag arguments type must be string, got {}", other.class()))),
        })
        .collect::<Result<_, _>>()?;
    match &mut *sweep {
        Sweep::Choice(choice) => choice.tags = tags,
        Sweep::Range(range) => range.tags = tags,
        Sweep::Interval(interval) => interval.tags = tags,
        Sweep::Glob(_) | Sweep::Seeds(_) | Sweep::Zip(_) => {}
    }
    Ok(ElementKind::Sweep(sweep))
}

/// Arguments that make a choice: a sweep is not among them.
pub(super) fn simple_choice(list: Vec<Element>) -> Result<ChoiceSweep, Failure> {
    if list.iter().any(|element| element.as_sweep().is_some()) {
        return Err(Failure::assertion());
    }
    Ok(ChoiceSweep::new(list, ChoiceForm::Simple))
}
