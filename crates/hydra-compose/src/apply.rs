//! Value overrides to the tree, in struct mode: a key that is not there is an error unless it is added with `+`.
//! <https://hydra.cc/docs/advanced/override_grammar/basic/>

use crate::error::{Code, Error, Result};
use crate::hydra_node;
use crate::interpolation::{self, Resolvers, Session};
use crate::merge::{NewKeys, merge_at};
use crate::near;
use crate::overrides::{Override, OverrideKind, shell_quoted};
use crate::tree::{Int, Key, Map, Node, Origin, Value};

/// Applies overrides in order.
///
/// # Errors
/// All that cannot be applied, in one error.
pub(crate) fn apply_all(root: &mut Node, overrides: &[Override], resolvers: &Resolvers) -> Result<()> {
    let (mut errors, mut failed) = (Vec::new(), Vec::<&str>::new());
    for over in overrides {
        if let Err(error) = apply(root, over, resolvers) {
            // What goes wrong above or below a key that failed before may well be a consequence of that.
            if !failed.iter().any(|key| is_within(key, &over.key) || is_within(&over.key, key)) {
                errors.push(error);
            }
            failed.push(&over.key);
        }
    }
    Error::several(errors).map_or(Ok(()), Err)
}

/// Deeper keys are refused, so that walking through the tree cannot overflow the stack.
const DEEPEST_KEY: usize = 100;

/// More keys than this are no help.
const MOST_KEYS_LISTED: usize = 16;

fn apply(root: &mut Node, over: &Override, resolvers: &Resolvers) -> Result<()> {
    let key = over.key.as_str();
    if over.package.is_some() {
        let message = format!(
            "Override {} looks like a config group override, but config group '{key}' does not exist.",
            over.argument.text
        );
        return Err(Error::new(Code::MissingConfig, message).label(&over.key_origin(), "no such group"));
    }
    let depth = key.split('.').count();
    if depth > DEEPEST_KEY {
        let message = format!("the key has {depth} levels; {DEEPEST_KEY} are the most");
        return Err(Error::new(Code::OverrideInvalid, message).label(&over.key_origin(), ""));
    }
    let value = over.value_node()?;
    interpolation::check_all(&value)?;
    if over.kind == OverrideKind::Delete {
        return delete(root, over, &value, resolvers);
    }
    hydra_node::refuse_unknown_at(root, key, &value).map_err(|cause| merging(over, &cause))?;
    match over.kind {
        OverrideKind::Change => set(root, over, value, NewKeys::Refused, resolvers)?,
        OverrideKind::ForceAdd => set(root, over, value, NewKeys::Added, resolvers)?,
        OverrideKind::ExtendList => extend(root, over, value)?,
        OverrideKind::Add | OverrideKind::Delete => {
            let existing =
                Session::new(root, resolvers).select(key).map_err(|cause| merging(over, &cause))?;
            let is_container = matches!(value.value, Value::Map(_) | Value::List(_));
            match existing {
                Some(node) if node.value != Value::Null && !is_container => {
                    return Err(exists(over, &node.origin));
                }
                _ => set(root, over, value, NewKeys::Added, resolvers)?,
            }
        }
    }
    hydra_node::conform_at(root, key).map_err(|cause| merging(over, &cause))
}

/// Sets the value at the key of `over`; a mapping merges into a mapping.
fn set(root: &mut Node, over: &Override, value: Node, mode: NewKeys, resolvers: &Resolvers) -> Result<()> {
    let parts: Vec<&str> = over.key.split('.').collect();
    let Some((last, way)) = parts.split_last() else { return Ok(()) };
    let mut path: Vec<Key> = Vec::with_capacity(parts.len());
    let mut node = &mut *root;
    for (depth, part) in way.iter().enumerate() {
        path.push(key_in(node, part));
        let child = slot(node, part, over, &parts[..=depth], mode)?;
        // A scalar on the way becomes a mapping, in struct mode an empty one, which then refuses the next part.
        if !matches!(child.value, Value::Map(_) | Value::List(_)) {
            child.replace_by(Node::new(Value::Map(Map::new()), over.key_origin()));
        }
        node = child;
    }
    path.push(key_in(node, last));
    let existing = slot(node, last, over, &parts, mode)?;
    if existing.origin == over.key_origin() && existing.value == Value::Null {
        // The slot was made a moment ago; there is nothing to remember.
        *existing = value;
        return Ok(());
    }
    match (&existing.value, &value.value) {
        (Value::Map(_) | Value::List(_), Value::Map(_) | Value::List(_)) => {
            merge_at(root, path, value, mode, resolvers).map_err(|cause| merging(over, &cause))
        }
        _ => {
            existing.replace_by(value);
            Ok(())
        }
    }
}

