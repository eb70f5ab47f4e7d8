//! The part of a schema that a file is about.

use crate::error::{Code, Error, Result};
use crate::near;
use serde_json::{Value as Json, json};

/// The part of the schema at a package, which is where `path` goes.
pub(super) fn part(schema: &Json, package: &str, path: &str) -> Result<Json> {
    // What an application does not know of, Hydra checks itself.
    if package == "hydra" || package.starts_with("hydra.") {
        return Ok(json!({"type": "object"}));
    }
    let mut found = vec![schema];
    for key in package.split('.').filter(|key| !key.is_empty()) {
        let forms: Vec<&Json> = found.into_iter().flat_map(forms).collect();
        found = Vec::new();
        for below in forms.iter().copied().filter_map(|form| value_of(form, key)) {
            // Variants may share a key, and what they say of it.
            if !found.contains(&below) {
                found.push(below);
            }
        }
        if found.is_empty() {
            return Err(no_place(package, key, path, &forms));
        }
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        several => Ok(json!({"anyOf": several})),
    }
}

/// The schema itself, and those of which a value must fit all, or one.
fn forms(schema: &Json) -> Vec<&Json> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    std::iter::once(schema).chain(lists.flatten().flat_map(forms)).collect()
}

/// What a mapping has under a key.
fn value_of<'s>(schema: &'s Json, key: &str) -> Option<&'s Json> {
    let named = schema.get("properties").and_then(|keys| keys.get(key));
    named.or_else(|| schema.get("additionalProperties").filter(|value| value.is_object()))
}

fn no_place(package: &str, key: &str, path: &str, forms: &[&Json]) -> Error {
    let keys =
        forms.iter().filter_map(|form| form.get("properties")?.as_object()).flat_map(|keys| keys.keys());
    let known: Vec<&String> = keys.collect();
    let help = match near::among(key, &known) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("name its place: {path}@PACKAGE"),
    };
    let message = format!("the schema has no key '{key}' where '{path}' goes, which is '{package}'");
    Error::new(Code::UnknownKey, message).help(help)
}
