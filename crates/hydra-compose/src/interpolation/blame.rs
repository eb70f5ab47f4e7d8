//! Errors that point at the very `${…}`, with a word on what was probably meant.

use super::item::Item;
use super::place::{Place, split_key};
use super::resolvers::Call;
use super::select::{self, Found, Missing};
use crate::error::Error;
use crate::near;
use crate::tree::{Key, Node, Origin, Span, Value};
use std::rc::Rc;

impl<'s, 't> Call<'s, 't> {
    /// The error with this interpolation as its place, unless one further in has it already.
    pub(super) fn blame(&self, error: Error, span: Span) -> Error {
        if !error.labels().is_empty() {
            return error;
        }
        let node = self.place.node();
        let origin = if self.own_text { narrow(node, span) } else { node.origin.clone() };
        error.label(&origin, label(self.place))
    }

    /// What may have been meant by a key that is not there.
    pub(super) fn hint(&self, key: &str) -> Option<String> {
        let session = self.session;
        let is_there = |key: &str| matches!(session.find(&self.container, key, Missing::Allow), Ok(Some(_)));
        if let Some(path) = key.strip_prefix("hydra.")
            && session.hydra_node().is_some_and(|hydra| {
                matches!(session.find(hydra, &format!(".{path}"), Missing::Allow), Ok(Some(_)))
            })
        {
            return Some(format!("Hydra's own node is read with a colon: ${{hydra:{path}}}"));
        }
        let relative = key.starts_with('.');
        let other = if relative { key.trim_start_matches('.').to_owned() } else { format!(".{key}") };
        if is_there(&other) {
            let from = if relative {
                "a key without a leading dot counts from the root"
            } else {
                "a key without a leading dot counts from the root, with one from here"
            };
            return Some(format!("did you mean ${{{other}}}? {from}"));
        }
        let only = self.only_one(key).filter(|other| is_there(other));
        only.map(|other| format!("did you mean ${{{other}}}?")).or_else(|| self.nearest(key))
    }

    /// The key that ends as `key` does, if it is the only one: `${lr}` for `${optimizer.lr}`.
    fn only_one(&self, key: &str) -> Option<&'s str> {
        let parts = split_key(key.trim_start_matches('.'));
        // `optimizer: {lr: ${lr}}` does not mean itself.
        let own = self.place.full_key().replace('[', ".").replace(']', "");
        let mut found = self.session.names().ending_with(&parts).filter(|other| *other != own);
        found.next().filter(|_| found.next().is_none())
    }

    /// The key with what is near in the place of each part that is not there, as far as it leads.
    fn nearest(&self, key: &str) -> Option<String> {
        let (mut container, rest) = select::start(&self.container, key).ok()?;
        let mut meant = key[..key.len() - rest.len()].to_owned();
        let mut is_another = false;
        for (depth, part) in split_key(rest).into_iter().enumerate() {
            let step = |name: &str| self.session.find(&container, &format!(".{name}"), Missing::Allow);
            let (name, found) = match step(part) {
                Ok(None) => {
                    if let (Value::List(items), false) = (&container.node().value, is_another) {
                        return Some(format!("the list has {} items, counted from 0", items.len()));
                    }
                    let Some(near) = self.near_in(&container, part) else { break };
                    is_another = true;
                    let found = step(&near);
                    (near, found)
                }
                found => (part.to_owned(), found),
            };
            if depth > 0 {
                meant.push('.');
            }
            meant.push_str(&name);
            match found {
                Ok(Some(Found { item: Item::Node(next), .. })) => container = next,
                _ => break,
            }
        }
        is_another.then(|| format!("did you mean ${{{meant}}}?"))
    }

    /// The key of a mapping that is like `part`, but for the one that is asking.
    fn near_in(&self, container: &Rc<Place<'t>>, part: &str) -> Option<String> {
        let is_own = |key: &Key| container.under_key(key).is_some_and(|child| child.is(self.place));
        let others = container.node().as_map()?.keys().filter(|key| !is_own(key));
        let known: Vec<&str> = others.filter_map(Key::as_str).collect();
        near::among(part, &known).map(str::to_owned)
    }
}

/// What an error's label says about a node.
pub(super) fn label(place: &Rc<Place<'_>>) -> String {
    match place.full_key() {
        key if key.is_empty() => String::new(),
        key => format!("in '{key}'"),
    }
}

/// The place of `span`, which counts in the node's text: known if the text stands in its source as it is.
fn narrow(node: &Node, span: Span) -> Origin {
    let (Some((source, token)), Some(text)) = (node.origin.snippet(), node.as_str()) else {
        return node.origin.clone();
    };
    let Some(written) = source.get(token.start..token.end) else {
        return node.origin.clone();
    };
    let quoted = ['\'', '"'].iter().find_map(|&mark| written.strip_prefix(mark)?.strip_suffix(mark));
    let start = match quoted {
        _ if written == text => token.start,
        Some(inner) if inner == text => token.start + 1,
        _ => return node.origin.clone(),
    };
    let mut origin = node.origin.clone();
    if let Origin::File { span: narrowed, .. } | Origin::Override { span: narrowed, .. } = &mut origin {
        *narrowed = Span::new(start + span.start, start + span.end);
    }
    origin
}
