//! Texts that mean themselves.

use crate::tree::{Node, Value};

/// The text that resolves to this one: what looks like an interpolation is none any more.
///
/// ```
/// use hydra_compose::interpolation::escaped;
/// assert_eq!(escaped("costs $5"), "costs $5");
/// assert_eq!(escaped("${seed}"), r"\${seed}");
/// assert_eq!(escaped(r"\${seed}"), r"\\\${seed}");
/// ```
pub fn escaped(text: &str) -> String {
    let mut pieces = text.split("${");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // Backslashes are text anywhere but there.
        let backslashes = out.len() - out.trim_end_matches('\\').len();
        out.push_str(&"\\".repeat(backslashes + 1));
        out.push_str("${");
        out.push_str(piece);
    }
    out
}

/// Has every text in a tree that was resolved mean itself.
pub(crate) fn escape_all(node: &mut Node) {
    match &mut node.value {
        Value::Str(text) if text.contains("${") => *text = escaped(text),
        Value::List(items) => items.iter_mut().for_each(escape_all),
        Value::Map(map) => map.iter_mut().for_each(|(_, node)| escape_all(node)),
        _ => {}
    }
}
