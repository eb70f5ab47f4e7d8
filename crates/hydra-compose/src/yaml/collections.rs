//! Lists and mappings, in block style and between brackets. Each gives its content and where it ends.

use super::graph::{Content, Edge};
use super::parser::{Allowed, Parser};
use super::tag::Tag;
use super::token::Kind;
use crate::error::Result;
use crate::tree::Span;

impl Parser<'_> {
    /// `- a` lines that are indented.
    pub(super) fn block_list(&mut self) -> Result<(Content, usize)> {
        let mut end = self.next()?.span.end;
        let mut items = Vec::new();
        while *self.peek()? == Kind::BlockEntry {
            let dash = self.next()?.span.end;
            let item = self.value(Allowed::Block, dash, &[Kind::BlockEntry, Kind::BlockEnd])?;
            end = self.end_of(item).max(dash);
            items.push(item);
        }
        self.end_of_block("list")?;
        Ok((Content::List(items), end))
    }

    /// `- a` lines right below their key.
    pub(super) fn dashes(&mut self) -> Result<(Content, usize)> {
        let mut end = 0;
        let mut items = Vec::new();
        while *self.peek()? == Kind::BlockEntry {
            let dash = self.next()?.span.end;
            let item = self.value(
                Allowed::Block,
                dash,
                &[Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd],
            )?;
            end = self.end_of(item).max(dash);
            items.push(item);
        }
        Ok((Content::List(items), end))
    }

    /// `key: value` lines.
    pub(super) fn block_map(&mut self) -> Result<(Content, usize)> {
        let mut end = self.next()?.span.end;
        let mut pairs = Vec::new();
        while *self.peek()? == Kind::Key {
            let question = self.next()?.span.end;
            let none_before = [Kind::Key, Kind::Value, Kind::BlockEnd];
            let key = self.value(Allowed::BlockOrDashes, question, &none_before)?;
            end = self.end_of(key).max(question);
            let value = if *self.peek()? == Kind::Value {
                end = self.next()?.span.end;
                self.value(Allowed::BlockOrDashes, end, &none_before)?
            } else {
                self.empty(end)
            };
            end = self.end_of(value).max(end);
            pairs.push((key, value));
        }
        self.end_of_block("mapping")?;
        Ok((Content::Map(pairs), end))
    }

    /// `[a, b, c: d]`
    pub(super) fn flow_list(&mut self) -> Result<(Content, usize)> {
        self.next()?;
        let mut items = Vec::new();
        while *self.peek()? != Kind::FlowSequenceEnd {
            if !items.is_empty() {
                self.comma("]")?;
            }
            match self.peek()? {
                Kind::Key => items.push(self.single_pair()?),
                Kind::FlowSequenceEnd => break,
                _ => items.push(self.node(Allowed::Flow)?),
            }
        }
        Ok((Content::List(items), self.next()?.span.end))
    }

    /// `{a: b, c}`
    pub(super) fn flow_map(&mut self) -> Result<(Content, usize)> {
        self.next()?;
        let mut pairs = Vec::new();
        while *self.peek()? != Kind::FlowMappingEnd {
            if !pairs.is_empty() {
                self.comma("}")?;
            }
            match self.peek()? {
                Kind::Key => pairs.push(self.flow_pair(Kind::FlowMappingEnd)?),
                Kind::FlowMappingEnd => break,
                _ => {
                    let key = self.node(Allowed::Flow)?;
                    let value = self.empty(self.end_of(key));
                    pairs.push((key, value));
                }
            }
        }
        Ok((Content::Map(pairs), self.next()?.span.end))
    }

    /// `c: d` between square brackets: a mapping of its own.
    fn single_pair(&mut self) -> Result<Edge> {
        let (key, value) = self.flow_pair(Kind::FlowSequenceEnd)?;
        let span = Span::new(self.graph.place(key).start, self.end_of(value).max(self.end_of(key)));
        Ok(self.add(Tag::Map, Content::Map(vec![(key, value)]), span, None))
    }

    fn flow_pair(&mut self, closing: Kind<'static>) -> Result<(Edge, Edge)> {
        let question = self.next()?.span.end;
        let none_before = [Kind::Value, Kind::FlowEntry, closing];
        let key = self.value(Allowed::Flow, question, &none_before)?;
        let value = if *self.peek()? == Kind::Value {
            let colon = self.next()?.span.end;
            // Two colons in a row are an error, not an empty value.
            self.value(Allowed::Flow, colon, &none_before[1..])?
        } else {
            self.empty(self.end_of(key))
        };
        Ok((key, value))
    }

    /// The value that follows, or behind `at` the one that is not written, if one of these tokens comes next.
    fn value(&mut self, allowed: Allowed, at: usize, none_before: &[Kind<'_>]) -> Result<Edge> {
        let empty = none_before.contains(self.peek()?);
        if empty { Ok(self.empty(at)) } else { self.node(allowed) }
    }

    fn comma(&mut self, closing: &str) -> Result<()> {
        let token = self.next()?;
        if token.kind == Kind::FlowEntry {
            return Ok(());
        }
        let found = token.kind.words();
        let error = self.error(format!("expected ',' or '{closing}', but found {found}"), token.span);
        Err(error.help("between brackets, put text with any of ,?[]{}: in quotes"))
    }

    fn end_of_block(&mut self, what: &str) -> Result<()> {
        let token = self.next()?;
        if token.kind == Kind::BlockEnd {
            return Ok(());
        }
        let found = token.kind.words();
        let error = self
            .error(format!("expected the next line of the {what} or its end, but found {found}"), token.span);
        Err(error.help("check the indentation of this line and of the one before"))
    }
}
