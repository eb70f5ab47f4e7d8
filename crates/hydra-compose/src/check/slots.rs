//! Where a composed configuration leaves a choice.

use super::variation::{choosing, choosing_all};
use crate::config::Config;
use crate::defaults::{Choice, DefaultsList, Item, Placed, TreeNode};
use crate::source::Library;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A group in a defaults list.
#[derive(Clone, Debug)]
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

/// The groups of defaults lists. Compositions have most of their lists in common: each list is looked at once.
pub(super) struct Slots<'a> {
    library: &'a Library,
    /// By the file that has the list, and the group and the package that it is seen from.
    known: HashMap<[String; 3], Rc<[Slot]>>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(library: &'a Library) -> Self {
        Self { library, known: HashMap::new() }
    }

    /// The groups in the defaults lists of a configuration whose keys are not among the `varied` ones, with what was chosen
    /// in the end.
    pub(super) fn of_config(&mut self, config: &Config, varied: &HashSet<String>) -> Vec<Slot> {
        let mut slots = Vec::new();
        // The primary config's first: there it is more likely to be seen what is meant.
        for tree in config.defaults().trees.iter().rev() {
            self.of_tree(tree, varied, &mut slots);
        }
        slots
    }

    fn of_tree(&mut self, tree: &TreeNode, varied: &HashSet<String>, slots: &mut Vec<Slot>) {
        if tree.children.is_empty() {
            return;
        }
        let listed = self.listed(&tree.placed);
        let new: Vec<&Slot> = listed.iter().filter(|slot| !varied.contains(&slot.key)).collect();
        if !new.is_empty() {
            let choices = tree.children.iter().filter_map(|child| {
                let placed = &child.placed;
                Some((placed.group_key()?, placed.choice()?))
            });
            let choices: HashMap<String, &Choice> = choices.collect();
            for slot in new {
                let mut slot = slot.clone();
                // A list of options is not in the tree, only what it brings.
                if let Some(choice) = choices.get(&slot.key) {
                    slot.choice = (*choice).clone();
                }
                slots.push(slot);
            }
        }
        for child in &tree.children {
            self.of_tree(child, varied, slots);
        }
    }

    /// The groups in the list of a file, as they are written.
    fn listed(&mut self, placed: &Placed) -> Rc<[Slot]> {
        let seen = [placed.config_path(), placed.group_path(), placed.final_package()];
        if let Some(known) = self.known.get(&seen) {
            return Rc::clone(known);
        }
        let [path, base, package] = &seen;
        let slots: Rc<[Slot]> = match self.library.load(path) {
            Ok(Some(file)) => of_list(&file.defaults, base, package).into(),
            _ => Rc::from([]),
        };
        self.known.insert(seen, Rc::clone(&slots));
        slots
    }
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
pub(super) fn given(library: &Library, defaults: &DefaultsList) -> Option<Vec<String>> {
    let mut missing = Vec::new();
    defaults.trees.iter().for_each(|tree| left_open(tree, &mut missing));
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
