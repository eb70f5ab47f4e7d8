//! JSON as W&B writes it: with bare `NaN`, `Infinity` and `-Infinity`, which no JSON parser takes.

use serde_json::Value;

/// Reads it. What JSON has no number for becomes a string that starts with `float:`, so that no two values look alike.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    let mut strict = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    'all: while let Some(first) = rest.chars().next() {
        if !quoted {
            for name in ["NaN", "Infinity", "-Infinity"] {
                if let Some(after) = rest.strip_prefix(name) {
                    strict += &format!("\"float:{name}\"");
                    rest = after;
                    continue 'all;
                }
            }
        }
        quoted ^= first == '"';
        let width = match first {
            '\\' if quoted => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            _ => first.len_utf8(),
        };
        strict.push_str(&rest[..width]);
        rest = &rest[width..];
    }
    serde_json::from_str(&strict).map_err(|error| error.to_string())
}

/// Reads an object.
pub(crate) fn object(text: &str) -> Result<serde_json::Map<String, Value>, String> {
    match parse(text)? {
        Value::Object(map) => Ok(map),
        other => Err(format!("not an object: {other}")),
    }
}
