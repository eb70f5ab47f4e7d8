//! What is wrong with one composition: what does not resolve, and what the schema refuses.

use super::findings::{Identity, Severity};
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::interpolation::ToMissing;
use crate::tree::{Node, Origin, Value};
use std::collections::HashSet;

/// What a program's schema says of a configuration.
pub type Validate<'v> = dyn Fn(&Config) -> Result<()> + 'v;

/// Everything that is wrong with a configuration that composes. Without `validate` no schema is asked.
pub(super) fn problems(config: &Config, validate: Option<&Validate<'_>>) -> Vec<(Severity, Error)> {
    let (job, hydra) = (config.resolve(), config.resolve_at("hydra"));
    let mut errors = each(&job);
    // Much of Hydra's own part is `???` until a job is launched, and read there.
    errors.extend(each(&hydra).into_iter().filter(|error| error.code() != Code::MissingValue));
    let elsewhere = if errors.is_empty() { None } else { Some(elsewhere(config)) };
    let mut found = Vec::new();
    if let Some((job, hydra)) = &elsewhere {
        let still: HashSet<Identity> = each(job).into_iter().chain(each(hydra)).map(Identity::of).collect();
        for error in errors {
            let is_everywhere = still.contains(&Identity::of(error));
            let severity = if is_everywhere { Severity::Error } else { Severity::Note };
            found.push((severity, error.clone()));
        }
    }
    let Some(validate) = validate else { return found };
    match (&job, elsewhere) {
        (Ok(tree), _) => found.extend(refused(validate, config, tree, Values::Real)),
        // The values that need the environment are made up, so that the others can be looked at.
        (Err(_), Some((Ok(tree), _))) => {
            let made_up = of_tree(config, &tree);
            found.extend(refused(validate, &made_up, &tree, Values::MadeUp));
        }
        _ => {}
    }
    found
}

/// What a configuration comes to where every environment variable is set, to something that is text and a number. An
/// error that is gone there, or different, is one of this environment.
fn elsewhere(config: &Config) -> (Result<Node>, Result<Option<Node>>) {
    let stand_in = |_: &str| Some("0".to_owned());
    let job = config.session(config.job()).with_environment(&stand_in).resolve_all_with(ToMissing::Keep);
    let hydra = config.session(config.root()).with_environment(&stand_in).select_all("hydra");
    (job, hydra)
}

/// A configuration with another tree.
fn of_tree(config: &Config, tree: &Node) -> Config {
    let (defaults, overrides) = (config.defaults().clone(), config.overrides().to_vec());
    Config::new(tree.clone(), defaults, overrides, config.search_path().clone(), config.resolvers())
}

/// Whether values that come out of interpolations are those of this environment.
#[derive(Clone, Copy, PartialEq)]
enum Values {
    Real,
    MadeUp,
}

/// What the schema refuses, without what a user has still to give. `tree` is the configuration, resolved.
fn refused(validate: &Validate<'_>, config: &Config, tree: &Node, values: Values) -> Vec<(Severity, Error)> {
    let result = validate(config);
    let errors = each(&result);
    if errors.is_empty() {
        return Vec::new();
    }
    let mut open = Vec::new();
    left_open(tree, &mut open);
    let is_for_the_user = |error: &Error| {
        error.code() == Code::MissingValue
            && error.labels().first().is_some_and(|label| open.contains(&&label.origin))
    };
    let severity = |error: &Error| match values {
        Values::MadeUp if error.labels().iter().any(|label| is_interpolation(&label.origin)) => {
            Severity::Note
        }
        _ => Severity::Error,
    };
    let errors = errors.into_iter().filter(|error| !is_for_the_user(error));
    errors.map(|error| (severity(error), error.clone())).collect()
}

/// The places of all that is `???`.
fn left_open<'n>(node: &'n Node, open: &mut Vec<&'n Origin>) {
    match &node.value {
        Value::Map(map) => map.iter().for_each(|(_, node)| left_open(node, open)),
        Value::List(items) => items.iter().for_each(|node| left_open(node, open)),
        _ if node.is_missing() => open.push(&node.origin),
        _ => {}
    }
}

/// Whether the text at a place is one with an interpolation.
fn is_interpolation(origin: &Origin) -> bool {
    let written = origin.snippet().and_then(|(text, span)| text.get(span.start..span.end));
    written.is_some_and(|written| written.contains("${"))
}

fn each<T>(result: &Result<T>) -> Vec<&Error> {
    result.as_ref().err().map(Error::each).unwrap_or_default()
}
