//! The keys of a configuration with the help that its schema has for them: what `--help` shows of a program that has one.

use crate::annotate;
use hydra_compose::tree::{Map, Node, Value as Tree};
use hydra_compose::{Result, yaml};
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
            let shown = yaml::dump(node);
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

/// YAML of a part of the configuration, at `path` in it, with all that the schema says of it: of the part itself above, of
/// each key behind it. What is long goes on in the lines below.
///
/// ```
/// use hydra_compose::{tree::SourceFile, yaml};
/// let root = yaml::load(&SourceFile::new("a.yaml", "server: {host: localhost, port: 80}"))?;
/// let keys = serde_json::json!({
///     "host": {"description": "Name or address."},
///     "port": {"description": "TCP port.\n\nBelow 1024 it is the administrator's."},
/// });
/// let server = serde_json::json!({"description": "Where it listens.", "properties": keys});
/// let schema = serde_json::json!({"properties": {"server": server}});
/// let part = root.get("server").expect("a server");
/// assert_eq!(
///     hydra_app::keys::described(part, &root, &["server".into()], &schema)?,
///     "# Where it listens.\n\
///      host: localhost  # Name or address.\n\
///      port: 80         # TCP port.\n\
///      \x20                #\n\
///      \x20                # Below 1024 it is the administrator's.\n",
/// );
/// # Ok::<(), hydra_compose::Error>(())
/// ```
///
/// # Errors
/// None that a tree which was loaded from YAML could have.
pub fn described(part: &Node, root: &Node, path: &[String], schema: &Value) -> Result<String> {
    let help = |below: &[String]| {
        let keys: Vec<&str> = path.iter().chain(below).map(String::as_str).collect();
        let (schema, node) = find(root, &keys, schema)?;
        whole_help(schema, node)
    };
    let mut out = String::new();
    let about = help(&[]).unwrap_or_default();
    for line in wrapped(&about, WIDEST - "# ".len()) {
        out.push_str(format!("# {line}").trim_end());
        out.push('\n');
    }
    if !matches!(part.value, Tree::Map(_) | Tree::List(_)) {
        let text = yaml::dump(part);
        return Ok(out + text.strip_suffix("...\n").unwrap_or(&text));
    }
    let of_keys = |below: &[String], _: &Node| if below.is_empty() { None } else { help(below) };
    Ok(out + &annotate::commented(part, &of_keys, &wrapped_at)?)
}

/// The longest line of help.
const WIDEST: usize = 100;

/// However far to the right it begins, a comment is as wide as this.
const NARROWEST: usize = 40;

fn wrapped_at(text: &str, column: usize) -> Vec<String> {
    wrapped(text, WIDEST.saturating_sub(column).max(NARROWEST))
}

/// The lines of a text, none wider than `width` unless a word is. Paragraphs and items of lists stay apart.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.trim().lines().map(str::trim) {
        goes_on &= !(line.is_empty() || line.starts_with("- ") || line.starts_with("* "));
        if line.is_empty() {
            lines.push(String::new());
        }
        for word in line.split_whitespace() {
            match lines.last_mut().filter(|last| goes_on && fits_behind(last, word, width)) {
                Some(last) => *last = format!("{last} {word}"),
                None => lines.push(word.to_owned()),
            }
            goes_on = true;
        }
    }
    lines
}

fn fits_behind(line: &str, word: &str, width: usize) -> bool {
    line.chars().count() + 1 + word.chars().count() <= width
}

/// What the schema says of the key at a dotted `path`, in a line.
pub(crate) fn help(root: &Node, path: &str, schema: &Value) -> Option<String> {
    help_of(at(root, path, schema)?)
}

/// What the schema says of one of the values that the key at a dotted `path` may have, in a line.
pub(crate) fn help_of_value(root: &Node, path: &str, value: &str, schema: &Value) -> Option<String> {
    fn of_constant<'s>(schema: &'s Value, value: &str) -> Option<&'s Value> {
        let is_it = schema.get("const").and_then(Value::as_str) == Some(value);
        if is_it { Some(schema) } else { variants(schema).find_map(|variant| of_constant(variant, value)) }
    }
    help_of(of_constant(at(root, path, schema)?, value)?)
}

/// The values that the key at a dotted `path` may have, where the schema lists them: of an enumeration, and of a switch.
pub(crate) fn values(root: &Node, path: &str, schema: &Value) -> Vec<String> {
    at(root, path, schema).map(listed).unwrap_or_default()
}