/// A part of a dotted key, as a key of `node`.
fn key_in(node: &Node, part: &str) -> Key {
    match (&node.value, part.parse::<Int>()) {
        (Value::List(_), Ok(index)) => Key::Int(index),
        _ => Key::from(part),
    }
}

/// The place of `part` in `node`, made if the mode allows it.
fn slot<'n>(
    node: &'n mut Node,
    part: &str,
    over: &Override,
    path: &[&str],
    mode: NewKeys,
) -> Result<&'n mut Node> {
    match &mut node.value {
        Value::Map(map) => {
            if map.get(part).is_none() {
                if mode == NewKeys::Refused {
                    return Err(unknown(over, path, map));
                }
                map.insert(part.into(), over.key_origin(), Node::new(Value::Null, over.key_origin()));
            }
            map.get_mut(part).ok_or_else(|| Error::new(Code::UnknownKey, part))
        }
        Value::List(items) => {
            let length = items.len();
            part.parse::<usize>().ok().and_then(|index| items.get_mut(index)).ok_or_else(|| {
                let (list, last) = (path[..path.len() - 1].join("."), length.saturating_sub(1));
                let message = match part.parse::<usize>() {
                    Ok(_) => format!("'{list}' has no item {part}: it has {length}"),
                    Err(_) => format!("'{list}' is a list, and '{part}' is no index"),
                };
                Error::new(Code::UnknownKey, message)
                    .label(&over.key_origin(), "")
                    .help(format!("items are numbered from 0 to {last}"))
            })
        }
        _ => Err(unknown(over, path, &Map::new())),
    }
}

fn extend(root: &mut Node, over: &Override, value: Node) -> Result<()> {
    let parts: Vec<&str> = over.key.split('.').collect();
    let mut node = root;
    for depth in 0..parts.len() {
        node = slot(node, parts[depth], over, &parts[..=depth], NewKeys::Refused)?;
    }
    let (Value::List(items), Value::List(more)) = (&mut node.value, value.value) else {
        let message = format!("extend_list needs a list, and '{}' is {}", over.key, node.value.kind());
        return Err(Error::new(Code::OverrideInvalid, message)
            .label(&over.origin(), "")
            .label(&node.origin, format!("{} here", node.value.kind())));
    };
    items.extend(more);
    Ok(())
}

fn delete(root: &mut Node, over: &Override, value: &Node, resolvers: &Resolvers) -> Result<()> {
    let key = over.key.as_str();
    let names = keys_beside(root, key);
    let gone = || {
        let (way, last) = key.rsplit_once('.').unwrap_or(("", key));
        let near = near::among(last, &names).map(|near| match way {
            "" => format!("did you mean ~{near}?"),
            way => format!("did you mean ~{way}.{near}?"),
        });
        Error::new(Code::UnknownKey, format!("Could not delete from config. '{key}' does not exist."))
            .label(&over.key_origin(), "nothing to delete")
            .maybe_help(near)
    };
    let session = Session::new(root, resolvers);
    let existing = match over.value {
        // Compared with everything in it resolved, where that can be.
        Some(_) => session.select_all(key).or_else(|_| session.select(key)),
        None => session.select(key),
    };
    let existing = existing.map_err(|cause| merging(over, &cause))?;
    drop(session);
    // What is `???` has no value that it could be asked for, and `~key=value` asks.
    let existing = existing.or_else(|| root.get(key).cloned());
    if let (Some(existing), Some(_)) = (&existing, &over.value)
        && !python_equal(&existing.value, &value.value)
        // In a mapping or a list, interpolations written alike are equal too; an interpolation itself is what it leads to.
        && !root.get(key).is_some_and(|raw| {
            matches!(raw.value, Value::Map(_) | Value::List(_)) && python_equal(&raw.value, &value.value)
        })
    {
        let shown = |value: &Value| interpolation::python_str(value);
        let message = format!(
            "Could not delete from config. The value of '{key}' is {} and not {}.",
            shown(&existing.value),
            shown(&value.value)
        );
        return Err(Error::new(Code::OverrideInvalid, message)
            .label(&over.origin(), "")
            .label(&existing.origin, "the value is set here"));
    }
    hydra_node::refuse_deletion(root, key)?;
    let (way, last) = key.rsplit_once('.').unwrap_or(("", key));
    let parts = way.split('.').filter(|part| !part.is_empty());
    let parent = parts.into_iter().try_fold(root, |node, part| match &mut node.value {
        Value::Map(map) => map.get_mut(part),
        Value::List(items) => items.get_mut(part.parse::<usize>().ok()?),
        _ => None,
    });
    match parent.map(|node| &mut node.value) {
        Some(Value::Map(map)) => map.remove(last).map(drop).ok_or_else(gone),
        // Hydra 1.3 fails with a TypeError here; its next release deletes the item.
        Some(Value::List(items)) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                Ok(())
            }
            _ => Err(gone()),
        },
        _ => Err(gone()),
    }
}

