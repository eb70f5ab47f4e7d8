//! Python's spelling of values: what `str(x)` and `repr(x)` give, and so what an interpolation within text gives.

use crate::tree::{Key, Value, float_repr};
use std::fmt::Write as _;

/// Python's `str(value)`: a string is itself, anything else is its `repr`.
///
/// ```
/// use hydra_compose::interpolation::python_str;
/// use hydra_compose::tree::Value;
/// assert_eq!(python_str(&Value::Null), "None");
/// assert_eq!(python_str(&Value::Float(1e-5)), "1e-05");
/// assert_eq!(python_str(&Value::Str("a".into())), "a");
/// ```
pub fn python_str(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        _ => python_repr(value),
    }
}

/// Python's `repr(value)`.
///
/// ```
/// use hydra_compose::interpolation::python_repr;
/// use hydra_compose::tree::Value;
/// assert_eq!(python_repr(&Value::Str("it's\n".into())), r#""it's\n""#);
/// ```
pub fn python_repr(value: &Value) -> String {
    let mut text = String::new();
    write_repr(&mut text, value);
    text
}

/// Appends `repr(value)`.
pub(super) fn write_repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(bool) => out.push_str(if *bool { "True" } else { "False" }),
        Value::Int(int) => out.push_str(&int.to_string()),
        Value::Float(float) => out.push_str(&float_repr(*float)),
        Value::Str(text) => write_str_repr(out, text),
        Value::Bytes(bytes) => write_bytes_repr(out, bytes),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_repr(out, &item.value);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, node)) in map.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_key_repr(out, key);
                out.push_str(": ");
                write_repr(out, &node.value);
            }
            out.push('}');
        }
    }
}

/// Appends `repr(key)`.
pub(super) fn write_key_repr(out: &mut String, key: &Key) {
    match key {
        Key::Str(text) => write_str_repr(out, text),
        Key::Bytes(bytes) => write_bytes_repr(out, bytes),
        Key::Int(_) | Key::Float(_) | Key::Bool(_) => out.push_str(&key.to_string()),
    }
}

/// Python prefers single quotes, unless they would need escapes and double ones would not.
fn quote(single: bool, double: bool) -> char {
    if single && !double { '"' } else { '\'' }
}

pub(super) fn write_str_repr(out: &mut String, text: &str) {
    let quote = quote(text.contains('\''), text.contains('"'));
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == quote => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ if is_printable(c) => out.push(c),
            _ => write_escape(out, c.into()),
        }
    }
    out.push(quote);
}

fn write_escape(out: &mut String, code: u32) {
    let written = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    // Writing to a `String` cannot fail.
    debug_assert!(written.is_ok());
}

/// Python's `str.isprintable` for a character that is not ASCII. The standard library keeps the same table for
/// `escape_debug`; it escapes combining characters too, but only in first place, so another goes there.
fn is_printable(c: char) -> bool {
    let mut pair = String::from("a");
    pair.push(c);
    pair.escape_debug().count() == 2
}

fn write_bytes_repr(out: &mut String, bytes: &[u8]) {
    let quote = quote(bytes.contains(&b'\''), bytes.contains(&b'"'));
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ if char::from(byte) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => write_escape(out, byte.into()),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repr(text: &str) -> String {
        python_repr(&Value::Str(text.into()))
    }

    #[test]
    fn quotes_as_python_chooses_them() {
        assert_eq!(repr("a"), "'a'");
        assert_eq!(repr("it's"), "\"it's\"");
        assert_eq!(repr("'\""), r#"'\'"'"#);
        assert_eq!(python_repr(&Value::Bytes(b"a'\xff\0".to_vec())), r#"b"a'\xff\x00""#);
    }

    #[test]
    fn unprintable_is_escaped() {
        assert_eq!(repr("\u{7f}\u{a0}\u{200b}\u{1F600}é"), "'\\x7f\\xa0\\u200b\u{1F600}é'");
        assert_eq!(repr("e\u{301}"), "'e\u{301}'");
    }
}
