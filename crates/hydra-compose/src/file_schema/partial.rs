//! From the schema of a value to that of what a file says about it.
//!
//! A file is a part of the configuration: what it leaves out, another file sets. And it is written before anything is
//! resolved: `${…}` and `???` stand for values of any type.

use super::Object;
use super::tagged::Tagged;
use serde_json::{Value as Json, json};

/// An interpolation, or a value that must still be given.
const UNRESOLVED: &str = r"\$\{.*\}|^\?\?\?$";

/// What is said to people.
const ANNOTATIONS: [&str; 5] = ["title", "description", "default", "examples", "deprecated"];

/// What concerns the root alone, and what speaks of keys that a part may lack.
const DROPPED: [&str; 12] = [
    "$schema",
    "$id",
    "required",
    "minProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
    "if",
    "then",
    "else",
    "not",
];

/// The schema of a part of what fits `schema`.
pub(super) fn partial(schema: &Json) -> Json {
    let Json::Object(schema) = schema else { return schema.clone() };
    match Tagged::of(schema) {
        Some(tagged) => tagged.schema(std::convert::identity),
        None => untagged(schema).into(),
    }
}

/// The same below the top of a file, where text may stand for the whole.
pub(super) fn open(schema: &Json) -> Json {
    match schema.as_object().and_then(Tagged::of) {
        Some(tagged) => tagged.schema(or_unresolved),
        None => or_unresolved(partial(schema)),
    }
}

/// As [`partial`], of what is no choice by a tag.
pub(super) fn untagged(schema: &Object) -> Object {
    let mut out = annotations(schema);
    for (keyword, value) in schema {
        let (keyword, value) = match keyword.as_str() {
            name if DROPPED.contains(&name) || ANNOTATIONS.contains(&name) => continue,
            name @ ("properties" | "patternProperties") => (name, each(value, open)),
            name @ ("$defs" | "definitions" | "allOf") => (name, each(value, partial)),
            // Where no key is required, more than one form may fit.
            "anyOf" | "oneOf" => ("anyOf", each(value, partial)),
            // Tuples, as draft 7 has them.
            "prefixItems" => ("items", each(value, open)),
            "items" if schema.contains_key("prefixItems") => ("additionalItems", open(value)),
            name @ ("items" | "additionalProperties") => (name, open(value)),
            name => (name, value.clone()),
        };
        out.insert(keyword.to_owned(), value);
    }
    out
}

/// Schemas in a list or a mapping, each made over.
pub(super) fn each(schemas: &Json, make: fn(&Json) -> Json) -> Json {
    match schemas {
        Json::Array(list) => Json::Array(list.iter().map(make).collect()),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, schema)| (key.clone(), make(schema))).collect())
        }
        other => other.clone(),
    }
}

/// What a schema says to people.
pub(super) fn annotations(schema: &Object) -> Object {
    let said = |name: &&str| Some(((*name).to_owned(), schema.get(*name)?.clone()));
    ANNOTATIONS.iter().filter_map(said).collect()
}

/// What fits the schema, or text that stands for it.
pub(super) fn or_unresolved(schema: Json) -> Json {
    let Json::Object(mut schema) = schema else { return schema };
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
    let is_choice = has(&["const", "enum", "anyOf", "allOf", "$ref"]);
    let is_choice_alone = schema.keys().all(|name| name == "anyOf" || ANNOTATIONS.contains(&name.as_str()));
    let limits_text = has(&["pattern", "minLength", "maxLength", "format"]);
    let mut types = match schema.get("type") {
        Some(Json::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let takes_text = types.is_empty() || types.iter().any(|name| name == "string");
    if !is_choice && takes_text && !limits_text {
        return schema.into();
    }
    if !is_choice && !takes_text {
        // One more type is easier to read, for people and editors, than a choice between two schemas. The pattern is for text only.
        types.push("string".into());
        schema.insert("type".into(), types.into());
        schema.insert("pattern".into(), UNRESOLVED.into());
        return schema.into();
    }
    let unresolved = json!({"type": "string", "pattern": UNRESOLVED});
    if is_choice_alone && let Some(Json::Array(forms)) = schema.get_mut("anyOf") {
        forms.push(unresolved);
        return schema.into();
    }
    let mut out = annotations(&schema);
    let rest: Object = schema.into_iter().filter(|(name, _)| !ANNOTATIONS.contains(&name.as_str())).collect();
    out.insert("anyOf".into(), json!([rest, unresolved]));
    out.into()
}
