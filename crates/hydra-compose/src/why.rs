//! Why a value is what it is: all that set it, and what its interpolations read.

use crate::config::Config;
use crate::defaults::TreeNode;
use crate::error::{Code, Error, Result};
use crate::interpolation::{python_str, references};
use crate::near;
use crate::tree::{Node, Origin, Value};

/// The history of one value.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "lr: 0.1\nhalf: ${lr}\n")?;
/// let config = hydra_compose::Composer::new(folder.path()).overrides(["lr=0.2"]).compose()?;
/// let why = config.why("lr")?;
/// assert_eq!(why.history.len(), 2);
/// assert_eq!(why.history[0].origin.to_string(), "argument 'lr=0.2'");
/// assert!(why.history[1].origin.to_string().ends_with("config.yaml:1:5"));
/// assert_eq!(config.why("half")?.reads[0].key, "lr");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Why {
    /// The dotted key.
    pub key: String,
    /// The value as composed: an interpolation as it is written.
    pub value: Node,
    /// With its interpolations resolved; none if there is nothing there: `???`.
    pub resolved: Option<Node>,
    /// What set it, last first.
    pub history: Vec<Setting>,
    /// What its interpolations read, each with its own history.
    pub reads: Vec<Why>,
    /// Of a mapping or a list: what is in it.
    pub children: Vec<Why>,
}

/// One place that set a value.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it was set to.
    pub value: Node,
    /// Where.
    pub origin: Origin,
    /// What brought the file: an item of a defaults list, or the argument that chose it. None for the primary config, for
    /// arguments, and for what no file set.
    pub brought_by: Option<BroughtBy>,
}

/// Why a file was merged at all.
#[derive(Clone, Debug)]
pub struct BroughtBy {
    /// The option, as `optimizer: sgd`.
    pub item: String,
    /// The argument that chose it, or the item of the defaults list.
    pub origin: Origin,
}

/// Interpolations that read one another are followed so far.
const DEEPEST: usize = 16;

impl Config {
    /// Why a value is what it is. Keys of the node `hydra` are found too; `""` is the whole configuration of the
    /// application.
    ///
    /// # Errors
    /// There is no such key, or an interpolation leads nowhere.
    pub fn why(&self, key: &str) -> Result<Why> {
        self.why_below(key, DEEPEST)
    }

    fn why_below(&self, key: &str, depth: usize) -> Result<Why> {
        let key = key.replace('[', ".").replace(']', "");
        let tree = if key.split('.').next() == Some("hydra") { self.root() } else { self.job() };
        let node = tree.get(&key).ok_or_else(|| self.unknown(tree, &key))?;
        // Of a whole configuration the values are asked for one by one.
        let resolved = if key.is_empty() { Some(self.resolve()?) } else { self.resolve_at(&key)? };
        Ok(self.explain(&key, node, resolved, depth))
    }

    fn explain(&self, key: &str, node: &Node, resolved: Option<Node>, depth: usize) -> Why {
        let below = |name: String| if key.is_empty() { name } else { format!("{key}.{name}") };
        let part = |name: &str| resolved.as_ref().and_then(|node| node.get(name)).cloned();
        let children = match &node.value {
            Value::Map(map) => map
                .iter()
                .map(|(name, child)| (name.to_string(), child))
                .map(|(name, child)| self.explain(&below(name.clone()), child, part(&name), depth))
                .collect(),
            Value::List(items) => (0..)
                .zip(items)
                .map(|(index, child): (usize, _)| (index.to_string(), child))
                .map(|(name, child)| self.explain(&below(name.clone()), child, part(&name), depth))
                .collect(),
            _ => Vec::new(),
        };
        let read = node.as_str().map(|text| references(text, key)).unwrap_or_default();
        let reads = match depth {
            0 => Vec::new(),
            // One that leads nowhere has been reported when the value was resolved.
            _ => read.iter().filter_map(|key| self.why_below(key, depth - 1).ok()).collect(),
        };
        let history =
            std::iter::once(node).chain(node.replaced.iter()).map(|node| self.setting(node)).collect();
        Why { key: key.to_owned(), value: node.clone(), resolved, history, reads, children }
    }

    fn setting(&self, node: &Node) -> Setting {
        let brought_by = match &node.origin {
            Origin::File { file, .. } => self.brought_by(&file.path.with_extension("").to_string_lossy()),
            _ => None,
        };
        Setting { value: node.clone(), origin: node.origin.clone(), brought_by }
    }

    /// The item that brought the file whose path, without its suffix, this is.
    fn brought_by(&self, path: &str) -> Option<BroughtBy> {
        let placed = self.defaults().trees.iter().find_map(|tree| find(tree, path))?;
        let key = placed.override_key();
        let item = placed.config_path();
        let item = match item.rsplit_once('/') {
            Some((group, option)) => format!("{group}: {option}"),
            None => item,
        };
        // Only an option of a group is chosen; a config that is named in a defaults list is there in any case.
        let mut overrides = self.overrides().iter().rev().filter(|_| placed.choice().is_some());
        let chosen = overrides.find(|chosen| chosen.key == key);
        let origin = chosen.map_or_else(|| placed.item.origin.clone(), |chosen| chosen.origin());
        Some(BroughtBy { item, origin })
    }

    fn unknown(&self, tree: &Node, key: &str) -> Error {
        let error = Error::new(Code::UnknownKey, format!("there is no key '{key}'"));
        let (parent, last) = key.rsplit_once('.').unwrap_or(("", key));
        let names: Vec<String> = match tree.get(parent).and_then(Node::as_map) {
            Some(map) => map.keys().map(ToString::to_string).collect(),
            None => return error.help(no_keys(tree, parent)),
        };
        match near::among(last, &names) {
            Some(name) if parent.is_empty() => error.help(format!("did you mean {name}?")),
            Some(name) => error.help(format!("did you mean {parent}.{name}?")),
            None => error.help(format!("there is: {}", names.join(", "))),
        }
    }
}

/// Why nothing is below this key: the nearest above it that is there, and what that is.
fn no_keys(tree: &Node, parent: &str) -> String {
    let mut above = parent;
    loop {
        match tree.get(above) {
            Some(node) if node.is_interpolation() => {
                let text = python_str(&node.value);
                return format!("'{above}' is {text}: ask for what that leads to");
            }
            Some(node) if node.as_map().is_none() && above == parent => {
                return format!("'{above}' is {}", node.value.kind());
            }
            None if above.contains('.') => above = above.rsplit_once('.').map_or(above, |(above, _)| above),
            _ => return format!("there is no '{parent}' either"),
        }
    }
}

/// The item of this file in a tree, but not the tree's own root, which nobody listed.
fn find<'t>(tree: &'t TreeNode, path: &str) -> Option<&'t crate::defaults::Placed> {
    tree.children.iter().find_map(|child| {
        let config = child.placed.config_path();
        let is_it = !child.placed.item.is_self()
            && path.strip_suffix(config.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        if is_it { Some(&child.placed) } else { find(child, path) }
    })
}
