//! `provenance.json`: where each value of a frozen configuration came from.

use hydra_compose::tree::{Node, Value};
use serde_json::{Map, Value as Json};

/// Name of the file in the run directory.
pub const PROVENANCE: &str = "provenance.json";

/// The place of each value, by its dotted key: `conf/optimizer/sgd.yaml:2:5`, `argument 'optimizer.lr=0.1'`.
///
/// ```
/// use hydra_app::job::provenance;
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\nlr: ${seed}\nlist: [1]\n")?;
/// let config = hydra_compose::Composer::new(folder.path()).overrides(["seed=1"]).compose()?;
/// let places = provenance(&config.resolve()?);
/// assert_eq!(places["seed"], "argument 'seed=1'");
/// assert!(places["list.0"].as_str().unwrap().ends_with("config.yaml:3:8"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn provenance(frozen: &Node) -> Json {
    let mut places = Map::new();
    walk(frozen, "", &mut places);
    Json::Object(places)
}

fn walk(node: &Node, path: &str, places: &mut Map<String, Json>) {
    let below = |key: String| if path.is_empty() { key } else { format!("{path}.{key}") };
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, child) in map.iter() {
                walk(child, &below(key.to_string()), places);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (index, child) in items.iter().enumerate() {
                walk(child, &below(index.to_string()), places);
            }
        }
        // An empty configuration has no value.
        _ if path.is_empty() => {}
        _ => _ = places.insert(path.to_owned(), Json::String(node.origin.to_string())),
    }
}
