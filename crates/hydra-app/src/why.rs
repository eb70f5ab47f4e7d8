//! What `--why` prints.

use crate::json::to_json;
use hydra_compose::interpolation::python_str;
use hydra_compose::tree::{Node, Origin, Value};
use hydra_compose::why::{Setting, Why};
use std::fmt::Write;

/// For a person: the value, and below it what set it, last first.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "lr: 0.1\n")?;
/// let config = hydra_compose::Composer::new(folder.path()).overrides(["lr=0.2"]).compose()?;
/// let text = hydra_app::why::text(&config.why("lr")?);
/// assert!(text.starts_with("lr = 0.2\n  argument 'lr=0.2'\n  "), "{text}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn text(why: &Why) -> String {
    let mut out = String::new();
    write_text(why, 0, &mut out);
    out
}

fn write_text(why: &Why, indent: usize, out: &mut String) {
    if !why.children.is_empty() {
        why.children.iter().for_each(|child| write_text(child, indent, out));
        return;
    }
    let pad = " ".repeat(indent);
    let now = why.resolved.as_ref().unwrap_or(&why.value);
    let _ = writeln!(out, "{pad}{} = {}", why.key, shown(now));
    for (at, setting) in why.history.iter().enumerate() {
        let _ = write!(out, "{pad}  {}", setting.origin);
        // What it was, where that is not what it is.
        if at > 0 || setting.value != *now {
            let _ = write!(out, ": {}", shown(&setting.value));
        }
        if let Some(brought) = &setting.brought_by {
            let _ = write!(out, ", by '{}' ({})", brought.item, brought.origin);
        }
        out.push('\n');
    }
    for read in &why.reads {
        let _ = writeln!(out, "{pad}  reads:");
        write_text(read, indent + 4, out);
    }
}

/// On one line.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Map(_) | Value::List(_) => to_json(node),
        // What would move a cursor is shown as it is written.
        value => {
            let text = python_str(value);
            if text.chars().any(char::is_control) { to_json(node) } else { text }
        }
    }
}

/// For a program: `{"key","value","resolved","history":[{"value","origin":{…}}…]}`, and where there are any `reads` and
/// `children` of the same shape.
pub fn json(why: &Why) -> String {
    let mut out = String::new();
    write_json(why, &mut out);
    out.push('\n');
    out
}

fn write_json(why: &Why, out: &mut String) {
    let resolved = why.resolved.as_ref().map_or_else(|| "null".to_owned(), to_json);
    let _ =
        write!(out, r#"{{"key":{},"value":{},"resolved":{resolved}"#, quoted(&why.key), to_json(&why.value));
    let history: Vec<String> = why.history.iter().map(setting).collect();
    let _ = write!(out, r#","history":[{}]"#, history.join(","));
    for (name, list) in [("reads", &why.reads), ("children", &why.children)] {
        if list.is_empty() {
            continue;
        }
        let _ = write!(out, r#","{name}":["#);
        for (at, why) in list.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            write_json(why, out);
        }
        out.push(']');
    }
    out.push('}');
}

fn setting(setting: &Setting) -> String {
    let mut text = format!(r#"{{"value":{},"origin":{}"#, to_json(&setting.value), origin(&setting.origin));
    if let Some(brought) = &setting.brought_by {
        let _ = write!(
            text,
            r#","brought_by":{{"item":{},"origin":{}}}"#,
            quoted(&brought.item),
            origin(&brought.origin)
        );
    }
    text + "}"
}

pub(crate) fn origin(origin: &Origin) -> String {
    let at = origin.position();
    let (kind, file, argument) = match origin {
        Origin::File { file, .. } => ("file", Some(file.path.display().to_string()), None),
        Origin::Override { argument, .. } => ("override", None, Some(argument.text.clone())),
        Origin::Schema => ("schema", None, None),
        Origin::Builtin(_) => ("builtin", None, None),
    };
    serde_json::json!({
        "kind": kind,
        "file": file,
        "line": at.map(|at| at.line),
        "column": at.map(|at| at.column),
        "override": argument,
    })
    .to_string()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
