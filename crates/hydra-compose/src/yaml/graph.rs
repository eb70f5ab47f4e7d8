//! A document between parsing and construction: nodes with tags, aliases still shared.
//!
//! PyYAML calls this the representation graph. Merge keys and duplicate keys can only be judged here,
//! where a key is still a tagged scalar and an alias is still a reference. Nodes lie in one `Vec` and
//! refer to each other by number: a long chain of aliases would otherwise be dropped recursively.

use super::tag::Tag;
use crate::tree::Span;

/// The nodes of one document.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<GraphNode>,
}

/// The number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(usize);

/// A node of the graph.
#[derive(Debug)]
pub(super) struct GraphNode {
    pub(super) tag: Tag,
    pub(super) content: Content,
    /// The bytes of the value, without its tag and anchor.
    pub(super) span: Span,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Content {
    Scalar(String),
    List(Vec<Edge>),
    Map(Vec<(Edge, Edge)>),
}

/// A reference to a node: the only one, or one of several through aliases.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) node: NodeId,
    /// The place of the `*alias`, if this is one.
    pub(super) alias: Option<Span>,
}

impl Graph {
    /// Adds a node and refers to it.
    pub(super) fn add(&mut self, node: GraphNode) -> Edge {
        self.nodes.push(node);
        Edge { node: NodeId(self.nodes.len() - 1), alias: None }
    }

    /// The node an edge refers to.
    pub(super) fn node(&self, edge: Edge) -> &GraphNode {
        &self.nodes[edge.node.0]
    }

    /// Where a person sees a reference: the alias, or the node itself.
    pub(super) fn place(&self, edge: Edge) -> Span {
        edge.alias.unwrap_or(self.node(edge).span)
    }
}

impl GraphNode {
    /// What PyYAML calls the kind of node in its messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.content {
            Content::Scalar(_) => "scalar",
            Content::List(_) => "sequence",
            Content::Map(_) => "mapping",
        }
    }
}
