//! When two values are the same value, however they are written.

use super::value::{Element, ElementKind};
use crate::tree::Int;
use num_traits::FromPrimitive;
use std::collections::BTreeMap;

/// A value as far as it differs from others: `1` is `1.0` and `1e0`, and `'a'` is `a`. A boolean is no number, other than in
/// Python, and a `nan` is a `nan`: somebody who excludes one means them all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ValueKey {
    Null,
    Bool(bool),
    Int(Int),
    /// A float that is no integer, by its bits.
    Float(u64),
    Text(String),
    List(Vec<ValueKey>),
    Map(BTreeMap<ValueKey, ValueKey>),
}

impl ValueKey {
    /// Of a value; `None` if there is a sweep in it.
    pub(crate) fn of(element: &Element) -> Option<Self> {
        Some(match &element.kind {
            ElementKind::Null => Self::Null,
            ElementKind::Bool(bool) => Self::Bool(*bool),
            ElementKind::Int(int) => Self::Int(int.clone()),
            ElementKind::Float(float) if float.is_nan() => Self::Float(f64::NAN.to_bits()),
            ElementKind::Float(float) => match Int::from_f64(*float) {
                Some(int) if float.fract() == 0.0 => Self::Int(int),
                _ => Self::Float(float.to_bits()),
            },
            ElementKind::Str(text) | ElementKind::Quoted { text, .. } => Self::Text(text.clone()),
            ElementKind::List(items) => {
                let mut keys = Vec::with_capacity(items.len());
                for item in items {
                    keys.push(Self::of(item)?);
                }
                Self::List(keys)
            }
            ElementKind::Map(entries) => {
                let mut keys = BTreeMap::new();
                for (key, value) in entries {
                    keys.insert(Self::of(key)?, Self::of(value)?);
                }
                Self::Map(keys)
            }
            ElementKind::Sweep(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ValueKey;
    use crate::overrides::condition::read;

    #[test]
    fn values_are_compared_and_not_their_spelling() {
        let same = |one: &str, other: &str| ValueKey::of(&read(one)) == ValueKey::of(&read(other));
        for (one, other) in [
            ("1e-3", "0.001"),
            ("1", "1.0"),
            ("1_000", "1e3"),
            ("0", "-0.0"),
            ("'a b'", "a b"),
            ("nan", "NaN"),
            ("inf", "+Inf"),
            ("null", "NULL"),
            ("[1, 'a']", "[1.0,a]"),
            ("{b: 1, a: 2}", "{a:2.0,b:1}"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "'1'"),
            ("1", "true"),
            ("null", "'null'"),
            ("9007199254740993", "9007199254740992.0"),
            ("inf", "-inf"),
            ("[1,2]", "[2,1]"),
            ("{a: 1}", "{a: 1, b: 2}"),
            ("A", "a"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
