//! How a scalar is written: as it is, or in which quotes. PyYAML's `analyze_scalar` and `choose_scalar_style`
//! for block context, with OmegaConf's rule for text that looks like a number or a boolean.

use super::binary;
use super::numbers::{python_reads_float, python_reads_int};
use super::scalar::{dumper_sees_no_string, is_bool};
use crate::tree::{Key, Value, float_repr};
use std::borrow::Cow;

/// The ways to write a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Where a scalar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// A key before its `:` on one line.
    SimpleKey,
    /// Anywhere else.
    Free,
}

/// A scalar ready to be written.
#[derive(Debug)]
pub(super) struct Scalar<'a> {
    pub(super) text: Cow<'a, str>,
    /// Written before it: only `!!binary` ever is.
    pub(super) tag: Option<&'static str>,
    /// What its tag adds to the length of a key, written or not.
    tag_length: usize,
    /// What the text asks for; the analysis may refuse it.
    wish: Style,
    analysis: Analysis,
}

/// A scalar's length up to which it may be a simple key, its tag included.
const SIMPLE_KEY_LENGTH: usize = 128;

impl<'a> Scalar<'a> {
    /// The scalar of a value; `None` for a collection.
    pub(super) fn of_value(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::new("null", "!!null", Style::Plain),
            Value::Bool(bool) => Self::bool(*bool),
            Value::Int(int) => Self::new(int.to_string(), "!!int", Style::Plain),
            Value::Float(float) => Self::float(*float),
            Value::Str(text) => Self::string(text),
            Value::Bytes(bytes) => Self::bytes(bytes),
            Value::List(_) | Value::Map(_) => return None,
        })
    }

    /// The scalar of a key.
    pub(super) fn of_key(key: &'a Key) -> Self {
        match key {
            Key::Str(text) => Self::string(text),
            Key::Int(int) => Self::new(int.to_string(), "!!int", Style::Plain),
            Key::Float(float) => Self::float(*float),
            Key::Bool(bool) => Self::bool(*bool),
            Key::Bytes(bytes) => Self::bytes(bytes),
        }
    }

    fn new(text: impl Into<Cow<'a, str>>, tag: &'static str, wish: Style) -> Self {
        let text = text.into();
        let analysis = Analysis::of(&text);
        Self { text, tag: None, tag_length: tag.len(), wish, analysis }
    }

    fn bool(bool: bool) -> Self {
        Self::new(if bool { "true" } else { "false" }, "!!bool", Style::Plain)
    }

    fn float(float: f64) -> Self {
        let repr = float_repr(float);
        let text = match repr.as_str() {
            "inf" => ".inf".to_owned(),
            "-inf" => "-.inf".to_owned(),
            "nan" => ".nan".to_owned(),
            // YAML 1.1 wants a dot: `1e-05` becomes `1.0e-05`.
            _ if !repr.contains('.') => repr.replacen('e', ".0e", 1),
            _ => repr,
        };
        Self::new(text, "!!float", Style::Plain)
    }

    fn string(text: &'a str) -> Self {
        // The first three are OmegaConf's rule, the last is PyYAML's: what would not be read back as text.
        let quoted = is_bool(text)
            || matches!(text, "y" | "Y" | "n" | "N")
            || python_reads_int(text)
            || python_reads_float(text)
            || dumper_sees_no_string(text);
        Self::new(text, "!!str", if quoted { Style::Single } else { Style::Plain })
    }

    fn bytes(bytes: &[u8]) -> Self {
        let tag = "!!binary";
        Self { tag: Some(tag), ..Self::new(binary::encode(bytes), tag, Style::Literal) }
    }

    /// Whether it may stand before a `:` on one line, without a `?` in front.
    pub(super) fn is_simple_key(&self) -> bool {
        let analysis = &self.analysis;
        self.tag_length + analysis.length < SIMPLE_KEY_LENGTH && !analysis.empty && !analysis.multiline
    }

    /// The style it gets in this position.
    pub(super) fn style(&self, position: Position) -> Style {
        let analysis = &self.analysis;
        let key = position == Position::SimpleKey;
        match self.wish {
            Style::Plain if analysis.allow_plain && !(key && (analysis.empty || analysis.multiline)) => {
                Style::Plain
            }
            Style::Literal if analysis.allow_block && !key => Style::Literal,
            Style::Plain | Style::Single if analysis.allow_single && !(key && analysis.multiline) => {
                Style::Single
            }
            _ => Style::Double,
        }
    }
}

