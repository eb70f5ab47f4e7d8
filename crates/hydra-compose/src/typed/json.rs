//! A tree as JSON.

use crate::tree::{Node, Value};
use serde_json::{Map, Number};

/// The tree as JSON, keys in order.
///
/// Keys that are not strings are spelled as Python prints them; numbers that JSON does not have are strings.
pub fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        // All digits are kept, however many there are.
        Value::Int(int) => int.to_string().parse::<Number>().map_or(serde_json::Value::Null, Into::into),
        Value::Float(float) => match Number::from_f64(*float) {
            Some(number) => number.into(),
            None if float.is_nan() => ".nan".into(),
            None if *float > 0.0 => ".inf".into(),
            None => "-.inf".into(),
        },
        Value::Str(text) => text.as_str().into(),
        Value::Bytes(bytes) => bytes.escape_ascii().to_string().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(map) => {
            map.iter().map(|(key, node)| (key.to_string(), to_json(node))).collect::<Map<_, _>>().into()
        }
    }
}
