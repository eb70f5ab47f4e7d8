//! A tree copied with everything in it resolved.

use super::blame;
use super::item::{Item, ItemKey};
use super::place::{Held, Place, Step};
use super::resolve::{DEPTH_LIMIT, LOOP, null_key, too_deep};
use super::resolvers::Call;
use super::session::{Session, ToMissing};
use crate::error::{Code, Error, Result};
use crate::tree::{Map, Node, Origin, Value};
use std::rc::Rc;

/// What a copied node takes besides its text, roughly.
const NODE_SIZE: usize = 128;

struct Copy<'s, 't> {
    session: &'s Session<'t>,
    to_missing: ToMissing,
    errors: Vec<Error>,
    /// The containers that are being copied, outermost first.
    open: Vec<Rc<Place<'t>>>,
    /// How many interpolations led to where we are.
    followed: usize,
    /// Set once there is no room for more.
    is_full: bool,
}

impl<'t> Session<'t> {
    /// The node at `place` with everything in it resolved, or all that is wrong with it.
    pub(super) fn in_depth(&self, place: &Rc<Place<'t>>, to_missing: ToMissing) -> Result<Node> {
        let mut copy = Copy::new(self, to_missing);
        let node = copy.node(place);
        copy.finish(node)
    }

    /// An argument for somebody else's resolver.
    pub(super) fn value_of(&self, item: &Item<'t>, call: &Call<'_, 't>) -> Result<Value> {
        let mut copy = Copy::new(self, ToMissing::Refuse);
        copy.followed = 1;
        let value = copy.item(item, call.place);
        copy.finish(value)
    }
}

impl<'s, 't> Copy<'s, 't> {
    fn new(session: &'s Session<'t>, to_missing: ToMissing) -> Self {
        Self { session, to_missing, errors: Vec::new(), open: Vec::new(), followed: 0, is_full: false }
    }

    fn finish<T>(self, copied: T) -> Result<T> {
        Error::several(self.errors).map_or(Ok(copied), Err)
    }

    /// Notes an error. One that many nodes run into is told once, by the first that does; a loop's nodes all do.
    fn fail(&mut self, error: Error, place: &Rc<Place<'t>>) {
        let is_loop = error.message().starts_with(LOOP);
        let is_same = |other: &Error| {
            other.message() == error.message()
                && (is_loop || other.labels().first() == error.labels().first())
        };
        if self.errors.iter().any(is_same) {
            return;
        }
        let here = blame::label(place);
        let is_told = error.labels().iter().any(|label| label.text == here);
        let text = if error.labels().is_empty() { here } else { format!("needed {here}") };
        self.errors.push(if is_told { error } else { error.label(&place.node().origin, text) });
    }

    fn node(&mut self, place: &Rc<Place<'t>>) -> Node {
        let node = place.node();
        if node.is_interpolation() {
            return self.follow(place);
        }
        match &node.value {
            Value::List(_) | Value::Map(_) => Node {
                value: self.container(place),
                origin: node.origin.clone(),
                replaced: node.replaced.clone(),
            },
            _ => self.scalar(node, place),
        }
    }

    fn scalar(&mut self, node: &Node, place: &Rc<Place<'t>>) -> Node {
        self.charge(&node.value, place);
        node.clone()
    }

    fn child(&mut self, container: &Rc<Place<'t>>, step: Step, held: Held<'t>) -> Node {
        let node = held.node();
        if node.is_interpolation() || matches!(node.value, Value::List(_) | Value::Map(_)) {
            self.node(&Place::below(container, held, step))
        } else {
            self.scalar(node, container)
        }
    }

    fn follow(&mut self, place: &Rc<Place<'t>>) -> Node {
        let node = place.node();
        let value = match self.session.resolve(place) {
            Ok(item) => {
                self.followed += 1;
                let value = self.item(&item, place);
                self.followed -= 1;
                value
            }
            Err(error) if error.code() == Code::MissingValue && self.to_missing == ToMissing::Keep => {
                Value::Str("???".to_owned())
            }
            Err(error) => {
                self.fail(error, place);
                return node.clone();
            }
        };
        Node::new(value, node.origin.clone()).replacing(node.clone())
    }

    fn item(&mut self, item: &Item<'t>, place: &Rc<Place<'t>>) -> Value {
        match item {
            Item::Node(target) if target.is_container() => self.container(target),
            Item::Node(target) => {
                self.charge(&target.node().value, place);
                target.node().value.clone()
            }
            Item::Scalar(value) => {
                self.charge(value, place);
                Value::clone(value)
            }
            Item::List(items) => {
                let origin = &place.node().origin;
                Value::List(items.iter().map(|item| self.made(item, place, origin)).collect())
            }
            Item::Dict(entries) => {
                let origin = &place.node().origin;
                let mut map = Map::new();
                for (key, item) in entries.iter() {
                    let node = self.made(item, place, origin);
                    match key {
                        ItemKey::Key(key) => map.insert(key.clone(), origin.clone(), node),
                        ItemKey::Null => self.fail(null_key(), place),
                    }
                }
                Value::Map(map)
            }
        }
    }

    fn made(&mut self, item: &Item<'t>, place: &Rc<Place<'t>>, origin: &Origin) -> Node {
        Node::new(self.item(item, place), origin.clone())
    }

    fn container(&mut self, container: &Rc<Place<'t>>) -> Value {
        if self.is_full {
            return Value::Null;
        }
        if self.open.iter().any(|open| open.is(container)) {
            let message = format!("{LOOP}: '{}' leads into itself", container.full_key());
            self.fail(Error::new(Code::Interpolation, message), container);
            return Value::Null;
        }
        if self.open.len() >= DEPTH_LIMIT {
            self.fail(too_deep(), container);
            return Value::Null;
        }
        // Most of a configuration is plain, and a clone costs a fraction of a copy that looks at each node.
        if self.followed == 0 && is_plain(container.node(), DEPTH_LIMIT - self.open.len()) {
            return container.node().value.clone();
        }
        self.open.push(Rc::clone(container));
        self.charge(&Value::Null, container);
        let children = container.children().into_iter();
        let value = match &container.node().value {
            Value::Map(map) => {
                let mut copied = Map::new();
                for ((key, entry), (step, held)) in map.entries().zip(children) {
                    copied.insert(key.clone(), entry.key_origin.clone(), self.child(container, step, held));
                }
                Value::Map(copied)
            }
            _ => Value::List(children.map(|(step, held)| self.child(container, step, held)).collect()),
        };
        self.open.pop();
        value
    }

    fn charge(&mut self, value: &Value, place: &Rc<Place<'t>>) {
        if self.followed == 0 || self.is_full {
            return;
        }
        let text = match value {
            Value::Str(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        if let Err(error) = self.session.charge(NODE_SIZE + text) {
            self.is_full = true;
            self.fail(error, place);
        }
    }
}

/// Whether nothing in a container is to be resolved, and containers nest in it no deeper than there is `room`.
fn is_plain(node: &Node, room: usize) -> bool {
    match &node.value {
        Value::Map(map) => room > 0 && map.iter().all(|(_, node)| is_plain(node, room - 1)),
        Value::List(items) => room > 0 && items.iter().all(|node| is_plain(node, room - 1)),
        _ => !node.is_interpolation(),
    }
}
