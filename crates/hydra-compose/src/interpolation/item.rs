//! What an interpolation gives back: a node of the tree, or a value that a resolver or a text made.
//!
//! The two differ as they do in OmegaConf: a node can be looked into (`${a.b}` through `a: ${c}`) and what it holds is
//! resolved where it stands; a made list or dict is a plain value.

use super::grammar::Scalar;
use super::place::Place;
use super::python_str::{write_key_repr, write_repr};
use crate::tree::{Key, Map, Node, Origin, Value};
use num_traits::ToPrimitive as _;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub(super) enum Item<'t> {
    Node(Rc<Place<'t>>),
    /// Anything but a list or a mapping; shared, since one large text may be read in many places.
    Scalar(Rc<Value>),
    List(Rc<Vec<Item<'t>>>),
    Dict(Rc<Vec<(ItemKey, Item<'t>)>>),
}

/// A key of a made dict: unlike a configuration's it may be null.
#[derive(Clone, Debug)]
pub(super) enum ItemKey {
    Null,
    Key(Key),
}

impl ItemKey {
    /// Whether Python's dict takes both for one key: `1`, `1.0` and `true` are equal to it.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Key(a), Self::Key(b)) => a == b || number(a).is_some_and(|a| number(b) == Some(a)),
            _ => false,
        }
    }

    pub(super) fn from_scalar(scalar: &Scalar) -> Option<Self> {
        Some(Self::Key(match scalar {
            Scalar::Null => return Some(Self::Null),
            Scalar::Blank => return None,
            Scalar::Bool(bool) => Key::Bool(*bool),
            Scalar::Int(int) => Key::Int(int.clone()),
            Scalar::Float(float) => Key::Float(*float),
            Scalar::Str(text) => Key::Str(text.clone()),
        }))
    }
}

fn number(key: &Key) -> Option<f64> {
    match key {
        Key::Int(int) => int.to_f64(),
        Key::Float(float) => Some(*float),
        Key::Bool(bool) => Some(f64::from(*bool)),
        Key::Str(_) | Key::Bytes(_) => None,
    }
}

impl<'t> Item<'t> {
    pub(super) fn null() -> Self {
        Self::scalar(Value::Null)
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::scalar(Value::Str(text.into()))
    }

    pub(super) fn scalar(value: Value) -> Self {
        Self::Scalar(Rc::new(value))
    }

    /// A value that somebody else's resolver made.
    pub(super) fn from_value(value: Value) -> Self {
        match value {
            Value::List(items) => {
                Self::List(Rc::new(items.into_iter().map(|node| Self::from_value(node.value)).collect()))
            }
            Value::Map(map) => Self::Dict(Rc::new(
                map.into_entries()
                    .map(|(key, entry)| (ItemKey::Key(key), Self::from_value(entry.node.value)))
                    .collect(),
            )),
            scalar => Self::scalar(scalar),
        }
    }

    /// The value, unless it is a list or a mapping.
    pub(super) fn as_scalar(&self) -> Option<&Value> {
        match self {
            Self::Node(place) if place.is_container() => None,
            Self::Node(place) => Some(&place.node().value),
            Self::Scalar(value) => Some(value),
            Self::List(_) | Self::Dict(_) => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self.as_scalar() {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// The kind of value in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Node(place) => place.node().value.kind(),
            Self::Scalar(value) => value.kind(),
            Self::List(_) => "a list",
            Self::Dict(_) => "a mapping",
        }
    }

    /// Appends Python's `str`. What stands inside a container is not resolved for it, as in OmegaConf.
    pub(super) fn write_str(&self, out: &mut String) {
        match self.as_str() {
            Some(text) => out.push_str(text),
            None => self.write_repr(out),
        }
    }

    pub(super) fn to_str(&self) -> String {
        let mut text = String::new();
        self.write_str(&mut text);
        text
    }

    fn write_repr(&self, out: &mut String) {
        match self {
            Self::Node(place) => write_repr(out, &place.node().value),
            Self::Scalar(value) => write_repr(out, value),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    item.write_repr(out);
                }
                out.push(']');
            }
            Self::Dict(entries) => {
                out.push('{');
                for (index, (key, item)) in entries.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    match key {
                        ItemKey::Null => out.push_str("None"),
                        ItemKey::Key(key) => write_key_repr(out, key),
                    }
                    out.push_str(": ");
                    item.write_repr(out);
                }
                out.push('}');
            }
        }
    }

    /// The value as a configuration holds it, nodes copied with the interpolations in them.
    /// `None` if a key is null, which no configuration may hold.
    pub(super) fn to_value(&self, origin: &Origin) -> Option<Value> {
        Some(match self {
            Self::Node(place) => place.node().value.clone(),
            Self::Scalar(value) => Value::clone(value),
            Self::List(items) => {
                let node = |item: &Self| Some(Node::new(item.to_value(origin)?, origin.clone()));
                Value::List(items.iter().map(node).collect::<Option<_>>()?)
            }
            Self::Dict(entries) => {
                let mut map = Map::new();
                for (key, item) in entries.iter() {
                    let ItemKey::Key(key) = key else { return None };
                    map.insert(
                        key.clone(),
                        origin.clone(),
                        Node::new(item.to_value(origin)?, origin.clone()),
                    );
                }
                Value::Map(map)
            }
        })
    }
}
