//! An item seen from the file that lists it.

use super::item::{Choice, Item, ItemKind, Presence};

/// An item with the base it is relative to, and the package it lands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The item; its choice is the final one once the tree is built.
    pub item: Item,
    /// The group of the file that lists it; relative paths start there.
    pub(crate) base: String,
    /// The final package of the file that lists it.
    pub(crate) parent_package: String,
    /// The package header of the file it names, once that is read.
    pub(crate) header: Option<String>,
    /// What became of it.
    pub(crate) fate: Fate,
    /// Whether it is the primary config.
    pub(crate) primary: bool,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes part.
    Kept,
    /// It was deleted on the command line, or is optional and not there.
    Left,
}

impl Placed {
    /// An item in the list of a file with this group and final package.
    pub(crate) fn new(mut item: Item, base: &str, parent_package: &str) -> Self {
        if let Some(package) = &item.package
            && package.contains("_group_")
        {
            let placed = Self::bare(item.clone(), base, parent_package);
            item.package =
                Some(format!("_global_.{}", package.replace("_group_", &placed.default_package())));
        }
        Self::bare(item, base, parent_package)
    }

    fn bare(item: Item, base: &str, parent_package: &str) -> Self {
        let (base, parent_package) = (base.to_owned(), parent_package.to_owned());
        Self { item, base, parent_package, header: None, fate: Fate::Kept, primary: false }
    }

    /// The group it belongs to, from the top: `server/db`.
    pub fn group_path(&self) -> String {
        match &self.item.kind {
            ItemKind::SelfItem => self.base.clone(),
            ItemKind::Config { path, .. } => match path.strip_prefix('/') {
                Some(absolute) => folder_of(absolute).to_owned(),
                None => join(&self.base, folder_of(path)),
            },
            ItemKind::Group { group, .. } => self.absolute_path(group),
        }
    }

    /// The file it names, from the top and without `.yaml`: `server/db/mysql`.
    pub fn config_path(&self) -> String {
        match &self.item.kind {
            ItemKind::SelfItem => self.base.clone(),
            ItemKind::Config { path, .. } => self.absolute_path(path),
            ItemKind::Group { choice, .. } => format!("{}/{}", self.group_path(), choice.spelled()),
        }
    }

