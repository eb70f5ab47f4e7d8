//! Tokens to an override, by recursive descent. Functions are evaluated as soon as they are read.

use super::call::Given;
use super::functions;
use super::lexer::{Kind, Token, tokens};
use super::parsed::OverrideKind;
use super::primitive;
use super::problem::{self, Problem};
use super::value::{ChoiceForm, ChoiceSweep, Element, ElementKind, Sweep};
use crate::tree::Span;

/// Hydra gives up, by Python's recursion limit, at about this depth; a stack of 2 MiB holds much more.
pub(super) const DEEPEST: usize = 500;

/// What an argument says.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) kind: OverrideKind,
    pub(super) key: Span,
    pub(super) package: Option<Span>,
    pub(super) value: Option<Element>,
}

/// What stands before the `=`.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) kind: OverrideKind,
    pub(super) key: Span,
    pub(super) package: Option<Span>,
}

/// Reads a whole argument.
pub(super) fn parse(text: &str) -> Result<Parsed, Problem> {
    parse_part(text, Span::new(0, text.len()))
}

/// Reads a part of an argument as if it were one.
pub(super) fn parse_part(text: &str, span: Span) -> Result<Parsed, Problem> {
    Parser::new(&text[..span.end], span).argument()
}

type Parse<T> = Result<T, Problem>;

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Where `extend_list(…)` was called: it must turn out to be the whole value.
    pub(super) extension: Option<Span>,
}

impl<'a> Parser<'a> {
    /// Of the part of a text that this span covers. It starts in the mode of keys.
    pub(super) fn new(text: &'a str, span: Span) -> Self {
        Self { text, tokens: tokens(text, span), at: 0, depth: 0, extension: None }
    }

    /// The symbols, the key and its package.
    pub(super) fn head(&mut self) -> Parse<Head> {
        let kind = if self.accept(Kind::Tilde) {
            OverrideKind::Delete
        } else if !self.accept(Kind::Plus) {
            OverrideKind::Change
        } else if !self.accept(Kind::Plus) {
            OverrideKind::Add
        } else {
            OverrideKind::ForceAdd
        };
        let key = self.key()?;
        let package = if self.accept(Kind::At) { Some(self.package()) } else { None };
        Ok(Head { kind, key, package })
    }

    /// That nothing follows.
    pub(super) fn end_of_head(&self) -> Parse<()> {
        match self.peek() {
            Token { kind: Kind::End, .. } => Ok(()),
            token => Err(problem::key::unexpected(self.text, token)),
        }
    }

    fn argument(&mut self) -> Parse<Parsed> {
        let Head { mut kind, key, package } = self.head()?;
        let next = self.peek();
        let value = match next.kind {
            Kind::End if kind == OverrideKind::Delete => None,
            Kind::Equal => {
                self.at += 1;
                Some(self.value()?)
            }
            _ => return Err(problem::key::unexpected(self.text, next)),
        };
        if let Some(call) = self.extension {
            if value.as_ref().is_none_or(|value| value.span != call) {
                return Err(problem::call::partial_extension(call));
            }
            if kind != OverrideKind::Change {
                return Err(problem::call::extension_with_symbol(call, key));
            }
            kind = OverrideKind::ExtendList;
        }
        Ok(Parsed { kind, key, package, value })
    }

    /// `a.b`, `group/sub`, or nothing.
    fn key(&mut self) -> Parse<Span> {
        let first = self.peek();
        let mut span = self.package();
        if first.kind == Kind::Name {
            while self.accept(Kind::Slash) {
                let part = self.peek();
                if part.kind != Kind::Name {
                    return Err(problem::key::unexpected(self.text, part));
                }
                span.end = part.span.end;
                self.at += 1;
            }
        }
        Ok(span)
    }

    /// `a.b`, or nothing.
    fn package(&mut self) -> Span {
        let token = self.peek();
        match token.kind {
            Kind::Name | Kind::SpecialName | Kind::DotPath => {
                self.at += 1;
                token.span
            }
            _ => Span::new(token.span.start, token.span.start),
        }
    }

    /// All that follows the `=`.
    fn value(&mut self) -> Parse<Element> {
        let start = self.peek().span.start;
        if self.peek().kind == Kind::End {
            return Ok(Element::new(ElementKind::Str(String::new()), Span::new(start, start)));
        }
        let first = self.element()?;
        let value = if self.peek().kind == Kind::Comma {
            let mut list = vec![first];
            while self.accept(Kind::Comma) {
                list.push(self.element()?);
            }
            let span = Span::new(start, self.last_end());
            Element::new(Sweep::Choice(ChoiceSweep::new(list, ChoiceForm::Simple)).into(), span)
        } else {
            first
        };
        self.finish()?;
        Ok(value)
    }

    /// That the value ends here.
    pub(super) fn finish(&self) -> Parse<()> {
        match self.peek() {
            Token { kind: Kind::End, .. } => Ok(()),
            token => Err(problem::value::after(self.text, self.previous(), token)),
        }
    }

    /// Whether a call comes next.
    pub(super) fn calls(&self) -> bool {
        let next = self.tokens.get(self.at + 1);
        self.peek().kind == Kind::Name && next.is_some_and(|next| next.kind == Kind::ParenOpen)
    }

