//! Files to one tree: what a later file does to an earlier one.
//!
//! Mappings merge, keeping the order in which keys were first set; lists and scalars are replaced whole; `???` replaces
//! nothing. A mapping merged onto an interpolation that leads to a mapping is merged onto a copy of that.

use crate::error::{Code, Error, Result};
use crate::interpolation::{Resolvers, Session};
use crate::tree::{Key, Map, Node, Value};

/// Merges the mapping `source` into the mapping `root`.
///
/// # Errors
/// A mapping meets a list.
pub(crate) fn merge(root: &mut Node, source: Node, resolvers: &Resolvers) -> Result<()> {
    expand(root, &source, resolvers)?;
    merge_node(root, source)
}

/// Merges `source` into `dest`, which is what an override with a mapping or a list as its value does as well.
pub(crate) fn merge_node(dest: &mut Node, source: Node) -> Result<()> {
    match (&mut dest.value, source.value) {
        (Value::Map(dest), Value::Map(source)) => merge_maps(dest, source),
        (Value::Map(_), value @ Value::List(_)) | (Value::List(_), value @ Value::Map(_)) => {
            let what = if matches!(value, Value::List(_)) { "a list" } else { "a mapping" };
            Err(Error::new(Code::Merge, format!("{what} cannot be merged with {}", dest.value.kind()))
                .label(&source.origin, format!("{what} here"))
                .label(&dest.origin, format!("{} here", dest.value.kind())))
        }
        (_, value) => {
            let new = Node { value, origin: source.origin, replaced: source.replaced };
            // `???` in the later file means "somebody must set this", and somebody did.
            if !new.is_missing() {
                let old = std::mem::replace(dest, new);
                dest.replaced = Some(std::sync::Arc::new(old));
            }
            Ok(())
        }
    }
}

fn merge_maps(dest: &mut Map, source: Map) -> Result<()> {
    for (key, entry) in source.into_entries() {
        match dest.entry_mut(&key) {
            Some(old) => merge_node(&mut old.node, entry.node)?,
            None => dest.insert(key, entry.key_origin, entry.node),
        }
    }
    Ok(())
}

/// Puts a copy of its target in the place of every interpolation that `source` merges a mapping onto.
fn expand(root: &mut Node, source: &Node, resolvers: &Resolvers) -> Result<()> {
    // A target can hold further interpolations; each round goes one deeper, and `source` is finite.
    loop {
        let mut paths = Vec::new();
        find_expandable(root, source, &mut Vec::new(), &mut paths);
        if paths.is_empty() {
            return Ok(());
        }
        for path in paths {
            let target = {
                let session = Session::new(root, resolvers);
                // An interpolation that leads nowhere is replaced by the mapping, like any scalar.
                session.at(&path).ok().flatten()
            };
            let Some(slot) = at_mut(root, &path) else { continue };
            let old = std::mem::replace(slot, Node::new(Value::Null, slot.origin.clone()));
            let new = match target {
                Some(target) if matches!(target.value, Value::Map(_) | Value::List(_)) => target,
                _ => Node::new(Value::Null, old.origin.clone()),
            };
            *slot = new.replacing(old);
        }
    }
}

fn find_expandable(dest: &Node, source: &Node, path: &mut Vec<Key>, found: &mut Vec<Vec<Key>>) {
    let Value::Map(source) = &source.value else { return };
    if dest.is_interpolation() {
        found.push(path.clone());
        return;
    }
    let Value::Map(dest) = &dest.value else { return };
    for (key, value) in source.iter() {
        if let Some(entry) = dest.entry(key) {
            path.push(key.clone());
            find_expandable(&entry.node, value, path, found);
            path.pop();
        }
    }
}

fn at_mut<'n>(root: &'n mut Node, path: &[Key]) -> Option<&'n mut Node> {
    path.iter().try_fold(root, |node, key| Some(&mut node.as_map_mut()?.entry_mut(key)?.node))
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
        assert_eq!(lr.replaced.as_ref().expect("a past").origin.to_string(), "first.yaml:1:5");
    }
}
