//! The node `hydra` held to its types. A file may name only keys that are there; what it sets is converted, or refused.
//! An override may add keys with `+` right where it points, but not in what it merges there.

use super::convert::{advice, converted};
use super::schema::{HYDRA, NODE, Plugin, Struct, Type, plugin_of};
use crate::error::{Code, Error, Result};
use crate::near;
use crate::tree::{Node, Value};

/// Refuses keys of a file, about to be merged into `root`, that the node does not have.
///
/// # Errors
/// All of them.
pub(crate) fn refuse_unknown(root: &Node, file: &Node) -> Result<()> {
    let (Some(old), Some(new)) = (root.get(HYDRA), file.get(HYDRA)) else { return Ok(()) };
    let mut errors = Vec::new();
    unknown(old, new, &NODE, HYDRA, &mut errors);
    Error::several(errors).map_or(Ok(()), Err)
}

/// Refuses keys in the value of an override, about to be set or merged at `key`, that the mapping there does not have.
///
/// # Errors
/// All of them.
pub(crate) fn refuse_unknown_at(root: &Node, key: &str, value: &Node) -> Result<()> {
    let Some((mut node, way)) = entry(root, key) else { return Ok(()) };
    let mut kind = &NODE;
    for part in way {
        let Some(child) = node.get(part) else { return Ok(()) };
        (node, kind) = (child, kind.under(node, part));
    }
    let mut errors = Vec::new();
    unknown(node, value, kind, key, &mut errors);
    Error::several(errors).map_or(Ok(()), Err)
}

/// Refuses to delete what has a fixed place: the keys of a typed mapping.
///
/// # Errors
/// `key` is one.
pub(crate) fn refuse_deletion(root: &Node, key: &str) -> Result<()> {
    let Some((mut node, way)) = entry(root, key) else { return Ok(()) };
    let mut kind = &NODE;
    for (depth, part) in way.iter().enumerate() {
        let Some(child) = node.get(part) else { return Ok(()) };
        if depth + 1 == way.len() && kind.closed(node).is_some() {
            return Err(Error::new(Code::OverrideInvalid, format!("'{key}' cannot be deleted"))
                .label(&child.origin, "is set here")
                .help("keys of Hydra's own configuration can be changed, not deleted"));
        }
        (node, kind) = (child, kind.under(node, part));
    }
    Ok(())
}

/// Converts the whole node, of which a file has just set a part.
///
/// # Errors
/// Every value that cannot be converted.
pub(crate) fn conform(root: &mut Node) -> Result<()> {
    let mut errors = Vec::new();
    if let Some(node) = root.as_map_mut().and_then(|map| map.get_mut(HYDRA)) {
        check(node, &NODE, Depth::Merged, HYDRA, &mut errors);
    }
    Error::several(errors).map_or(Ok(()), Err)
}

/// Converts what is at `key`, which an override has just set, and below.
///
/// # Errors
/// Every value that cannot be converted, or the one on the way that is no mapping.
pub(crate) fn conform_at(root: &mut Node, key: &str) -> Result<()> {
    let way = match key.strip_prefix(HYDRA) {
        Some("") => Vec::new(),
        Some(rest) if rest.starts_with('.') => rest[1..].split('.').collect(),
        _ => return Ok(()),
    };
    let mut errors = Vec::new();
    if let Some(node) = root.as_map_mut().and_then(|map| map.get_mut(HYDRA)) {
        follow(node, &NODE, &way, HYDRA, &mut errors);
    }
    Error::several(errors).map_or(Ok(()), Err)
}

/// The node `hydra` and the parts of `key` after it.
fn entry<'n, 'k>(root: &'n Node, key: &'k str) -> Option<(&'n Node, Vec<&'k str>)> {
    let rest = key.strip_prefix(HYDRA)?;
    let way = match rest.strip_prefix('.') {
        Some(rest) => rest.split('.').collect(),
        None if rest.is_empty() => Vec::new(),
        None => return None,
    };
    Some((root.get(HYDRA)?, way))
}

fn unknown(old: &Node, new: &Node, kind: &Type, path: &str, errors: &mut Vec<Error>) {
    let (Some(there), Some(map)) = (old.as_map(), new.as_map()) else { return };
    let closed = kind.closed(old);
    for (key, entry) in map.entries() {
        let path = format!("{path}.{key}");
        match there.entry(key) {
            Some(child) => {
                let kind = kind.under(old, key.as_str().unwrap_or_default());
                unknown(&child.node, &entry.node, kind, &path, errors);
            }
            None if closed.is_some() => {
                let names: Vec<String> = there.keys().map(ToString::to_string).collect();
                errors.push(
                    no_such_key(&path, &key.to_string(), &names).label(&entry.key_origin, "unknown key"),
                );
            }
            None => {}
        }
    }
}

fn no_such_key(path: &str, key: &str, names: &[String]) -> Error {
    let parent = path.strip_suffix(key).unwrap_or(path).trim_end_matches('.');
    let help = match near::among(key, names) {
        Some(near) => format!("did you mean {parent}.{near}?"),
        None => format!("known keys: {}", names.join(", ")),
    };
    Error::new(Code::UnknownKey, format!("there is no key '{key}' in '{parent}'")).help(help)
}