    fn absolute_path(&self, path: &str) -> String {
        match path.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => join(&self.base, path),
        }
    }

    /// The package of a group without `@package`: its path with dots.
    pub(crate) fn default_package(&self) -> String {
        self.group_path().replace('/', ".")
    }

    /// The package it asks for: `@package`, else the file's header; as written, not yet under the package of its parent.
    pub fn package(&self) -> Option<&str> {
        self.item.package.as_deref().or(self.header.as_deref())
    }

    /// Where its content lands: `@package`, else the file's header, else its relative group.
    pub fn final_package(&self) -> String {
        self.package_from(self.package())
    }

    fn package_from(&self, package: Option<&str>) -> String {
        let relative_group = match &self.item.kind {
            ItemKind::SelfItem => "",
            ItemKind::Config { path, .. } => folder_of(path.strip_prefix('/').unwrap_or(path)),
            ItemKind::Group { group, .. } => group.strip_prefix('/').unwrap_or(group),
        };
        let package = package.map_or_else(|| relative_group.replace('/', "."), str::to_owned);
        let whole = match (self.parent_package.as_str(), package.as_str()) {
            ("", package) => package.to_owned(),
            (parent, "") => parent.to_owned(),
            (parent, package) => format!("{parent}.{package}"),
        };
        match whole.rfind("_global_") {
            None => whole,
            Some(at) => whole.get(at + "_global_.".len()..).unwrap_or_default().to_owned(),
        }
    }

    /// What the command line calls it: the group, with `@package` where that is not the group's own.
    pub fn override_key(&self) -> String {
        let group = self.group_path();
        let package = self.package_from(self.item.package.as_deref());
        match package.as_str() {
            package if package == self.default_package() => group,
            "" => format!("{group}@_global_"),
            package => format!("{group}@{package}"),
        }
    }

    /// The override key of a group item; other items have none.
    pub fn group_key(&self) -> Option<String> {
        matches!(self.item.kind, ItemKind::Group { .. }).then(|| self.override_key())
    }

    /// What is chosen, if it is a group item.
    pub fn choice(&self) -> Option<&Choice> {
        match &self.item.kind {
            ItemKind::Group { choice, .. } => Some(choice),
            _ => None,
        }
    }

    pub(crate) fn choose(&mut self, new: Choice) {
        if let ItemKind::Group { choice, .. } = &mut self.item.kind {
            *choice = new;
        }
    }

    /// Whether nothing is chosen (`group: null`).
    pub(crate) fn is_nothing(&self) -> bool {
        self.choice() == Some(&Choice::Nothing)
    }

    /// Whether the choice is still to be made (`group: ???`).
    pub(crate) fn is_missing(&self) -> bool {
        match &self.item.kind {
            ItemKind::Group { choice: Choice::Option(name), .. } => name == "???",
            ItemKind::Config { path, .. } => path.rsplit('/').next() == Some("???"),
            _ => false,
        }
    }

    pub(crate) fn is_optional(&self) -> bool {
        matches!(
            self.item.kind,
            ItemKind::Config { presence: Presence::Optional, .. }
                | ItemKind::Group { presence: Presence::Optional, .. }
        )
    }

    /// The text with an interpolation that must be resolved before the file is known.
    pub(crate) fn interpolation(&self) -> Option<&str> {
        let text = match &self.item.kind {
            ItemKind::Group { choice: Choice::Option(name), .. } => name,
            ItemKind::Config { path, .. } => path,
            _ => return None,
        };
        text.contains("${").then_some(text.as_str())
    }

    pub(crate) fn set_text(&mut self, text: String) {
        match &mut self.item.kind {
            ItemKind::Group { choice, .. } => *choice = Choice::Option(text),
            ItemKind::Config { path, .. } => *path = text,
            ItemKind::SelfItem => {}
        }
    }
}

/// What stands before the last slash.
fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

fn join(base: &str, path: &str) -> String {
    match (base, path) {
        ("", path) => path.to_owned(),
        (base, "") => base.to_owned(),
        (base, path) => format!("{base}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Node, Origin, Value};

    fn placed(text: &str, base: &str, parent_package: &str) -> Placed {
        let node = Node::new(Value::Str(text.into()), Origin::Builtin("a test"));
        Placed::new(Item::parse("x", &node).expect("an item"), base, parent_package)
    }

    fn group(group: &str, package: Option<&str>, base: &str, parent_package: &str) -> Placed {
        let choice = Choice::Option("x".into());
        Placed::new(Item::append(group, package, choice, Origin::Builtin("a test")), base, parent_package)
    }

    #[test]
    fn paths_are_relative_to_the_file_that_lists_them() {
        assert_eq!(placed("db/mysql", "server", "server").config_path(), "server/db/mysql");
        assert_eq!(placed("/db/mysql", "server", "server").config_path(), "db/mysql");
        assert_eq!(group("db", None, "server", "server").config_path(), "server/db/x");
    }

    #[test]
    fn packages_nest_and_global_cuts_what_is_before() {
        assert_eq!(group("db", None, "server", "server").final_package(), "server.db");
        assert_eq!(group("/db", None, "server", "server").final_package(), "server.db");
        assert_eq!(group("db", Some("_global_"), "server", "server").final_package(), "");
        assert_eq!(group("db", Some("_global_.a.b"), "server", "server").final_package(), "a.b");
        assert_eq!(group("db", Some("_here_"), "server", "server").final_package(), "server");
        assert_eq!(group("db", Some("x._group_"), "server", "server").final_package(), "x.server.db");
    }

    #[test]
    fn override_keys_name_the_package_only_if_it_is_unusual() {
        assert_eq!(group("db", None, "", "").override_key(), "db");
        assert_eq!(group("db", Some("backup"), "", "").override_key(), "db@backup");
        assert_eq!(group("db", Some("_global_"), "", "").override_key(), "db@_global_");
        assert_eq!(group("/db", None, "server", "server").override_key(), "db@server.db");
    }
}
