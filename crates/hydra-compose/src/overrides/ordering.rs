//! `sort` and `shuffle`.

use super::call::{Bound, Failure, Outcome};
use super::decimal::{self, Decimal};
use super::primitive::PythonKey;
use super::sweeps::simple_choice;
use super::value::{Element, ElementKind, Number, Order, RangeSweep, Sweep};
use crate::mix::SplitMix64;
use crate::tree::Int;
use num_traits::FromPrimitive;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// `shuffle(…)`: lists at once, sweeps when they are expanded.
pub(super) fn shuffle(mut bound: Bound) -> Outcome {
    let named = bound.take("list").or_else(|| bound.take("sweep"));
    let mut args = named.map_or(bound.variadic, |named| vec![named]);
    if args.len() != 1 {
        let mut choice = simple_choice(args)?;
        choice.order = Order::Shuffled;
        return Ok(Sweep::Choice(choice).into());
    }
    let only = args.remove(0);
    Ok(match only.kind {
        ElementKind::Sweep(mut sweep) => {
            match &mut *sweep {
                Sweep::Choice(choice) => choice.order = Order::Shuffled,
                Sweep::Range(range) => range.order = Order::Shuffled,
                Sweep::Interval(_) | Sweep::Glob(_) | Sweep::Seeds(_) | Sweep::Zip(_) => {}
            }
            ElementKind::Sweep(sweep)
        }
        ElementKind::List(mut items) => {
            at_random(&mut items);
            ElementKind::List(items)
        }
        _ => ElementKind::List(vec![only]),
    })
}

