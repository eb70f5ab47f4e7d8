//! What a schema does not allow, as errors with their place.

use super::json::to_json;
use crate::error::{Code, Error, Result};
use crate::near;
use crate::tree::{Node, Value};
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    /// The schema that was asked for last, and what it was compiled to. A sweep and a check ask for one and the same
    /// thousands of times, and compiling it takes several times as long as validating.
    static LAST: RefCell<Option<(serde_json::Value, Rc<Validator>)>> = const { RefCell::new(None) };
}

/// Every violation in the tree.
pub(super) fn find(tree: &Node, schema: &serde_json::Value) -> Result<Vec<Error>> {
    let validator = compiled(schema)?;
    let json = to_json(tree);
    let mut errors = Vec::new();
    for violation in validator.iter_errors(&json) {
        explain(&violation, tree, schema, &mut errors);
    }
    Ok(errors)
}

fn compiled(schema: &serde_json::Value) -> Result<Rc<Validator>> {
    let known = LAST.with_borrow(|last| {
        let known = last.as_ref().filter(|(known, _)| known == schema);
        known.map(|(_, validator)| Rc::clone(validator))
    });
    if let Some(validator) = known {
        return Ok(validator);
    }
    let validator = jsonschema::validator_for(schema)
        .map_err(|error| Error::new(Code::InvalidValue, format!("the schema itself is wrong: {error}")))?;
    let validator = Rc::new(validator);
    LAST.set(Some((schema.clone(), Rc::clone(&validator))));
    Ok(validator)
}

fn explain(
    violation: &ValidationError<'_>,
    tree: &Node,
    schema: &serde_json::Value,
    errors: &mut Vec<Error>,
) {
    let path = Path::new(violation.instance_path().as_str());
    let Some(node) = path.node(tree) else { return };
    if node.is_missing() {
        // Reported as not set; what it should have been is of no interest yet.
        return;
    }
    let key = path.dotted();
    let wrong = |what: String| {
        let shown = shown(node);
        Error::new(Code::InvalidValue, format!("{key} {what}, and is {shown}"))
            .label(&node.origin, "set here")
    };
    match violation.kind() {
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            variants(context, &path, node, tree, schema, errors)
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let full = path.child(name);
            errors.push(
                Error::new(Code::MissingValue, format!("{full} is missing"))
                    .label(&node.origin, format!("has no key '{name}'"))
                    .help(format!("add it with '+{full}=…', or in the file")),
            );
        }
        Kind::AdditionalProperties { unexpected } => {
            let known = known_keys(schema, violation.schema_path().as_str());
            for name in unexpected {
                errors.push(unknown_key(node, name, &path.child(name), &known));
            }
        }
        Kind::Type { kind } => errors.push(wrong(format!("must be {}", types(kind)))),
        Kind::Minimum { limit } => errors.push(wrong(format!("must be at least {limit}"))),
        Kind::Maximum { limit } => errors.push(wrong(format!("must be at most {limit}"))),
        Kind::ExclusiveMinimum { limit } => errors.push(wrong(format!("must be greater than {limit}"))),
        Kind::ExclusiveMaximum { limit } => errors.push(wrong(format!("must be less than {limit}"))),
        Kind::MultipleOf { multiple_of } => {
            errors.push(wrong(format!("must be a multiple of {multiple_of}")))
        }
        Kind::Pattern { pattern } => errors.push(wrong(format!("must match {pattern}"))),
        Kind::Enum { options } => {
            errors.push(one_of(&key, node, options.as_array().map_or(&[][..], Vec::as_slice)))
        }
        Kind::Constant { expected_value } => errors.push(wrong(format!("must be {expected_value}"))),
        _ => errors.push(
            Error::new(Code::InvalidValue, format!("{key}: {violation}")).label(&node.origin, "set here"),
        ),
    }
}

