//! Tokens. Where a token may stand decides how it is read, so the parser asks for the one it expects:
//! [`Lexer::text`] outside of `${…}` and inside quotes, [`Lexer::key`] after `${`, [`Lexer::value`] after its colon.
//!
//! As in OmegaConf's grammar the longest token wins, then the first declared.

use super::GrammarError;
use super::number::{self, Number};

/// A token with its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) text: &'t str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// `${`
    Open,
    /// `}`
    BraceClose,
    BraceOpen,
    BracketOpen,
    BracketClose,
    Colon,
    Comma,
    Dot,
    /// A quotation mark, opening or closing.
    Quote(char),
    Id,
    /// Something in a key that is no identifier, as `0` or `x@y`.
    OtherKey,
    Null,
    Bool,
    Int,
    Float,
    /// One of `/ - \ + . $ % * @ ? |`
    Symbol,
    /// A run of backslash escapes.
    Escape,
    Blank,
    /// Plain text, kept as it is.
    Plain,
    /// `\${`, possibly after escaped backslashes.
    EscapedOpen,
    /// An even number of backslashes; they are escapes only before `${` or the closing quote.
    Backslashes,
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    source: &'t str,
    at: usize,
}

const BLANKS: [char; 2] = [' ', '\t'];

impl<'t> Lexer<'t> {
    pub(super) fn new(source: &'t str) -> Self {
        Self { source, at: 0 }
    }

