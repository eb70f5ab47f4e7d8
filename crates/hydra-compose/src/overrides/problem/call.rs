//! What can be wrong with a call.

use super::Problem;
use crate::overrides::call::Failure;
use crate::overrides::directive::{EXCLUDE, REPEAT};
use crate::overrides::functions::FUNCTIONS;
use crate::overrides::joint::ZIP;
use crate::overrides::lexer::Token;
use crate::tree::Span;

/// A call that fails, in Hydra's words.
pub(in crate::overrides) fn failed(text: &str, call: Span, name: &str, failure: &Failure) -> Problem {
    let Failure { class, message } = failure;
    let problem =
        Problem::new(format!("{class} while evaluating '{}': {message}", &text[call.start..call.end]), call);
    if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
        return problem.help(format!("{}: {}", function.signature, function.doc));
    }
    if let Some(help) = elsewhere(name) {
        return problem.help(help);
    }
    let known: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
    let problem = problem.label(format!("the functions are {}", known.join(", ")));
    let distance = |known: &&str| strsim::osa_distance(known, name);
    match known.iter().copied().min_by_key(distance) {
        Some(nearest) if distance(&nearest) <= (name.len() / 3).max(1) => problem
            .replace(Span::new(call.start, call.start + name.len()), nearest)
            .help(format!("did you mean {nearest}(…)?")),
        _ => problem.quote(call).help("a text with '(' in it must be quoted"),
    }
}

/// An argument without a name after one that has one.
pub(in crate::overrides) fn unnamed(token: Token) -> Problem {
    Problem::new("positional argument follows keyword argument", token.span)
        .help("put arguments with names last")
}

/// `extend_list(…)` as a part of a value.
pub(in crate::overrides) fn partial_extension(call: Span) -> Problem {
    Problem::new("extend_list(…) must be the whole value", call)
        .help("append several values at once: key=extend_list(a,b)")
}

/// `extend_list(…)` after `+`, `++` or `~`.
pub(in crate::overrides) fn extension_with_symbol(call: Span, key: Span) -> Problem {
    Problem::new("Trying to use override symbols when extending a list", call).remove(Span::new(0, key.start))
}

/// Where a name does mean something that is no function of a value.
fn elsewhere(name: &str) -> Option<&'static str> {
    match name {
        ZIP => {
            Some("zip(…) goes with several keys: a,b=zip(choice(1,2),choice(3,4)); for one key: choice(1,2)")
        }
        EXCLUDE => Some("exclude(…) is an argument of its own, without a key: exclude(a=1,b=choice(2,3))"),
        REPEAT => Some("repeat(…) is an argument of its own, without a key: repeat(3)"),
        _ => None,
    }
}
