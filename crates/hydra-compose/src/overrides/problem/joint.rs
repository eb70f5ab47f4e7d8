//! What can be wrong with keys that are swept together.

use super::Problem;
use crate::tree::Span;

const TAKES: &str = "zip(…) takes choice(1,2), range(3), glob(*), seeds(3) and lists: [1,2]";

/// Several keys, and no `zip(…)` for them.
pub(in crate::overrides) fn no_zip(text: &str, keys: Span) -> Problem {
    let written = &text[keys.start..keys.end];
    let sweeps: Vec<String> = (0..written.split(',').count())
        .map(|column| format!("choice({},{})", 2 * column + 1, 2 * column + 2))
        .take(10)
        .collect();
    let zip = format!("{written}=zip({})", sweeps.join(","));
    Problem::new("several keys before the '='", keys).help(format!("keys are swept together so: '{zip}'"))
}

/// More keys than sweeps, or fewer.
pub(in crate::overrides) fn uneven(call: Span, keys: usize, sweeps: usize) -> Problem {
    let sweeps = if sweeps == 1 { "1 sweep".to_owned() } else { format!("{sweeps} sweeps") };
    Problem::new(format!("{keys} keys, and {sweeps} in zip(…)"), call)
        .help("give zip(…) one sweep for each key, in their order")
}

/// `~` before one of the keys.
pub(in crate::overrides) fn deletion(text: &str, key: Span) -> Problem {
    let written = &text[key.start..key.end];
    Problem::new("a key of a zip cannot be deleted", key)
        .help(format!("give it values, or delete it in an argument of its own: {written}"))
}

/// Nothing between two commas.
pub(in crate::overrides) fn no_key(key: Span) -> Problem {
    Problem::new("a key is missing beside a comma", key).help("write a,b=zip(choice(1,2),choice(3,4))")
}

/// One key twice.
pub(in crate::overrides) fn twice(text: &str, key: Span) -> Problem {
    Problem::new(format!("'{}' twice among the keys of a zip", &text[key.start..key.end]), key)
        .help("each key has one sweep")
}

/// An interval among the arguments.
pub(in crate::overrides) fn interval(argument: Span) -> Problem {
    Problem::new("an interval has no values to pair off", argument).help(TAKES)
}

/// A single value among the arguments.
pub(in crate::overrides) fn no_sweep(argument: Span) -> Problem {
    Problem::new("zip(…) takes sweeps, and this is one value", argument).help(TAKES)
}
