//! What could stand in the place of a word: groups and their options, keys, values, files.

use crate::keys;
use hydra_compose::source::SearchPath;
use hydra_compose::tree::{Node, Value};
use hydra_compose::{Composer, Config, interpolation};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What could stand there, and what that was found in.
#[derive(Default)]
pub(super) struct Found {
    /// The candidates, each with what it is.
    pub(super) candidates: BTreeMap<String, Subject>,
    /// Where its files are looked for.
    pub(super) sources: Option<SearchPath>,
    /// What the line composes so far, if that was asked for.
    pub(super) config: Option<Config>,
}

/// What a candidate is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A file of the current directory.
    File,
    /// A group, with its options, or the groups in it.
    Group(Vec<String>),
    /// An option, by the path of its configuration: `db/mysql`.
    Option(String),
    /// A key, from the top: `db.port`.
    Key(String),
    /// A value that a key has, or may have.
    Value { key: String, value: String },
}

/// Everything that could stand in the place of `word`, behind what `composer` is given; files are relative to `cwd`. A
/// `schema` adds the values that a key may have.
pub(super) fn all(word: &str, composer: Composer, schema: Option<&serde_json::Value>, cwd: &Path) -> Found {
    let mut found = Found::default();
    if let Some(files) = files(word, cwd) {
        found.candidates.extend(files.into_iter().map(|file| (file, Subject::File)));
        return found;
    }
    // Overrides that do not parse: there is nothing to go on.
    let Ok(sources) = composer.sources() else { return found };
    let groups = groups(&sources, word);
    found.candidates = groups.found;
    found.sources = Some(sources);
    if groups.options == Options::None
        && let Ok(config) = composer.compose()
    {
        let mut more = keys_and_values(&config, word);
        if let (Some(schema), Some((key, _))) = (schema, word.rsplit_once('=')) {
            let path = key.trim_start_matches('+');
            let values = keys::values(config.root(), path, schema).into_iter();
            let named = values
                .map(|value| (format!("{key}={value}"), Subject::Value { key: path.to_owned(), value }));
            more.extend(named.filter(|(name, _)| name.starts_with(word)));
        }
        for (name, subject) in more {
            found.candidates.entry(name).or_insert(subject);
        }
        found.config = Some(config);
    }
    found
}

/// `key=./pa`: a value that starts as a path does is one.
fn files(word: &str, cwd: &Path) -> Option<Vec<String>> {
    let (key, path) = word.rsplit_once('=')?;
    if !path.starts_with(['.', '/', '\\']) {
        return None;
    }
    let (folder, start) = match path.rsplit_once('/') {
        _ if cwd.join(path).is_dir() => (path, ""),
        Some(("", start)) => ("/", start),
        Some((folder, start)) => (folder, start),
        None => return Some(Vec::new()),
    };
    let between = if folder.ends_with('/') { "" } else { "/" };
    let entries = fs::read_dir(cwd.join(folder)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let fitting = names.filter(|name| name.starts_with(start));
    Some(fitting.map(|name| format!("{key}={folder}{between}{name}")).collect())
}

/// Groups, or options of a group.
struct Groups {
    found: BTreeMap<String, Subject>,
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
            "" => (option.clone(), option.clone()),
            group => (format!("{group}={option}"), format!("{group}/{option}")),
        });
        let fitting = named.filter(|(name, _)| name.starts_with(word));
        return Groups {
            found: fitting.map(|(name, path)| (format!("{prefix}{name}"), Subject::Option(path))).collect(),
            options: if options.is_empty() { Options::None } else { Options::Some },
        };
    }
    let parent = word.rsplit_once('/').map_or("", |(parent, _)| parent);
    let named = sources.groups(parent).into_iter().map(|group| match parent {
        "" => group,
        parent => format!("{parent}/{group}"),
    });
    let found = named.filter(|name| name.starts_with(word)).map(|name| {
        let (groups, options) = (sources.groups(&name), sources.options(&name));
        let suffix = match (groups.is_empty(), options.is_empty()) {
            // What is deleted needs no option.
            (true, false) if prefix != "~" => "=",
            (false, true) => "/",
            _ => "",
        };
        let within = if options.is_empty() { groups } else { options };
        (format!("{prefix}{name}{suffix}"), Subject::Group(within))
    });
    Groups { found: found.collect(), options: Options::None }
}

/// `db.` to the keys in it, `db.port=` to the value that it has. Nothing where an interpolation leads nowhere.
fn keys_and_values(config: &Config, word: &str) -> Vec<(String, Subject)> {
    let root = config.root();
    if let Some(key) = word.strip_suffix(['.', '=']) {
        let found = match config.select_in(root, key) {
            Ok(Some(node)) => match written(&node) {
                Some(value) => vec![(value.clone(), Subject::Value { key: key.to_owned(), value })],
                None => keys_at(config, key, &node, ""),
            },
            // A value that must still be given: what is written so far is complete as far as it goes.
            Ok(None) if is_missing(root, key) => vec![(String::new(), Subject::Key(key.to_owned()))],
            Ok(None) | Err(_) => Vec::new(),
        };
        return found.into_iter().map(|(ending, subject)| (format!("{word}{ending}"), subject)).collect();
    }
    match word.rsplit_once('.') {
        None => keys_at(config, "", root, word),
        Some((path, start)) => match config.select_in(root, path) {
            Ok(Some(node)) => {
                let found = keys_at(config, path, &node, start).into_iter();
                found.map(|(key, subject)| (format!("{path}.{key}"), subject)).collect()
            }
            Ok(None) | Err(_) => Vec::new(),
        },
    }
}

/// A value as it would be written behind `key=`; none of what holds other values, and of null.
pub(super) fn written(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null | Value::Map(_) | Value::List(_) => None,
        Value::Bool(bool) => Some(bool.to_string()),
        value => Some(interpolation::python_str(value)),
    }
}

/// Whether the key, or what is above it, is `???`.
fn is_missing(root: &Node, key: &str) -> bool {
    let ends = key.match_indices('.').map(|(at, _)| at).chain([key.len()]);
    ends.into_iter().any(|end| root.get(&key[..end]).is_some_and(Node::is_missing))
}

/// The keys of a mapping or list at `path` that begin with `start`: a dot behind them if there is more below, else `=`.
fn keys_at(config: &Config, path: &str, node: &Node, start: &str) -> Vec<(String, Subject)> {
    let named = |name: String, ending: &str| {
        let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        (name + ending, Subject::Key(key))
    };
    match &node.value {
        Value::Map(map) => {
            let keys = map.iter().map(|(key, node)| (key.to_string(), node));
            let fitting = keys.filter(|(key, _)| key.starts_with(start));
            fitting.map(|(key, node)| named(key, ending(node))).collect()
        }
        Value::List(items) => {
            let indices = (0..items.len()).map(|index| index.to_string());
            let fitting = indices.filter(|index| index.starts_with(start));
            fitting
                .map(|index| {
                    // Of a list, unlike a mapping, Hydra follows interpolations.
                    let item = config.select_in(config.root(), &format!("{path}.{index}"));
                    named(index, item.ok().flatten().map_or("=", |item| ending(&item)))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn ending(node: &Node) -> &'static str {
    match node.value {
        Value::Map(_) | Value::List(_) => ".",
        _ => "=",
    }
}
