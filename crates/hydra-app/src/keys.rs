//! The keys of a configuration with the help that its schema has for them: what `--help` shows of a program that has one.

use crate::annotate::commented;
use hydra_compose::Result;
use hydra_compose::tree::{Map, Node, Value as Tree};
use serde_json::Value;

/// A line for each key at the top, with its help, and below it the keys that it holds.
///
/// ```
/// use hydra_compose::{tree::SourceFile, yaml};
/// let tree = yaml::load(&SourceFile::new("a.yaml", "seed: 0\nserver: {host: localhost, port: 80}"))?;
/// let schema = serde_json::json!({"properties": {
///     "seed": {"description": "Of every random number."},
///     "server": {"description": "Where it listens."},
/// }});
/// assert_eq!(
///     hydra_app::keys::summary(&tree, &schema),
///     "seed: 0  Of every random number.\nserver   Where it listens.\n         host, port\n",
/// );
/// # Ok::<(), hydra_compose::Error>(())
/// ```
pub fn summary(tree: &Node, schema: &Value) -> String {
    let Some(map) = tree.as_map() else { return String::new() };
    let name = |key: String, node: &Node| match &node.value {
        Tree::Map(_) => key,
        _ => {
            let shown = hydra_compose::yaml::dump(node);
            format!("{key}: {}", shown.lines().next().unwrap_or_default())
        }
    };
    let names: Vec<String> = map.iter().map(|(key, node)| name(key.to_string(), node)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for ((key, node), name) in map.iter().zip(&names) {
        let help = property(schema, &key.to_string(), map).and_then(help_of).unwrap_or_default();
        out.push_str(format!("{name:width$}  {help}").trim_end());
        out.push('\n');
        if let Some(inner) = node.as_map().filter(|inner| !inner.is_empty()) {
            let keys: Vec<String> = inner.keys().map(ToString::to_string).collect();
            out.push_str(&format!("{:width$}  {}\n", "", keys.join(", ")));
        }
    }
    out
}

/// YAML of a part of the configuration, at `path` in it, with its help behind each value.
///
/// # Errors
/// None that a tree which was loaded from YAML could have.
pub fn described(part: &Node, root: &Node, path: &[String], schema: &Value) -> Result<String> {
    commented(part, &|below, _| {
        let (mut schema, mut node) = (schema, root);
        for key in path.iter().chain(below) {
            // Items of a list share what is said of the list.
            let Some(map) = node.as_map() else { break };
            schema = property(schema, key, map)?;
            node = map.get(key)?;
        }
        help_of(schema)
    })
}

/// The values that the key at a dotted `path` may have, where the schema lists them: of an enumeration, and of a switch.
pub(crate) fn values(root: &Node, path: &str, schema: &Value) -> Vec<String> {
    let (mut schema, mut node) = (schema, root);
    for key in path.split('.') {
        let Some(found) = node.as_map().and_then(|map| Some((property(schema, key, map)?, map.get(key)?)))
        else {
            return Vec::new();
        };
        (schema, node) = found;
    }
    listed(schema)
}

fn listed(schema: &Value) -> Vec<String> {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        several => several.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    let switch = ["true", "false"].into_iter().filter(|_| types.contains(&"boolean"));
    let null = ["null"].into_iter().filter(|_| types.contains(&"null"));
    let texts = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
    let texts = texts.filter_map(|value| value.as_str());
    let variants = ["oneOf", "anyOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten();
    let all = switch.chain(texts).map(str::to_owned).chain(variants.flat_map(listed));
    let all: Vec<String> = all.collect();
    // Of a number that may be null, null alone says too little to be worth a candidate.
    if all.is_empty() { all } else { all.into_iter().chain(null.map(str::to_owned)).collect() }
}

/// What a schema says of a key of a mapping: of variants, that which fits the mapping's tag.
fn property<'s>(schema: &'s Value, key: &str, map: &Map) -> Option<&'s Value> {
    if let Some(found) = schema["properties"].get(key) {
        return Some(found);
    }
    let variants = ["oneOf", "anyOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten();
    variants.filter(|variant| fits(variant, map)).find_map(|variant| property(variant, key, map))
}

/// Whether every constant of a variant is what the mapping has.
fn fits(variant: &Value, map: &Map) -> bool {
    let constants = variant["properties"].as_object().into_iter().flatten();
    let mut constants = constants.filter_map(|(key, schema)| Some((key, schema.get("const")?)));
    constants.all(|(key, constant)| map.get(key).and_then(Node::as_str) == constant.as_str())
}

/// The first line of the description.
fn help_of(schema: &Value) -> Option<String> {
    let text = schema["description"].as_str()?;
    text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
}