/// `sort(…)`.
pub(super) fn sort(mut bound: Bound) -> Outcome {
    let direction = match bound.take("reverse").map(|element| element.kind) {
        Some(ElementKind::Bool(true)) => Direction::Descending,
        _ => Direction::Ascending,
    };
    let named = bound.take("list").or_else(|| bound.take("sweep"));
    let mut args = named.map_or(bound.variadic, |named| vec![named]);
    match args.len() {
        0 => Err(Failure::value("empty sort input")),
        1 => match args.remove(0).kind {
            ElementKind::Sweep(sweep) => sort_sweep(*sweep, direction),
            ElementKind::List(items) => Ok(ElementKind::List(sorted(items, direction)?)),
            single => Ok(single),
        },
        _ if args.iter().all(|arg| Number::of(&arg.kind).is_some() || arg.as_str().is_some()) => {
            sort_sweep(Sweep::Choice(simple_choice(args)?), direction)
        }
        _ => {
            let args: Vec<_> = args.iter().map(Element::to_string).collect();
            Err(Failure::type_(format!("Invalid arguments: ({})", args.join(", "))))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

fn sort_sweep(sweep: Sweep, direction: Direction) -> Outcome {
    Ok(match sweep {
        Sweep::Choice(mut choice) => {
            choice.list = sorted(choice.list, direction)?;
            Sweep::Choice(choice)
        }
        Sweep::Range(range) => Sweep::Range(sort_range(range, direction)),
        other => other,
    }
    .into())
}

/// The same numbers the other way round, if they do not go in this direction. Hydra 1.3 reckons from `stop`,
/// which is wrong wherever `stop` is not on the grid; its next release reckons from the last number, as here.
fn sort_range(range: RangeSweep, direction: Direction) -> RangeSweep {
    let Some((start, stop, step)) = decimal::bounds(&range) else {
        return range;
    };
    let goes = if step.is_positive() { Direction::Ascending } else { Direction::Descending };
    let count = decimal::count(&start, &stop, &step);
    if goes == direction || count <= Int::from(1) {
        return range;
    }
    let last = start.plus(&step.times(&(count - 1)));
    let back = step.times(&Int::from(-1));
    let number = |decimal: Decimal| match (&range.start, &range.stop, &range.step) {
        (Number::Int(_), Number::Int(_), Number::Int(_)) => Number::Int(decimal.to_int()),
        _ => Number::Float(decimal.to_float()),
    };
    // Half a step beyond the first number, where floats are concerned: no rounding can lose it or add another.
    let beyond = match number(start.clone()) {
        Number::Int(_) => start.plus(&back),
        Number::Float(_) => start.plus(&back.halved()),
    };
    let (start, stop, step) = (number(last), number(beyond), number(back));
    RangeSweep { start, stop, step, ..range }
}

/// Python's `sorted`: stable, and an error where two values cannot be compared.
fn sorted(mut items: Vec<Element>, direction: Direction) -> Result<Vec<Element>, Failure> {
    if direction == Direction::Ascending {
        return merge_sorted(items);
    }
    // Equal values keep their order in this direction too.
    items.reverse();
    let mut items = merge_sorted(items)?;
    items.reverse();
    Ok(items)
}

/// Below this length CPython compares in a fixed way, which shows in which two types its message names, and where a `nan` goes.
const SHORT: usize = 64;

fn merge_sorted(mut items: Vec<Element>) -> Result<Vec<Element>, Failure> {
    if items.len() < SHORT {
        return insertion_sorted(items);
    }
    let right = items.split_off(items.len() / 2);
    let mut left = merge_sorted(items)?.into_iter().peekable();
    let mut right = merge_sorted(right)?.into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let next = if less(second, first)? { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// The run that is sorted already, or falls strictly, and each further item by bisection.
fn insertion_sorted(mut items: Vec<Element>) -> Result<Vec<Element>, Failure> {
    if items.len() < 2 {
        return Ok(items);
    }
    let falls = less(&items[1], &items[0])?;
    let mut run = 2;
    while run < items.len() && less(&items[run], &items[run - 1])? == falls {
        run += 1;
    }
    if falls {
        items[..run].reverse();
    }
    for at in run..items.len() {
        let (mut low, mut high) = (0, at);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(&items[at], &items[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items[low..=at].rotate_right(1);
    }
    Ok(items)
}

/// Python's `<`.
fn less(a: &Element, b: &Element) -> Result<bool, Failure> {
    if let (Some(a), Some(b)) = (Number::of(&a.kind), Number::of(&b.kind)) {
        return Ok(compare(&a, &b) == Some(Ordering::Less));
    }
    match (&a.kind, &b.kind) {
        // By bytes is by code points.
        (ElementKind::Str(a), ElementKind::Str(b)) => Ok(a < b),
        (ElementKind::List(a), ElementKind::List(b)) => match a.iter().zip(b).find(|(a, b)| !equal(a, b)) {
            Some((a, b)) => less(a, b),
            None => Ok(a.len() < b.len()),
        },
        (a, b) => {
            let (a, b) = (a.class(), b.class());
            Err(Failure::type_(format!("'<' not supported between instances of '{a}' and '{b}'")))
        }
    }
}

/// Python's `==`.
fn equal(a: &Element, b: &Element) -> bool {
    if let (Some(a), Some(b)) = (Number::of(&a.kind), Number::of(&b.kind)) {
        return compare(&a, &b) == Some(Ordering::Equal);
    }
    match (&a.kind, &b.kind) {
        (ElementKind::Null, ElementKind::Null) => true,
        (ElementKind::Str(a), ElementKind::Str(b)) => a == b,
        (ElementKind::Quoted { text: a, quote: p }, ElementKind::Quoted { text: b, quote: q }) => {
            a == b && p == q
        }
        (ElementKind::List(a), ElementKind::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (ElementKind::Map(a), ElementKind::Map(b)) => {
            let known: HashMap<_, _> =
                b.iter().map(|(key, value)| (PythonKey::of(&key.kind), value)).collect();
            let found = |key: &Element| PythonKey::of(&key.kind).and_then(|key| known.get(&Some(key)));
            a.len() == b.len()
                && a.iter().all(|(key, value)| found(key).is_some_and(|other| equal(value, other)))
        }
        _ => false,
    }
}

/// Exact, also between integers and floats.
pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Float(_), Number::Int(_)) => compare(b, a).map(Ordering::reverse),
        (Number::Int(int), Number::Float(float)) => match Int::from_f64(float.floor()) {
            Some(floor) => Some(int.cmp(&floor).then(if float.fract() == 0.0 {
                Ordering::Equal
            } else {
                Ordering::Less
            })),
            None => 0.0.partial_cmp(float),
        },
    }
}

/// Every order with the same chance. There is no seed: Hydra has none either.
pub(super) fn at_random<T>(items: &mut [T]) {
    // The one source of randomness in the standard library.
    let mut stream = SplitMix64::new(RandomState::new().build_hasher().finish());
    for last in (1..items.len()).rev() {
        items.swap(last, stream.below(last as u128 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overrides::parse;

    #[track_caller]
    fn jobs(text: &str) -> Vec<String> {
        parse(text, 0).and_then(|over| over.expand(&|_| Vec::new())).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn sorting_a_range_keeps_its_numbers() {
        // Hydra 1.3 makes 3, 6, 9, 12 of the first.
        assert_eq!(jobs("x=sort(range(10,0,-3))"), ["1", "4", "7", "10"]);
        assert_eq!(jobs("x=sort(range(0,1,0.3),reverse=true)"), ["0.9", "0.6", "0.3", "0.0"]);
    }

    #[test]
    fn sorting_is_stable_at_any_length() {
        // 1, 1.0 and true are equal, so they stay as they are, between the lower and the higher numbers.
        let long = format!("x=sort({}1,1.0,true,{}0)", "2,".repeat(100), "0,".repeat(100));
        let sorted = jobs(&long);
        assert_eq!(sorted[100..104], ["0", "1", "1.0", "True"]);
        assert!(sorted[104..].iter().all(|number| number == "2"));
        assert_eq!(jobs("x=sort(1,1.0,2,reverse=true)"), ["2", "1", "1.0"]);
    }

    #[test]
    fn shuffling_loses_nothing() {
        let mut items: Vec<_> = (0..100).collect();
        at_random(&mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert!(items.iter().copied().eq(0..100));
    }
}
