//! One line of a defaults list.

use crate::error::{Code, Error, Result};
use crate::tree::{Node, Origin, Value};

/// An item as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it names.
    pub kind: ItemKind,
    /// What follows the `@`.
    pub package: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// What an item names.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `_self_`: the file that holds the list.
    SelfItem,
    /// `path/to/config`
    Config {
        /// The path, absolute if it starts with a slash.
        path: String,
        /// Whether it may be missing.
        presence: Presence,
    },
    /// `group: option`
    Group {
        /// The group, absolute if it starts with a slash.
        group: String,
        /// The option or options.
        choice: Choice,
        /// Whether the option may be missing.
        presence: Presence,
        /// What the item does.
        role: Role,
    },
}

/// Whether a file must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// `optional …`: it is left out if it is not.
    Optional,
}

/// What a group item does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Brings an option in.
    Include,
    /// `override …`: changes the choice of another item.
    Override,
    /// `+group=option` on the command line.
    Append,
}

/// What is chosen in a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// `null`: a place that can be overridden.
    Nothing,
    /// One option; may be `???` or hold an interpolation.
    Option(String),
    /// Several options at once.
    Options(Vec<String>),
}

impl Choice {
    /// As Hydra prints it in messages.
    pub(crate) fn spelled(&self) -> String {
        match self {
            Self::Nothing => "None".into(),
            Self::Option(name) => name.clone(),
            Self::Options(names) => format!("[{}]", names.join(",")),
        }
    }
}

impl Item {
    /// Reads one item of the list in `config_path`.
    ///
    /// # Errors
    /// It is neither text nor a mapping with one key, or the option is neither text, a list of texts nor null.
    pub fn parse(config_path: &str, node: &Node) -> Result<Self> {
        let problem = |message: String| Error::new(Code::DefaultsList, message).label(&node.origin, "");
        match &node.value {
            Value::Str(text) => Self::parse_config(text, node).map_err(problem),
            Value::Map(map) => {
                let mut entries = map.iter();
                let Some((key, value)) = entries.next() else {
                    return Err(problem(format!("In {config_path}: Missing group name in {{}}")));
                };
                if entries.next().is_some() {
                    let keys: Vec<String> = map.keys().map(ToString::to_string).collect();
                    let message =
                        format!("In {config_path}: Too many keys in default item: {}", keys.join(", "));
                    return Err(problem(message).help("give each group a dash of its own"));
                }
                let Some(key) = key.as_str() else {
                    return Err(problem(format!("In {config_path}: the group name {key} must be a string")));
                };
                Self::parse_group(key, value, node)
            }
            other => Err(problem(format!("Unsupported type in defaults : {}", other.python_type()))),
        }
    }

    /// An item `+group=option` from the command line.
    pub(crate) fn append(group: &str, package: Option<&str>, choice: Choice, origin: Origin) -> Self {
        let (presence, role) = (Presence::Required, Role::Append);
        let kind = ItemKind::Group { group: group.to_owned(), choice, presence, role };
        Self { kind, package: here(package.map(str::to_owned)), origin }
    }

    /// The `_self_` that a list without one gets.
    pub(crate) fn self_item(origin: Origin) -> Self {
        Self { kind: ItemKind::SelfItem, package: None, origin }
    }

    fn parse_config(text: &str, node: &Node) -> std::result::Result<Self, String> {
        let (path, package) = split_package(text);
        let kind = if path == "_self_" {
            if package.is_some() {
                return Err("_self_@PACKAGE is not supported".into());
            }
            ItemKind::SelfItem
        } else {
            ItemKind::Config { path: path.to_owned(), presence: Presence::Required }
        };
        Ok(Self { kind, package: here(package), origin: node.origin.clone() })
    }

    fn parse_group(key: &str, value: &Node, node: &Node) -> Result<Self> {
        let (words, package) = split_package(key);
        let mut words = words.split(' ');
        let group = words.next_back().unwrap_or_default().to_owned();
        let (mut presence, mut role) = (Presence::Required, Role::Include);
        for word in words {
            match word {
                "optional" => presence = Presence::Optional,
                "override" => role = Role::Override,
                // Hydra stops reading at the first word that it does not know.
                _ => break,
            }
        }
        if group.is_empty() {
            return Err(
                Error::new(Code::DefaultsList, "a group has a name").label(&node.origin, "no group here")
            );
        }
        let choice = parse_choice(value)?;
        // `- group: _self_` is `_self_` too.
        let kind = if choice == Choice::Option("_self_".into()) && role == Role::Include {
            ItemKind::SelfItem
        } else {
            ItemKind::Group { group, choice, presence, role }
        };
        Ok(Self { kind, package: here(package), origin: node.origin.clone() })
    }

    /// Whether it is an `override`.
    pub fn is_override(&self) -> bool {
        matches!(self.kind, ItemKind::Group { role: Role::Override, .. })
    }

    /// Whether it is `_self_`.
    pub fn is_self(&self) -> bool {
        self.kind == ItemKind::SelfItem
    }

    /// Whether it was appended on the command line.
    pub(crate) fn is_append(&self) -> bool {
        matches!(self.kind, ItemKind::Group { role: Role::Append, .. })
    }
}

fn parse_choice(value: &Node) -> Result<Choice> {
    let problem = |message: String| {
        Err(Error::new(Code::DefaultsList, message)
            .label(&value.origin, "")
            .help("options are file names; quote one that looks like a number: '1'"))
    };
    match &value.value {
        Value::Null => Ok(Choice::Nothing),
        Value::Str(name) => Ok(Choice::Option(name.clone())),
        Value::List(items) => {
            let mut names = Vec::new();
            for item in items {
                let Value::Str(name) = &item.value else {
                    let what = item.value.python_type();
                    return problem(format!(
                        "Unsupported item value in defaults : {what}, nested list items must be strings"
                    ));
                };
                names.push(name.clone());
            }
            Ok(Choice::Options(names))
        }
        other => problem(format!(
            "Unsupported item value in defaults : {}. Supported: string or list",
            other.python_type()
        )),
    }
}

/// `group@package`; what follows a colon in the package is dropped, as in Hydra.
fn split_package(text: &str) -> (&str, Option<String>) {
    match text.split_once('@') {
        None => (text, None),
        Some((path, package)) => {
            let package = package.split_once(':').map_or(package, |(before, _)| before);
            (path, Some(package.to_owned()))
        }
    }
}

/// `_here_` is the package of the file that holds the list.
fn here(package: Option<String>) -> Option<String> {
    package.map(|package| if package == "_here_" { String::new() } else { package })
}