    pub(super) fn element(&mut self) -> Parse<Element> {
        let token = self.peek();
        match token.kind {
            Kind::Name if self.calls() => self.nested(Self::call),
            Kind::BracketOpen => self.nested(Self::list),
            Kind::BraceOpen => self.nested(Self::map),
            Kind::Quoted => {
                self.at += 1;
                Ok(Element::new(primitive::quoted(self.slice(token.span)), token.span))
            }
            _ => self.primitive(is_primitive),
        }
    }

    fn primitive(&mut self, belongs: fn(Kind) -> bool) -> Parse<Element> {
        let start = self.at;
        while belongs(self.peek().kind) {
            self.at += 1;
        }
        let run = &self.tokens[start..self.at];
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return Err(problem::value::missing(self.text, self.previous(), self.peek()));
        };
        let span = Span::new(first.span.start, last.span.end);
        let kind = primitive::unquoted(self.text, run)
            .ok_or_else(|| Problem::new("Trying to parse a primitive that is all whitespaces", span))?;
        Ok(Element::new(kind, span))
    }

    fn list(&mut self) -> Parse<ElementKind> {
        let mut items = Vec::new();
        let open = self.next().span;
        if self.accept(Kind::BracketClose) {
            return Ok(ElementKind::List(items));
        }
        loop {
            items.push(self.element()?);
            if !self.more(Kind::BracketClose, open)? {
                return Ok(ElementKind::List(items));
            }
        }
    }

    fn map(&mut self) -> Parse<ElementKind> {
        let mut entries = Vec::new();
        let open = self.next().span;
        if self.accept(Kind::BraceClose) {
            return Ok(ElementKind::Map(entries));
        }
        loop {
            if !is_map_key(self.peek().kind) {
                return Err(problem::value::map_key(self.text, self.previous(), self.peek()));
            }
            let key = self.primitive(is_map_key)?;
            if !self.accept(Kind::Colon) {
                return Err(problem::value::no_colon(self.text, key.span, self.peek()));
            }
            entries.push((key, self.element()?));
            if !self.more(Kind::BraceClose, open)? {
                return Ok(ElementKind::Map(primitive::unique_keys(entries)));
            }
        }
    }

    fn call(&mut self) -> Parse<ElementKind> {
        let name = self.next().span;
        let open = self.next().span;
        let mut given = Vec::new();
        if !self.accept(Kind::ParenClose) {
            loop {
                let name = self.argument_name();
                if name.is_none() && given.last().is_some_and(|last: &Given| last.name.is_some()) {
                    return Err(problem::call::unnamed(self.peek()));
                }
                given.push(Given { name, element: self.element()? });
                if !self.more(Kind::ParenClose, open)? {
                    break;
                }
            }
        }
        let span = Span::new(name.start, self.last_end());
        let name = self.slice(name).to_owned();
        if name == functions::EXTEND_LIST {
            self.extension = Some(span);
        }
        functions::call(&name, given)
            .map_err(|failure| problem::call::failed(self.text, span, &name, &failure))
    }

    fn argument_name(&mut self) -> Option<String> {
        let name = self.peek();
        let is_named = name.kind == Kind::Name
            && self.tokens.get(self.at + 1).is_some_and(|next| next.kind == Kind::Equal);
        is_named.then(|| {
            self.at += 2;
            self.slice(name.span).to_owned()
        })
    }

    /// After an item: whether another follows, or else the end was read.
    pub(super) fn more(&mut self, close: Kind, open: Span) -> Parse<bool> {
        if self.accept(Kind::Comma) {
            return Ok(true);
        }
        if self.accept(close) {
            return Ok(false);
        }
        Err(problem::value::not_closed(self.text, open, self.previous(), self.peek()))
    }

    fn nested(&mut self, read: fn(&mut Self) -> Parse<ElementKind>) -> Parse<Element> {
        let start = self.peek().span.start;
        if self.depth == DEEPEST {
            return Err(Problem::new(format!("nested more than {DEEPEST} levels deep"), self.peek().span));
        }
        self.depth += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(Element::new(kind, Span::new(start, self.last_end())))
    }

    pub(super) fn peek(&self) -> Token {
        // The last token is the end, and it is never passed.
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub(super) fn accept(&mut self, kind: Kind) -> bool {
        let accepted = self.peek().kind == kind;
        self.at += usize::from(accepted);
        accepted
    }

    fn previous(&self) -> Token {
        self.tokens[self.at.saturating_sub(1).min(self.tokens.len() - 1)]
    }

    pub(super) fn last_end(&self) -> usize {
        self.previous().span.end
    }

    fn slice(&self, span: Span) -> &str {
        &self.text[span.start..span.end]
    }
}

fn is_map_key(kind: Kind) -> bool {
    is_primitive(kind) && !matches!(kind, Kind::Colon | Kind::Interpolation)
}

fn is_primitive(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Name
            | Kind::Null
            | Kind::Int
            | Kind::Float
            | Kind::Bool
            | Kind::Interpolation
            | Kind::Character
            | Kind::Colon
            | Kind::Escape
            | Kind::Blank
    )
}
