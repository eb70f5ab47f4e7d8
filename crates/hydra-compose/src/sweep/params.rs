//! `hydra.sweeper.params`: overrides in a file.

use super::settings::at;
use crate::error::{Code, Error, Result};
use crate::interpolation::{Session, python_str};
use crate::overrides::{self, Override};
use crate::tree::{Entry, Key, Node, Origin, Value};

/// Each parameter as the override that it stands for. `index` is the first place that no argument has.
pub(super) fn params(session: &Session<'_>, node: &Node, index: usize) -> Result<Vec<Override>> {
    let map = match &node.value {
        Value::Null => return Ok(Vec::new()),
        Value::Map(map) => map,
        other => {
            let message = format!("hydra.sweeper.params must be a mapping, and is {}", other.kind());
            return Err(Error::new(Code::InvalidValue, message)
                .label(&node.origin, "")
                .help("write 'key: values' on each line, for instance 'seed: 1,2,3'"));
        }
    };
    let (mut parsed, mut errors) = (Vec::new(), Vec::new());
    for (key, entry) in map.entries() {
        let over = param(session, key, entry, index + parsed.len() + errors.len());
        match over {
            Ok(over) => parsed.push(over),
            Err(error) => errors.push(error),
        }
    }
    Error::several(errors).map_or(Ok(parsed), Err)
}

fn param(session: &Session<'_>, key: &Key, entry: &Entry, index: usize) -> Result<Override> {
    let invalid = |message: String, origin: &Origin| {
        Error::new(Code::InvalidValue, format!("hydra.sweeper.params.{key}: {message}")).label(origin, "")
    };
    let Some(name) = key.as_str() else {
        return Err(invalid("a key must be a string".into(), &entry.key_origin)
            .help("it is what would stand before the '=' of an override"));
    };
    let value = at(session, "params", &[key])?.unwrap_or_else(|| entry.node.clone());
    if value.is_missing() {
        return Err(Error::new(Code::MissingValue, format!("hydra.sweeper.params.{key} is not given"))
            .label(&value.origin, "must still be set"));
    }
    let value = match value.value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => value,
        // Values are declared as text. Hydra lets a list pass where it stands, and not where an interpolation reads it.
        Value::List(items) if !entry.node.is_interpolation() => {
            let item = |(place, item): (usize, Node)| {
                Ok(at(session, "params", &[key, &Key::Int(place.into())])?.unwrap_or(item))
            };
            let items = items.into_iter().enumerate().map(item).collect::<Result<_>>()?;
            Node::new(Value::List(items), value.origin)
        }
        // So it does a mapping, but Python puts its keys in quotes, which an override has no place for.
        Value::Map(map) if !entry.node.is_interpolation() && map.keys().all(|key| key.as_str().is_none()) => {
            Node::new(Value::Map(map), value.origin)
        }
        Value::Null | Value::Bytes(_) | Value::List(_) | Value::Map(_) => {
            let message = format!("the values must be a string, and are {}", value.value.kind());
            return Err(invalid(message, &value.origin)
                .help("write what would stand after the '=' of an override: 'seed: 1,2,3'"));
        }
    };
    overrides::parse(&format!("{name}={}", python_str(&value.value)), index)
        .map_err(|error| error.label(&value.origin, "from here"))
}
