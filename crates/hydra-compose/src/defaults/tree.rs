//! The walk through the defaults lists.

use super::choices::Choices;
use super::item::{Choice, Item, ItemKind, Presence};
use super::placed::{Fate, Placed};
use super::problems;
use crate::error::Result;
use crate::interpolation::{Resolvers, Session};
use crate::source::{ConfigFile, Library, leads_out};
use crate::tree::{Key, Map, Node, Origin, Value};

/// Defaults lists nest at most this deep. Deeper is a cycle, and a cycle must not end in a stack overflow.
const DEEPEST: usize = 64;

/// A composition walks through at most this many files, counted as often as they are listed: lists that list others
/// twice double the number at each level.
const MOST_FILES: usize = 20_000;

/// Packages nest at most this deep, so that walking through the tree cannot overflow the stack.
const DEEPEST_PACKAGE: usize = 100;

/// What to do with a group whose option is `???`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingChoices {
    /// It is an error.
    Refused,
    /// It is left out: a sweep may still choose.
    LeftOut,
}

/// An item with what its file lists.
#[derive(Clone, Debug)]
pub struct TreeNode {
    /// The item.
    pub placed: Placed,
    /// The items of its file's defaults list, in order; empty if it has none.
    pub children: Vec<TreeNode>,
}

/// Builds the trees of Hydra's own configuration and of the primary config, in this order.
pub(crate) fn build(
    library: &Library,
    config_name: &str,
    choices: &mut Choices,
    missing: MissingChoices,
    resolvers: &Resolvers,
) -> Result<[TreeNode; 2]> {
    let mut walk = Walk { library, choices, missing, resolvers, chain: Vec::new(), files: 0 };
    let top = |path: &str| {
        let kind = ItemKind::Config { path: path.to_owned(), presence: Presence::Required };
        Placed::new(Item { kind, package: None, origin: Origin::Builtin("the primary config") }, "", "")
    };
    // In reverse, as everywhere: the primary config's overrides win over those of Hydra's own lists.
    let mut primary = top(config_name);
    primary.primary = true;
    let primary = walk.expand(primary, Subtree::Plain)?;
    let hydra = walk.expand(top("hydra/config"), Subtree::Plain)?;
    walk.choices.ensure_used()?;
    Ok([hydra, primary])
}

/// Whether the way here led through an interpolated item.
#[derive(Clone, Copy, PartialEq)]
enum Subtree {
    Plain,
    Interpolated,
}

struct Walk<'a> {
    library: &'a Library,
    choices: &'a mut Choices,
    missing: MissingChoices,
    resolvers: &'a Resolvers,
    /// Files walked through so far.
    files: usize,
    /// The files on the way from the top to here.
    chain: Vec<String>,
}