/// The properties of a text that decide which styles can carry it.
#[derive(Debug)]
struct Analysis {
    length: usize,
    empty: bool,
    multiline: bool,
    allow_plain: bool,
    allow_single: bool,
    allow_block: bool,
}

impl Analysis {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                length: 0,
                empty: true,
                multiline: false,
                allow_plain: true,
                allow_single: true,
                allow_block: false,
            };
        }
        let mut indicators =
            text.starts_with("---") || text.starts_with("...") || starts_with_indicator(text);
        let (mut multiline, mut special, mut break_then_space, mut space_then_break) =
            (false, false, false, false);
        let mut length = 0;
        let mut previous = None;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            length += 1;
            let blank_follows = characters.peek().is_none_or(|next| is_blank_or_break(*next));
            let blank_before = previous.is_none_or(is_blank_or_break);
            // A lone `?` or `-` is an indicator only in first place; that was looked at above.
            indicators |= (character == ':' && blank_follows) || (character == '#' && blank_before);
            multiline |= is_break(character);
            special |= !is_printable(character);
            break_then_space |= character == ' ' && previous.is_some_and(is_break);
            space_then_break |= is_break(character) && previous == Some(' ');
            previous = Some(character);
        }
        let starts_blank = text.starts_with(|c| c == ' ' || is_break(c));
        let ends_blank = text.ends_with(|c| c == ' ' || is_break(c));
        let only_double = space_then_break || special;
        Self {
            length,
            empty: false,
            multiline,
            allow_plain: !(indicators || starts_blank || ends_blank || multiline || only_double),
            allow_single: !(break_then_space || only_double),
            allow_block: !(text.ends_with(' ') || only_double),
        }
    }
}

fn starts_with_indicator(text: &str) -> bool {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if "#,[]{}&*!|>'\"%@`".contains(first) => true,
        Some('?' | ':' | '-') => characters.next().is_none_or(is_blank_or_break),
        _ => false,
    }
}

/// The line breaks of YAML 1.1, except the carriage return, which is always escaped.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank_or_break(character: char) -> bool {
    is_break(character) || matches!(character, '\0' | ' ' | '\t' | '\r')
}

/// What PyYAML writes unescaped outside of double quotes. It leaves out the very last code point.
fn is_printable(character: char) -> bool {
    matches!(character,
        '\n' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10fffe}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styles(style: Style, texts: &[&str]) {
        for text in texts {
            assert_eq!(Scalar::string(text).style(Position::Free), style, "{text:?}");
        }
    }

    #[test]
    fn what_would_be_read_back_as_something_else_is_quoted() {
        styles(
            Style::Single,
            &[
                "y", "N", "on", "Off", "true", "null", "~", "", "1", "1_0", "1e3", "inf", "NaN", "-.5", "=",
                "<<",
            ],
        );
        styles(Style::Single, &["2001-01-01", "12:30", "0x1F", "0b1", "١٢", "１", "\u{3000}1"]);
        styles(
            Style::Plain,
            &[
                "yEs",
                "none",
                "2001-1-1",
                "0o17",
                "1 2",
                "1__0x",
                "a b",
                "???",
                "${a.b}",
                "x: y".trim_end_matches(": y"),
            ],
        );
    }

    #[test]
    fn indicators_are_quoted() {
        styles(
            Style::Single,
            &[
                "# a", "a #b", "a: b", "a:", "- a", "-", "? a", "@a", "`a", "%a", "!a", "&a", "*a", "|", ">",
                "[a", "{a", "'a", "\"a", ", a", "---a", "...", " a", "a ",
            ],
        );
        styles(
            Style::Plain,
            &["a#b", "a:b", "-a", "?a", ":a", "a-", "a]", "a, b", "a'b", "a\"b", "emoji 😀"],
        );
    }

    #[test]
    fn only_double_quotes_carry_special_characters() {
        styles(
            Style::Double,
            &["a\tb", "a\r", "\u{7f}", "\u{feff}", "\u{10ffff}", "a \nb", "a\n b", "\u{80}"],
        );
        styles(Style::Single, &["a\nb", "a\n", "\n", "a\u{2028}b", "a\u{85}"]);
    }

    #[test]
    fn a_key_is_simple_below_123_characters() {
        assert!(Scalar::string(&"a".repeat(122)).is_simple_key());
        assert!(!Scalar::string(&"a".repeat(123)).is_simple_key());
        assert!(!Scalar::string("").is_simple_key());
        assert!(!Scalar::string("a\nb").is_simple_key());
    }
}
