//! The result: what is merged, in order.

use super::placed::{Fate, Placed};
use super::problems;
use super::tree::TreeNode;
use crate::error::Result;
use crate::tree::Origin;
use std::collections::HashMap;

/// The files that make up a configuration, in the order in which they are merged.
#[derive(Clone, Debug)]
pub struct DefaultsList {
    /// In merge order: later ones win.
    pub entries: Vec<Entry>,
    /// How the list came about: Hydra's own tree, then that of the primary config.
    pub trees: [TreeNode; 2],
}

/// One file of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The file, without `.yaml`.
    pub config_path: String,
    /// Where its content lands; empty: at the top.
    pub package: String,
    /// The file that lists it.
    pub parent: Option<String>,
    /// Whether it stands for the file whose defaults list it is in.
    pub is_self: bool,
    /// What the command line calls it, if it is a group's option.
    pub override_key: Option<String>,
    /// Whether it is the primary config.
    pub primary: bool,
}

/// Stands in for a primary config where there is none.
pub(crate) const EMPTY_CONFIG: &str = "_dummy_empty_config_";

impl DefaultsList {
    /// Reads the trees out, depth first.
    pub(crate) fn new(trees: [TreeNode; 2]) -> Result<Self> {
        let mut collector = Collector::default();
        for tree in &trees {
            collector.walk(tree, None, Some("<root>"))?;
        }
        Ok(Self { entries: collector.entries, trees })
    }
}

#[derive(Default)]
struct Collector {
    entries: Vec<Entry>,
    origins: HashMap<String, Origin>,
}

impl Collector {
    fn walk(
        &mut self,
        node: &TreeNode,
        parent: Option<(&TreeNode, Option<&str>)>,
        grandparent: Option<&str>,
    ) -> Result<()> {
        if node.children.is_empty() {
            return self.leaf(&node.placed, parent, grandparent);
        }
        let path = parent.map(|(parent, _)| parent.placed.config_path());
        let above = path.as_deref().or(grandparent);
        node.children.iter().try_for_each(|child| self.walk(child, Some((node, above)), grandparent))
    }

    fn leaf(
        &mut self,
        placed: &Placed,
        parent: Option<(&TreeNode, Option<&str>)>,
        root: Option<&str>,
    ) -> Result<()> {
        if placed.fate == Fate::Left || placed.is_missing() || placed.is_nothing() {
            return Ok(());
        }
        let entry = match parent {
            Some((parent, above)) if placed.item.is_self() => Entry {
                config_path: parent.placed.config_path(),
                package: parent.placed.final_package(),
                parent: above.map(str::to_owned),
                is_self: true,
                override_key: None,
                primary: parent.placed.primary,
            },
            _ => Entry {
                config_path: placed.config_path(),
                package: placed.final_package(),
                parent: parent.map(|(parent, _)| parent.placed.config_path()).or(root.map(str::to_owned)),
                is_self: false,
                override_key: placed.group_key(),
                primary: placed.primary,
            },
        };
        if let Some(key) = &entry.override_key
            && let Some(first) = self.origins.insert(key.clone(), placed.item.origin.clone())
        {
            return Err(problems::listed_twice(key, &placed.item.origin, &first));
        }
        if entry.config_path != EMPTY_CONFIG {
            self.entries.push(entry);
        }
        Ok(())
    }
}
