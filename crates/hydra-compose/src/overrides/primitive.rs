//! Values without parts, and keys of mappings: what a run of tokens means.

use super::lexer::{Kind, Token};
use super::value::{Element, ElementKind, Quote};
use crate::tree::Int;
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use std::collections::HashMap;

/// A run of tokens without quotes. A single one has a type; several are text. `None` if there are only blanks.
pub(super) fn unquoted(text: &str, run: &[Token]) -> Option<ElementKind> {
    let run = match run {
        [Token { kind: Kind::Blank, .. }, rest @ ..] => rest,
        run => run,
    };
    let run = match run {
        [rest @ .., Token { kind: Kind::Blank, .. }] => rest,
        run => run,
    };
    let plain = |token: &Token| &text[token.span.start..token.span.end];
    match run {
        [] => None,
        [token] => {
            Some(match token.kind {
                Kind::Null => ElementKind::Null,
                Kind::Bool => ElementKind::Bool(plain(token).eq_ignore_ascii_case("true")),
                Kind::Int => integer(plain(token))
                    .map_or_else(|| ElementKind::Str(plain(token).into()), ElementKind::Int),
                Kind::Float => float(plain(token))
                    .map_or_else(|| ElementKind::Str(plain(token).into()), ElementKind::Float),
                Kind::Escape => ElementKind::Str(unescaped(plain(token))),
                _ => ElementKind::Str(plain(token).to_owned()),
            })
        }
        several => Some(ElementKind::Str(
            several
                .iter()
                .map(|token| match token.kind {
                    Kind::Escape => unescaped(plain(token)),
                    _ => plain(token).to_owned(),
                })
                .collect(),
        )),
    }
}

/// Digits with a sign and single underscores, as the lexer lets them through.
pub(super) fn integer(digits: &str) -> Option<Int> {
    BigInt::parse_bytes(digits.replace('_', "").trim_start_matches('+').as_bytes(), 10)
}

/// A float as the lexer lets it through.
pub(super) fn float(digits: &str) -> Option<f64> {
    digits.replace('_', "").parse().ok()
}

/// Every other character: each escape is a backslash and one ASCII character.
fn unescaped(escapes: &str) -> String {
    escapes.chars().skip(1).step_by(2).collect()
}

/// A token with its quotes. Only the backslashes directly before a quote of the same kind are escapes,
/// the closing quote included; all others are themselves.
pub(super) fn quoted(token: &str) -> ElementKind {
    let quote = if token.starts_with('"') { Quote::Double } else { Quote::Single };
    let inner = token.get(1..).unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    let mut backslashes = 0;
    for character in inner.chars() {
        if character == '\\' {
            backslashes += 1;
            continue;
        }
        let escapes = character == quote.as_char();
        text.extend(std::iter::repeat_n('\\', if escapes { backslashes / 2 } else { backslashes }));
        // An odd number before it: the quote is part of the text. An even one: it is the closing quote.
        if !escapes || backslashes % 2 == 1 {
            text.push(character);
        }
        backslashes = 0;
    }
    ElementKind::Quoted { text, quote }
}

/// Equal keys become one, as in Python's `dict`, where `1`, `1.0` and `true` are equal.
pub(super) fn unique_keys(entries: Vec<(Element, Element)>) -> Vec<(Element, Element)> {
    let mut places: HashMap<PythonKey, usize> = HashMap::new();
    let mut unique: Vec<(Element, Element)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match PythonKey::of(&key.kind) {
            // A `nan` is not equal to itself, so each stays.
            None => unique.push((key, value)),
            Some(same) => match places.get(&same) {
                Some(&place) => unique[place].1 = value,
                None => {
                    places.insert(same, unique.len());
                    unique.push((key, value));
                }
            },
        }
    }
    unique
}

/// What makes keys of a `dict` equal; `None` for those that equal nothing.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum PythonKey {
    Null,
    Int(Int),
    Float(u64),
    Str(String),
}

impl PythonKey {
    pub(super) fn of(kind: &ElementKind) -> Option<Self> {
        match kind {
            ElementKind::Null => Some(Self::Null),
            ElementKind::Bool(bool) => Some(Self::Int(Int::from(*bool))),
            ElementKind::Int(int) => Some(Self::Int(int.clone())),
            ElementKind::Float(float) if float.is_nan() => None,
            ElementKind::Float(float) if float.fract() == 0.0 => Int::from_f64(*float).map(Self::Int),
            ElementKind::Float(float) => Some(Self::Float(float.to_bits())),
            ElementKind::Str(text) | ElementKind::Quoted { text, .. } => Some(Self::Str(text.clone())),
            ElementKind::List(_) | ElementKind::Map(_) | ElementKind::Sweep(_) => None,
        }
    }
}
