//! Small parts of Python that Hydra's functions lean on: names of classes, and reading numbers from text.

use super::call::Failure;
use super::primitive;
use super::value::{ElementKind, Sweep};
use crate::tree::Int;

impl ElementKind {
    /// The name of Python's class for it.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Quoted { .. } => "QuotedString",
            Self::List(_) => "list",
            Self::Map(_) => "dict",
            Self::Sweep(sweep) => match **sweep {
                Sweep::Choice(_) => "ChoiceSweep",
                Sweep::Range(_) => "RangeSweep",
                Sweep::Interval(_) => "IntervalSweep",
                Sweep::Glob(_) => "Glob",
                // Hydra has none of these, so no function takes them.
                Sweep::Seeds(_) => "SeedSweep",
                Sweep::Zip(_) => "ZipSweep",
            },
        }
    }
}

/// Python's `repr` of a text, for messages.
fn repr_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => out.extend(['\\', quote]),
            '\0'..' ' | '\x7f' => out.push_str(&format!("\\x{:02x}", character as u32)),
            _ => out.push(character),
        }
    }
    out.push(quote);
    out
}

/// `int('…')`: blanks around, a sign, digits with single underscores between. Digits of other scripts are not taken.
pub(super) fn int_from_str(text: &str) -> Result<Int, Failure> {
    let digits = stripped(text);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let is_number = underscores_are_between_digits(unsigned)
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    is_number
        .then(|| primitive::integer(digits))
        .flatten()
        .ok_or_else(|| Failure::value(format!("invalid literal for int() with base 10: {}", repr_str(text))))
}

/// `float('…')`: as [`int_from_str`], with fraction and exponent, `inf`, `infinity` and `nan`.
pub(super) fn float_from_str(text: &str) -> Result<f64, Failure> {
    let digits = stripped(text);
    underscores_are_between_digits(digits)
        .then(|| primitive::float(digits))
        .flatten()
        .ok_or_else(|| Failure::value(format!("could not convert string to float: {}", repr_str(text))))
}

fn stripped(text: &str) -> &str {
    // Python strips the four separators of ASCII too.
    text.trim_matches(|character: char| character.is_whitespace() || ('\x1c'..='\x1f').contains(&character))
}

fn underscores_are_between_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    bytes
        .iter()
        .enumerate()
        .all(|(at, &byte)| byte != b'_' || is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)))
}
