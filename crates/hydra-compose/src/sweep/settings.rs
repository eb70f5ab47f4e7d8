//! What `hydra.sweeper` says.

use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::interpolation::{Session, python_str};
use crate::near;
use crate::overrides::{self, Override};
use crate::tree::{Entry, Key, Node, Origin, Value};
use num_traits::{Signed, ToPrimitive};
use std::num::NonZeroUsize;

/// The sweeper that this is.
const BASIC: &str = "hydra._internal.core_plugins.basic_sweeper.BasicSweeper";
/// Its settings, besides those that say what to call.
const KEYS: [&str; 2] = ["max_batch_size", "params"];

/// Settings of the basic sweeper.
pub(super) struct Settings {
    /// `hydra.sweeper.params`, as overrides.
    pub(super) params: Vec<Override>,
    /// How many jobs are launched together; all of them, if it is `None`.
    pub(super) max_batch_size: Option<NonZeroUsize>,
}

impl Settings {
    /// Reads the node of the configuration that the sweep starts from.
    pub(super) fn read(master: &Config) -> Result<Self> {
        let session = master.session(master.root());
        let Some(sweeper) = session.select("hydra.sweeper")? else {
            return Err(Error::new(Code::MissingValue, "there is no sweeper: hydra.sweeper is not set"));
        };
        ensure_basic(&sweeper)?;
        let max_batch_size = match at(&session, "max_batch_size", &[])? {
            Some(node) => batch_size(&node)?,
            None => None,
        };
        let params = match at(&session, "params", &[])? {
            Some(node) => params(&session, &node, master.overrides().len())?,
            None => Vec::new(),
        };
        Ok(Self { params, max_batch_size })
    }
}

/// A setting, or what is under keys in it, followed if it is an interpolation.
fn at(session: &Session<'_>, setting: &str, keys: &[&Key]) -> Result<Option<Node>> {
    let way = ["hydra", "sweeper", setting].map(Key::from);
    let path: Vec<Key> = way.into_iter().chain(keys.iter().map(|key| (*key).clone())).collect();
    session.at(&path)
}

fn ensure_basic(sweeper: &Node) -> Result<()> {
    let target = sweeper.get("_target_");
    if target.and_then(Node::as_str) != Some(BASIC) {
        let other = target.map_or("not named".to_owned(), |node| format!("'{}'", python_str(&node.value)));
        let message = format!("the sweeper is {other}; here only Hydra's basic one runs");
        return Err(Error::new(Code::InvalidValue, message)
            .label(&target.unwrap_or(sweeper).origin, "")
            .help("choose it: hydra/sweeper=basic"));
    }
    let names: Vec<String> = KEYS.map(str::to_owned).to_vec();
    let unknown = sweeper.as_map().into_iter().flat_map(|map| map.entries()).find_map(|(key, entry)| {
        let text = key.to_string();
        (!text.starts_with('_') && !names.contains(&text)).then_some((text, entry))
    });
    match unknown {
        None => Ok(()),
        Some((key, entry)) => {
            let near = near::among(&key, &names).map(|near| format!("did you mean hydra.sweeper.{near}?"));
            Err(Error::new(Code::UnknownKey, format!("the basic sweeper has no setting '{key}'"))
                .label(&entry.key_origin, "unknown key")
                .maybe_help(near.or_else(|| Some(format!("its settings: {}", names.join(", "))))))
        }
    }
}

fn batch_size(node: &Node) -> Result<Option<NonZeroUsize>> {
    let size = match &node.value {
        Value::Null => return Ok(None),
        Value::Int(size) if size.is_positive() => Some(size.to_usize().unwrap_or(usize::MAX)),
        // A setting of type int takes text that spells one.
        Value::Str(text) => text.trim().parse().ok(),
        _ => None,
    };
    match size.and_then(NonZeroUsize::new) {
        Some(size) => Ok(Some(size)),
        None => {
            let shown = python_str(&node.value);
            Err(Error::new(Code::InvalidValue, format!("hydra.sweeper.max_batch_size is {shown}"))
                .label(&node.origin, "not a number of jobs")
                .help("it is a whole number from 1 on, or null for all jobs in one batch"))
        }
    }
}

/// Each parameter as the override that it stands for. `index` is the first place that no argument has.
fn params(session: &Session<'_>, node: &Node, index: usize) -> Result<Vec<Override>> {
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
