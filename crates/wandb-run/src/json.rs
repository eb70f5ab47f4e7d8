//! JSON as W&B has it: with `NaN`, `Infinity` and `-Infinity`, and with the order of keys kept.

use std::fmt;

/// A JSON value that may be infinite or not a number.
///
/// ```
/// use wandb_run::Json;
///
/// let value: Json = serde_json::json!({"lr": 0.001, "model": {"dim": 64}}).into();
/// assert_eq!(value.to_string(), r#"{"lr":0.001,"model":{"dim":64}}"#);
/// assert_eq!(Json::Array(vec![Json::Float(f64::NAN)]).to_string(), "[NaN]");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without a point.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    Array(Vec<Json>),
    /// Keys and values in their order.
    Object(Vec<(String, Json)>),
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Self::Text(text),
            Value::Array(values) => Self::Array(values.into_iter().map(Self::from).collect()),
            Value::Object(entries) => {
                Self::Object(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Json {
    /// An object of these.
    pub(crate) fn object<const N: usize>(entries: [(&str, Json); N]) -> Self {
        Self::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The value of a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Self::Object(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Keys and values, if this is an object.
    pub(crate) fn entries(&self) -> &[(String, Json)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// Puts a value at a path, making the objects on the way.
    pub(crate) fn set(&mut self, path: &[String], value: Json) {
        let Some((key, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if !matches!(self, Self::Object(_)) {
            *self = Self::Object(Vec::new());
        }
        let Self::Object(entries) = self else { return };
        let at = entries.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
            entries.push((key.clone(), Self::Null));
            entries.len() - 1
        });
        entries[at].1.set(rest, value);
    }

    /// Takes away what is at a path, if anything is.
    pub(crate) fn unset(&mut self, path: &[String]) {
        let Self::Object(entries) = self else { return };
        match path {
            [] => {}
            [key] => entries.retain(|(name, _)| name != key),
            [key, rest @ ..] => {
                if let Some((_, value)) = entries.iter_mut().find(|(name, _)| name == key) {
                    value.unset(rest);
                }
            }
        }
    }

    /// Reads JSON with bare `NaN` and infinities. `None` if it is anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        super::json_parse::parse(text)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write_float(f, *value),
            Self::Text(text) => write_text(f, text),
            Self::Array(values) => {
                f.write_str("[")?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(entries) => {
                f.write_str("{")?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    write_text(f, key)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The shortest text that reads back as the same number, and always as a float.
fn write_float(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    if value.is_nan() {
        f.write_str("NaN")
    } else if value.is_infinite() {
        f.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        // `{:?}` has an exponent where it is shorter, and `.0` on a whole number.
        write!(f, "{value:?}")
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        f.write_str(&text[from..at])?;
        if escape.is_empty() {
            write!(f, "\\u{byte:04x}")?
        } else {
            f.write_str(escape)?
        }
        from = at + 1;
    }
    f.write_str(&text[from..])?;
    f.write_str("\"")
}
