//! From tokens to the representation graph: PyYAML's parser and composer in one.

use super::graph::{Content, Edge, Graph, GraphNode};
use super::scalar::loader_tag;
use super::scanner::Scanner;
use super::tag::Tag;
use super::token::{Kind, Token};
use crate::error::{Error, Result};
use crate::tree::{Origin, SourceFile, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// How deep values may be nested. OmegaConf itself gives up, by Python's recursion limit, at about 90.
pub(super) const MAX_DEPTH: usize = 128;

/// A document, or nothing for a text without one.
pub(super) fn parse(file: &Arc<SourceFile>) -> Result<Option<(Graph, Edge)>> {
    let scanner = Scanner::new(file)?;
    let mut parser = Parser {
        file,
        scanner,
        graph: Graph::default(),
        anchors: HashMap::new(),
        handles: HashMap::new(),
        depth: 0,
    };
    let root = parser.stream()?;
    Ok(root.map(|root| (parser.graph, root)))
}

pub(super) struct Parser<'a> {
    file: &'a Arc<SourceFile>,
    scanner: Scanner<'a>,
    pub(super) graph: Graph,
    /// Where each anchor stands, and its value once it was read.
    anchors: HashMap<&'a str, (Span, Option<Edge>)>,
    /// What tag handles stand for.
    handles: HashMap<&'a str, String>,
    depth: usize,
}

/// What may stand before a value.
#[derive(Default)]
struct Properties<'a> {
    anchor: Option<&'a str>,
    tag: Option<String>,
    /// The end of the last of them.
    end: Option<usize>,
}

/// Which collections may start where a value is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Between brackets: only brackets.
    Flow,
    /// Also indented ones.
    Block,
    /// Behind a key: also a list that is not indented.
    BlockOrDashes,
}

impl<'a> Parser<'a> {
    fn stream(&mut self) -> Result<Option<Edge>> {
        let explicit = matches!(
            self.peek()?,
            Kind::Version(_)
                | Kind::TagPrefix(..)
                | Kind::OtherDirective
                | Kind::DocumentStart
                | Kind::StreamEnd
        );
        let root = if explicit {
            self.explicit_document()?
        } else {
            self.set_handles(HashMap::new());
            Some(self.node(Allowed::Block)?)
        };
        while *self.peek()? == Kind::DocumentEnd {
            self.next()?;
        }
        let token = self.next()?;
        match token.kind {
            Kind::StreamEnd => Ok(root),
            Kind::DocumentStart | Kind::Version(_) | Kind::TagPrefix(..) | Kind::OtherDirective => {
                let error = super::yaml_error("more than one document in the file");
                Err(error
                    .label(&self.origin(token.span), "the second document starts here")
                    .help("a configuration file holds one document: move the second into a file of its own"))
            }
            found => Err(self.error(format!("{} behind the end of the document", found.words()), token.span)),
        }
    }

    /// A document with `---` before it, or none at the end of the file.
    fn explicit_document(&mut self) -> Result<Option<Edge>> {
        if *self.peek()? == Kind::StreamEnd {
            return Ok(None);
        }
        self.directives()?;
        let start = self.next()?;
        if start.kind != Kind::DocumentStart {
            return Err(self.error(format!("expected '---', but found {}", start.kind.words()), start.span));
        }
        let empty = matches!(
            self.peek()?,
            Kind::Version(_)
                | Kind::TagPrefix(..)
                | Kind::OtherDirective
                | Kind::DocumentStart
                | Kind::DocumentEnd
                | Kind::StreamEnd
        );
        if empty { Ok(Some(self.empty(start.span.end))) } else { self.node(Allowed::Block).map(Some) }
    }

    fn directives(&mut self) -> Result<()> {
        let mut versions = 0;
        let mut handles = HashMap::new();
        while let Kind::Version(_) | Kind::TagPrefix(..) | Kind::OtherDirective = self.peek()? {
            let token = self.next()?;
            match token.kind {
                Kind::Version(_) if versions > 0 => {
                    return Err(self.error("a second YAML version", token.span));
                }
                Kind::Version(major) if major.trim_start_matches('0') != "1" => {
                    return Err(self.error("only YAML 1 is known", token.span));
                }
                Kind::Version(_) => versions += 1,
                Kind::TagPrefix(handle, _) if handles.contains_key(handle) => {
                    return Err(
                        self.error(format!("a second meaning of the tag handle '{handle}'"), token.span)
                    );
                }
                Kind::TagPrefix(handle, prefix) => {
                    handles.insert(handle, prefix);
                }
                _ => {}
            }
        }
        self.set_handles(handles);
        Ok(())
    }

    fn set_handles(&mut self, given: HashMap<&'a str, String>) {
        self.handles = HashMap::from([("!", "!".to_owned()), ("!!", "tag:yaml.org,2002:".to_owned())]);
        self.handles.extend(given);
    }

