//! Plain and quoted scalars, with their folding.

use super::cursor::{Cursor, END, is_blank_or_end};
use super::token::{Kind, Token};
use crate::error::{Error, Result};
use crate::tree::Span;

/// Whether a scalar stands in block style or between brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Block,
    Flow,
}

impl<'a> Cursor<'a> {
    /// A scalar without quotes whose further lines start at column `least` or later; and whether the
    /// cursor now stands on a later line than its end.
    pub(super) fn plain_scalar(&mut self, least: usize, context: Context) -> (Token<'a>, bool) {
        let start = self.at;
        let mut end = start;
        let mut text = String::new();
        let mut between = Folded::default();
        loop {
            let word = self.at;
            while self.peek() != '#' || self.at > word {
                if self.ends_plain_word(context) {
                    break;
                }
                self.forward();
            }
            if self.at == word {
                break;
            }
            text.push_str(&between.text);
            text.push_str(self.since(word));
            end = self.at;
            between = self.plain_spaces();
            if between.text.is_empty()
                || self.peek() == '#'
                || (context == Context::Block && self.column < least)
            {
                break;
            }
        }
        (
            Token { kind: Kind::Scalar { text, plain: true }, span: Span::new(start, end) },
            between.crossed_line,
        )
    }

    fn ends_plain_word(&self, context: Context) -> bool {
        let flow = context == Context::Flow;
        match self.peek() {
            character if is_blank_or_end(character) => true,
            ':' => {
                is_blank_or_end(self.peek_second())
                    || (flow && matches!(self.peek_second(), ',' | '[' | ']' | '{' | '}'))
            }
            ',' | '?' | '[' | ']' | '{' | '}' => flow,
            _ => false,
        }
    }

    /// What separates two words of a plain scalar. Nothing, if none can follow.
    fn plain_spaces(&mut self) -> Folded {
        let spaces = self.take_while(|character| character == ' ');
        let Some(first) = self.line_break() else {
            return Folded { text: spaces.to_owned(), crossed_line: false };
        };
        let nothing = Folded { text: String::new(), crossed_line: true };
        let mut breaks = String::new();
        loop {
            if self.is_document_marker() && self.column == 0 {
                return nothing;
            }
            self.skip_spaces();
            match self.line_break() {
                Some(character) => breaks.push(character),
                None => {
                    return Folded { text: folded(first, &breaks), crossed_line: true };
                }
            }
        }
    }

    /// A scalar in single or double quotes.
    pub(super) fn quoted_scalar(&mut self) -> Result<Token<'a>> {
        let start = self.at;
        let quote = self.peek();
        self.forward();
        let mut text = String::new();
        loop {
            self.quoted_word(quote, start, &mut text)?;
            if self.peek() == quote {
                self.forward();
                return Ok(Token { kind: Kind::Scalar { text, plain: false }, span: self.span_from(start) });
            }
            self.quoted_spaces(start, &mut text)?;
        }
    }

    /// Up to a blank, a line break or the quote that closes.
    fn quoted_word(&mut self, quote: char, start: usize, text: &mut String) -> Result<()> {
        loop {
            text.push_str(self.take_while(|c| !(matches!(c, '\'' | '"' | '\\') || is_blank_or_end(c))));
            match (self.peek(), quote) {
                ('\'', '\'') if self.peek_second() == '\'' => {
                    text.push('\'');
                    self.skip(2);
                }
                ('\'', '"') | ('"' | '\\', '\'') => {
                    text.push(self.peek());
                    self.forward();
                }
                ('\\', _) => self.escape(start, text)?,
                _ => return Ok(()),
            }
        }
    }

    fn quoted_spaces(&mut self, start: usize, text: &mut String) -> Result<()> {
        let blanks = self.take_while(|character| matches!(character, ' ' | '\t'));
        if self.peek() == END {
            return Err(self.unclosed("the quotes are not closed", start));
        }
        match self.line_break() {
            Some(first) => {
                let breaks = self.quoted_breaks(start)?;
                text.push_str(&folded(first, &breaks));
            }
            None => text.push_str(blanks),
        }
        Ok(())
    }

    /// Further line breaks and the indentation behind them.
    fn quoted_breaks(&mut self, start: usize) -> Result<String> {
        let mut breaks = String::new();
        loop {
            if self.column == 0 && self.is_document_marker() {
                return Err(self.unclosed("the quotes are not closed before the document's end", start));
            }
            self.take_while(|character| matches!(character, ' ' | '\t'));
            match self.line_break() {
                Some(character) => breaks.push(character),
                None => return Ok(breaks),
            }
        }
    }

    fn unclosed(&self, message: &str, start: usize) -> Error {
        self.error(message, Span::new(start, start + 1))
    }

    /// A backslash and what follows it in double quotes.
    fn escape(&mut self, start: usize, text: &mut String) -> Result<()> {
        let backslash = self.at;
        self.forward();
        if self.line_break().is_some() {
            let breaks = self.quoted_breaks(start)?;
            text.push_str(&breaks);
            return Ok(());
        }
        let letter = self.peek();
        self.forward();
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => {
                let Some(character) = escaped(letter) else {
                    let error = self.error(format!("unknown escape '\\{letter}'"), self.span_from(backslash));
                    return Err(
                        error.help("use single quotes, where a backslash is itself, or double the backslash")
                    );
                };
                text.push(character);
                return Ok(());
            }
        };
        let hex = self.at;
        self.skip(digits);
        let code = self.since(hex);
        let character = Some(code)
            .filter(|code| code.len() == digits && code.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        match character {
            Some(character) => {
                text.push(character);
                Ok(())
            }
            None => Err(self.error(
                format!("'\\{letter}' needs {digits} hexadecimal digits of a character"),
                self.span_from(backslash),
            )),
        }
    }
}

/// What stands between two words of a plain scalar.
#[derive(Default)]
struct Folded {
    text: String,
    crossed_line: bool,
}

/// A line break and the empty lines behind it: one line feed is a blank, more are one less.
fn folded(first: char, further: &str) -> String {
    match (first, further) {
        ('\n', "") => " ".to_owned(),
        ('\n', _) => further.to_owned(),
        _ => format!("{first}{further}"),
    }
}

/// What a letter behind a backslash stands for.
fn escaped(letter: char) -> Option<char> {
    Some(match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '\\' | '/' => letter,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}