impl Walk<'_> {
    /// Reads the file of an item and walks through its defaults list.
    fn expand(&mut self, mut placed: Placed, subtree: Subtree) -> Result<TreeNode> {
        let path = placed.config_path();
        if leads_out(&path) {
            return Err(problems::leads_out(&path, &placed));
        }
        let depth = placed.final_package().split('.').count();
        if depth > DEEPEST_PACKAGE {
            return Err(problems::package_too_deep(&path, depth, &placed.item.origin));
        }
        if placed.primary && !self.library.config_exists(&path) {
            return Err(problems::not_found(self.library, &placed, None));
        }
        self.files += 1;
        if self.files > MOST_FILES {
            return Err(problems::too_many_files(MOST_FILES, &placed.item.origin));
        }
        if self.chain.len() >= DEEPEST {
            return Err(problems::too_deep(&self.chain, &path, &placed.item.origin));
        }
        let file =
            if placed.is_missing() || placed.is_nothing() { None } else { self.library.load(&path)? };
        placed.header = file.as_ref().and_then(|file| file.package.clone());
        if self.choices.delete(&mut placed) {
            return Ok(leaf(placed));
        }
        self.choices.note(&placed)?;
        if placed.is_nothing() {
            return Ok(leaf(placed));
        }
        if path.ends_with("???") {
            return match self.missing {
                MissingChoices::LeftOut => Ok(leaf(placed)),
                MissingChoices::Refused => Err(problems::must_choose(self.library, &placed)),
            };
        }
        let Some(file) = file else {
            if placed.is_optional() {
                placed.fate = Fate::Left;
                return Ok(leaf(placed));
            }
            return Err(problems::not_found(self.library, &placed, self.chain.last().map(String::as_str)));
        };
        self.chain.push(path.clone());
        let children = self.children(&placed, &path, &file, subtree)?;
        self.chain.pop();
        Ok(TreeNode { placed, children })
    }

    fn children(
        &mut self,
        parent: &Placed,
        path: &str,
        file: &ConfigFile,
        subtree: Subtree,
    ) -> Result<Vec<TreeNode>> {
        let items = self.items(parent, path, file)?;
        let (group, package) = (parent.group_path(), parent.final_package());
        let place = |item: &Item| Placed::new(item.clone(), &group, &package);
        self.collect_overrides(path, &items, place, subtree)?;

        let mut children = Vec::new();
        for item in items.iter().rev().filter(|item| !item.is_override()) {
            if item.is_self() {
                children.push(leaf(Placed::new(item.clone(), &parent.base, "")));
                continue;
            }
            let mut placed = place(item);
            self.choices.apply_to(&mut placed);
            if let Some(Choice::Options(options)) = placed.choice() {
                for option in options.clone().iter().rev() {
                    if option.contains("${") {
                        return Err(problems::interpolated_option(path, &placed.item.origin));
                    }
                    children.push(self.expand(place(&option_item(&placed, option)), subtree)?);
                }
            } else if placed.interpolation().is_some() {
                // Its value may depend on choices made further up in the list: it waits until all others are known.
                children.push(leaf(placed));
            } else {
                children.push(self.expand(placed, subtree)?);
            }
        }
        let known = if children.iter().any(|child| child.placed.interpolation().is_some()) {
            self.known_choices(&parent.item.origin)
        } else {
            Node::new(Value::Null, parent.item.origin.clone())
        };
        for child in &mut children {
            if child.children.is_empty()
                && let Some(text) = child.placed.interpolation()
            {
                let text = text.to_owned();
                let mut placed = child.placed.clone();
                placed.set_text(self.resolve(&placed, &text, &known)?);
                *child = self.expand(placed, Subtree::Interpolated)?;
            }
        }
        children.reverse();
        Ok(children)
    }

    /// The items of a file, with `_self_` last if it is not there, and what the command line appends.
    fn items(&self, parent: &Placed, path: &str, file: &ConfigFile) -> Result<Vec<Item>> {
        let mut items = file.defaults.clone();
        let appended = if parent.primary { self.choices.appended.as_slice() } else { &[] };
        let mut selves = items.iter().filter(|item| item.is_self());
        match (selves.next(), selves.next()) {
            (Some(_), Some(second)) => return Err(problems::two_selves(path, &second.origin)),
            (None, _)
                if items.iter().any(|item| !item.is_override())
                    || (items.is_empty() && !appended.is_empty()) =>
            {
                items.push(Item::self_item(file.body.origin.clone()));
            }
            _ => {}
        }
        items.extend(appended.iter().cloned());
        Ok(items)
    }

    /// Registers the `override` items of a list, which must stand at its end.
    fn collect_overrides(
        &mut self,
        path: &str,
        items: &[Item],
        place: impl Fn(&Item) -> Placed,
        subtree: Subtree,
    ) -> Result<()> {
        let mut last: Option<Placed> = None;
        for item in items.iter().filter(|item| !item.is_self()) {
            if item.is_override() {
                let placed = place(item);
                if subtree == Subtree::Interpolated {
                    return Err(problems::override_in_interpolated(path, &placed));
                }
                self.choices.add_override(path, &placed);
                last = Some(placed);
            } else if let Some(last) = &last
                && !item.is_append()
            {
                return Err(problems::override_too_early(path, last, &place(item)));
            }
        }
        Ok(())
    }

    /// What interpolated choices of a list can refer to: the choices met before any of them is looked at.
    fn known_choices(&self, origin: &Origin) -> Node {
        let mut map = Map::new();
        for (key, option) in self.choices.known() {
            let value = option.map_or(Value::Null, |option| Value::Str(option.to_owned()));
            map.insert(key.into(), origin.clone(), Node::new(value, origin.clone()));
        }
        Node::new(Value::Map(map), origin.clone())
    }

    /// An interpolated choice.
    fn resolve(&self, placed: &Placed, text: &str, known: &Node) -> Result<String> {
        if is_legacy(text) {
            return Err(problems::legacy_interpolation(placed, text));
        }
        let origin = &placed.item.origin;
        match Session::new(known, self.resolvers).interpolate(text, origin.clone()) {
            Ok(Node { value: Value::Str(name), .. }) => Ok(name),
            other => {
                let keys: Vec<&str> =
                    known.as_map().into_iter().flat_map(|map| map.keys().filter_map(Key::as_str)).collect();
                let help = other.err().and_then(|error| error.help_text().map(str::to_owned));
                Err(problems::unresolved(text, &keys, origin).maybe_help(help))
            }
        }
    }
}

fn leaf(placed: Placed) -> TreeNode {
    TreeNode { placed, children: Vec::new() }
}

/// One option of a list, as an item of its own. It has no override key: the list as a whole has it.
fn option_item(list: &Placed, option: &str) -> Item {
    let group = match &list.item.kind {
        ItemKind::Group { group, .. } => group.as_str(),
        _ => "",
    };
    let presence = if list.is_optional() { Presence::Optional } else { Presence::Required };
    let kind = ItemKind::Config { path: format!("{group}/{option}"), presence };
    Item { kind, package: list.item.package.clone(), origin: list.item.origin.clone() }
}

/// `${defaults.0.group}`, which Hydra 1.0 had.
fn is_legacy(text: &str) -> bool {
    let rest = text.strip_prefix("${defaults.").unwrap_or_default();
    rest.starts_with(|digit: char| digit.is_ascii_digit()) && rest[1..].starts_with('.')
}
