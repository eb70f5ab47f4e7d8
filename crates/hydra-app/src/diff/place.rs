//! Where a value was set.

use crate::why;
use hydra_compose::tree::Origin;
use serde_json::json;
use std::fmt;

/// Where a value was set: known to the tree, or what a run wrote down of it when its configuration was frozen.
#[derive(Debug)]
pub(super) enum Place {
    Known(Origin),
    /// As [`Origin`] is displayed. What it names may have changed since, so no text of it is looked up.
    Recorded(String),
}

impl Place {
    /// As `--why --format json` has it. Of a recorded argument no line and column are known.
    pub(super) fn json(&self) -> String {
        let recorded = match self {
            Self::Known(origin) => return why::origin(origin),
            Self::Recorded(text) => text.as_str(),
        };
        let argument = recorded.strip_prefix("argument '").and_then(|rest| rest.strip_suffix('\''));
        let (kind, file) = match (argument, in_file(recorded)) {
            (Some(_), _) => ("override", None),
            (None, Some(place)) => ("file", Some(place)),
            (None, None) if recorded == Origin::Schema.to_string() => ("schema", None),
            (None, None) => ("builtin", None),
        };
        json!({
            "kind": kind,
            "file": file.map(|(file, _, _)| file),
            "line": file.map(|(_, line, _)| line),
            "column": file.map(|(_, _, column)| column),
            "override": argument,
        })
        .to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(origin) => origin.fmt(f),
            Self::Recorded(text) => f.write_str(text),
        }
    }
}

/// File, line and column of `conf/optimizer/sgd.yaml:3:5`.
fn in_file(text: &str) -> Option<(&str, usize, usize)> {
    let (rest, column) = text.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file, line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_place_is_told_as_the_one_it_was() {
        let json = |text: &str| -> serde_json::Value {
            serde_json::from_str(&Place::Recorded(text.to_owned()).json()).expect("JSON")
        };
        let nothing = serde_json::Value::Null;
        assert_eq!(
            json("a:b/c.yaml:3:14"),
            json!({"kind": "file", "file": "a:b/c.yaml", "line": 3, "column": 14, "override": nothing})
        );
        assert_eq!(
            json("argument 'a='b:1:2''"),
            json!({"kind": "override", "file": nothing, "line": nothing, "column": nothing, "override": "a='b:1:2'"})
        );
        assert_eq!(json("the schema's default")["kind"], "schema");
        assert_eq!(json("Hydra")["kind"], "builtin");
    }
}
