//! Following one interpolation, within limits.

use super::blame;
use super::item::Item;
use super::parser;
use super::place::Place;
use super::resolvers::Call;
use super::session::Session;
use crate::error::{Code, Error, Result};
use crate::tree::{Node, Span, Value};
use std::rc::Rc;

/// How deep values may nest and interpolations may lead on to others, together.
/// An interpolation that leads to another takes two; Python's stack ends after 61 of those, or 82 mappings.
pub(super) const DEPTH_LIMIT: usize = 256;
/// The longest text, in bytes, and the most that one question may copy through interpolations.
/// Thirty lines of `a1: ${a0}${a0}` would otherwise fill any memory.
const TEXT_LIMIT: usize = 16 << 20;
const COPY_LIMIT: usize = 4 * TEXT_LIMIT;

/// How the message on a loop starts.
pub(super) const LOOP: &str = "Recursive interpolation detected";

impl<'t> Session<'t> {
    /// What the node at `place` holds: itself, or what its interpolation reads.
    pub(super) fn resolve(&self, place: &Rc<Place<'t>>) -> Result<Item<'t>> {
        let text = match &place.node().value {
            Value::Str(text) if text.contains("${") => text,
            _ => return Ok(Item::Node(Rc::clone(place))),
        };
        let identity = place.tree_node().map(std::ptr::from_ref);
        if let Some(item) = identity.and_then(|identity| self.known.borrow().get(&identity).cloned()) {
            return Ok(item);
        }
        let Some(container) = place.container() else {
            let error =
                Error::new(Code::Interpolation, "Cannot resolve interpolation for a node without a parent");
            return Err(error.label(&place.node().origin, ""));
        };
        self.refuse_loop(place)?;
        let call = Call { session: self, place, container: Rc::clone(container), own_text: true };
        let parsed = parser::parse_text(text).map_err(|error| {
            let span = Span::new(error.offset, (error.offset + 1).min(text.len()));
            call.blame(
                Error::new(Code::Interpolation, format!("Malformed interpolation: {}", error.message)),
                span,
            )
        })?;
        self.under_way.borrow_mut().push(Rc::clone(place));
        let item = self.deeper(|| call.text(&parsed));
        self.under_way.borrow_mut().pop();
        let item = item.map_err(|error| call.blame(error, Span::new(0, text.len())))?;
        if let Some(identity) = identity {
            self.known.borrow_mut().insert(identity, item.clone());
        }
        Ok(item)
    }

    fn refuse_loop(&self, place: &Rc<Place<'t>>) -> Result<()> {
        let under_way = self.under_way.borrow();
        let Some(first) = under_way.iter().position(|other| other.is(place)) else {
            return Ok(());
        };
        let mut names: Vec<String> = under_way[first..].iter().map(|place| place.full_key()).collect();
        // A loop is one and the same wherever one enters it.
        let start = (0..names.len()).min_by_key(|&at| &names[at]).unwrap_or(0);
        names.rotate_left(start);
        names.extend(names.first().cloned());
        Err(Error::new(Code::Interpolation, format!("{LOOP}: {}", names.join(" -> "))))
    }

    /// One level further down, if there may be one.
    pub(super) fn deeper<T>(&self, read: impl FnOnce() -> Result<T>) -> Result<T> {
        let depth = self.depth.get();
        if depth >= DEPTH_LIMIT {
            return Err(too_deep());
        }
        self.depth.set(depth + 1);
        let result = read();
        self.depth.set(depth);
        result
    }

    /// Accounts for `added` bytes of text that is `length` bytes long now.
    pub(super) fn charge_text(&self, length: usize, added: usize) -> Result<()> {
        if length > TEXT_LIMIT {
            let limit = TEXT_LIMIT >> 20;
            return Err(Error::new(
                Code::Interpolation,
                format!("this text is longer than {limit} MiB once resolved"),
            ));
        }
        self.charge(added)
    }

    /// Accounts for so many bytes copied through interpolations.
    pub(super) fn charge(&self, bytes: usize) -> Result<()> {
        self.copied.set(self.copied.get().saturating_add(bytes));
        if self.copied.get() > COPY_LIMIT {
            let limit = COPY_LIMIT >> 20;
            let message = format!("the configuration's interpolations copy more than {limit} MiB");
            return Err(Error::new(Code::Interpolation, message));
        }
        Ok(())
    }

    /// What was read, as the node at `place`: it keeps its origin and remembers the interpolation.
    pub(super) fn shallow(&self, place: &Rc<Place<'t>>, item: &Item<'t>) -> Result<Node> {
        let node = place.node();
        if let Item::Node(target) = item
            && target.is(place)
        {
            return Ok(node.clone());
        }
        let value =
            item.to_value(&node.origin).ok_or_else(|| null_key().label(&node.origin, blame::label(place)))?;
        Ok(Node::new(value, node.origin.clone()).replacing(node.clone()))
    }
}

pub(super) fn too_deep() -> Error {
    Error::new(
        Code::Interpolation,
        format!("values and interpolations nest more than {DEPTH_LIMIT} levels deep"),
    )
}

pub(super) fn null_key() -> Error {
    Error::new(Code::Interpolation, "a mapping in the configuration cannot have null as a key")
}
