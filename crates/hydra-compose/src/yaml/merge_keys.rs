//! Merge keys: `<<: *defaults`, `<<: [*a, *b]`.
//!
//! As PyYAML's `flatten_mapping`: merged pairs come first, in the order of the merge keys, and the mapping's own
//! pairs overrule them; of several mappings in a list the earlier one wins. Unlike there, flattening does not
//! change the source mapping, so a mapping that is merged elsewhere *and* overrules what it merges itself is no
//! "duplicate key".

use super::construct::Constructor;
use super::graph::{Content, Edge, NodeId};
use super::parser::MAX_DEPTH;
use super::tag::Tag;
use crate::error::Result;
use crate::tree::{Int, Key, Span};
use indexmap::IndexMap;
use num_traits::FromPrimitive;
use std::collections::HashMap;
use std::rc::Rc;

/// The pairs of a mapping after merging, in order.
pub(super) type Flattened = Rc<IndexMap<PythonKey, Pair>>;

/// One pair of a flattened mapping.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) key: Key,
    pub(super) key_edge: Edge,
    pub(super) value: Edge,
    /// The value of the merge key that brought it, if one did.
    pub(super) merged_at: Option<Span>,
}

/// What Python's `dict` compares: `1`, `1.0` and `True` are one key there, and the first spelling stays.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum PythonKey {
    Number(Int),
    Other(Key),
}

impl PythonKey {
    fn of(key: &Key) -> Self {
        match key {
            Key::Bool(bool) => Self::Number(Int::from(u8::from(*bool))),
            Key::Int(int) => Self::Number(int.clone()),
            Key::Float(float) if float.fract() == 0.0 => {
                Int::from_f64(*float).map_or_else(|| Self::Other(key.clone()), Self::Number)
            }
            other => Self::Other(other.clone()),
        }
    }
}

/// The mappings that were flattened because something merges them: flattening one again for each of
/// its users would take exponential time in a chain of them.
#[derive(Default)]
pub(super) struct MergeKeys {
    flattened: HashMap<NodeId, Flattened>,
}

impl Constructor<'_> {
    /// The pairs of the mapping at `edge`. `depth` counts the merge keys followed so far.
    pub(super) fn flatten(&mut self, edge: Edge, depth: usize) -> Result<Flattened> {
        if let Some(known) = self.merge_keys.flattened.get(&edge.node) {
            return Ok(Rc::clone(known));
        }
        if depth > MAX_DEPTH {
            return Err(self.error(format!("merge keys follow each other more than {MAX_DEPTH} deep"), edge));
        }
        let graph = self.graph;
        let Content::Map(pairs) = &graph.node(edge).content else {
            let kind = graph.node(edge).kind();
            return Err(self.error(
                format!("expected a mapping or a list of mappings for merging, but found a {kind}"),
                edge,
            ));
        };
        let mut all = IndexMap::with_capacity(pairs.len());
        let mut merges = false;
        for (key, value) in pairs {
            if graph.node(*key).tag == Tag::Merge {
                merges = true;
                self.merge(*value, depth, &mut all)?;
            }
        }
        for (key, value) in pairs {
            if graph.node(*key).tag != Tag::Merge {
                let pair = Pair { key: self.key(*key)?, key_edge: *key, value: *value, merged_at: None };
                put(&mut all, pair);
            }
        }
        let all = Rc::new(all);
        if merges || depth > 0 {
            self.merge_keys.flattened.insert(edge.node, Rc::clone(&all));
        }
        Ok(all)
    }

    /// Merges what stands under one `<<`.
    fn merge(&mut self, value: Edge, depth: usize, into: &mut IndexMap<PythonKey, Pair>) -> Result<()> {
        let graph = self.graph;
        let sources = match &graph.node(value).content {
            // The last one first, so that the earlier ones overrule it.
            Content::List(items) => items.iter().rev().copied().collect(),
            _ => vec![value],
        };
        for source in sources {
            let place = source.alias.or(value.alias).unwrap_or(graph.node(value).span);
            let merged = self.flatten(source, depth + 1)?;
            self.count_copies(merged.len(), place)?;
            for pair in merged.values() {
                put(into, Pair { merged_at: Some(place), ..pair.clone() });
            }
        }
        Ok(())
    }
}

/// As `dict[key] = value`, except that the origin of the key becomes the newer one: that is the line
/// which set the value.
fn put(into: &mut IndexMap<PythonKey, Pair>, pair: Pair) {
    match into.entry(PythonKey::of(&pair.key)) {
        indexmap::map::Entry::Occupied(mut entry) => {
            let key = entry.get().key.clone();
            entry.insert(Pair { key, ..pair });
        }
        indexmap::map::Entry::Vacant(entry) => {
            entry.insert(pair);
        }
    }
}
