//! `docs/config-reference.md` is made from the doc comments of the schema. `UPDATE_DOCS=1 cargo test --test reference`
//! writes it anew.

use serde_json::Value as Json;
use std::fmt::Write;
use std::fs;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/config-reference.md");

#[test]
fn the_reference_is_that_of_the_schema() {
    let wanted = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PATH, &wanted).expect("written");
    }
    let found = fs::read_to_string(PATH).expect("docs/config-reference.md");
    assert!(
        found == wanted,
        "docs/config-reference.md is not that of the schema; UPDATE_DOCS=1 writes it anew"
    );
}

fn reference() -> String {
    let schema = hydra_compose::typed::schema_of::<ddpm_config::Config>();
    let mut text = String::from(
        "# Configuration reference\n\nMade from the doc comments of `crates/ddpm-config`; do not edit. \
         The values themselves stand in `conf/`.\n",
    );
    let (groups, plain): (Vec<_>, Vec<_>) =
        properties(&schema).into_iter().partition(|(_, schema)| is_container(schema));
    section(&mut text, "At the top", "", &plain);
    for (name, schema) in groups {
        group(&mut text, name, schema);
    }
    text
}

fn properties(schema: &Json) -> Vec<(&str, &Json)> {
    let properties = schema["properties"].as_object();
    properties
        .map(|all| all.iter().map(|(name, schema)| (name.as_str(), schema)).collect())
        .unwrap_or_default()
}

/// Whether the value is a mapping, or one of several.
fn is_container(schema: &Json) -> bool {
    !properties(schema).is_empty() || variants(schema).iter().any(|variant| !properties(variant).is_empty())
}

fn variants(schema: &Json) -> &[Json] {
    schema["oneOf"].as_array().map_or(&[], Vec::as_slice)
}

fn group(text: &mut String, path: &str, schema: &Json) {
    let about = schema["description"].as_str().unwrap_or_default();
    if variants(schema).is_empty() {
        let (nested, plain): (Vec<_>, Vec<_>) =
            properties(schema).into_iter().partition(|(_, schema)| is_container(schema));
        section(text, &format!("`{path}`"), about, &plain);
        for (name, schema) in nested {
            group(text, &format!("{path}.{name}"), schema);
        }
        return;
    }
    section(text, &format!("`{path}`"), about, &[]);
    for variant in variants(schema) {
        let name = variant["properties"]["name"]["const"].as_str().unwrap_or_default();
        let about = variant["description"].as_str().unwrap_or_default();
        let keys: Vec<_> = properties(variant).into_iter().filter(|(key, _)| *key != "name").collect();
        section(text, &format!("`{path}` with `name: {name}`"), about, &keys);
    }
}

fn section(text: &mut String, title: &str, about: &str, keys: &[(&str, &Json)]) {
    let _ = write!(text, "\n## {title}\n");
    if !about.is_empty() {
        let _ = write!(text, "\n{about}\n");
    }
    if keys.is_empty() {
        return;
    }
    text.push_str("\n| key | type | meaning |\n|---|---|---|\n");
    for (name, schema) in keys {
        let meaning = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(text, "| `{name}` | {} | {meaning} |", kind(schema));
    }
}

/// The type with its range: `integer from 1`, `number in [0, 1)`, `adam, sgd`.
fn kind(schema: &Json) -> String {
    let constants: Vec<&str> =
        variants(schema).iter().filter_map(|variant| variant["const"].as_str()).collect();
    if !constants.is_empty() {
        return constants.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    }
    let names = match &schema["type"] {
        Json::String(name) => vec![name.as_str()],
        Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
        _ => match schema["anyOf"].as_array() {
            Some(either) => return either.iter().map(kind).collect::<Vec<_>>().join(" or "),
            None => vec!["value"],
        },
    };
    let mut text = names.join(" or ");
    if names.contains(&"array") {
        let null = if names.contains(&"null") { " or null" } else { "" };
        text = format!("list of {}{null}", kind(&schema["items"]));
    }
    let bound = |key: &str| schema.get(key).map(ToString::to_string);
    match (bound("minimum"), bound("exclusiveMinimum"), bound("maximum"), bound("exclusiveMaximum")) {
        (Some(least), None, Some(most), None) => _ = write!(text, ", {least} to {most}"),
        (Some(least), None, None, Some(limit)) => _ = write!(text, ", from {least}, below {limit}"),
        (None, Some(above), None, Some(limit)) => _ = write!(text, ", above {above}, below {limit}"),
        (Some(least), None, None, None) => _ = write!(text, ", from {least}"),
        _ => {}
    }
    if let Some(factor) = bound("multipleOf") {
        let _ = write!(text, ", a multiple of {factor}");
    }
    text
}