    pub(super) fn source(&self) -> &'t str {
        self.source
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'t str {
        &self.source[self.at..]
    }

    fn take(&mut self, kind: TokenKind, length: usize) -> Token<'t> {
        let start = self.at;
        self.at += length;
        Token { kind, start, text: &self.source[start..self.at] }
    }

    fn take_with_blanks(&mut self, kind: TokenKind, length: usize) -> Token<'t> {
        let after = &self.rest()[length..];
        let blanks = after.len() - after.trim_start_matches(BLANKS).len();
        self.take(kind, length + blanks)
    }

    fn unexpected(&self, found: char) -> GrammarError {
        GrammarError { message: format!("{found:?} cannot stand here"), offset: self.at }
    }

    /// The next token of plain text; `quote` is the quotation mark the text is in, if any.
    pub(super) fn text(&mut self, quote: Option<char>) -> Token<'t> {
        let rest = self.rest();
        match rest.chars().next() {
            None => return self.take(TokenKind::End, 0),
            Some('$') if rest.starts_with("${") => return self.take_with_blanks(TokenKind::Open, 2),
            Some('$') => return self.take(TokenKind::Plain, 1),
            Some(mark) if Some(mark) == quote => return self.take(TokenKind::Quote(mark), mark.len_utf8()),
            Some(_) => {}
        }
        let stop = rest.find(|c| c == '$' || Some(c) == quote).unwrap_or(rest.len());
        let plain = rest[..stop].trim_end_matches('\\').len();
        if plain > 0 {
            return self.take(TokenKind::Plain, plain);
        }
        // Backslashes only, and then `$`, the closing quote or the end.
        let odd = stop % 2 == 1;
        let after = &rest[stop..];
        if odd && after.starts_with("${") {
            self.take(TokenKind::EscapedOpen, stop + 2)
        } else if odd && quote.is_some_and(|mark| after.starts_with(mark)) {
            self.take(TokenKind::Escape, stop + 1)
        } else if odd {
            self.take(TokenKind::Plain, stop)
        } else {
            self.take(TokenKind::Backslashes, stop)
        }
    }

    /// The next token of a key or of a resolver's name.
    pub(super) fn key(&mut self) -> Result<Token<'t>, GrammarError> {
        let rest = self.rest();
        let past_blanks = rest.trim_start_matches(BLANKS);
        let blanks = rest.len() - past_blanks.len();
        let token = match past_blanks.chars().next() {
            Some(':') => self.take_with_blanks(TokenKind::Colon, blanks + 1),
            Some('}') => self.take(TokenKind::BraceClose, blanks + 1),
            _ if blanks > 0 => {
                let message = "a blank may stand only at the ends of an interpolation".to_owned();
                return Err(GrammarError { message, offset: self.at });
            }
            None => self.take(TokenKind::End, 0),
            Some('$') if rest.starts_with("${") => self.take_with_blanks(TokenKind::Open, 2),
            Some('.') => self.take(TokenKind::Dot, 1),
            Some('[') => self.take(TokenKind::BracketOpen, 1),
            Some(']') => self.take(TokenKind::BracketClose, 1),
            Some(_) => {
                let length = rest.find(|c| r#"\{}()[]:. '""#.contains(c) || c == '\t').unwrap_or(rest.len());
                match rest[length..].chars().next() {
                    Some(found) if length == 0 => return Err(self.unexpected(found)),
                    _ if identifier(rest) == length => self.take(TokenKind::Id, length),
                    _ => self.take(TokenKind::OtherKey, length),
                }
            }
        };
        Ok(token)
    }

    /// The next token of an argument.
    pub(super) fn value(&mut self) -> Result<Token<'t>, GrammarError> {
        let rest = self.rest();
        let past_blanks = rest.trim_start_matches(BLANKS);
        let blanks = rest.len() - past_blanks.len();
        match past_blanks.chars().next() {
            Some(',') => return Ok(self.take_with_blanks(TokenKind::Comma, blanks + 1)),
            Some(':') => return Ok(self.take_with_blanks(TokenKind::Colon, blanks + 1)),
            Some('}') => return Ok(self.take(TokenKind::BraceClose, blanks + 1)),
            Some(']') => return Ok(self.take(TokenKind::BracketClose, blanks + 1)),
            _ if blanks > 0 => return Ok(self.take(TokenKind::Blank, blanks)),
            _ => {}
        }
        if let Some((number, length)) = number::longest(rest) {
            // `info` is a word although it starts with `inf`.
            if length >= identifier(rest) {
                let kind = if number == Number::Float { TokenKind::Float } else { TokenKind::Int };
                return Ok(self.take(kind, length));
            }
        }
        Ok(match rest.chars().next() {
            None => self.take(TokenKind::End, 0),
            Some('$') if rest.starts_with("${") => self.take_with_blanks(TokenKind::Open, 2),
            Some('{') => self.take_with_blanks(TokenKind::BraceOpen, 1),
            Some('[') => self.take_with_blanks(TokenKind::BracketOpen, 1),
            Some(mark @ ('\'' | '"')) => self.take(TokenKind::Quote(mark), 1),
            Some('\\') if escapes(rest) > 0 => self.take(TokenKind::Escape, escapes(rest)),
            Some('/' | '-' | '\\' | '+' | '.' | '$' | '%' | '*' | '@' | '?' | '|') => {
                self.take(TokenKind::Symbol, 1)
            }
            Some(found) => match identifier(rest) {
                0 => return Err(self.unexpected(found)),
                length => {
                    let word = &rest[..length];
                    let is = |other: &str| word.eq_ignore_ascii_case(other);
                    let kind = if is("true") || is("false") {
                        TokenKind::Bool
                    } else if is("null") {
                        TokenKind::Null
                    } else {
                        TokenKind::Id
                    };
                    self.take(kind, length)
                }
            },
        })
    }
}

/// The length of the identifier at the start: a letter or `_`, then letters, digits, `_` and `-`, all ASCII.
fn identifier(text: &str) -> usize {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    if !text.bytes().next().is_some_and(is_first) {
        return 0;
    }
    text.bytes().take_while(|&byte| is_first(byte) || byte.is_ascii_digit() || byte == b'-').count()
}

/// The length of the run of escapes at the start.
fn escapes(text: &str) -> usize {
    let is_escape = |pair: &&[u8]| matches!(pair, [b'\\', escaped] if b"\\()[]{}:=, \t".contains(escaped));
    text.as_bytes().chunks(2).take_while(is_escape).count() * 2
}