fn at<'s>(root: &Node, path: &str, schema: &'s Value) -> Option<&'s Value> {
    let keys: Vec<&str> = path.split('.').collect();
    find(root, &keys, schema).map(|(schema, _)| schema)
}

/// What stands at a path of keys, and what the schema says of it.
fn find<'s, 'n>(root: &'n Node, keys: &[&str], schema: &'s Value) -> Option<(&'s Value, &'n Node)> {
    keys.iter().try_fold((schema, root), |(schema, node), key| {
        let map = node.as_map()?;
        Some((property(schema, key, map)?, map.get(key)?))
    })
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
    let all = switch.chain(texts).map(str::to_owned).chain(variants(schema).flat_map(listed));
    let all: Vec<String> = all.collect();
    // Of a number that may be null, null alone says too little to be worth a candidate.
    if all.is_empty() { all } else { all.into_iter().chain(null.map(str::to_owned)).collect() }
}

/// What a schema says of a key of a mapping: of variants, that which fits the mapping's tag.
fn property<'s>(schema: &'s Value, key: &str, map: &Map) -> Option<&'s Value> {
    if let Some(found) = schema["properties"].get(key) {
        return Some(found);
    }
    variants(schema).filter(|variant| fits(variant, map)).find_map(|variant| property(variant, key, map))
}

/// The forms that a value may have.
fn variants(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].into_iter().filter_map(move |word| schema[word].as_array()).flatten()
}

/// Whether every constant of a variant is what the mapping has.
fn fits(variant: &Value, map: &Map) -> bool {
    let constants = variant["properties"].as_object().into_iter().flatten();
    let mut constants = constants.filter_map(|(key, schema)| Some((key, schema.get("const")?)));
    constants.all(|(key, constant)| map.get(key).and_then(Node::as_str) == constant.as_str())
}

/// The whole description; of a mapping with several forms, that of the one it has, too.
fn whole_help(schema: &Value, node: &Node) -> Option<String> {
    let is_tagged = |variant: &Value| {
        let mut keys = variant["properties"].as_object().into_iter().flatten();
        keys.any(|(_, schema)| schema.get("const").is_some())
    };
    let form = node
        .as_map()
        .and_then(|map| variants(schema).find(|variant| is_tagged(variant) && fits(variant, map)));
    let all = [Some(schema), form].into_iter().flatten().filter_map(|schema| schema["description"].as_str());
    let all: Vec<&str> = all.filter(|text| !text.is_empty()).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

/// The first line of the description.
fn help_of(schema: &Value) -> Option<String> {
    let text = schema["description"].as_str()?;
    text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_compose::tree::SourceFile;
    use serde_json::json;

    #[test]
    fn help_stands_at_the_keys_of_parts_and_once_for_a_list() {
        let text = "net: {kind: mlp, layers: {sizes: [1, 2], bias: true}}\nseed: 0\n";
        let root = yaml::load(&SourceFile::new("a.yaml", text)).expect("YAML");
        let layers = json!({"description": "What is in it.", "properties": {
            "sizes": {"description": "From the first to the last."},
        }});
        let forms = json!([
            {"description": "A cube.", "properties": {"kind": {"const": "cnn"}}},
            {"description": "A row.", "properties": {"kind": {"const": "mlp"}, "layers": layers}},
        ]);
        let net = json!({"description": "The network.", "oneOf": forms});
        let schema = json!({"properties": {"net": net, "seed": {"description": "A number."}}});
        let said = |path: &str| {
            let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
            described(root.get(path).expect("a part"), &root, &keys, &schema).expect("help")
        };
        assert_eq!(
            said("net"),
            "# The network.\n#\n# A row.\nkind: mlp\nlayers:   # What is in it.\n  sizes:  # From the first to the last.\n  - 1\n  - 2\n  bias: true\n"
        );
        assert_eq!(said("net.layers.sizes"), "# From the first to the last.\n- 1\n- 2\n");
        assert_eq!(said("seed"), "# A number.\n0\n");
    }

    #[test]
    fn help_is_wrapped_and_paragraphs_and_lists_stay() {
        let text = "One two three\nfour.\n\nFive:\n- six\n- seven eight nine\nten\n";
        let lines = ["One two", "three", "four.", "", "Five:", "- six", "- seven", "eight nine", "ten"];
        assert_eq!(wrapped(text, 10), lines);
        assert_eq!(wrapped("extraordinary é", 5), ["extraordinary", "é"]);
        assert_eq!(wrapped("", 10), [""; 0]);
    }
}
