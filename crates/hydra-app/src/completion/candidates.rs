//! What could stand in the place of a word: groups and their options, keys, values, files.

use crate::keys;
use hydra_compose::source::SearchPath;
use hydra_compose::tree::{Map, Node, Value};
use hydra_compose::{Composer, Config, interpolation};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Everything that could stand in the place of `word`, behind what `composer` is given; files are relative to `cwd`. A
/// `schema` adds the values that a key may have.
pub(super) fn all(
    word: &str,
    composer: Composer,
    schema: Option<&serde_json::Value>,
    cwd: &Path,
) -> BTreeSet<String> {
    if let Some(found) = files(word, cwd) {
        return found;
    }
    // Overrides that do not parse: there is nothing to go on.
    let Ok(sources) = composer.sources() else { return BTreeSet::new() };
    let groups = groups(&sources, word);
    let mut found = groups.found;
    if groups.options == Options::None
        && let Ok(config) = composer.compose()
    {
        found.extend(keys_and_values(&config, word));
        if let (Some(schema), Some((key, _))) = (schema, word.rsplit_once('=')) {
            let values = keys::values(config.root(), key.trim_start_matches('+'), schema);
            let named = values.into_iter().map(|value| format!("{key}={value}"));
            found.extend(named.filter(|name| name.starts_with(word)));
        }
    }
    found
}

/// `key=./pa`: a value that starts as a path does is one.
fn files(word: &str, cwd: &Path) -> Option<BTreeSet<String>> {
    let (key, path) = word.rsplit_once('=')?;
    if !path.starts_with(['.', '/', '\\']) {
        return None;
    }
    let (folder, start) = match path.rsplit_once('/') {
        _ if cwd.join(path).is_dir() => (path, ""),
        Some(("", start)) => ("/", start),
        Some((folder, start)) => (folder, start),
        None => return Some(BTreeSet::new()),
    };
    let between = if folder.ends_with('/') { "" } else { "/" };
    let entries = fs::read_dir(cwd.join(folder)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let fitting = names.filter(|name| name.starts_with(start));
    Some(fitting.map(|name| format!("{key}={folder}{between}{name}")).collect())
}

/// Groups, or options of a group.
struct Groups {
    found: BTreeSet<String>,
    options: Options,
}

/// Whether the word names a group that has options: then only they can be meant.
#[derive(PartialEq, Eq)]
enum Options {
    Some,
    None,
}

/// `db` to `db=`, `server/` and what is in it, `db=` to each option; `+` and `~` before them stay.
fn groups(sources: &SearchPath, word: &str) -> Groups {
    let (prefix, word) = word.split_at(usize::from(word.starts_with(['+', '~'])));
    if let Some((group, _)) = word.rsplit_once('=') {
        let options = sources.options(group);
        let named = options.iter().map(|option| match group {
            "" => option.clone(),
            group => format!("{group}={option}"),
        });
        return Groups {
            found: named
                .filter(|name| name.starts_with(word))
                .map(|name| format!("{prefix}{name}"))
                .collect(),
            options: if options.is_empty() { Options::None } else { Options::Some },
        };
    }
    let parent = word.rsplit_once('/').map_or("", |(parent, _)| parent);
    let named = sources.groups(parent).into_iter().map(|group| match parent {
        "" => group,
        parent => format!("{parent}/{group}"),
    });
    let found = named.filter(|name| name.starts_with(word)).map(|name| {
        let has_options = !sources.options(&name).is_empty();
        let has_groups = !sources.groups(&name).is_empty();
        let suffix = match (has_groups, has_options) {
            // What is deleted needs no option.
            (false, true) if prefix != "~" => "=",
            (true, false) => "/",
            _ => "",
        };
        format!("{prefix}{name}{suffix}")
    });
    Groups { found: found.collect(), options: Options::None }
}

/// `db.` to the keys in it, `db.port=` to the value that it has. Nothing where an interpolation leads nowhere.
fn keys_and_values(config: &Config, word: &str) -> Vec<String> {
    let root = config.root();
    if let Some(key) = word.strip_suffix(['.', '=']) {
        let endings = match config.select_in(root, key) {
            Ok(Some(node)) => match &node.value {
                Value::Null => Vec::new(),
                Value::Bool(bool) => vec![bool.to_string()],
                Value::Map(_) | Value::List(_) => keys_at(config, key, &node, ""),
                value => vec![interpolation::python_str(value)],
            },
            // A value that must still be given: what is written so far is complete as far as it goes.
            Ok(None) if is_missing(root, key) => vec![String::new()],
            Ok(None) | Err(_) => Vec::new(),
        };
        return endings.into_iter().map(|ending| format!("{word}{ending}")).collect();
    }
    match word.rsplit_once('.') {
        None => keys_at(config, "", root, word),
        Some((path, start)) => match config.select_in(root, path) {
            Ok(Some(node)) => {
                keys_at(config, path, &node, start).into_iter().map(|key| format!("{path}.{key}")).collect()
            }
            Ok(None) | Err(_) => Vec::new(),
        },
    }
}

/// Whether the key, or what is above it, is `???`.
fn is_missing(root: &Node, key: &str) -> bool {
    let ends = key.match_indices('.').map(|(at, _)| at).chain([key.len()]);
    ends.into_iter().any(|end| root.get(&key[..end]).is_some_and(Node::is_missing))
}

/// The keys of a mapping or list at `path` that begin with `start`: a dot behind them if there is more below, else `=`.
fn keys_at(config: &Config, path: &str, node: &Node, start: &str) -> Vec<String> {
    match &node.value {
        Value::Map(map) => keys_of_map(map, start),
        Value::List(items) => {
            let fitting =
                (0..items.len()).map(|index| index.to_string()).filter(|index| index.starts_with(start));
            fitting
                .map(|index| {
                    // Of a list, unlike a mapping, Hydra follows interpolations.
                    let item = config.select_in(config.root(), &format!("{path}.{index}"));
                    let ending = item.ok().flatten().map_or("=", |item| ending(&item));
                    index + ending
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn keys_of_map(map: &Map, start: &str) -> Vec<String> {
    let named = map.iter().map(|(key, node)| (key.to_string(), node));
    named.filter(|(key, _)| key.starts_with(start)).map(|(key, node)| key + ending(node)).collect()
}

fn ending(node: &Node) -> &'static str {
    match node.value {
        Value::Map(_) | Value::List(_) => ".",
        _ => "=",
    }
}
