//! A tree as a serde deserializer, so that a value that does not fit is reported with its place.

use crate::error::{Code, Error};
use crate::tree::{Key, Node, Origin, Value};
use num_traits::ToPrimitive;
use serde::de::{self, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Reads a node.
#[derive(Clone, Copy)]
pub(super) struct Deserializer<'n> {
    node: &'n Node,
}

impl<'n> Deserializer<'n> {
    pub(super) fn new(node: &'n Node) -> Self {
        Self { node }
    }
}

/// What serde has to say, with the place and the key where it said it.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    origin: Option<Origin>,
    path: Vec<String>,
}

impl Failure {
    pub(super) fn into_error(self, key: &str) -> Error {
        let below = self.path.iter().rev().map(String::as_str);
        let parts: Vec<&str> = Some(key).filter(|key| !key.is_empty()).into_iter().chain(below).collect();
        let message =
            if parts.is_empty() { self.message } else { format!("{}: {}", parts.join("."), self.message) };
        let error = Error::new(Code::InvalidValue, message);
        match &self.origin {
            Some(origin) => error.label(origin, "set here"),
            None => error,
        }
    }

    fn at(mut self, node: &Node) -> Self {
        self.origin.get_or_insert_with(|| node.origin.clone());
        self
    }

    fn under(mut self, key: impl ToString) -> Self {
        self.path.push(key.to_string());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), origin: None, path: Vec::new() }
    }
}

impl<'de> de::Deserializer<'de> for Deserializer<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let result = match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(bool) => visitor.visit_bool(*bool),
            Value::Int(int) => match (int.to_u64(), int.to_i64(), int.to_f64()) {
                (Some(int), _, _) => visitor.visit_u64(int),
                (_, Some(int), _) => visitor.visit_i64(int),
                (_, _, Some(float)) => visitor.visit_f64(float),
                _ => Err(de::Error::custom("too large a number")),
            },
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Str(text) => visitor.visit_str(text),
            Value::Bytes(bytes) => visitor.visit_bytes(bytes),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter(), index: 0 }),
            Value::Map(map) => visitor.visit_map(Entries { entries: Box::new(map.iter()), value: None }),
        };
        result.map_err(|failure| failure.at(self.node))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    /// A string is a variant without content, a mapping with one key a variant with content.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let result = match &self.node.value {
            Value::Str(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Map(map) => visitor.visit_enum(de::value::MapAccessDeserializer::new(Entries {
                entries: Box::new(map.iter()),
                value: None,
            })),
            other => Err(de::Error::custom(format!("expected a name, found {}", other.kind()))),
        };
        result.map_err(|failure| failure.at(self.node))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'n> {
    items: std::slice::Iter<'n, Node>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Failure;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failure> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Deserializer::new(node)).map(Some).map_err(|failure| failure.under(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'n> {
    entries: Box<dyn Iterator<Item = (&'n Key, &'n Node)> + 'n>,
    value: Option<(&'n Key, &'n Node)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Failure;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        self.value = self.entries.next();
        let Some((key, _)) = self.value else { return Ok(None) };
        seed.deserialize(key.to_string().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let Some((key, node)) = self.value.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(Deserializer::new(node)).map_err(|failure| failure.under(key))
    }
}
