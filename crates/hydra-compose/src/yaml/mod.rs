//! YAML as Hydra reads and writes it: text -> tree with spans, tree -> text.
//!
//! Hydra's YAML is YAML 1.1 as PyYAML has it, with OmegaConf's changes: `yes` is true, `010` is eight, `1e3` is a
//! float, `2001-01-01` is text. Its syntax is PyYAML's too: it differs from YAML 1.2 in
//! what brackets, tabs, line separators and unfinished lines may do, so no parser of YAML 1.2 reads the same files.
//!
//! - [`load`]: `cursor`, `scanner` and the `scan_…` (characters -> `token`s), `parser` and `collections`
//!   (tokens -> `graph` of tagged nodes), `construct` and `merge_keys` (graph -> values), `scalar` and `numbers`
//!   (what plain text means), `binary` (base64)
//! - [`dump`]: `dump` (layout), `style` (which quotes), `writer` (columns, folding, escapes)

mod binary;
mod collections;
mod construct;
mod cursor;
mod dump;
mod graph;
mod merge_keys;
mod numbers;
mod parser;
mod root;
mod scalar;
mod scan_block;
mod scan_keys;
mod scan_name;
mod scan_scalar;
mod scanner;
mod style;
mod tag;
mod token;
mod writer;

#[cfg(test)]
mod tests;

pub use dump::dump;
pub use root::{load, resolve_scalar};

use crate::error::{Code, Error};

fn yaml_error(message: impl Into<String>) -> Error {
    Error::new(Code::Yaml, message)
}
