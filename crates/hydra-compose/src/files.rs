//! The files of a defaults list to one tree, each at its package.

use crate::defaults::{DefaultsList, Entry};
use crate::error::{Code, Error, Result};
use crate::hydra_node;
use crate::interpolation::Resolvers;
use crate::merge::{NewKeys, merge, merge_at};
use crate::source::Library;
use crate::tree::{Map, Node, Origin, Value};

/// Files in the order of the defaults list, each at its package.
pub(crate) fn merge_files(library: &Library, defaults: &DefaultsList, resolvers: &Resolvers) -> Result<Node> {
    let mut root = Node::new(Value::Map(Map::new()), Origin::Builtin("the configuration"));
    let mut is_typed = false;
    for entry in &defaults.entries {
        let Some(file) = library.load(&entry.config_path)? else { continue };
        let content = match library.schema(&entry.config_path, &file)? {
            Some(schema) => {
                on_schema(file.body.clone(), schema, resolvers).map_err(|error| in_file(entry, error))?
            }
            None => file.body.clone(),
        };
        let content = embedded(content, &entry.package);
        if !entry.primary && entry.config_path != "hydra/config" && sets_search_path(&content) {
            let message = format!(
                "In '{}': Overriding hydra.searchpath is only supported from the primary config",
                entry.config_path
            );
            return Err(Error::new(Code::DefaultsList, message).label(&file.body.origin, ""));
        }
        if content.as_map().is_none() {
            let message = format!(
                "In '{}': {} cannot stand at the top of a configuration",
                entry.config_path,
                content.value.kind()
            );
            return Err(Error::new(Code::Merge, message)
                .label(&content.origin, "")
                .help(format!("give it a package: '{}@some.package'", item_of(entry))));
        }
        // Hydra's own files before `hydra/config` may set what they like; from then on the node has its types.
        if is_typed {
            hydra_node::refuse_unknown(&root, &content).map_err(|error| in_file(entry, error))?;
        }
        is_typed |= entry.config_path == "hydra/config";
        let sets_hydra = content.get("hydra").is_some();
        merge(&mut root, content, resolvers).map_err(|error| in_file(entry, error))?;
        if is_typed && sets_hydra {
            hydra_node::conform(&mut root).map_err(|error| in_file(entry, error))?;
        }
    }
    Ok(root)
}

/// A file on what Hydra has under the same name: what it leaves out is Hydra's, and it adds no keys.
fn on_schema(content: Node, schema: Node, resolvers: &Resolvers) -> Result<Node> {
    let mut merged = schema;
    merge_at(&mut merged, Vec::new(), content, NewKeys::Refused, resolvers)?;
    Ok(merged)
}

fn item_of(entry: &Entry) -> &str {
    entry.override_key.as_deref().unwrap_or(&entry.config_path)
}

fn in_file(entry: &Entry, error: Error) -> Error {
    if let Some(several) =
        Error::several(error.related().iter().map(|error| in_file(entry, error.clone())).collect())
    {
        return several;
    }
    let mut named = Error::new(error.code(), format!("In '{}': {}", entry.config_path, error.message()));
    for label in error.labels() {
        named = named.label(&label.origin, label.text.clone());
    }
    named.maybe_help(error.help_text().map(str::to_owned))
}

/// Content under the mappings that a dotted package names.
fn embedded(content: Node, package: &str) -> Node {
    // `a[b]` is another spelling of `a.b`.
    let parts: Vec<&str> = package.split(['.', '[', ']']).filter(|part| !part.is_empty()).collect();
    parts.into_iter().rev().fold(content, |inner, part| {
        let origin = inner.origin.clone();
        let mut map = Map::new();
        map.insert(part.into(), origin.clone(), inner);
        Node::new(Value::Map(map), origin)
    })
}

fn sets_search_path(content: &Node) -> bool {
    content.get("hydra.searchpath").is_some_and(|node| node.value != Value::Null)
}
