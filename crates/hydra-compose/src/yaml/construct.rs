//! From the representation graph to values.

use super::binary;
use super::graph::{Content, Edge, Graph, GraphNode};
use super::merge_keys::{Flattened, MergeKeys};
use super::numbers::{float_value, int_value};
use super::parser::MAX_DEPTH;
use super::scalar::bool_value;
use super::tag::Tag;
use super::yaml_error;
use crate::error::{Error, Result};
use crate::tree::{Key, Map, Node, Origin, SourceFile, Span, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How many values aliases and merge keys may copy in one file. A few lines can ask for billions.
const MAX_COPIED: usize = 1_000_000;

/// The value of a document.
pub(super) fn construct(file: &Arc<SourceFile>, graph: &Graph, root: Edge) -> Result<Node> {
    let mut constructor =
        Constructor { file, graph, merge_keys: MergeKeys::default(), depth: 0, copied: 0, copying: None };
    constructor.node(root)
}

/// Builds values; also the hands of `merge_keys`, which need keys and the count of copies.
pub(super) struct Constructor<'a> {
    file: &'a Arc<SourceFile>,
    pub(super) graph: &'a Graph,
    pub(super) merge_keys: MergeKeys,
    depth: usize,
    copied: usize,
    /// The alias or merge key that is being copied.
    copying: Option<Span>,
}

