//! Keys of mappings.

use super::{Int, float_repr};
use num_traits::FromPrimitive;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A key of a mapping. OmegaConf allows strings, integers, floats, booleans and bytes.
///
/// Keys are equal when Python finds them equal: `1` and `true` are one key, `1` and `'1'` are two.
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

/// What makes two keys one. Python finds 1, 1.0 and True equal.
#[derive(PartialEq, Eq)]
enum Identity<'k> {
    Str(&'k str),
    Int(Cow<'k, Int>),
    Float(u64),
    Bytes(&'k [u8]),
}

impl Key {
    fn identity(&self) -> Identity<'_> {
        match self {
            Self::Str(text) => Identity::Str(text),
            Self::Int(int) => Identity::Int(Cow::Borrowed(int)),
            Self::Bool(bool) => Identity::Int(Cow::Owned(Int::from(u8::from(*bool)))),
            Self::Float(float) => match Int::from_f64(*float) {
                Some(int) if float.fract() == 0.0 => Identity::Int(Cow::Owned(int)),
                _ => Identity::Float(float.to_bits()),
            },
            Self::Bytes(bytes) => Identity::Bytes(bytes),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Key {}

impl Hash for Key {
    // Without a discriminant, so that a `&str` finds its `Key::Str` (see `indexmap::Equivalent` below).
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.identity() {
            Identity::Str(text) => text.hash(state),
            Identity::Int(int) => int.hash(state),
            Identity::Float(bits) => bits.hash(state),
            Identity::Bytes(bytes) => bytes.hash(state),
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
