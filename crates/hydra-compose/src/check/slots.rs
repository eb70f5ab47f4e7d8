//! Where a composed configuration leaves a choice.

use super::variation::{choosing, choosing_all};
use crate::config::Config;
use crate::defaults::{Choice, Item, Placed, TreeNode};
use crate::source::Library;
use std::collections::HashMap;

/// A group in a defaults list.
#[derive(Debug)]
pub(super) struct Slot {
    /// What the command line calls it: `db`, `db@backup`.
    pub(super) key: String,
    /// The folder of its options.
    pub(super) group: String,
    /// What is chosen.
    pub(super) choice: Choice,
}

impl Slot {
    /// Whether an option is chosen as it is.
    pub(super) fn has(&self, option: &str) -> bool {
        match &self.choice {
            Choice::Nothing => false,
            Choice::Option(chosen) => chosen == option,
            Choice::Options(chosen) => chosen.iter().any(|chosen| chosen == option),
        }
    }

    /// The override that chooses an option. Where several are chosen it comes to them: a single one in their place would
    /// seldom be meant.
    pub(super) fn choosing(&self, option: &str) -> Option<String> {
        match &self.choice {
            Choice::Options(chosen) => {
                let mut options = chosen.clone();
                options.push(option.to_owned());
                choosing_all(&self.key, &options)
            }
            _ => choosing(&self.key, option),
        }
    }
}

/// All groups in the defaults lists of a configuration, with what was chosen in the end.
pub(super) fn of_config(library: &Library, config: &Config) -> Vec<Slot> {
    let mut slots = Vec::new();
    // The primary config's first: there it is more likely to be seen what is meant.
    for tree in config.defaults().trees.iter().rev() {
        of_tree(library, tree, &mut slots);
    }
    slots
}

fn of_tree(library: &Library, tree: &TreeNode, slots: &mut Vec<Slot>) {
    if tree.children.is_empty() {
        return;
    }
    if let Ok(Some(file)) = library.load(&tree.placed.config_path()) {
        let choices = tree.children.iter().filter_map(|child| {
            let placed = &child.placed;
            Some((placed.group_key()?, placed.choice()?))
        });
        let choices: HashMap<String, &Choice> = choices.collect();
        let (base, package) = (tree.placed.group_path(), tree.placed.final_package());
        for mut slot in of_list(&file.defaults, &base, &package) {
            // A list of options is not in the tree, only what it brings.
            if let Some(choice) = choices.get(&slot.key) {
                slot.choice = (*choice).clone();
            }
            slots.push(slot);
        }
    }
    tree.children.iter().for_each(|child| of_tree(library, child, slots));
}

/// The groups in one defaults list, as they are written.
pub(super) fn of_list(items: &[Item], base: &str, package: &str) -> Vec<Slot> {
    let included = items.iter().filter(|item| !item.is_override());
    let slot = |item: &Item| {
        let placed = Placed::new(item.clone(), base, package);
        Some(Slot { key: placed.group_key()?, group: placed.group_path(), choice: placed.choice()?.clone() })
    };
    included.filter_map(slot).collect()
}

/// An override for each choice that must still be made: the first option. None, if there is one that no override can
/// make.
pub(super) fn given(library: &Library, config: &Config) -> Option<Vec<String>> {
    let mut missing = Vec::new();
    config.defaults().trees.iter().for_each(|tree| left_open(tree, &mut missing));
    let first = |placed: &&Placed| {
        let options = library.options(&placed.group_path());
        choosing(&placed.group_key()?, options.first()?)
    };
    missing.iter().map(first).collect()
}

fn left_open<'t>(tree: &'t TreeNode, missing: &mut Vec<&'t Placed>) {
    if tree.placed.is_missing() {
        missing.push(&tree.placed);
    }
    tree.children.iter().for_each(|child| left_open(child, missing));
}