impl Constructor<'_> {
    fn node(&mut self, edge: Edge) -> Result<Node> {
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("values are nested more than {MAX_DEPTH} deep"), edge));
        }
        let outer = self.copying;
        self.copying = outer.or(edge.alias);
        if let Some(place) = self.copying {
            self.count_copies(1, place)?;
        }
        self.depth += 1;
        let value = self.value(edge)?;
        self.depth -= 1;
        self.copying = outer;
        Ok(Node::new(value, self.origin(self.graph.node(edge).span)))
    }

    fn value(&mut self, edge: Edge) -> Result<Value> {
        let node = self.graph.node(edge);
        let invalid = |this: &Self, message: String| this.error(message, edge);
        Ok(match &node.tag {
            Tag::Null => {
                self.text(edge)?;
                Value::Null
            }
            Tag::Bool => {
                let text = self.text(edge)?;
                Value::Bool(
                    bool_value(text).ok_or_else(|| invalid(self, format!("'{text}' is not a boolean")))?,
                )
            }
            Tag::Int => Value::Int(int_value(self.text(edge)?).map_err(|message| invalid(self, message))?),
            Tag::Float => {
                Value::Float(float_value(self.text(edge)?).map_err(|message| invalid(self, message))?)
            }
            Tag::Str => Value::Str(self.text(edge)?.to_owned()),
            Tag::Binary => Value::Bytes(self.bytes(edge)?),
            Tag::Seq => self.list(edge, node)?,
            Tag::Map => self.map(edge, node)?,
            Tag::Pairs => self.pairs(edge, node)?,
            Tag::Merge => {
                let error = invalid(self, "'<<' is a merge key and cannot be a value".into());
                return Err(error.help("write '<<' in quotes for the text"));
            }
            Tag::Value => {
                let error =
                    invalid(self, "'=' has a meaning of its own in YAML 1.1 and cannot be a value".into());
                return Err(error.help("write '=' in quotes for the text"));
            }
            Tag::Other(name) => {
                let error = invalid(self, format!("the tag '{name}' is not known"));
                return Err(
                    error.help("a configuration may use !!str, !!int, !!float, !!bool, !!null and !!binary")
                );
            }
        })
    }

    /// A scalar's text. A mapping with the key `=` may stand for one: YAML 1.1's default value.
    fn text(&self, edge: Edge) -> Result<&str> {
        let mut at = edge;
        for _ in 0..=MAX_DEPTH {
            match &self.graph.node(at).content {
                Content::Scalar(text) => return Ok(text),
                Content::Map(pairs) => {
                    match pairs.iter().find(|(key, _)| self.graph.node(*key).tag == Tag::Value) {
                        Some((_, value)) => at = *value,
                        None => break,
                    }
                }
                Content::List(_) => break,
            }
        }
        Err(self.error(format!("expected a scalar, but found a {}", self.graph.node(at).kind()), edge))
    }

    fn bytes(&self, edge: Edge) -> Result<Vec<u8>> {
        let text = self.text(edge)?;
        if !text.is_ascii() {
            return Err(self.error("base64 data may only have ASCII characters", edge));
        }
        binary::decode(text).ok_or_else(|| self.error("base64 data with wrong padding", edge))
    }

    fn list(&mut self, edge: Edge, node: &GraphNode) -> Result<Value> {
        let Content::List(items) = &node.content else {
            return Err(self.expected("sequence", edge));
        };
        items.iter().map(|item| self.node(*item)).collect::<Result<_>>().map(Value::List)
    }

    fn map(&mut self, edge: Edge, node: &GraphNode) -> Result<Value> {
        let Content::Map(pairs) = &node.content else {
            return Err(self.expected("mapping", edge));
        };
        self.reject_duplicates(pairs)?;
        let mut map = Map::new();
        let flattened: Flattened = self.flatten(edge, 0)?;
        for pair in flattened.values() {
            let outer = self.copying;
            self.copying = outer.or(pair.merged_at);
            let node = self.node(pair.value)?;
            self.copying = outer;
            map.insert(pair.key.clone(), self.origin(self.graph.node(pair.key_edge).span), node);
        }
        Ok(Value::Map(map))
    }

    /// As OmegaConf does: only keys that are strings as they stand, before merging.
    fn reject_duplicates(&self, pairs: &[(Edge, Edge)]) -> Result<()> {
        let mut seen: HashMap<&str, Edge> = HashMap::with_capacity(pairs.len());
        for (key, _) in pairs {
            let node = self.graph.node(*key);
            let (Tag::Str, Content::Scalar(text)) = (&node.tag, &node.content) else {
                continue;
            };
            if let Some(first) = seen.insert(text, *key) {
                return Err(self
                    .error_saying(format!("found duplicate key {text}"), *key, "the second one")
                    .label(&self.origin(self.graph.place(first)), "the first one"));
            }
        }
        Ok(())
    }

    /// `!!omap` and `!!pairs`: a sequence of mappings with one key each, for OmegaConf a list of lists.
    fn pairs(&mut self, edge: Edge, node: &GraphNode) -> Result<Value> {
        let Content::List(items) = &node.content else {
            return Err(self.expected("sequence", edge));
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let Content::Map(pairs) = &self.graph.node(*item).content else {
                return Err(self.expected("mapping", *item));
            };
            let [(key, value)] = pairs.as_slice() else {
                return Err(self.error(format!("expected one key, but found {}", pairs.len()), *item));
            };
            let pair = vec![self.node(*key)?, self.node(*value)?];
            list.push(Node::new(Value::List(pair), self.origin(self.graph.node(*item).span)));
        }
        Ok(Value::List(list))
    }

    /// The key that a node stands for.
    pub(super) fn key(&mut self, edge: Edge) -> Result<Key> {
        // As a key, `=` is a plain string.
        if let (Tag::Value, Content::Scalar(text)) =
            (&self.graph.node(edge).tag, &self.graph.node(edge).content)
        {
            return Ok(Key::Str(text.clone()));
        }
        let python_type = match self.node(edge)?.value {
            Value::Str(text) => return Ok(Key::Str(text)),
            Value::Int(int) => return Ok(Key::Int(int)),
            Value::Float(float) => return Ok(Key::Float(float)),
            Value::Bool(bool) => return Ok(Key::Bool(bool)),
            Value::Bytes(bytes) => return Ok(Key::Bytes(bytes)),
            Value::Null => "NoneType",
            Value::List(_) => "list",
            Value::Map(_) => "dict",
        };
        Err(self
            .error(format!("Incompatible key type '{python_type}'"), edge)
            .help("a key is a string, an integer, a float or a boolean; quote it for a string"))
    }

    /// Counts values that are copied; too many are an error at the place that asks for them.
    pub(super) fn count_copies(&mut self, count: usize, place: Span) -> Result<()> {
        self.copied += count;
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        let message = format!("aliases and merge keys copy more than {MAX_COPIED} values in this file");
        Err(yaml_error(message).label(&self.origin(place), "too many with the copies made here"))
    }

    fn expected(&self, kind: &str, edge: Edge) -> Error {
        self.error(format!("expected a {kind}, but found a {}", self.graph.node(edge).kind()), edge)
    }

    pub(super) fn error(&self, message: impl Into<String>, edge: Edge) -> Error {
        self.error_saying(message, edge, "")
    }

    fn error_saying(&self, message: impl Into<String>, edge: Edge, label: &str) -> Error {
        yaml_error(message).label(&self.origin(self.graph.place(edge)), label)
    }

    fn origin(&self, span: Span) -> Origin {
        Origin::file(self.file, span)
    }
}
