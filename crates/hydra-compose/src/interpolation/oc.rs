//! OmegaConf's own resolvers.

use super::builtin::{error, or_default, text};
use super::item::Item;
use super::parser;
use super::place::Place;
use super::resolvers::Call;
use super::select::Missing;
use crate::error::Result;
use crate::tree::{Key, Node, SourceFile, Value};
use crate::yaml;
use std::rc::Rc;

pub(super) fn create<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let [item] = arguments else {
        return Ok(Item::null());
    };
    let origin = &call.place.node().origin;
    let node = match item.as_scalar() {
        None => {
            let value = item.to_value(origin).ok_or_else(super::resolve::null_key)?;
            Node::new(value, origin.clone())
        }
        Some(Value::Null) => return Ok(Item::null()),
        Some(Value::Str(text)) => {
            let file = SourceFile::new("oc.create", text.as_str());
            yaml::load(&file)?
        }
        Some(_) => {
            return Err(error(format!("oc.create: {} cannot become a configuration", item.kind())));
        }
    };
    check(&node)?;
    Ok(Item::Node(Place::made(node, call.container())))
}

/// Malformed interpolations may not enter a configuration.
fn check(node: &Node) -> Result<()> {
    match &node.value {
        Value::Str(text) => super::check(text)
            .map_err(|malformed| error(format!("Malformed interpolation in `{text}`: {malformed}"))),
        Value::List(items) => items.iter().try_for_each(check),
        Value::Map(map) => map.iter().try_for_each(|(_, node)| check(node)),
        _ => Ok(()),
    }
}

pub(super) fn decode<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let [item] = arguments else {
        return Ok(Item::null());
    };
    if let Some(Value::Null) = item.as_scalar() {
        return Ok(Item::null());
    }
    let text = text("oc.decode", "what it reads", item)?;
    let element = parser::parse_element(text)
        .map_err(|malformed| error(format!("oc.decode cannot read `{text}`: {malformed}")))?;
    let inner = Call {
        session: call.session,
        place: call.place,
        container: Rc::clone(call.container()),
        own_text: false,
    };
    inner.element(&element)
}

pub(super) fn deprecated<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let (key, message) = match arguments {
        [key, message] => (key, text("oc.deprecated", "the message", message)?),
        [key] => (key, "'$OLD_KEY' is deprecated. Change your code and config to use '$NEW_KEY'"),
        _ => return Ok(Item::null()),
    };
    let key = text("oc.deprecated", "the key", key)?;
    let old = call.full_key();
    let found = call.session.seek(call.container(), key, Missing::Allow)?;
    let found = found
        .ok_or_else(|| error(format!("In oc.deprecated resolver at '{old}': Key not found: '{key}'")))?;
    let new = match &found.item {
        Item::Node(target) => target.full_key(),
        _ => found.place.full_key(),
    };
    call.session.warn(substitute(message, &old, &new), call.place.node());
    Ok(found.item)
}

/// Python's `string.Template.safe_substitute` for the two names there are.
fn substitute(message: &str, old: &str, new: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let name_end =
            |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, length) = match after.strip_prefix('{') {
            Some(braced) if braced[name_end(braced)..].starts_with('}') => {
                (&braced[..name_end(braced)], name_end(braced) + 2)
            }
            _ => (&after[..name_end(after)], name_end(after)),
        };
        let (replaced, length) = match name {
            "OLD_KEY" => (old, length),
            "NEW_KEY" => (new, length),
            _ if after.starts_with('$') => ("$", 1),
            _ => ("$", 0),
        };
        out.push_str(replaced);
        rest = &after[length..];
    }
    out + rest
}

pub(super) fn env<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let [name, default @ ..] = arguments else {
        return Ok(Item::null());
    };
    let name = text("oc.env", "the variable's name", name)?;
    match (call.environment(name), default) {
        (Some(value), _) => Ok(Item::text(value)),
        (None, [default]) if matches!(default.as_scalar(), Some(Value::Null)) => Ok(Item::null()),
        (None, [default]) => Ok(Item::text(default.to_str())),
        (None, _) => {
            let help = format!("set it, or give a default: ${{oc.env:{name},DEFAULT}}");
            Err(error(format!("Environment variable '{name}' not found")).help(help))
        }
    }
}

pub(super) fn select<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let [key, default @ ..] = arguments else {
        return Ok(Item::null());
    };
    let key = text("oc.select", "the key", key)?;
    let found = call.session.seek(call.container(), key, Missing::Allow)?;
    Ok(or_default(found.map(|found| found.item), default))
}

/// The mapping under the key, for `oc.dict.keys` and `oc.dict.values`, and the key.
fn mapping<'i, 't>(
    name: &str,
    arguments: &'i [Item<'t>],
    call: &Call<'_, 't>,
) -> Result<(Vec<Key>, &'i str)> {
    let [key] = arguments else {
        return Err(error("one key is needed"));
    };
    let key = text(name, "the key", key)?;
    let found = call.session.seek(call.container(), key, Missing::Refuse)?;
    let Some(found) = found else {
        return Err(error(format!("Key not found: '{key}'")).maybe_help(call.hint(key)));
    };
    match &found.item {
        Item::Node(place) if let Some(map) = place.node().as_map() => {
            Ok((map.keys().cloned().collect(), key))
        }
        other => Err(error(format!("`{name}` needs a mapping, but '{key}' is {}", other.kind()))),
    }
}

fn list_of<'t>(values: impl Iterator<Item = Value>, call: &Call<'_, 't>) -> Result<Item<'t>> {
    let origin = &call.place.node().origin;
    let node = Node::new(
        Value::List(values.map(|value| Node::new(value, origin.clone())).collect()),
        origin.clone(),
    );
    check(&node)?;
    Ok(Item::Node(Place::made(node, call.container())))
}

pub(super) fn dict_keys<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let (keys, _) = mapping("oc.dict.keys", arguments, call)?;
    let value = |key| match key {
        Key::Str(text) => Value::Str(text),
        Key::Int(int) => Value::Int(int),
        Key::Float(float) => Value::Float(float),
        Key::Bool(bool) => Value::Bool(bool),
        Key::Bytes(bytes) => Value::Bytes(bytes),
    };
    list_of(keys.into_iter().map(value), call)
}

pub(super) fn dict_values<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let (keys, key) = mapping("oc.dict.values", arguments, call)?;
    // The list is one level further down than the interpolation that asked for it.
    let dot = if key.starts_with('.') { "." } else { "" };
    list_of(keys.into_iter().map(|child| Value::Str(format!("${{{dot}{key}.{child}}}"))), call)
}
