//! Nodes and their values.

use super::{Int, Map, Origin};
use std::sync::Arc;

/// A value with the place it came from and the node it replaced.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was set.
    pub origin: Origin,
    /// What stood here before: a file's value that another file or an override replaced.
    pub replaced: Past,
}

/// The node that another one replaced, which remembers what it replaced itself: last first.
#[derive(Clone, Debug, Default)]
pub struct Past(Option<Arc<Node>>);

impl Past {
    /// The node that was replaced last.
    pub fn last(&self) -> Option<&Node> {
        self.0.as_deref()
    }

    /// All of them, last first.
    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.last(), |node| node.replaced.last())
    }
}

/// One after the other: a chain can be longer than the stack is deep.
impl Drop for Past {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(node) = next {
            // A node that others hold too goes when they do.
            next = Arc::try_unwrap(node).ok().and_then(|mut node| node.replaced.0.take());
        }
    }
}

/// What a node holds. Strings that contain `${` are interpolations, and the string `???` is a missing value,
/// exactly as in OmegaConf, where quoting changes neither.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer of any size.
    Int(Int),
    /// A double.
    Float(f64),
    /// Text, an interpolation, or `???`.
    Str(String),
    /// `!!binary`
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Map(Map),
}

impl Node {
    /// A value that replaced nothing.
    pub fn new(value: Value, origin: Origin) -> Self {
        Self { value, origin, replaced: Past(None) }
    }

    /// This node in the place of `old`, which it remembers.
    pub fn replacing(mut self, old: Node) -> Self {
        self.replaced = Past(Some(Arc::new(old)));
        self
    }

    /// Puts `new` in the place of this node, which it remembers.
    pub fn replace_by(&mut self, new: Node) {
        let old = std::mem::replace(self, new);
        self.replaced = Past(Some(Arc::new(old)));
    }

    /// Whether this is `???`, a value that must still be given.
    pub fn is_missing(&self) -> bool {
        matches!(&self.value, Value::Str(text) if text == "???")
    }

    /// Whether this is text with an interpolation in it.
    pub fn is_interpolation(&self) -> bool {
        matches!(&self.value, Value::Str(text) if text.contains("${"))
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping to be changed, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The node at a dotted path of string keys and list indices; `""` is the node itself.
    /// Interpolations on the way are not followed.
    pub fn get(&self, path: &str) -> Option<&Node> {
        if path.is_empty() {
            return Some(self);
        }
        path.split('.').try_fold(self, |node, part| match &node.value {
            Value::Map(map) => map.get(part),
            Value::List(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

/// Equal values; where they came from does not count.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Value {
    /// The name of Python's class for it, which Hydra's messages use.
    pub(crate) fn python_type(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "dict",
        }
    }

    /// The kind of value in words that a person uses.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Str(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}
