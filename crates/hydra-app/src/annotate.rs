//! `--cfg … --annotate`: the YAML, with the place that set each value beside it.

use hydra_compose::tree::{Node, Origin, SourceFile, Value};
use hydra_compose::{Result, yaml};
use std::collections::BTreeMap;

/// YAML of a tree with a comment behind each value: `lr: 0.1  # conf/optimizer/sgd.yaml:2`. It loads as what it would be
/// without the comments; a text of several lines has none.
///
/// ```
/// use hydra_compose::{tree::SourceFile, yaml};
/// let tree = yaml::load(&SourceFile::new("a.yaml", "lr: 0.1\nbetas: [1, 2]"))?;
/// let text = hydra_app::annotate::annotated(&tree)?;
/// assert_eq!(text, "lr: 0.1  # a.yaml:1\nbetas:\n- 1      # a.yaml:2\n- 2      # a.yaml:2\n");
/// # Ok::<(), hydra_compose::Error>(())
/// ```
///
/// # Errors
/// None that a tree which was loaded from YAML could have.
pub fn annotated(tree: &Node) -> Result<String> {
    let comment = |_: &[String], node: &Node| (!has_parts(node)).then(|| place(&node.origin));
    commented(tree, &comment, &|comment, _| vec![comment.to_owned()])
}

/// Whether it holds other values.
fn has_parts(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => !map.is_empty(),
        Value::List(items) => !items.is_empty(),
        _ => false,
    }
}

/// YAML of a tree with what `comment` says of each key and value, by its path and itself, behind it, in the lines that
/// `layout` makes of that.
///
/// # Errors
/// As those of [`annotated`].
pub(crate) fn commented(tree: &Node, comment: &Comment<'_>, layout: &Layout<'_>) -> Result<String> {
    let text = yaml::dump(tree);
    // Read back, it says on which line of the text each value stands.
    let printed = yaml::load(&SourceFile::new("", text.as_str()))?;
    let mut comments = BTreeMap::new();
    walk(tree, &printed, &mut Vec::new(), comment, &mut comments);
    let lines: Vec<&str> = text.lines().collect();
    let width =
        (0..).zip(&lines).filter(|(at, _)| comments.contains_key(at)).map(|(_, line)| line.chars().count());
    let width = width.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut out = String::new();
    for (at, line) in (0..).zip(lines) {
        let comment = comments.get(&at).map(|comment| layout(comment, width + "  # ".len()));
        let mut comment = comment.into_iter().flatten();
        match comment.next() {
            Some(first) => out.push_str(&format!("{line:width$}  # {first}\n")),
            None => out.push_str(&format!("{line}\n")),
        }
        for more in comment {
            out.push_str(format!("{:width$}  # {more}", "").trim_end());
            out.push('\n');
        }
    }
    Ok(out)
}

/// What is said of a value.
type Comment<'a> = dyn Fn(&[String], &Node) -> Option<String> + 'a;

/// The lines of a comment that begins in a column, from 0.
type Layout<'a> = dyn Fn(&str, usize) -> Vec<String> + 'a;

/// Longer lines do not push the comments of all others away.
const WIDEST: usize = 48;

/// By line, from 0: what is said of the value that is whole on it, or of the key whose values follow.
fn walk(
    node: &Node,
    printed: &Node,
    path: &mut Vec<String>,
    comment: &Comment<'_>,
    comments: &mut BTreeMap<usize, String>,
) {
    match (&node.value, &printed.value) {
        (Value::Map(map), Value::Map(shown)) if !map.is_empty() => {
            for ((key, node), (_, shown)) in map.iter().zip(shown.entries()) {
                path.push(key.to_string());
                if has_parts(node)
                    && let Some(at) = shown.key_origin.position()
                {
                    comments.extend(comment(path, node).map(|text| (at.line - 1, text)));
                }
                walk(node, &shown.node, path, comment, comments);
                path.pop();
            }
        }
        (Value::List(items), Value::List(shown)) if !items.is_empty() => {
            for (index, (node, shown)) in items.iter().zip(shown).enumerate() {
                path.push(index.to_string());
                walk(node, shown, path, comment, comments);
                path.pop();
            }
        }
        _ => {
            if let Some((text, span)) = printed.origin.snippet()
                && !text.get(span.start..span.end).unwrap_or_default().trim_end().contains('\n')
                && let Some(at) = printed.origin.position()
            {
                comments.extend(comment(path, node).map(|text| (at.line - 1, text)));
            }
        }
    }
}

/// Without the column: the line is what an editor is told.
fn place(origin: &Origin) -> String {
    match (origin.path(), origin.position()) {
        (Some(path), Some(at)) => format!("{}:{}", path.display(), at.line),
        // An argument may be of several lines, and a comment ends with its own.
        _ => origin.to_string().replace(['\n', '\r'], " "),
    }
}
