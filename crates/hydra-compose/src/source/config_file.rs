//! A configuration file, taken apart.

use crate::defaults::Item;
use crate::error::{Code, Error, Result};
use crate::interpolation;
use crate::tree::{Node, Origin, SourceFile, Span, Value};
use crate::yaml;
use std::sync::Arc;

/// Headers are looked for in this many characters at the start of a file, as in Hydra.
const HEADER_LENGTH: usize = 512;

/// A configuration file: its package header, its defaults list, and the rest.
#[derive(Debug)]
pub struct ConfigFile {
    /// The package of a `# @package …` header, made absolute: `_global_` or `_global_.a.b`.
    pub package: Option<String>,
    /// The items of its defaults list.
    pub defaults: Vec<Item>,
    /// Everything else: a mapping, or a list.
    pub body: Node,
}

impl ConfigFile {
    /// Takes a file apart.
    ///
    /// # Errors
    /// The YAML does not load, or the header or the defaults list is malformed.
    pub fn parse(config_path: &str, file: &Arc<SourceFile>) -> Result<Self> {
        let package = package_header(file)?;
        let mut body = yaml::load(file)?;
        interpolation::check_all(&body)?;
        let defaults = match body.as_map_mut().and_then(|map| map.remove("defaults")) {
            Some(node) => items(config_path, &node)?,
            None => Vec::new(),
        };
        // Without the defaults list, the file's content starts at its first key.
        if let Some((_, first)) = body.as_map().and_then(|map| map.entries().next()) {
            body.origin = first.key_origin.clone();
        }
        Ok(Self { package, defaults, body })
    }
}

fn items(config_path: &str, node: &Node) -> Result<Vec<Item>> {
    let Value::List(items) = &node.value else {
        let what = if node.as_map().is_some() { "mapping" } else { node.value.kind() };
        let message =
            format!("Invalid defaults list in '{config_path}', defaults must be a list (got {what})");
        return Err(Error::new(Code::DefaultsList, message)
            .label(&node.origin, "not a list")
            .help("write one item a line, each after a dash: '- optimizer: adam'"));
    };
    items.iter().map(|item| Item::parse(config_path, item)).collect()
}

/// The lines `# @KEY VALUE` before anything else but blank lines; of the keys, only `package` means something.
fn package_header(file: &Arc<SourceFile>) -> Result<Option<String>> {
    let mut package = None;
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let mut start = file.text.len() - text.len();
    let head_end = text.char_indices().nth(HEADER_LENGTH).map_or(text.len(), |(at, _)| at);
    for line in text[..head_end].split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let Some(header) = header(line) else { break };
        let words: Vec<&str> = header.split(' ').filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            ["@package", value] => package = Some(absolute(value)),
            [_, _] => {}
            [] | [_] => {
                let message = format!("Expected header format: KEY VALUE, got '{}'", line.trim());
                return Err(Error::new(Code::DefaultsList, message)
                    .label(&Origin::file(file, span), "")
                    .help("for instance '# @package _global_'"));
            }
            _ => {
                let message = format!("Too many components in '{}'", line.trim());
                return Err(Error::new(Code::DefaultsList, message).label(&Origin::file(file, span), ""));
            }
        }
    }
    Ok(package)
}

/// The text of a line `# @…`, indented or not, without its number signs.
fn header(line: &str) -> Option<&str> {
    let is_header = line.trim_start().strip_prefix('#')?.trim_start().starts_with('@');
    is_header.then(|| line.trim().trim_start_matches('#').trim())
}

/// A header's package is always absolute.
fn absolute(package: &str) -> String {
    if package == "_global_" || package.starts_with("_global_.") {
        package.to_owned()
    } else {
        format!("_global_.{package}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(text: &str) -> Result<Option<String>> {
        package_header(&SourceFile::new("x.yaml", text))
    }

    #[test]
    fn headers_come_before_everything_else() {
        assert_eq!(package("# @package foo\na: 1\n").expect("fine").as_deref(), Some("_global_.foo"));
        assert_eq!(package("\n#@package _global_\na: 1\n").expect("fine").as_deref(), Some("_global_"));
        assert_eq!(package("  # @package foo\n").expect("indented").as_deref(), Some("_global_.foo"));
        assert!(package("# @package\tfoo\n").is_err());
        assert_eq!(package("# a comment\n# @package foo\n").expect("fine"), None);
        assert_eq!(package("a: 1\n# @package foo\n").expect("fine"), None);
        assert!(package("# @package\n").is_err());
        assert!(package("# @package a b\n").is_err());
    }
}
