//! A job's frozen configuration as a list of dotted keys and values, and what its overrides chose.

use super::gather::regular;
use crate::json::to_json;
use crate::run_dir::FROZEN;
use hydra_compose::overrides::{ElementKind, parse};
use hydra_compose::tree::{Key, Node, SourceFile, Value, float_repr};
use hydra_compose::yaml;
use std::io::{self, Read};
use std::path::Path;

/// More than a configuration has.
const MOST_BYTES: u64 = 16 << 20;

/// A value: how it is written, and what it is worth if it is a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    /// As in YAML: the text `1` has quotes, the number has none. Whole, however long.
    pub(super) text: String,
    /// What it is sorted by.
    pub(super) number: Option<f64>,
}

/// What a job was set to.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Keys of the frozen configuration, in its order.
    pub(super) leaves: Vec<(String, Cell)>,
    /// Keys that an override names, in order: `optimizer.lr`, `model`, `db@backup`.
    pub(super) overridden: Vec<(String, Cell)>,
}

impl Settings {
    /// Reads the configuration in a run directory.
    ///
    /// # Errors
    /// In words: it is not there, or is no configuration.
    pub(super) fn read(run_dir: &Path, overrides: &[String]) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{FROZEN}: {error}");
        let file = regular(&run_dir.join(FROZEN)).map_err(failed)?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).map_err(failed)?;
        let root = yaml::load(&SourceFile::new(FROZEN, text))
            .map_err(|error| format!("{FROZEN}: {}", error.message()))?;
        let mut leaves = Vec::new();
        flatten(&root, String::new(), &run_dir.to_string_lossy(), &mut leaves);
        Ok(Self { leaves, overridden: overrides.iter().filter_map(|text| overridden(text)).collect() })
    }
}

fn flatten(node: &Node, path: String, run_dir: &str, out: &mut Vec<(String, Cell)>) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, child) in map.iter() {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(child, format!("{path}{dot}{}", segment(key)), run_dir, out);
            }
        }
        // Every job has another directory, of course. What only differs by it does not differ.
        Value::Str(text) if text.contains(run_dir) => {
            out.push((path, Cell { text: text.replace(run_dir, "<run directory>"), number: None }));
        }
        _ => out.push((path, cell(node))),
    }
}

/// A part of a dotted key, in quotes where it would read as something else.
fn segment(key: &Key) -> String {
    match key {
        Key::Str(text) if text.contains('.') || is_ambiguous(text) => quoted(text),
        key => key.to_string(),
    }
}

fn cell(node: &Node) -> Cell {
    let (text, number) = match &node.value {
        Value::Null => ("null".to_owned(), None),
        Value::Bool(bool) => (bool.to_string(), None),
        Value::Int(int) => {
            let text = int.to_string();
            // More digits than a double has are rounded: they are only sorted by it.
            let number = text.parse().ok();
            (text, number)
        }
        Value::Float(float) => (float_repr(*float), Some(*float)),
        Value::Str(text) if is_ambiguous(text) => (quoted(text), None),
        Value::Str(text) => (text.clone(), None),
        Value::Bytes(_) | Value::List(_) | Value::Map(_) => (to_json(node), None),
    };
    Cell { text, number: number.filter(|number: &f64| number.is_finite()) }
}

/// Text that is no text when it is read without quotes.
fn is_ambiguous(text: &str) -> bool {
    text.trim() != text || !matches!(yaml::resolve_scalar(text), Value::Str(_))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The key that an override names, and the value that it was given.
fn overridden(argument: &str) -> Option<(String, Cell)> {
    let parsed = parse(argument, 0).ok()?;
    let key = match &parsed.package {
        Some(package) => format!("{}@{package}", parsed.key),
        None => parsed.key.clone(),
    };
    let value = parsed.value.as_ref().map(|value| match &value.kind {
        ElementKind::Str(text) | ElementKind::Quoted { text, .. } => text.clone(),
        _ => value.to_string(),
    });
    let text = value.unwrap_or_else(|| "deleted".to_owned());
    let number = match yaml::resolve_scalar(&text) {
        Value::Int(int) => int.to_string().parse().ok(),
        Value::Float(float) => Some(float),
        _ => None,
    };
    Some((key, Cell { text, number: number.filter(|number: &f64| number.is_finite()) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, overrides: &[&str]) -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FROZEN), text.replace("RUN", &folder.path().to_string_lossy()))
            .expect("written");
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        Settings::read(folder.path(), &overrides).expect("read")
    }

    fn pairs(cells: &[(String, Cell)]) -> Vec<(&str, &str)> {
        cells.iter().map(|(key, cell)| (key.as_str(), cell.text.as_str())).collect()
    }

    #[test]
    fn keys_are_dotted_and_values_are_what_they_are_in_yaml() {
        let settings = read(
            "model: {width: 64, mult: [1, 2], none: {}}\nlr: 1e-3\nname: '1'\na.b: yes\nout: RUN/log\n",
            &[],
        );
        assert_eq!(
            pairs(&settings.leaves),
            [
                ("model.width", "64"),
                ("model.mult", "[1,2]"),
                ("model.none", "{}"),
                ("lr", "0.001"),
                ("name", "'1'"),
                ("'a.b'", "true"),
                ("out", "<run directory>/log"),
            ]
        );
        assert_eq!(settings.leaves[3].1.number, Some(0.001));
        assert_eq!(settings.leaves[4].1.number, None);
    }

    #[test]
    fn overrides_name_keys_and_choices() {
        let settings =
            read("a: 1", &["model=small", "+db@backup='my sql'", "++lr=1e-3", "~x", "no override ="]);
        assert_eq!(
            pairs(&settings.overridden),
            [("model", "small"), ("db@backup", "my sql"), ("lr", "0.001"), ("x", "deleted")]
        );
    }
}
