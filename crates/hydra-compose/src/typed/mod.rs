//! Tree to a Rust type: validated against its schema, every error in one go.
//!
//! - `json`: a tree as JSON, for the validator
//! - `violations`: what the validator finds, as errors with their place in a file
//! - `de`: a tree as a serde deserializer
//! - `schema`: a schema from elsewhere, instead of a type's

mod de;
mod json;
mod schema;
mod violations;

use crate::error::{Code, Error, Result};
use crate::tree::{Node, Value};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;

pub use json::to_json;
pub use schema::Schema;

/// The JSON Schema of a type, with every subschema in its place: no references to follow.
pub fn schema_of<T: JsonSchema>() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The tree as a `T`, after checking it against the schema of `T`.
///
/// ```
/// use hydra_compose::{tree::SourceFile, typed, yaml};
/// #[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// #[expect(dead_code, reason = "an example")]
/// struct Training {
///     #[schemars(range(min = 1))]
///     epochs: u32,
///     seed: u64,
/// }
/// let tree = yaml::load(&SourceFile::new("conf/config.yaml", "epochs: 0\nsede: 1\n"))?;
/// let error = typed::validate::<Training>(&tree).unwrap_err();
/// assert_eq!(error.each().len(), 3, "too small, unknown, missing: {error}");
/// # Ok::<(), hydra_compose::Error>(())
/// ```
///
/// # Errors
/// Each violation: keys that are missing or `???`, unknown keys, wrong types, values out of range, wrong variants.
pub fn validate<T: DeserializeOwned + JsonSchema>(tree: &Node) -> Result<T> {
    let mut errors = unset(tree, "");
    errors.extend(violations::find(tree, &schema_of::<T>())?);
    match Error::several(errors) {
        Some(error) => Err(error),
        None => deserialize(tree, ""),
    }
}

/// The tree as a `T`, without a schema; `key` is what errors call the top of it.
///
/// # Errors
/// The first value that does not fit.
pub fn deserialize<T: DeserializeOwned>(tree: &Node, key: &str) -> Result<T> {
    T::deserialize(de::Deserializer::new(tree)).map_err(|error| error.into_error(key))
}

/// An error for each `???` in the tree.
fn unset(node: &Node, path: &str) -> Vec<Error> {
    let below = |key: String| if path.is_empty() { key } else { format!("{path}.{key}") };
    match &node.value {
        Value::Map(map) => map.iter().flat_map(|(key, node)| unset(node, &below(key.to_string()))).collect(),
        Value::List(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, node)| unset(node, &below(index.to_string())))
            .collect(),
        _ if node.is_missing() => {
            vec![
                Error::new(Code::MissingValue, format!("{path} must be given"))
                    .label(&node.origin, "not set")
                    .help(format!("'{path}=…'")),
            ]
        }
        _ => Vec::new(),
    }
}
