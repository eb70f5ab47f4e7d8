//! Where the keys of a name stand in a tree: for the word on what an interpolation that leads nowhere may have meant.

use crate::tree::{Key, Node, Value};
use std::collections::HashMap;

/// A tree with more keys is not looked through.
const MOST_KEYS: usize = 10_000;

/// The dotted keys of a tree, by their last part. Hydra's own node is left out: it is read with a colon.
#[derive(Debug)]
pub(super) struct Names(HashMap<String, Vec<String>>);

impl Names {
    pub(super) fn of(root: &Node) -> Self {
        let mut gathered = Gathered { names: HashMap::new(), left: MOST_KEYS };
        if let Value::Map(map) = &root.value {
            for (key, node) in map.iter().filter(|(key, _)| key.as_str() != Some("hydra")) {
                gathered.key("", key, node);
            }
        }
        // Whether a key is the only one of its name is not known of a part of the tree.
        if gathered.left == 0 {
            gathered.names.clear();
        }
        Self(gathered.names)
    }

    /// The keys that end with these parts.
    pub(super) fn ending_with(&self, parts: &[&str]) -> impl Iterator<Item = &str> {
        let ending = parts.join(".");
        let keys = parts.last().and_then(|last| self.0.get(*last)).into_iter().flatten();
        keys.map(String::as_str).filter(move |key| {
            key.strip_suffix(ending.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }
}

struct Gathered {
    names: HashMap<String, Vec<String>>,
    left: usize,
}

impl Gathered {
    fn key(&mut self, above: &str, key: &Key, node: &Node) {
        // Others cannot be spelled in an interpolation, or only with a trick.
        let Some(name) = key.as_str().filter(|name| is_plain(name)) else { return };
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        self.below(&path, node);
        self.names.entry(name.to_owned()).or_default().push(path);
    }

    fn below(&mut self, path: &str, node: &Node) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return;
        }
        match &node.value {
            Value::Map(map) => map.iter().for_each(|(key, node)| self.key(path, key, node)),
            Value::List(items) => {
                for (index, node) in items.iter().enumerate() {
                    self.below(&format!("{path}.{index}"), node);
                }
            }
            _ => {}
        }
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || "_-".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::SourceFile;
    use crate::yaml;

    #[test]
    fn keys_are_found_by_how_they_end() {
        let text = "lr: 1\na: {lr: 2, b.c: 3, l: [{lr: 4}]}\nhydra: {lr: 5}\nxlr: 6\n";
        let tree = yaml::load(&SourceFile::new("a.yaml", text)).expect("YAML");
        let names = Names::of(&tree);
        let found = |parts: &[&str]| names.ending_with(parts).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(found(&["lr"]), ["lr", "a.lr", "a.l.0.lr"]);
        assert_eq!(found(&["a", "lr"]), ["a.lr"]);
        assert_eq!(found(&["b.c"]), [""; 0]);
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn a_huge_tree_is_not_looked_through() {
        let text: String = (0..MOST_KEYS).map(|number| format!("k{number}: 1\n")).collect();
        let tree = yaml::load(&SourceFile::new("a.yaml", text)).expect("YAML");
        assert_eq!(Names::of(&tree).ending_with(&["k1"]).count(), 0);
    }
}
