//! What can be wrong with a defaults list, in words. First lines are Hydra's where Hydra's are clear.

use super::choices::Chosen;
use super::item::ItemKind;
use super::placed::Placed;
use crate::error::{Code, Error};
use crate::near;
use crate::overrides::Override;
use crate::source::Library;
use crate::tree::{Origin, Value};

fn list_error(message: impl Into<String>) -> Error {
    Error::new(Code::DefaultsList, message)
}

pub(super) fn unsupported_on_group(over: &Override) -> Error {
    let (text, key) = (&over.argument.text, &over.key);
    list_error(format!("force-add of config groups is not supported: '{text}'"))
        .label(&over.key_origin(), "this is a config group")
        .help(format!("choose an option with '{key}=OPTION', or append one with '+{key}=OPTION'"))
}

pub(super) fn option_is_no_string(over: &Override, value: &Value) -> Error {
    let key = &over.key;
    let error =
        list_error(format!("Config group override must be a string or a list. Got {}", value.python_type()))
            .label(&over.origin(), format!("'{key}' is a config group"));
    match value {
        Value::Null => error.help(format!("'~{key}' removes the group from the defaults list")),
        _ => error.help(format!("quote the option's name: '{key}=\"…\"'")),
    }
}

pub(super) fn chosen_twice(key: &str, previous: &str, here: &Origin, there: &Origin) -> Error {
    list_error(format!("Multiple values for {key}. To override a value use 'override {key}: {previous}'"))
        .label(here, "chosen here")
        .label(there, "and here")
        .help(format!("to choose another option on the command line: {key}=OPTION"))
}

pub(super) fn listed_twice(key: &str, here: &Origin, there: &Origin) -> Error {
    list_error(format!("{key} appears more than once in the final defaults list"))
        .label(here, "listed here")
        .label(there, "and here")
}

pub(super) fn no_match(key: &str, chosen: &Chosen, same_group: &[&str], all: &[&str]) -> Error {
    let (prefix, value) = (chosen.containing.as_ref(), chosen.choice.spelled());
    let prefix = prefix.map_or_else(String::new, |path| format!("In '{path}': "));
    let error = |rest: String| list_error(format!("{prefix}{rest}")).label(&chosen.origin, "no such entry");
    let append = match chosen.containing {
        Some(_) => None,
        None => Some(format!("to append it to the defaults list, use '+{key}={value}'")),
    };
    match same_group {
        [] => {
            let near = near::among(key, all).map(|near| format!("did you mean {near}={value}?"));
            error(format!("Could not override '{key}'. No match in the defaults list."))
                .maybe_help(near.or(append))
        }
        [one] => {
            error(format!("Could not override '{key}'.\nDid you mean to override {one}?")).maybe_help(append)
        }
        several => error(format!(
            "Could not override '{key}'.\nDid you mean to override one of {}?",
            several.join(", ")
        ))
        .maybe_help(append),
    }
}

pub(super) fn nothing_deleted(key: &str, option: Option<&str>, origin: &Origin) -> Error {
    let what = option.map_or_else(|| key.to_owned(), |option| format!("{key}={option}"));
    list_error(format!("Could not delete '{what}'. No match in the defaults list"))
        .label(origin, "nothing to delete")
}

pub(super) fn two_selves(path: &str, origin: &Origin) -> Error {
    list_error(format!("Duplicate _self_ defined in {path}")).label(origin, "the second one")
}

pub(super) fn interpolated_option(path: &str, origin: &Origin) -> Error {
    let message = format!("In '{path}': Defaults List interpolation is not supported in options list items");
    list_error(message).label(origin, "")
}

pub(super) fn override_in_interpolated(path: &str, placed: &Placed) -> Error {
    let choice = placed.choice().map(super::Choice::spelled).unwrap_or_default();
    list_error(format!(
        "{path}: Default List Overrides are not allowed in the subtree\nof an in interpolated config group (override {}={choice}).",
        placed.override_key()
    ))
    .label(&placed.item.origin, "")
}

pub(super) fn override_too_early(path: &str, over: &Placed, later: &Placed) -> Error {
    let spelled = |placed: &Placed| placed.choice().map(super::Choice::spelled).unwrap_or_default();
    let message = format!(
        "In {path}: Override '{} : {}' is defined before '{}: {}'.\nOverrides must be at the end of the defaults list",
        over.override_key(),
        spelled(over),
        later.override_key(),
        spelled(later),
    );
    list_error(message)
        .label(&over.item.origin, "this override")
        .label(&later.item.origin, "stands before this item")
}

pub(super) fn legacy_interpolation(placed: &Placed, text: &str) -> Error {
    let key = placed.override_key();
    list_error(format!("Defaults list element '{key}={text}' is using a deprecated interpolation form."))
        .label(&placed.item.origin, "")
        .help("name the group: ${group} instead of ${defaults.0.group}")
}

