//! Where a node stands: relative keys, a node's full name and loops all need to know what is above it.

use crate::tree::{Key, Node, Value};
use std::fmt::Write as _;
use std::rc::Rc;

/// A node of the tree, or one that a resolver made.
#[derive(Clone, Debug)]
pub(super) enum Held<'t> {
    Tree(&'t Node),
    Made(Rc<Node>),
}

impl Held<'_> {
    pub(super) fn node(&self) -> &Node {
        match self {
            Self::Tree(node) => node,
            Self::Made(node) => node,
        }
    }
}

/// A node with everything above it.
#[derive(Clone, Debug)]
pub(super) struct Place<'t> {
    held: Held<'t>,
    above: Option<(Rc<Place<'t>>, Step)>,
}

/// How one gets from a container to what is in it.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Key(Key),
    Index(usize),
    /// Not at all: a resolver made the node for a value of the container.
    Made,
}

impl<'t> Place<'t> {
    pub(super) fn root(node: &'t Node) -> Rc<Self> {
        Rc::new(Self { held: Held::Tree(node), above: None })
    }

    /// A node that a resolver made for a value in `container`.
    pub(super) fn made(node: Node, container: &Rc<Self>) -> Rc<Self> {
        Self::below(container, Held::Made(Rc::new(node)), Step::Made)
    }

    pub(super) fn below(container: &Rc<Self>, held: Held<'t>, step: Step) -> Rc<Self> {
        Rc::new(Self { held, above: Some((Rc::clone(container), step)) })
    }

    pub(super) fn node(&self) -> &Node {
        self.held.node()
    }

    /// The node, if it belongs to the tree, whose nodes outlive the session.
    pub(super) fn tree_node(&self) -> Option<&'t Node> {
        match &self.held {
            Held::Tree(node) => Some(node),
            Held::Made(_) => None,
        }
    }

    pub(super) fn container(&self) -> Option<&Rc<Self>> {
        self.above.as_ref().map(|(container, _)| container)
    }

    pub(super) fn is_container(&self) -> bool {
        matches!(self.node().value, Value::List(_) | Value::Map(_))
    }

    /// Whether both are one and the same node. Looking into what a resolver made copies it, so what stands in there is
    /// the same if one gets to it by the same steps.
    pub(super) fn is(&self, other: &Self) -> bool {
        if std::ptr::eq(self.node(), other.node()) {
            return true;
        }
        match (self, other) {
            (
                Self { held: Held::Made(_), above: Some((a, step)) },
                Self { held: Held::Made(_), above: Some((b, other)) },
            ) => {
                let same_step = match (step, other) {
                    (Step::Key(key), Step::Key(other)) => key == other,
                    (Step::Index(index), Step::Index(other)) => index == other,
                    _ => false,
                };
                same_step && a.is(b)
            }
            _ => false,
        }
    }

    /// What stands under a key of a mapping.
    pub(super) fn under_key(self: &Rc<Self>, key: &Key) -> Option<Rc<Self>> {
        self.child(Step::Key(key.clone()), |node| match &node.value {
            Value::Map(map) => map.entry(key).map(|entry| &entry.node),
            _ => None,
        })
    }

    /// An item of a list.
    pub(super) fn at_index(self: &Rc<Self>, index: usize) -> Option<Rc<Self>> {
        self.child(Step::Index(index), |node| match &node.value {
            Value::List(items) => items.get(index),
            _ => None,
        })
    }

    fn child(self: &Rc<Self>, step: Step, find: impl Fn(&Node) -> Option<&Node>) -> Option<Rc<Self>> {
        let held = match &self.held {
            Held::Tree(node) => {
                let node: &'t Node = node;
                Held::Tree(find(node)?)
            }
            // What resolvers make is small, and seldom looked into.
            Held::Made(node) => Held::Made(Rc::new(find(node)?.clone())),
        };
        Some(Self::below(self, held, step))
    }

    /// Everything directly in a container.
    pub(super) fn children(&self) -> Vec<(Step, Held<'t>)> {
        fn list<'n, 't>(node: &'n Node, hold: impl Fn(&'n Node) -> Held<'t>) -> Vec<(Step, Held<'t>)> {
            match &node.value {
                Value::Map(map) => {
                    map.iter().map(|(key, child)| (Step::Key(key.clone()), hold(child))).collect()
                }
                Value::List(items) => {
                    items.iter().enumerate().map(|(index, child)| (Step::Index(index), hold(child))).collect()
                }
                _ => Vec::new(),
            }
        }
        match &self.held {
            Held::Tree(node) => {
                let node: &'t Node = node;
                list(node, Held::Tree)
            }
            Held::Made(node) => list(node, |child| Held::Made(Rc::new(child.clone()))),
        }
    }

    /// The top of the tree.
    pub(super) fn top(self: &Rc<Self>) -> Rc<Self> {
        let mut top = self;
        while let Some(container) = top.container() {
            top = container;
        }
        Rc::clone(top)
    }

    /// The name as OmegaConf gives it: `a.list[0].b`.
    pub(super) fn full_key(&self) -> String {
        let mut steps = Vec::new();
        let mut place = self;
        while let Some((container, step)) = &place.above {
            steps.push(step);
            place = container;
        }
        let mut name = String::new();
        for step in steps.into_iter().rev() {
            let written = match step {
                Step::Index(index) => write!(name, "[{index}]"),
                Step::Key(key) if name.is_empty() => write!(name, "{key}"),
                Step::Key(key) => write!(name, ".{key}"),
                Step::Made => Ok(()),
            };
            // Writing to a `String` cannot fail.
            debug_assert!(written.is_ok());
        }
        name
    }
}

/// Splits a key at its dots and brackets: `a[b].c` is `a`, `b`, `c`. What fits neither is skipped, as OmegaConf does.
pub(super) fn split_key(key: &str) -> Vec<&str> {
    let dots = key.len() - key.trim_start_matches('.').len();
    let head = key[dots..].find(['.', '[']).map_or(key.len(), |at| dots + at);
    let mut parts: Vec<&str> = key[..head].split('.').collect();
    let mut rest = &key[head..];
    if rest.starts_with('[') && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    while let Some(at) = rest.find(['.', '[']) {
        let (is_dot, after) = (rest[at..].starts_with('.'), &rest[at + 1..]);
        let end = if is_dot {
            Some(after.find(['.', '[']).unwrap_or(after.len()))
        } else {
            after.find(']').filter(|&end| !after[..end].contains('\n'))
        };
        rest = match end {
            Some(end) => {
                parts.push(&after[..end]);
                &after[if is_dot { end } else { end + 1 }..]
            }
            None => after,
        };
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::split_key;

    #[test]
    fn split_key_as_omegaconf() {
        assert_eq!(split_key("a.b[c][d].e"), ["a", "b", "c", "d", "e"]);
        assert_eq!(split_key("[a].b"), ["a", "b"]);
        assert_eq!(split_key("a..b"), ["a", "", "b"]);
        assert_eq!(split_key("a."), ["a", ""]);
        assert_eq!(split_key("a[b]c.d"), ["a", "b", "d"]);
        assert_eq!(split_key("a[b"), ["a"]);
        assert_eq!(split_key(""), [""]);
    }
}
