//! Ordered mappings.

use super::{Key, Node, Origin};
use indexmap::IndexMap;
use indexmap::map::Entry as Slot;

/// A mapping that keeps the order in which keys were first set, as Python's `dict`.
///
/// ```
/// use hydra_compose::tree::{Map, Node, Origin, Value};
/// let here = Origin::Builtin("an example");
/// let mut map = Map::new();
/// map.insert("lr".into(), here.clone(), Node::new(Value::Float(1e-3), here));
/// assert!(map.get("lr").is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: IndexMap<Key, Entry>,
}

/// What stands under one key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key was first written.
    pub key_origin: Origin,
    /// The value.
    pub node: Node,
}

impl Map {
    /// An empty mapping.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under a string key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.node)
    }

    /// The value under a string key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.get_mut(key).map(|entry| &mut entry.node)
    }

    /// The entry under any key.
    pub fn entry(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// The entry under any key, to be changed.
    pub fn entry_mut(&mut self, key: &Key) -> Option<&mut Entry> {
        self.entries.get_mut(key)
    }

    /// Sets a key. An existing key keeps its place and its key's origin.
    pub fn insert(&mut self, key: Key, key_origin: Origin, node: Node) {
        match self.entries.entry(key) {
            Slot::Occupied(mut slot) => slot.get_mut().node = node,
            Slot::Vacant(slot) => {
                slot.insert(Entry { key_origin, node });
            }
        }
    }

    /// Sets a key in first place, moving it there if it exists.
    pub fn insert_first(&mut self, key: Key, key_origin: Origin, node: Node) {
        self.entries.shift_insert(0, key, Entry { key_origin, node });
    }

    /// Takes a string key out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        self.entries.shift_remove(key).map(|entry| entry.node)
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Node)> {
        self.entries.iter().map(|(key, entry)| (key, &entry.node))
    }

    /// Keys and values in order, values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Node)> {
        self.entries.iter_mut().map(|(key, entry)| (key, &mut entry.node))
    }

    /// Keys and whole entries in order.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.iter()
    }

    /// Keys and whole entries in order, consuming the map.
    pub fn into_entries(self) -> impl Iterator<Item = (Key, Entry)> {
        self.entries.into_iter()
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.entries.keys()
    }
}

/// The same keys with the same values in the same order; origins do not count.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| a == b)
    }
}
