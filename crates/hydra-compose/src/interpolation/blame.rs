//! Errors that point at the very `${…}`, with a word on what was probably meant.

use super::item::Item;
use super::place::{Place, split_key};
use super::resolvers::Call;
use super::select::{self, Missing};
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
        // As far as the key leads, and then what is near to the part that does not.
        let (mut container, rest) = select::start(&self.container, key).ok()?;
        let mut right = String::new();
        for part in split_key(rest) {
            match session.find(&container, &format!(".{part}"), Missing::Allow) {
                Ok(Some(found)) => match found.item {
                    Item::Node(next) => container = next,
                    _ => return None,
                },
                Ok(None) => {
                    let dots = &key[..key.len() - rest.len()];
                    return match &container.node().value {
                        Value::Map(map) => {
                            let known: Vec<&str> = map.keys().filter_map(Key::as_str).collect();
                            let near = near::among(part, &known)?;
                            Some(format!("did you mean ${{{dots}{right}{near}}}?"))
                        }
                        Value::List(items) => {
                            Some(format!("the list has {} items, counted from 0", items.len()))
                        }
                        _ => None,
                    };
                }
                Err(_) => return None,
            }
            right.push_str(part);
            right.push('.');
        }
        None
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