/// Walks the way to what is to be converted; a value on the way that must be no mapping is found here.
fn follow(node: &mut Node, kind: &'static Type, way: &[&str], path: &str, errors: &mut Vec<Error>) {
    let Some((part, rest)) = way.split_first() else {
        return check(node, kind, Depth::Target, path, errors);
    };
    let below = kind.under(node, part);
    let path_below = format!("{path}.{part}");
    match &mut node.value {
        Value::Map(map) if !is_single(kind) && !matches!(kind.unwrapped(), Type::List(_)) => {
            if let Some(child) = map.get_mut(part) {
                follow(child, below, rest, &path_below, errors);
            }
        }
        Value::List(items) if !is_single(kind) => {
            if let Some(child) = part.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                follow(child, below, rest, &path_below, errors);
            }
        }
        _ => check(node, kind, Depth::Target, path, errors),
    }
}

fn is_single(kind: &Type) -> bool {
    matches!(kind.unwrapped(), Type::Text | Type::Integer | Type::Boolean | Type::Mode)
}

/// How a value came to where it is.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// An override points at it. What it sets may be an interpolation.
    Target,
    /// It was merged, with the mapping that it is in. A mapping with fixed keys cannot become an interpolation so.
    Merged,
    /// It came with the list, or the mapping with free keys, that it is in. OmegaConf does not look at lists and mappings
    /// there: `hydra.sweeper.params` may hold a list, although its values are text.
    Inside,
    /// The same, in a list of mappings with fixed keys, which nothing has looked at yet.
    InList,
}

fn check(node: &mut Node, kind: &'static Type, depth: Depth, path: &str, errors: &mut Vec<Error>) {
    let required = kind.unwrapped();
    if node.is_missing() {
        return;
    }
    if node.is_interpolation() {
        match required {
            Type::Struct(_) if depth == Depth::Merged => errors.push(no_mapping(node, path)),
            Type::Plugin(plugins) => plugin(node, plugins, depth, path, errors),
            _ => {}
        }
        return;
    }
    if node.value == Value::Null {
        let may_be_null = matches!(kind, Type::OrNull(_) | Type::Any | Type::Plugin(..));
        if !may_be_null {
            errors.push(refused(node, format!("'{path}' cannot be null"), kind));
        }
        return;
    }
    match (required, &mut node.value) {
        (Type::Any, _) => {}
        (Type::Plugin(plugins), _) => plugin(node, plugins, depth, path, errors),
        (Type::Struct(fields), Value::Map(_)) => each_field(node, fields, depth, path, errors),
        (Type::Dict(inner), Value::Map(map)) => {
            for (key, child) in map.iter_mut() {
                if key.as_str().is_none() {
                    let message = format!("keys of '{path}' must be text, and {key} is not");
                    errors.push(
                        Error::new(Code::InvalidValue, message)
                            .label(&child.origin, "")
                            .help("put it in quotes"),
                    );
                }
                check(child, inner, Depth::Inside, &format!("{path}.{key}"), errors);
            }
        }
        (Type::List(inner), Value::List(items)) => {
            for (index, item) in items.iter_mut().enumerate() {
                let depth = if matches!(inner, Type::Struct(_)) { Depth::InList } else { Depth::Inside };
                check(item, inner, depth, &format!("{path}[{index}]"), errors);
            }
        }
        (Type::Struct(_) | Type::Dict(_), _) => errors.push(no_mapping(node, path)),
        (Type::List(_), value) => {
            let message = format!("'{path}' must be a list, and is {}", value.kind());
            errors.push(refused(node, message, kind));
        }
        (Type::Text, Value::Map(_) | Value::List(_)) if depth == Depth::Inside => {}
        (single, value) => match converted(single, value) {
            Ok(None) => {}
            Ok(Some(new)) => *value = new,
            Err(message) => errors.push(refused(node, message, kind)),
        },
    }
}

fn each_field(node: &mut Node, fields: &Struct, depth: Depth, path: &str, errors: &mut Vec<Error>) {
    let Some(map) = node.as_map_mut() else { return };
    let names: Vec<String> = fields.fields.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (key, child) in map.iter_mut() {
        let path = format!("{path}.{key}");
        let name = key.as_str().unwrap_or_default();
        // Anywhere else what is in the mapping went past `refuse_unknown`, or was added with `+`.
        if depth == Depth::InList && !names.iter().any(|known| known == name) {
            errors.push(no_such_key(&path, &key.to_string(), &names).label(&child.origin, "unknown key"));
        }
        check(child, fields.field(name), Depth::Merged, &path, errors);
    }
}

/// The mapping of a builtin launcher or sweeper keeps its type; only null, another option, or an override that points
/// right at it, gets rid of it.
fn plugin(node: &mut Node, plugins: &[Plugin], depth: Depth, path: &str, errors: &mut Vec<Error>) {
    if let Some(fields) = plugin_of(node, plugins) {
        each_field(node, fields, depth, path, errors);
    } else if depth == Depth::Merged
        && node.as_map().is_none()
        && node.replaced.last().is_some_and(|old| plugin_of(old, plugins).is_some())
    {
        errors.push(no_mapping(node, path));
    }
}

fn no_mapping(node: &Node, path: &str) -> Error {
    let is = if node.is_interpolation() { "an interpolation" } else { node.value.kind() };
    refused(node, format!("'{path}' must be a mapping, and is {is}"), &Type::Dict(&Type::Any))
}

fn refused(node: &Node, message: String, kind: &Type) -> Error {
    Error::new(Code::InvalidValue, message).label(&node.origin, "").help(advice(kind))
}
