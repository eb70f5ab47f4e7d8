//! Keys of mappings.

use super::{Int, float_repr};
use std::fmt;
use std::hash::{Hash, Hasher};

/// A key of a mapping. OmegaConf allows strings, integers, floats, booleans and bytes.
///
/// Keys are equal when Python finds them equal and of one type; `1` and `'1'` differ.
#[derive(Clone, Debug)]
pub enum Key {
    /// The usual one.
    Str(String),
    /// `1: …`
    Int(Int),
    /// `1.5: …`
    Float(f64),
    /// `true: …`
    Bool(bool),
    /// `!!binary …: …`
    Bytes(Vec<u8>),
}

impl Key {
    /// The text of a string key.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    // Without a discriminant, so that a `&str` finds its `Key::Str` (see `indexmap::Equivalent` below).
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Str(text) => text.as_str().hash(state),
            Self::Int(int) => int.hash(state),
            Self::Float(float) => float.to_bits().hash(state),
            Self::Bool(bool) => bool.hash(state),
            Self::Bytes(bytes) => bytes.hash(state),
        }
    }
}

impl indexmap::Equivalent<Key> for str {
    fn equivalent(&self, key: &Key) -> bool {
        key.as_str() == Some(self)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

/// As Python's `str(key)`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => f.write_str(text),
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => f.write_str(&float_repr(*float)),
            Self::Bool(bool) => f.write_str(if *bool { "True" } else { "False" }),
            Self::Bytes(bytes) => write!(f, "b'{}'", bytes.escape_ascii()),
        }
    }
}
