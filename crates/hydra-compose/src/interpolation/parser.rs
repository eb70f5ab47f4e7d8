//! Text to [`Text`]: recursive descent over OmegaConf's grammar. What stands in arguments is read in `arguments`.

use super::GrammarError;
use super::grammar::{Element, Interpolation, Kind, Part, Piece, Text};
use super::lexer::{Lexer, Token, TokenKind};
use crate::tree::Span;

/// How deep interpolations, lists and dicts may nest. Python's own stack ends just before.
const NESTING_LIMIT: usize = 200;

pub(super) type Parsed<T> = Result<T, GrammarError>;

/// Parses a string value: text with interpolations in it.
pub(super) fn parse_text(source: &str) -> Parsed<Text> {
    let mut parser = Parser { lexer: Lexer::new(source), depth: 0 };
    parser.text(None)
}

/// Parses one element, as `oc.decode` reads it: `1`, `[a, b]`, `{a: ${b}}`.
pub(super) fn parse_element(source: &str) -> Parsed<Element> {
    let mut parser = Parser { lexer: Lexer::new(source), depth: 0 };
    let element = parser.element()?;
    let token = parser.lexer.value()?;
    match token.kind {
        TokenKind::End => Ok(element),
        _ => Err(unexpected(token, "the end")),
    }
}

pub(super) struct Parser<'t> {
    pub(super) lexer: Lexer<'t>,
    depth: usize,
}

pub(super) fn unexpected(token: Token<'_>, expected: &str) -> GrammarError {
    let found = match token.kind {
        TokenKind::End => "the end of the text".to_owned(),
        _ => format!("'{}'", token.text.trim()),
    };
    GrammarError { message: format!("expected {expected}, found {found}"), offset: token.start }
}

/// Drops the escaping backslashes: every second character is kept.
pub(super) fn unescape(escapes: &str) -> String {
    escapes.chars().skip(1).step_by(2).collect()
}

impl<'t> Parser<'t> {
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == NESTING_LIMIT {
            let message = format!("nested more than {NESTING_LIMIT} levels deep");
            return Err(GrammarError { message, offset: self.lexer.at() });
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Text up to the end or, within quotes, up to the closing one.
    pub(super) fn text(&mut self, quote: Option<char>) -> Parsed<Text> {
        let opened_at = self.lexer.at();
        let mut pieces = Vec::new();
        loop {
            let token = self.lexer.text(quote);
            let literal = match token.kind {
                TokenKind::End if quote.is_none() => return Ok(Text { pieces }),
                TokenKind::Quote(_) => return Ok(Text { pieces }),
                TokenKind::End => {
                    let message = "this quotation mark is never closed".to_owned();
                    return Err(GrammarError { message, offset: opened_at.saturating_sub(1) });
                }
                TokenKind::Open => {
                    pieces.push(Piece::Interpolation(self.interpolation(token)?));
                    continue;
                }
                // One backslash escapes `${`; the ones before it are escaped themselves.
                TokenKind::EscapedOpen => token.text[token.text.len() / 2..].to_owned(),
                TokenKind::Escape => unescape(token.text),
                TokenKind::Backslashes => match self.lexer.clone().text(quote).kind {
                    TokenKind::Open | TokenKind::Quote(_) => unescape(token.text),
                    _ => token.text.to_owned(),
                },
                _ => token.text.to_owned(),
            };
            push_literal(&mut pieces, &literal);
        }
    }

    /// What follows `${`.
    pub(super) fn interpolation(&mut self, open: Token<'t>) -> Parsed<Interpolation> {
        self.nested(|parser| {
            let kind = parser.key_or_resolver(open)?;
            Ok(Interpolation { span: Span::new(open.start, parser.lexer.at()), kind })
        })
    }

    fn key_or_resolver(&mut self, open: Token<'t>) -> Parsed<Kind> {
        let mut parts = Vec::new();
        // A name is a key that could not be anything else until its colon: no leading dot, no bracket, identifiers only.
        let mut may_be_name = true;
        let mut token = self.lexer.key()?;
        while token.kind == TokenKind::Dot {
            may_be_name = false;
            parts.push(Part::Literal(".".to_owned()));
            token = self.lexer.key()?;
        }
        let mut first = true;
        loop {
            match token.kind {
                TokenKind::BracketOpen => {
                    may_be_name = false;
                    parts.push(Part::Literal("[".to_owned()));
                    let inner = self.lexer.key()?;
                    parts.push(self.key_part(inner)?);
                    let close = self.lexer.key()?;
                    if close.kind != TokenKind::BracketClose {
                        return Err(unexpected(close, "']'"));
                    }
                    parts.push(Part::Literal("]".to_owned()));
                }
                TokenKind::Dot if !first => {
                    parts.push(Part::Literal(".".to_owned()));
                    let inner = self.lexer.key()?;
                    may_be_name &= inner.kind != TokenKind::OtherKey;
                    parts.push(self.key_part(inner)?);
                }
                TokenKind::BraceClose if !first => return Ok(Kind::Node(parts)),
                TokenKind::Colon if !first && may_be_name => {
                    let arguments = self.sequence(TokenKind::BraceClose, open)?;
                    return Ok(Kind::Resolver { name: parts, arguments });
                }
                TokenKind::Colon if !first => {
                    let message = "what stands before ':' is not the name of a resolver".to_owned();
                    return Err(GrammarError { message, offset: open.start });
                }
                TokenKind::End if !first => return Err(unclosed(open)),
                _ if first => {
                    may_be_name &= token.kind != TokenKind::OtherKey;
                    parts.push(self.key_part(token)?);
                }
                TokenKind::Open => {
                    let message =
                        "an interpolation must be a whole key: nothing may touch it but dots and brackets";
                    return Err(GrammarError { message: message.to_owned(), offset: token.start });
                }
                _ => return Err(unexpected(token, "'.', '[', ':' or '}'")),
            }
            first = false;
            token = self.lexer.key()?;
        }
    }

    fn key_part(&mut self, token: Token<'t>) -> Parsed<Part> {
        match token.kind {
            TokenKind::Id | TokenKind::OtherKey => Ok(Part::Literal(token.text.to_owned())),
            TokenKind::Open => Ok(Part::Nested(self.interpolation(token)?)),
            _ => Err(unexpected(token, "a key")),
        }
    }
}

pub(super) fn unclosed(open: Token<'_>) -> GrammarError {
    GrammarError { message: format!("'{}' is never closed", open.text.trim()), offset: open.start }
}

pub(super) fn push_literal(pieces: &mut Vec<Piece>, literal: &str) {
    match pieces.last_mut() {
        Some(Piece::Literal(before)) => before.push_str(literal),
        _ => pieces.push(Piece::Literal(literal.to_owned())),
    }
}
