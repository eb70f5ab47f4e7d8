//! What stands in the arguments of a resolver, and in what `oc.decode` reads.

use super::GrammarError;
use super::grammar::{Argument, Element, Piece, Scalar};
use super::lexer::{Token, TokenKind};
use super::number;
use super::parser::{Parsed, Parser, push_literal, unclosed, unescape, unexpected};

impl<'t> Parser<'t> {
    fn peek_value(&self) -> Parsed<Token<'t>> {
        self.lexer.clone().value()
    }

    /// Elements between commas, up to `close`, which is taken. Nothing between commas is an empty string.
    pub(super) fn sequence(&mut self, close: TokenKind, open: Token<'t>) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        let (mut after_comma, mut any) = (true, false);
        let empty = || Argument { text: String::new(), element: None };
        loop {
            let token = self.peek_value()?;
            if token.kind == close {
                self.lexer.value()?;
                if any && after_comma {
                    arguments.push(empty());
                }
                return Ok(arguments);
            }
            match token.kind {
                TokenKind::Comma => {
                    self.lexer.value()?;
                    if after_comma {
                        arguments.push(empty());
                    }
                    after_comma = true;
                }
                TokenKind::End => return Err(unclosed(open)),
                _ if after_comma => {
                    let start = self.lexer.at();
                    let element = self.element()?;
                    let text = self.lexer.source()[start..self.lexer.at()].to_owned();
                    arguments.push(Argument { text, element: Some(element) });
                    after_comma = false;
                }
                _ => {
                    return Err(unexpected(
                        token,
                        if close == TokenKind::BraceClose { "',' or '}'" } else { "',' or ']'" },
                    ));
                }
            }
            any = true;
        }
    }

    pub(super) fn element(&mut self) -> Parsed<Element> {
        let token = self.peek_value()?;
        match token.kind {
            TokenKind::Quote(mark) => {
                self.lexer.value()?;
                Ok(Element::Quoted(self.nested(|parser| parser.text(Some(mark)))?))
            }
            TokenKind::BracketOpen => {
                self.lexer.value()?;
                Ok(Element::List(self.nested(|parser| parser.sequence(TokenKind::BracketClose, token))?))
            }
            TokenKind::BraceOpen => {
                self.lexer.value()?;
                Ok(Element::Dict(self.nested(|parser| parser.dict(token))?))
            }
            _ => self.primitive(),
        }
    }

    /// The pairs after `{`, with the closing `}`.
    fn dict(&mut self, open: Token<'t>) -> Parsed<Vec<(Scalar, Element)>> {
        let mut pairs = Vec::new();
        if self.peek_value()?.kind == TokenKind::BraceClose {
            self.lexer.value()?;
            return Ok(pairs);
        }
        loop {
            let key = self.dict_key()?;
            let value = self.element()?;
            pairs.push((key, value));
            let token = self.lexer.value()?;
            match token.kind {
                TokenKind::Comma => {}
                TokenKind::BraceClose => return Ok(pairs),
                TokenKind::End => return Err(unclosed(open)),
                _ => return Err(unexpected(token, "',' or '}'")),
            }
        }
    }

    /// A key with its colon. Keys hold no quotes and no interpolations.
    fn dict_key(&mut self) -> Parsed<Scalar> {
        let mut tokens = Vec::new();
        loop {
            let token = self.lexer.value()?;
            match token.kind {
                TokenKind::Colon if !tokens.is_empty() => return Ok(scalar(&tokens)),
                TokenKind::Quote(_) => {
                    let message = "keys are written without quotes here".to_owned();
                    return Err(GrammarError { message, offset: token.start });
                }
                _ if is_primitive(token.kind) && token.kind != TokenKind::Colon => tokens.push(token),
                _ if tokens.is_empty() => return Err(unexpected(token, "a key")),
                _ => return Err(unexpected(token, "':'")),
            }
        }
    }

    /// Unquoted tokens and interpolations. One alone keeps its type; several are a string.
    fn primitive(&mut self) -> Parsed<Element> {
        let mut pieces = Vec::new();
        let mut plain = Vec::new();
        let mut interpolations = 0;
        loop {
            let token = self.peek_value()?;
            if token.kind == TokenKind::Open {
                self.lexer.value()?;
                pieces.push(Piece::Interpolation(self.interpolation(token)?));
                interpolations += 1;
            } else if is_primitive(token.kind) {
                self.lexer.value()?;
                push_literal(&mut pieces, &token_text(token));
                plain.push(token);
            } else if pieces.is_empty() {
                return Err(unexpected(token, "a value"));
            } else {
                break;
            }
        }
        if interpolations == 0 {
            return Ok(Element::Scalar(scalar(&plain)));
        }
        match pieces.pop() {
            Some(Piece::Interpolation(only)) if pieces.is_empty() => Ok(Element::Interpolation(only)),
            last => {
                pieces.extend(last);
                Ok(Element::Joined(pieces))
            }
        }
    }
}

fn is_primitive(kind: TokenKind) -> bool {
    use TokenKind::{Blank, Bool, Colon, Escape, Float, Id, Int, Null, Symbol};
    matches!(kind, Id | Null | Int | Float | Bool | Symbol | Colon | Escape | Blank)
}

fn token_text(token: Token<'_>) -> String {
    if token.kind == TokenKind::Escape { unescape(token.text) } else { token.text.to_owned() }
}

fn scalar(tokens: &[Token<'_>]) -> Scalar {
    let [token] = tokens else {
        return Scalar::Str(tokens.iter().map(|&token| token_text(token)).collect());
    };
    match token.kind {
        TokenKind::Null => Scalar::Null,
        TokenKind::Bool => Scalar::Bool(token.text.eq_ignore_ascii_case("true")),
        TokenKind::Int => number::int(token.text).map_or(Scalar::Null, Scalar::Int),
        TokenKind::Float => Scalar::Float(number::float(token.text)),
        TokenKind::Blank => Scalar::Blank,
        _ => Scalar::Str(token_text(*token)),
    }
}
