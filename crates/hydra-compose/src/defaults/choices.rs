//! What was chosen for which group, by whom, and whether it had an effect.

use super::item::{Choice, Item, ItemKind};
use super::placed::{Fate, Placed};
use super::problems;
use crate::error::Result;
use crate::overrides::{Override, OverrideKind};
use crate::source::Library;
use crate::tree::{Origin, Value};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

/// Choices from the command line and from `override` items, by override key.
#[derive(Debug, Default)]
pub(crate) struct Choices {
    chosen: IndexMap<String, Chosen>,
    deletions: IndexMap<String, Deletion>,
    /// `+group=option`, in order.
    pub(super) appended: Vec<Item>,
    /// Choices met in the walk, in the order in which they were met.
    known: IndexMap<String, Known>,
    /// The override keys under which each group was met.
    keys_of_group: BTreeMap<String, BTreeSet<String>>,
}

/// A choice that was met in the walk.
#[derive(Clone, Debug)]
struct Known {
    option: Option<String>,
    origin: Origin,
}

#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) choice: Choice,
    pub(super) origin: Origin,
    /// The file whose `override` item this is; none: the command line.
    pub(super) containing: Option<String>,
    used: bool,
}

#[derive(Debug)]
struct Deletion {
    /// Delete only if this is chosen.
    option: Option<String>,
    origin: Origin,
    used: bool,
}

/// Overrides sorted by what they act on.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Group choices.
    pub(crate) choices: Choices,
    /// The others: values, in order.
    pub(crate) values: Vec<Override>,
}

impl Choices {
    /// Sorts overrides: a key that is a folder somewhere on the search path is a group, unless the value is a mapping.
    /// Sweeps are left out; they are expanded before jobs are composed.
    pub(crate) fn sort(library: &Library, overrides: &[Override]) -> Result<Sorted> {
        let mut sorted = Sorted::default();
        for over in overrides.iter().filter(|over| !over.is_sweep()) {
            let value = over.value_node()?;
            if matches!(value.value, Value::Map(_)) || !library.group_exists(&over.key) {
                sorted.values.push(over.clone());
                continue;
            }
            let choices = &mut sorted.choices;
            match over.kind {
                OverrideKind::ForceAdd | OverrideKind::ExtendList => {
                    return Err(problems::unsupported_on_group(over));
                }
                OverrideKind::Delete => {
                    let option = match value.value {
                        Value::Null => None,
                        Value::Str(option) => Some(option),
                        _ => return Err(problems::option_is_no_string(over, &value.value)),
                    };
                    let key = over.key_element().trim_start_matches('~').to_owned();
                    choices.deletions.insert(key, Deletion { option, origin: over.origin(), used: false });
                }
                OverrideKind::Add => {
                    let choice = choice_of(over, &value.value)?;
                    choices.appended.push(Item::append(
                        &over.key,
                        over.package.as_deref(),
                        choice,
                        over.origin(),
                    ));
                }
                OverrideKind::Change => {
                    let choice = choice_of(over, &value.value)?;
                    let chosen = Chosen { choice, origin: over.origin(), containing: None, used: false };
                    choices.chosen.insert(over.key_element(), chosen);
                }
            }
        }
        Ok(sorted)
    }

    /// An `override` item. The walk is in reverse, so the first to come for a key is the last in the list: it stays.
    pub(super) fn add_override(&mut self, containing: &str, placed: &Placed) {
        let Some(choice) = placed.choice() else { return };
        self.chosen.entry(placed.override_key()).or_insert_with(|| Chosen {
            choice: choice.clone(),
            origin: placed.item.origin.clone(),
            containing: Some(containing.to_owned()),
            used: false,
        });
    }

    /// Replaces the choice of an item by the one made elsewhere.
    pub(super) fn apply_to(&mut self, placed: &mut Placed) {
        if self.chosen.is_empty() {
            return;
        }
        let Some(key) = placed.group_key() else { return };
        if let Some(chosen) = self.chosen.get_mut(&key) {
            chosen.used = true;
            placed.choose(chosen.choice.clone());
            placed.item.origin = chosen.origin.clone();
        }
    }

    /// Whether the command line deletes the item; remembers that it did.
    pub(super) fn delete(&mut self, placed: &mut Placed) -> bool {
        if self.deletions.is_empty() {
            return false;
        }
        let Some(key) = placed.group_key() else { return false };
        let Some(deletion) = self.deletions.get_mut(&key) else { return false };
        let fits = match (&deletion.option, placed.choice()) {
            (None, _) => true,
            (Some(wanted), Some(Choice::Option(chosen))) => wanted == chosen,
            _ => false,
        };
        if !fits {
            return false;
        }
        deletion.used = true;
        placed.fate = Fate::Left;
        true
    }

    /// Notes that a group item was met.
    pub(super) fn note(&mut self, placed: &Placed) -> Result<()> {
        let ItemKind::Group { choice, .. } = &placed.item.kind else { return Ok(()) };
        let key = placed.override_key();
        let option = match choice {
            Choice::Nothing => None,
            Choice::Option(name) => Some(name.clone()),
            // A list becomes one item an option before it gets here.
            Choice::Options(_) => return Ok(()),
        };
        match self.known.get(&key) {
            Some(known) if known.option != option => {
                let name = known.option.as_deref().unwrap_or("None");
                return Err(problems::chosen_twice(&key, name, &placed.item.origin, &known.origin));
            }
            Some(_) => {}
            None => {
                self.known.insert(key.clone(), Known { option, origin: placed.item.origin.clone() });
            }
        }
        self.keys_of_group.entry(placed.group_path()).or_default().insert(key);
        Ok(())
    }

    /// What was chosen for each group that was met: `hydra.runtime.choices`.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.known.iter().map(|(key, known)| (key.as_str(), known.option.as_deref()))
    }

    /// Every choice and every deletion must have had an effect.
    pub(super) fn ensure_used(&self) -> Result<()> {
        if let Some((key, chosen)) = self.chosen.iter().find(|(_, chosen)| !chosen.used) {
            let group = key.split_once('@').map_or(key.as_str(), |(group, _)| group);
            let candidates: Vec<&str> =
                self.keys_of_group.get(group).into_iter().flatten().map(String::as_str).collect();
            let groups: Vec<&str> = self.known.keys().map(String::as_str).collect();
            return Err(problems::no_match(key, chosen, &candidates, &groups));
        }
        if let Some((key, deletion)) = self.deletions.iter().find(|(_, deletion)| !deletion.used) {
            return Err(problems::nothing_deleted(key, deletion.option.as_deref(), &deletion.origin));
        }
        Ok(())
    }
}

fn choice_of(over: &Override, value: &Value) -> Result<Choice> {
    match value {
        Value::Str(name) => Ok(Choice::Option(name.clone())),
        Value::List(items) => {
            let name = |value: &Value| match value {
                Value::Str(name) => Ok(name.clone()),
                other => Err(problems::option_is_no_string(over, other)),
            };
            Ok(Choice::Options(items.iter().map(|item| name(&item.value)).collect::<Result<_>>()?))
        }
        other => Err(problems::option_is_no_string(over, other)),
    }
}
