//! Files to one tree: what a later file does to an earlier one. Overrides with a mapping as their value do the same.
//!
//! Mappings merge, keeping the order in which keys were first set; lists and scalars are replaced whole; `???` replaces
//! nothing. What is merged onto an interpolation that leads to a mapping or a list is merged onto a copy of that, as it
//! stands at that moment: keys are merged one by one, in the order of the later file.

use crate::error::{Code, Error, Result};
use crate::interpolation::{Resolvers, Session};
use crate::near;
use crate::tree::{Entry, Key, Map, Node, Value};

/// What becomes of keys that are not there yet.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum NewKeys {
    /// They are added.
    Added,
    /// They are errors: struct mode.
    Refused,
}

/// Merges the mapping `source` into the mapping `root`.
///
/// # Errors
/// A mapping meets a list.
pub(crate) fn merge(root: &mut Node, source: Node, resolvers: &Resolvers) -> Result<()> {
    merge_at(root, Vec::new(), source, NewKeys::Added, resolvers)
}

/// Merges `source` into what stands at `path` in `root`.
///
/// # Errors
/// A mapping meets a list; a key is new and must not be.
pub(crate) fn merge_at(
    root: &mut Node,
    path: Vec<Key>,
    source: Node,
    new_keys: NewKeys,
    resolvers: &Resolvers,
) -> Result<()> {
    Merge { root, path, new_keys, resolvers }.merge(source)
}

struct Merge<'m> {
    root: &'m mut Node,
    /// Where the merge has come to.
    path: Vec<Key>,
    new_keys: NewKeys,
    resolvers: &'m Resolvers,
}

impl Merge<'_> {
    fn merge(&mut self, source: Node) -> Result<()> {
        let Some(dest) = at_mut(self.root, &self.path) else { return Ok(()) };
        match (&dest.value, source.value) {
            (Value::Map(_), Value::Map(source)) => {
                source.into_entries().try_for_each(|(key, entry)| self.merge_key(key, entry))
            }
            (Value::Map(_), value @ Value::List(_)) | (Value::List(_), value @ Value::Map(_)) => {
                let (what, there) = (value.kind(), dest.value.kind());
                Err(Error::new(Code::Merge, format!("{what} cannot be merged with {there}"))
                    .label(&source.origin, format!("{what} here"))
                    .label(&dest.origin, format!("{there} here")))
            }
            (_, value) => {
                let new = Node { value, origin: source.origin, replaced: source.replaced };
                // `???` in the later file means "somebody must set this", and somebody did.
                if !new.is_missing() {
                    dest.replace_by(new);
                }
                Ok(())
            }
        }
    }

    fn merge_key(&mut self, key: Key, entry: Entry) -> Result<()> {
        let Some(parent) = at_mut(self.root, &self.path).and_then(Node::as_map_mut) else { return Ok(()) };
        let Some(there) = parent.entry(&key) else {
            if self.new_keys == NewKeys::Refused {
                return Err(unknown(&key, &entry, &self.path, parent));
            }
            parent.insert(key, entry.key_origin, entry.node);
            return Ok(());
        };
        let is_interpolation = there.node.is_interpolation();
        self.path.push(key);
        if is_interpolation
            && (matches!(entry.node.value, Value::Map(_) | Value::List(_)) || entry.node.is_missing())
        {
            self.copy_target();
        }
        let result = self.merge(entry.node);
        self.path.pop();
        result
    }

    /// Puts a copy of its target in the place of an interpolation, if that is a mapping or a list. An interpolation that
    /// leads nowhere is replaced like any scalar.
    fn copy_target(&mut self) {
        let target = Session::new(self.root, self.resolvers).at(&self.path).ok().flatten();
        if let Some(target) = target
            && matches!(target.value, Value::Map(_) | Value::List(_))
            && let Some(slot) = at_mut(self.root, &self.path)
        {
            slot.replace_by(target);
        }
    }
}

