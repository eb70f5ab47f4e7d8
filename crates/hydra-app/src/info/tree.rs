//! The defaults tree, as text and as JSON.

use super::table;
use hydra_compose::defaults::{Choice, DefaultsList, Placed, TreeNode};
use serde::Serialize;

/// The node above Hydra's own configuration and the primary one.
const ROOT: &str = "<root>";

/// One line of the tree with what is below it.
#[derive(Serialize)]
pub(super) struct Branch {
    node: String,
    package: Option<String>,
    children: Vec<Branch>,
}

/// Prints the tree under its heading: two blanks a level, a colon behind what has children.
pub(super) fn print(defaults: &DefaultsList, out: &mut String) {
    out.push('\n');
    table::heading("Defaults Tree", '*', out);
    Branch::root(defaults).print(0, out);
}

impl Branch {
    pub(super) fn root(defaults: &DefaultsList) -> Self {
        Self { node: ROOT.into(), package: None, children: defaults.trees.iter().map(Self::of).collect() }
    }

    fn of(tree: &TreeNode) -> Self {
        let children = tree.children.iter().map(|child| {
            let mut branch = Self::of(child);
            if child.placed.item.is_self() {
                branch.package = self_package(&tree.placed);
            }
            branch
        });
        let placed = &tree.placed;
        Self { node: name(placed), package: Some(placed.final_package()), children: children.collect() }
    }

    fn print(&self, depth: usize, out: &mut String) {
        out.extend(std::iter::repeat_n("  ", depth));
        out.push_str(&self.node);
        out.push_str(if self.children.is_empty() { "\n" } else { ":\n" });
        for child in &self.children {
            child.print(depth + 1, out);
        }
    }
}

/// `group: option`, or the path of a configuration.
fn name(placed: &Placed) -> String {
    match placed.choice() {
        Some(choice) => format!("{}: {}", placed.override_key(), option(choice)),
        None if placed.item.is_self() && placed.config_path().is_empty() => "_self_".into(),
        None if placed.item.is_self() => format!("{}/_self_", placed.config_path()),
        None => placed.config_path(),
    }
}

fn option(choice: &Choice) -> String {
    match choice {
        Choice::Nothing => "null".into(),
        Choice::Option(name) => name.clone(),
        // One line an option in the tree; the list itself is no line of it.
        Choice::Options(names) => names.join(","),
    }
}

/// In Hydra's tree `_self_` has the package that its file asks for by `@package` or header, and none if there is
/// neither. Where the content really lands is what the defaults list says.
fn self_package(parent: &Placed) -> Option<String> {
    let package = parent.package()?;
    Some(match package.rfind("_global_") {
        None => package.to_owned(),
        Some(at) => package.get(at + "_global_.".len()..).unwrap_or_default().to_owned(),
    })
}
