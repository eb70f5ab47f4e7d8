//! A JSON Schema from a file: for programs that have no Rust type, or are not written in Rust.

use super::{unset, violations};
use crate::error::{Code, Error, Result};
use crate::tree::{Node, Origin, SourceFile, Span, Value};
use crate::yaml;
use serde_json::Value as Json;
use std::sync::Arc;

/// A JSON Schema that stands in a file.
#[derive(Clone, Debug)]
pub struct Schema {
    json: Json,
}

impl Schema {
    /// Reads a schema, of any draft that says so with `$schema`; without that, of draft 2020-12. What it refers to has to be in
    /// it: nothing else is opened.
    ///
    /// ```
    /// use hydra_compose::{tree::SourceFile, typed::Schema, yaml};
    /// let text = r#"{"properties": {"port": {"type": "integer"}}, "additionalProperties": false}"#;
    /// let schema = Schema::parse(&SourceFile::new("serve.json", text))?;
    /// let tree = yaml::load(&SourceFile::new("conf/config.yaml", "port: http\nprot: 80\n"))?;
    /// let error = schema.check(&tree).unwrap_err();
    /// assert_eq!(error.each().len(), 2, "{error}");
    /// # Ok::<(), hydra_compose::Error>(())
    /// ```
    ///
    /// # Errors
    /// It is not JSON, or no schema.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self> {
        let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
        let json: Json = serde_json::from_str(text).map_err(|error| no_json(file, &error))?;
        match jsonschema::validator_for(&json) {
            Ok(_) => Ok(Self { json }),
            Err(error) => Err(no_schema(file, error.instance_path().as_str(), &error.to_string())),
        }
    }

    /// The schema itself.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// Whether a configuration, resolved, is as the schema wants it.
    ///
    /// # Errors
    /// Each violation, and each `???`.
    pub fn check(&self, tree: &Node) -> Result<()> {
        let mut errors = unset(tree, "");
        errors.extend(violations::find(tree, &self.json)?);
        Error::several(errors).map_or(Ok(()), Err)
    }
}

fn no_json(file: &Arc<SourceFile>, error: &serde_json::Error) -> Error {
    let at = format!(" at line {} column {}", error.line(), error.column());
    let what = error.to_string();
    let what = what.strip_suffix(&at).unwrap_or(&what);
    let origin = Origin::file(file, place(&file.text, error.line(), error.column()));
    Error::new(Code::InvalidValue, format!("{} is not JSON: {what}", file.path.display()))
        .label(&origin, "here")
}

/// The character at a line and a column as serde_json counts them: bytes, from 1.
fn place(text: &str, line: usize, column: usize) -> Span {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut start = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    Span::new(start, start + length)
}

fn no_schema(file: &Arc<SourceFile>, pointer: &str, what: &str) -> Error {
    let at = if pointer.is_empty() { String::new() } else { format!("at {pointer}, ") };
    let error =
        Error::new(Code::InvalidValue, format!("{} is no JSON Schema: {at}{what}", file.path.display()));
    // JSON is YAML, and our own reader of that knows where everything stands.
    match yaml::load(file).ok().as_ref().and_then(|tree| node_at(tree, pointer)) {
        Some(node) => error.label(&node.origin, "here"),
        None => error,
    }
}

/// What a JSON Pointer leads to.
fn node_at<'n>(tree: &'n Node, pointer: &str) -> Option<&'n Node> {
    pointer.split('/').skip(1).try_fold(tree, |node, part| match &node.value {
        Value::Map(map) => map.get(&part.replace("~1", "/").replace("~0", "~")),
        Value::List(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Error {
        Schema::parse(&SourceFile::new("x.json", text)).expect_err(text)
    }

    #[test]
    fn what_is_no_json_is_shown_in_the_file() {
        let error = refused("{\n  \"type\": \"é\" 1\n}");
        assert!(error.message().starts_with("x.json is not JSON: expected"), "{error}");
        assert_eq!(error.labels()[0].origin.to_string(), "x.json:2:15");
        assert!(refused("").message().starts_with("x.json is not JSON: EOF"));
    }

    #[test]
    fn what_is_no_schema_is_shown_in_the_file() {
        let error = refused("{\n  \"properties\": {\"port\": {\"type\": \"strng\"}}\n}");
        assert!(
            error.message().starts_with("x.json is no JSON Schema: at /properties/port/type, "),
            "{error}"
        );
        assert_eq!(error.labels()[0].origin.to_string(), "x.json:2:35");
        for text in
            ["[1]", "\"x\"", r##"{"$ref": "#/nowhere"}"##, r#"{"$ref": "https://example.com/x.json"}"#]
        {
            assert!(refused(text).message().starts_with("x.json is no JSON Schema: "), "{text}");
        }
    }
}