fn unknown(key: &Key, entry: &Entry, path: &[Key], siblings: &Map) -> Error {
    let parts: Vec<String> = path.iter().chain([key]).map(ToString::to_string).collect();
    let (full, names) = (parts.join("."), siblings.keys().map(ToString::to_string).collect::<Vec<_>>());
    Error::new(Code::UnknownKey, format!("Could not override '{full}': there is no key '{key}'"))
        .label(&entry.key_origin, "unknown key")
        .maybe_help(near::among(&key.to_string(), &names).map(|near| format!("did you mean {near}?")))
}

/// The node at a path of keys; an integer key is an index where there is a list.
fn at_mut<'n>(root: &'n mut Node, path: &[Key]) -> Option<&'n mut Node> {
    path.iter().try_fold(root, |node, key| match (&mut node.value, key) {
        (Value::Map(map), key) => Some(&mut map.entry_mut(key)?.node),
        (Value::List(items), Key::Int(index)) => items.get_mut(usize::try_from(index).ok()?),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::SourceFile;
    use crate::yaml;

    fn merged(first: &str, second: &str) -> Result<String> {
        let load = |text: &str| yaml::load(&SourceFile::new("x.yaml", text)).expect("YAML");
        let mut root = load(first);
        merge(&mut root, load(second), &Resolvers::standard())?;
        Ok(yaml::dump(&root))
    }

    #[test]
    fn mappings_merge_and_the_rest_is_replaced() {
        for (first, second, want) in [
            ("a: {x: 1}\nb: 1", "b: 2\na: {y: 2}\nc: 3", "a:\n  x: 1\n  'y': 2\nb: 2\nc: 3\n"),
            ("a: [1, 2]", "a: [3]", "a:\n- 3\n"),
            ("a: {b: 1}", "a: 5", "a: 5\n"),
            ("a: 5", "a: {b: 1}", "a:\n  b: 1\n"),
            ("a: ${b}\nb:\n  c: 1", "b: {c: 2}\na: {d: 1}", "a:\n  c: 2\n  d: 1\nb:\n  c: 2\n"),
            ("a: ${b}\nb: {c: 1}", "a: ???", "a:\n  c: 1\nb:\n  c: 1\n"),
            ("a: {b: 1}", "a: null", "a: null\n"),
            ("a: null", "a: {b: 1}", "a:\n  b: 1\n"),
            ("a: 5", "a: ???", "a: 5\n"),
            ("a: {b: 1}", "a: ???", "a:\n  b: 1\n"),
            ("a: ???", "a: {b: 1}", "a:\n  b: 1\n"),
        ] {
            assert_eq!(merged(first, second).expect("merged"), want, "{first} and {second}");
        }
    }

    #[test]
    fn a_mapping_meets_an_interpolation() {
        assert_eq!(
            merged("a: ${b}\nb: {c: 1}", "a: {d: 1}").expect("merged"),
            "a:\n  c: 1\n  d: 1\nb:\n  c: 1\n"
        );
        assert_eq!(merged("a: ${b}\nb: 1", "a: {d: 1}").expect("merged"), "a:\n  d: 1\nb: 1\n");
        assert_eq!(merged("a: ${zz}", "a: {d: 1}").expect("merged"), "a:\n  d: 1\n");
        assert_eq!(merged("a: {x: 1}\nb: {x: 2}", "a: ${b}").expect("merged"), "a: ${b}\nb:\n  x: 2\n");
    }

    #[test]
    fn a_mapping_and_a_list_do_not_merge() {
        assert_eq!(merged("a: ${b}\nb: {c: 1}", "a: [1]").expect_err("refused").code(), Code::Merge);
        assert_eq!(merged("a: {b: 1}", "a: [1]").expect_err("refused").code(), Code::Merge);
        assert_eq!(merged("a: [1]", "a: {b: 1}").expect_err("refused").code(), Code::Merge);
    }

    #[test]
    fn what_was_replaced_is_remembered() {
        let load = |name: &str, text: &str| yaml::load(&SourceFile::new(name, text)).expect("YAML");
        let mut root = load("first.yaml", "lr: 1");
        merge(&mut root, load("second.yaml", "lr: 2"), &Resolvers::standard()).expect("merged");
        let lr = root.get("lr").expect("lr");
        assert_eq!(lr.origin.to_string(), "second.yaml:1:5");
        assert_eq!(lr.replaced.last().expect("a past").origin.to_string(), "first.yaml:1:5");
    }
}