pub(super) fn unresolved(text: &str, keys: &[&str], origin: &Origin) -> Error {
    let known = if keys.is_empty() {
        String::new()
    } else {
        format!(", possible interpolation keys: {}", keys.join(", "))
    };
    list_error(format!("Error resolving interpolation '{text}'{known}")).label(origin, "")
}

pub(super) fn too_deep(chain: &[String], path: &str, origin: &Origin) -> Error {
    // The last round of it, or a round anywhere on the way.
    let whole: Vec<&str> = chain.iter().map(String::as_str).chain([path]).collect();
    let round = (0..whole.len()).rev().find_map(|end| {
        let start = whole[..end].iter().rposition(|seen| *seen == whole[end])?;
        Some(whole[start..=end].join(" -> "))
    });
    let message = match round {
        Some(round) => format!("defaults lists go round in a circle: {round}"),
        None => format!("defaults lists nest deeper than {} files", chain.len()),
    };
    list_error(message).label(origin, "").help("take one of these out of the defaults list it stands in")
}

pub(super) fn too_many_files(most: usize, origin: &Origin) -> Error {
    list_error(format!("the defaults lists name more than {most} files")).label(origin, "reached here")
}

/// Hydra 1.3 follows such paths; its next release refuses `..` and backslashes.
pub(super) fn leads_out(path: &str, placed: &Placed) -> Error {
    let (why, help) = match path.strip_prefix('/') {
        Some(rest) => (
            "it begins at the root of the file system",
            format!(
                "one slash stands for the top of the search path: '/{}'; folders elsewhere are added to it with hydra.searchpath",
                rest.trim_start_matches('/')
            ),
        ),
        None => (
            "'..' and backslashes are not allowed in it",
            "a path that starts with a slash starts at the top of the search path: '/db/mysql'".to_owned(),
        ),
    };
    let error = list_error(format!("'{path}' is no path of a configuration: {why}"));
    if placed.primary {
        return error.help("name the folder with --config-path, and the file in it with --config-name");
    }
    error.label(&placed.item.origin, "here").help(help)
}

pub(super) fn package_too_deep(path: &str, depth: usize, origin: &Origin) -> Error {
    list_error(format!("the package of '{path}' has {depth} levels; 100 are the most")).label(origin, "here")
}

pub(super) fn must_choose(library: &Library, placed: &Placed) -> Error {
    let ItemKind::Group { .. } = placed.item.kind else {
        return list_error(format!("Missing ConfigDefault is not supported : {}", placed.config_path()))
            .label(&placed.item.origin, "");
    };
    let key = placed.override_key();
    let options = library.options(&placed.group_path());
    let first = options.first().map(|option| format!("for instance {key}={option}"));
    let message = format!(
        "You must specify '{key}', e.g, {key}=<OPTION>\nAvailable options:\n{}",
        options.iter().map(|option| format!("\t{option}")).collect::<Vec<_>>().join("\n")
    );
    Error::new(Code::MissingValue, message).label(&placed.item.origin, "nothing is chosen").maybe_help(first)
}

pub(super) fn not_found(library: &Library, placed: &Placed, parent: Option<&str>) -> Error {
    let path = placed.config_path();
    let places: Vec<String> =
        library.search_path().providers().iter().map(|provider| format!("\t{provider}")).collect();
    let places = format!("\nConfig search path:\n{}", places.join("\n"));
    if placed.primary {
        let (group, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let options = library.options(group);
        let near = near::among(name, &options).map(|near| format!("did you mean --config-name {near}?"));
        let message = format!(
            "Cannot find primary config '{path}'. Check that it's in your config search path.\n{places}"
        );
        return Error::new(Code::MissingConfig, message).maybe_help(near);
    }
    let prefix = parent.map_or_else(String::new, |parent| format!("In '{parent}': "));
    let (message, near) = match &placed.item.kind {
        ItemKind::Group { choice, .. } => {
            let (group, key) = (placed.group_path(), placed.override_key());
            let options = library.options(&group);
            let lines: String = options.iter().map(|option| format!("\n\t{option}")).collect();
            let available = if options.is_empty() {
                String::new()
            } else {
                format!("\nAvailable options in '{group}':{lines}")
            };
            let near =
                near::among(&choice.spelled(), &options).map(|near| format!("did you mean {key}={near}?"));
            (format!("{prefix}Could not find '{path}'\n{available}{places}"), near)
        }
        _ => {
            let (group, name) = path.rsplit_once('/').unwrap_or(("", &path));
            let near = near::among(name, &library.options(group)).map(|near| format!("did you mean {near}?"));
            (format!("{prefix}Could not load '{path}'.\n{places}"), near)
        }
    };
    Error::new(Code::MissingConfig, message).label(&placed.item.origin, "not found").maybe_help(near)
}