/// The keys of the mapping that `key` would be in.
fn keys_beside(root: &Node, key: &str) -> Vec<String> {
    let parent = key.rsplit_once('.').map_or("", |(way, _)| way);
    let map = root.get(parent).and_then(Node::as_map);
    map.map(|map| map.keys().map(ToString::to_string).collect()).unwrap_or_default()
}

/// Whether `key` is `above` or a key below it.
fn is_within(key: &str, above: &str) -> bool {
    key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) && key != above
}

/// Python's `==`, for which 1, 1.0 and True are one, and mappings have no order.
fn python_equal(a: &Value, b: &Value) -> bool {
    use num_traits::ToPrimitive;
    let number = |value: &Value| match value {
        Value::Bool(bool) => Some(f64::from(u8::from(*bool))),
        Value::Int(int) => int.to_f64(),
        Value::Float(float) => Some(*float),
        _ => None,
    };
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| python_equal(&a.value, &b.value))
        }
        (Value::Map(a), Value::Map(b)) => {
            let same =
                |(key, a): (&Key, &Node)| b.entry(key).is_some_and(|b| python_equal(&a.value, &b.node.value));
            a.len() == b.len() && a.iter().all(same)
        }
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}

fn unknown(over: &Override, path: &[&str], siblings: &Map) -> Error {
    let (full, part) = (over.key.as_str(), path.last().copied().unwrap_or_default());
    let names: Vec<String> = siblings.keys().map(ToString::to_string).collect();
    let parent = path[..path.len() - 1].join(".");
    let place = if parent.is_empty() { "at the top".to_owned() } else { format!("in '{parent}'") };
    let near = near::among(part, &names).map(|near| {
        let right: Vec<&str> = path[..path.len() - 1]
            .iter()
            .copied()
            .chain([near])
            .chain(full.split('.').skip(path.len()))
            .collect();
        format!("did you mean {}?", right.join("."))
    });
    let added = format!("+{}", over.argument.text.trim_start_matches('+'));
    let add = format!("to add a new key, use {}", shell_quoted(&added));
    let help = match near {
        Some(near) => format!("{near} ({add})"),
        None if (1..=MOST_KEYS_LISTED).contains(&names.len()) => {
            format!("known keys: {}; {add}", names.join(", "))
        }
        None => add,
    };
    Error::new(Code::UnknownKey, format!("Could not override '{full}': there is no key '{part}' {place}"))
        .label(&over.key_origin(), "unknown key")
        .help(help)
}

fn exists(over: &Override, there: &Origin) -> Error {
    let (key, text) = (&over.key, over.argument.text.trim_start_matches('+'));
    Error::new(Code::KeyExists, format!("Could not append to config. An item is already at '{key}'."))
        .label(&over.key_origin(), "would be added")
        .label(there, "is set here")
        .help(format!(
            "to change it, use {}; to set it whether or not it is there, use {}",
            shell_quoted(text),
            shell_quoted(&format!("++{text}"))
        ))
}

fn merging(over: &Override, cause: &Error) -> Error {
    if let Some(several) = Error::several(cause.related().iter().map(|cause| merging(over, cause)).collect())
    {
        return several;
    }
    let mut error = Error::new(
        cause.code(),
        format!("Error merging override {}: {}", over.argument.text, cause.message()),
    );
    for label in cause.labels() {
        error = error.label(&label.origin, label.text.clone());
    }
    if cause.labels().is_empty() {
        error = error.label(&over.origin(), "");
    }
    error.maybe_help(cause.help_text().map(str::to_owned))
}