/// None of several forms fits. The one whose tag fits is the one that was meant; its violations are the answer.
fn variants(
    branches: &[Vec<ValidationError<'static>>],
    path: &Path,
    node: &Node,
    tree: &Node,
    schema: &serde_json::Value,
    errors: &mut Vec<Error>,
) {
    let is_tag = |error: &ValidationError<'_>| {
        matches!(error.kind(), Kind::Constant { .. })
            && Path::new(error.instance_path().as_str()).parent() == *path
    };
    let fits = |branch: &&Vec<ValidationError<'static>>| !branch.iter().any(is_tag);
    // A missing tag leaves several candidates, and then none was meant; `null` stands beside one real form.
    let kind_matches = |branch: &&Vec<ValidationError<'static>>| {
        !branch.iter().any(|error| {
            matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == path.pointer
        })
    };
    let candidates: Vec<_> = branches.iter().filter(fits).collect();
    let candidates: Vec<_> = match candidates.iter().copied().filter(kind_matches).collect::<Vec<_>>() {
        narrowed if narrowed.is_empty() => candidates,
        narrowed => narrowed,
    };
    if let [branch] = candidates.as_slice() {
        branch.iter().for_each(|error| explain(error, tree, schema, errors));
        return;
    }
    let mut tags: Vec<(String, serde_json::Value)> = Vec::new();
    for error in branches.iter().flatten().filter(|error| is_tag(error)) {
        if let Kind::Constant { expected_value } = error.kind() {
            tags.push((error.instance_path().as_str().to_owned(), (**expected_value).clone()));
        }
    }
    match tags.first().map(|(pointer, _)| Path::new(pointer)) {
        Some(tag) if candidates.is_empty() => {
            let values: Vec<serde_json::Value> = tags.into_iter().map(|(_, value)| value).collect();
            errors.push(one_of(&tag.dotted(), tag.node(tree).unwrap_or(node), &values));
        }
        _ => {
            // Enums of plain strings with a description each: every branch is a constant at this very place.
            let constants: Vec<serde_json::Value> = branches
                .iter()
                .flatten()
                .flat_map(|error| match error.kind() {
                    Kind::Constant { expected_value } => vec![(**expected_value).clone()],
                    Kind::Enum { options } => options.as_array().cloned().unwrap_or_default(),
                    _ => Vec::new(),
                })
                .collect();
            if constants.is_empty() {
                // Without a tag to tell, the first form's view of it.
                branches.iter().take(1).flatten().for_each(|error| explain(error, tree, schema, errors));
            } else {
                errors.push(one_of(&path.dotted(), node, &constants));
            }
        }
    }
}

fn one_of(key: &str, node: &Node, options: &[serde_json::Value]) -> Error {
    let names: Vec<String> = options
        .iter()
        .map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned))
        .collect();
    let near = node.as_str().and_then(|text| near::among(text, &names));
    let message = format!("{key} must be one of {}, and is {}", names.join(", "), shown(node));
    Error::new(Code::InvalidValue, message)
        .label(&node.origin, "set here")
        .maybe_help(near.map(|near| format!("did you mean {key}={near}?")))
}

fn unknown_key(parent: &Node, name: &str, full: &str, known: &[String]) -> Error {
    let entry = parent.as_map().and_then(|map| map.entries().find(|(key, _)| key.to_string() == name));
    let origin = entry.map_or(&parent.origin, |(_, entry)| &entry.key_origin);
    let help = match near::among(name, known) {
        Some(near) => Some(format!("did you mean '{near}'?")),
        None if known.is_empty() => None,
        None => Some(format!("known keys: {}", known.join(", "))),
    };
    Error::new(Code::UnknownKey, format!("{full} is not a key of the configuration"))
        .label(origin, "unknown key")
        .maybe_help(help)
}

/// The keys that the schema knows where it refused others. `path` is that of the `additionalProperties` keyword.
fn known_keys(schema: &serde_json::Value, path: &str) -> Vec<String> {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let properties = schema.pointer(parent).and_then(|schema| schema["properties"].as_object());
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

fn types(kind: &TypeKind) -> String {
    let name = |name: &str| match name {
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a mapping",
        _ => "null",
    };
    match kind {
        TypeKind::Single(one) => name(&one.to_string()).to_owned(),
        TypeKind::Multiple(several) => {
            let names: Vec<&str> = several.iter().map(|one| name(&one.to_string())).collect();
            names.join(" or ")
        }
    }
}

/// The value as it was written, if it is short; its kind otherwise.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Str(text) if text.chars().count() <= 60 => format!("the string '{text}'"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Null => to_json(node).to_string(),
        other => other.kind().to_owned(),
    }
}

/// A JSON Pointer, and what it leads to.
#[derive(PartialEq)]
struct Path {
    pointer: String,
}

impl Path {
    fn new(pointer: &str) -> Self {
        Self { pointer: pointer.to_owned() }
    }

    fn parts(&self) -> impl Iterator<Item = String> {
        self.pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"))
    }

    fn parent(&self) -> Path {
        Path::new(self.pointer.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    fn dotted(&self) -> String {
        let parts: Vec<String> = self.parts().collect();
        if parts.is_empty() { "the configuration".into() } else { parts.join(".") }
    }

    fn child(&self, name: &str) -> String {
        let parts: Vec<String> = self.parts().chain([name.to_owned()]).collect();
        parts.join(".")
    }

    fn node<'n>(&self, tree: &'n Node) -> Option<&'n Node> {
        self.parts().try_fold(tree, |node, part| match &node.value {
            Value::Map(map) => map.iter().find(|(key, _)| key.to_string() == part).map(|(_, node)| node),
            Value::List(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::tree::SourceFile;
    use crate::yaml;
    use serde_json::json;

    #[test]
    fn a_compiled_schema_is_kept_for_itself_alone() {
        let tree = yaml::load(&SourceFile::new("a.yaml", "port: 0\n")).expect("YAML");
        let least = |least: i32| json!({"properties": {"port": {"minimum": least}}});
        for (schema, count) in [(least(1), 1), (least(1), 1), (least(0), 0), (least(1), 1)] {
            assert_eq!(find(&tree, &schema).expect("a schema").len(), count, "{schema}");
        }
        find(&tree, &json!({"type": "nosuch"})).expect_err("no schema");
        assert_eq!(find(&tree, &least(1)).expect("a schema").len(), 1);
    }
}