    /// A value: what stands before it, and itself.
    pub(super) fn node(&mut self, allowed: Allowed) -> Result<Edge> {
        if let Kind::Alias(name) = *self.peek()? {
            let span = self.next()?.span;
            return self.alias(name, span);
        }
        let properties = self.properties()?;
        let token = self.scanner.peek()?;
        let span = token.span;
        let empty = properties.end.map(|end| Span::new(end, end));
        let read: fn(&mut Self) -> Result<(Content, usize)> = match (&token.kind, empty) {
            (Kind::Scalar { .. }, _) => return self.scalar(properties),
            (Kind::FlowSequenceStart, _) => Self::flow_list,
            (Kind::FlowMappingStart, _) => Self::flow_map,
            (Kind::BlockEntry, _) if allowed == Allowed::BlockOrDashes => Self::dashes,
            (Kind::BlockSequenceStart, _) if allowed != Allowed::Flow => Self::block_list,
            (Kind::BlockMappingStart, _) if allowed != Allowed::Flow => Self::block_map,
            (_, Some(empty)) => {
                let tag = properties.tag.as_deref().map_or(Tag::Null, |name| scalar_tag(name, ""));
                return Ok(self.add(tag, Content::Scalar(String::new()), empty, properties.anchor));
            }
            (found, None) => {
                let message = format!("expected a value, but found {}", found.words());
                return Err(self.error(message, span));
            }
        };
        if self.depth == MAX_DEPTH {
            return Err(self.error(format!("values are nested more than {MAX_DEPTH} deep"), span));
        }
        self.depth += 1;
        let (content, end) = read(self)?;
        self.depth -= 1;
        let default = if matches!(content, Content::List(_)) { Tag::Seq } else { Tag::Map };
        let tag = properties.tag.filter(|name| name != "!").map_or(default, |name| Tag::named(&name));
        Ok(self.add(tag, content, Span::new(span.start, end), properties.anchor))
    }

    fn scalar(&mut self, properties: Properties<'a>) -> Result<Edge> {
        let Token { kind: Kind::Scalar { text, plain }, span } = self.next()? else {
            return Ok(self.empty(0)); // Not reached: the caller saw a scalar.
        };
        let tag = match properties.tag {
            None if plain => loader_tag(&text),
            None => Tag::Str,
            Some(name) => scalar_tag(&name, &text),
        };
        Ok(self.add(tag, Content::Scalar(text), span, properties.anchor))
    }

    /// An anchor and a tag, in either order.
    fn properties(&mut self) -> Result<Properties<'a>> {
        let mut properties = Properties::default();
        loop {
            let is_next = match self.peek()? {
                Kind::Anchor(_) => properties.anchor.is_none(),
                Kind::Tag(..) => properties.tag.is_none(),
                _ => false,
            };
            if !is_next {
                return Ok(properties);
            }
            let token = self.next()?;
            properties.end = Some(token.span.end);
            match token.kind {
                Kind::Anchor(name) => {
                    self.declare(name, token.span)?;
                    properties.anchor = Some(name);
                }
                Kind::Tag(handle, suffix) => {
                    properties.tag = Some(self.full_tag(handle, suffix, token.span)?)
                }
                _ => {}
            }
        }
    }

    fn full_tag(&self, handle: Option<&'a str>, suffix: String, span: Span) -> Result<String> {
        let Some(handle) = handle else { return Ok(suffix) };
        match self.handles.get(handle) {
            Some(prefix) => Ok(format!("{prefix}{suffix}")),
            None => Err(self.error(format!("the tag handle '{handle}' is not declared"), span)),
        }
    }

    fn declare(&mut self, name: &'a str, span: Span) -> Result<()> {
        match self.anchors.insert(name, (span, None)) {
            Some((first, _)) => Err(super::yaml_error(format!("found duplicate anchor {name}"))
                .label(&self.origin(span), "the second one")
                .label(&self.origin(first), "the first one")),
            None => Ok(()),
        }
    }

    fn alias(&self, name: &str, span: Span) -> Result<Edge> {
        match self.anchors.get(name) {
            Some((_, Some(edge))) => Ok(Edge { alias: Some(span), ..*edge }),
            Some((anchor, None)) => {
                let error =
                    self.error(format!("the alias '{name}' stands inside of the value it refers to"), span);
                Err(error.label(&self.origin(*anchor), "the value"))
            }
            None => Err(self.error(format!("found undefined alias '{name}'"), span)),
        }
    }

    pub(super) fn add(&mut self, tag: Tag, content: Content, span: Span, anchor: Option<&'a str>) -> Edge {
        let edge = self.graph.add(GraphNode { tag, content, span });
        if let Some((_, value)) = anchor.and_then(|name| self.anchors.get_mut(name)) {
            *value = Some(edge);
        }
        edge
    }

    /// A value that is not written.
    pub(super) fn empty(&mut self, at: usize) -> Edge {
        self.add(Tag::Null, Content::Scalar(String::new()), Span::new(at, at), None)
    }

    /// Where the text of a value ends.
    pub(super) fn end_of(&self, edge: Edge) -> usize {
        self.graph.place(edge).end
    }

    pub(super) fn peek(&mut self) -> Result<&Kind<'a>> {
        self.scanner.peek().map(|token| &token.kind)
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>> {
        self.scanner.next()
    }

    pub(super) fn error(&self, message: impl Into<String>, span: Span) -> Error {
        self.scanner.error(message, span)
    }

    fn origin(&self, span: Span) -> Origin {
        Origin::file(self.file, span)
    }
}

/// The tag of a scalar that has one written before it; `!` means none.
fn scalar_tag(name: &str, text: &str) -> Tag {
    if name == "!" { loader_tag(text) } else { Tag::named(name) }
}
