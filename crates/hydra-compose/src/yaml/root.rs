//! What a whole file may be: a mapping, a list, nothing, or one word.

use super::construct::construct;
use super::numbers::{float_value, int_value};
use super::parser::parse;
use super::scalar::{bool_value, loader_tag};
use super::tag::Tag;
use super::yaml_error;
use crate::error::{Error, Result};
use crate::tree::{Key, Map, Node, Origin, SourceFile, Span, Value};
use std::sync::Arc;

/// Reads a configuration file as `OmegaConf.load` does. Every node and key carries its place in the file.
///
/// The result is a mapping or a list. An empty file is an empty mapping, and a file of one word is that word as
/// a key with the value null. Interpolations stay text and are not checked.
///
/// # Errors
/// One error of [`Code::Yaml`](crate::Code::Yaml), at its place: syntax, duplicate keys, unknown tags, several
/// documents, values nested too deep, aliases that copy too much, or a file that is only a number or a boolean.
///
/// ```
/// use hydra_compose::{tree::{SourceFile, Value}, yaml};
/// let file = SourceFile::new("conf/config.yaml", "lr: 1e-3\nnesterov: yes\n");
/// let config = yaml::load(&file)?;
/// let lr = config.get("lr").expect("it is in the text");
/// assert_eq!(lr.value, Value::Float(1e-3));
/// assert_eq!(lr.origin.to_string(), "conf/config.yaml:1:5");
/// # Ok::<(), hydra_compose::Error>(())
/// ```
pub fn load(file: &Arc<SourceFile>) -> Result<Node> {
    match document(file)? {
        Some(Node { value: Value::Str(text), origin, .. }) => text_file(file, text, &origin),
        Some(node) => collection(node),
        None => Ok(empty(&Origin::file(file, Span::default()))),
    }
}

/// What the loader makes of a plain scalar.
///
/// ```
/// use hydra_compose::{tree::Value, yaml::resolve_scalar};
/// assert_eq!(resolve_scalar("on"), Value::Bool(true));
/// assert_eq!(resolve_scalar("010"), Value::Int(8.into()));
/// assert_eq!(resolve_scalar("1e3"), Value::Float(1000.0));
/// assert_eq!(resolve_scalar("2001-01-01"), Value::Str("2001-01-01".into()));
/// ```
pub fn resolve_scalar(text: &str) -> Value {
    let value = match loader_tag(text) {
        Tag::Null => Some(Value::Null),
        Tag::Bool => bool_value(text).map(Value::Bool),
        Tag::Int => int_value(text).ok().map(Value::Int),
        Tag::Float => float_value(text).ok().map(Value::Float),
        _ => None,
    };
    value.unwrap_or_else(|| Value::Str(text.to_owned()))
}

fn document(file: &Arc<SourceFile>) -> Result<Option<Node>> {
    parse(file)?.map(|(graph, root)| construct(file, &graph, root)).transpose()
}

/// A file that is one scalar: OmegaConf reads the text once more, so `'a: 1'` in quotes is a mapping too.
fn text_file(file: &SourceFile, text: String, origin: &Origin) -> Result<Node> {
    let inner = SourceFile::new(&file.path, text);
    let node = document(&inner).map_err(|error| {
        let message = format!("in the text that is the whole file: {}", error.message());
        yaml_error(message).label(origin, "").maybe_help(error.help_text().map(str::to_owned))
    })?;
    match node {
        Some(Node { value: Value::Str(word), .. }) => {
            let mut map = Map::new();
            map.insert(Key::Str(word), origin.clone(), Node::new(Value::Null, origin.clone()));
            Ok(Node::new(Value::Map(map), origin.clone()))
        }
        Some(node) => collection(moved_to(node, origin)),
        None => Ok(empty(origin)),
    }
}

/// The same value with every part of it at one place.
fn moved_to(node: Node, origin: &Origin) -> Node {
    let value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(|item| moved_to(item, origin)).collect()),
        Value::Map(map) => {
            let mut moved = Map::new();
            for (key, entry) in map.into_entries() {
                moved.insert(key, origin.clone(), moved_to(entry.node, origin));
            }
            Value::Map(moved)
        }
        scalar => scalar,
    };
    Node::new(value, origin.clone())
}

fn empty(origin: &Origin) -> Node {
    Node::new(Value::Map(Map::new()), origin.clone())
}

fn collection(node: Node) -> Result<Node> {
    let python_type = match &node.value {
        Value::List(_) | Value::Map(_) => return Ok(node),
        Value::Null => return Ok(empty(&node.origin)),
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "str",
        Value::Bytes(_) => "bytes",
    };
    Err(wrong_type(python_type, &node.origin))
}

fn wrong_type(python_type: &str, origin: &Origin) -> Error {
    yaml_error(format!("Invalid loaded object type: {python_type}"))
        .label(origin, "this is the whole file")
        .help("a configuration file holds 'key: value' lines, or a list")
}
