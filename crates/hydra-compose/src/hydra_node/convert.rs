//! Single values to the types of the node `hydra`, as OmegaConf converts them.

use super::schema::{MODES, Type};
use crate::interpolation::python_str;
use crate::tree::{Int, Value};
use num_traits::{ToPrimitive, Zero};

/// The value as `kind` takes it: the converted one, `None` if it can stay as it is, or what is wrong with it.
pub(super) fn converted(kind: &Type, value: &Value) -> Result<Option<Value>, String> {
    let new = match kind {
        Type::Text => text(value)?,
        Type::Integer => Value::Int(integer(value)?),
        Type::Boolean => Value::Bool(boolean(value)?),
        Type::Mode => Value::Str(mode(value)?.to_owned()),
        _ => return Ok(None),
    };
    Ok(Some(new).filter(|new| new != value))
}

/// What to write where a value of this type is wanted.
pub(super) fn advice(kind: &Type) -> &'static str {
    match kind.unwrapped() {
        Type::Text => "give one piece of text",
        Type::Integer => "give an integer, such as 0",
        Type::Boolean => "give true or false",
        Type::Mode => "give RUN or MULTIRUN",
        Type::List(_) => "give a list: [a, b]",
        _ => "give a mapping: {key: value}",
    }
}

fn text(value: &Value) -> Result<Value, String> {
    match value {
        Value::Str(_) => Ok(value.clone()),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(Value::Str(python_str(value))),
        _ => Err(format!("Cannot convert {} to a string: '{}'", value.kind(), python_str(value))),
    }
}

fn integer(value: &Value) -> Result<Int, String> {
    let parsed = match value {
        Value::Int(int) => Some(int.clone()),
        Value::Str(text) => integer_in(text),
        // A boolean is an integer in Python, but not to OmegaConf.
        _ => None,
    };
    parsed.ok_or_else(|| {
        format!(
            "Value '{}' of type '{}' could not be converted to Integer",
            python_str(value),
            value.python_type()
        )
    })
}

/// Python's `int(text)`: blanks around, a sign, decimal digits with single underscores between.
fn integer_in(text: &str) -> Option<Int> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let parts_are_digits =
        digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    parts_are_digits.then(|| text.replace('_', "").parse().ok()).flatten()
}

fn boolean(value: &Value) -> Result<bool, String> {
    let read = match value {
        Value::Bool(bool) => Some(*bool),
        Value::Int(int) => Some(!int.is_zero()),
        Value::Str(text) => match integer_in(text) {
            Some(int) => Some(!int.is_zero()),
            None => match text.to_lowercase().as_str() {
                "yes" | "y" | "on" | "true" => Some(true),
                "no" | "n" | "off" | "false" => Some(false),
                _ => None,
            },
        },
        _ => None,
    };
    read.ok_or_else(|| {
        format!("Value '{}' is not a valid bool (type {})", python_str(value), value.python_type())
    })
}

fn mode(value: &Value) -> Result<&'static str, String> {
    let found = match value {
        Value::Str(text) => {
            let name = text.strip_prefix("RunMode.").unwrap_or(text);
            MODES.into_iter().find(|mode| *mode == name)
        }
        Value::Int(int) => int.to_usize().and_then(|number| MODES.get(number.checked_sub(1)?).copied()),
        _ => None,
    };
    found.ok_or_else(|| {
        format!("Invalid value '{}', expected one of [{}]", python_str(value), MODES.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_python_reads_them() {
        for (text, want) in [
            (" 7\n", Some(7)),
            ("-1_000", Some(-1000)),
            ("007", Some(7)),
            ("+0", Some(0)),
            ("1__0", None),
            ("_1", None),
            ("0x10", None),
            ("1.0", None),
            ("", None),
            ("- 1", None),
        ] {
            assert_eq!(integer_in(text), want.map(Int::from), "{text:?}");
        }
    }
}
