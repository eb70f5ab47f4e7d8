//! What can be wrong with `exclude(…)` and `repeat(…)`.

use super::Problem;
use crate::tree::Span;

/// A directive where an override is wanted.
pub(in crate::overrides) fn no_override(text: &str, call: Span) -> Problem {
    let name = text[call.start..call.end].trim_end_matches(['(', ' ', '\t']);
    Problem::new(format!("{name}(…) sets no key"), call)
        .help("it is an argument of its own, beside the overrides of a sweep")
}

/// After a directive, something follows.
pub(in crate::overrides) fn after(rest: Span) -> Problem {
    Problem::new("something follows the ')'", rest).remove(rest)
}

/// In `exclude(…)`, something else than a key with a value.
pub(in crate::overrides) fn no_condition(condition: Span) -> Problem {
    Problem::new("a condition is KEY=VALUE", condition)
        .help("several values of one key: exclude(a=choice(1,2))")
}

/// In `repeat(…)`, something else than a number that is from 1 to `most`.
pub(in crate::overrides) fn no_count(text: &str, most: usize) -> Problem {
    Problem::new(format!("repeat(…) takes a whole number from 1 to {most}"), Span::new(0, text.len()))
        .help("every job three times: repeat(3)")
}

/// The end of the argument before the bracket that closes it.
pub(in crate::overrides) fn not_closed(call: Span) -> Problem {
    Problem::new("'(' is never closed", call).close().help("close it with ')'")
}
