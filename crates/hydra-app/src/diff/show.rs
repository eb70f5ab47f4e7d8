//! The differences, for a person and for a program.

use super::Comparison;
use crate::json::to_json;
use crate::plan::one_line;
use crate::render::Style;
use hydra_compose::diff::{Change, Difference};
use hydra_compose::tree::{Key, Node, Value, float_repr};
use hydra_compose::yaml;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// A longer value does not push the other's place away.
const WIDEST: usize = 48;

/// ANSI's numbers of the colours.
const RED: u8 = 31;
const GREEN: u8 = 32;

impl Comparison {
    /// For a person: each key, and below it its value on each side with the place that set it.
    ///
    /// ```
    /// use hydra_app::{diff::DiffArgs, render::Style};
    /// # let folder = tempfile::tempdir()?;
    /// let file = |name: &str, text: &str| {
    ///     let path = folder.path().join(name);
    ///     std::fs::write(&path, text).map(|()| path.display().to_string())
    /// };
    /// let (a, b) = (file("a.yaml", "lr: 0.1\n")?, file("b.yaml", "lr: 0.01\n")?);
    /// let args = DiffArgs { a: a.clone(), b: b.clone(), ..DiffArgs::default() };
    /// let text = args.compare("app", "conf")?.text(Style::Plain);
    /// assert_eq!(text, format!("lr\n  - 0.1    {a}:1:5\n  + 0.01   {b}:1:5\n1 key differs (1 changed)\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn text(&self, style: Style) -> String {
        if self.differences.is_empty() {
            return "no difference\n".to_owned();
        }
        let mut out = String::new();
        for difference in &self.differences {
            // Hydra's name for the whole.
            let key = if difference.key.is_empty() { "_global_" } else { difference.key.as_str() };
            let _ = writeln!(out, "{}", one_line(key));
            self.write_values(difference, style, &mut out);
        }
        out + &self.summary()
    }

    fn write_values(&self, difference: &Difference, style: Style, out: &mut String) {
        let Difference { key, change } = difference;
        let sides = [('-', RED, change.a(), &self.a), ('+', GREEN, change.b(), &self.b)];
        let lines: Vec<_> = sides
            .into_iter()
            .filter_map(|(sign, colour, node, side)| {
                let node = node?;
                let place = side.place(key, node).to_string();
                Some((sign, colour, one_line(&spelled(node, Within::Line)), one_line(&place)))
            })
            .collect();
        let widths = lines.iter().map(|(_, _, value, _)| value.width());
        let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
        for (sign, colour, value, place) in &lines {
            let pad = " ".repeat(width.saturating_sub(value.width()));
            let value = format!("{sign} {value}");
            let value = match style {
                Style::Plain => value,
                Style::Coloured => format!("\u{1b}[{colour}m{value}\u{1b}[0m"),
            };
            let _ = writeln!(out, "  {value}{pad}   {place}");
        }
    }

    /// `3 keys differ (1 changed, 2 added)`
    fn summary(&self) -> String {
        let count = |is: fn(&Change) -> bool| {
            self.differences.iter().filter(|difference| is(&difference.change)).count()
        };
        let counts = [
            (count(|change| matches!(change, Change::Changed { .. })), "changed"),
            (count(|change| matches!(change, Change::Added(_))), "added"),
            (count(|change| matches!(change, Change::Removed(_))), "removed"),
        ];
        let counted = counts.iter().filter(|(count, _)| *count > 0);
        let counted: Vec<String> = counted.map(|(count, what)| format!("{count} {what}")).collect();
        let keys = match self.differences.len() {
            1 => "1 key differs".to_owned(),
            number => format!("{number} keys differ"),
        };
        format!("{keys} ({})\n", counted.join(", "))
    }

    /// For a program, on one line:
    /// `{"changed":[{"key","a","b","a_origin","b_origin"}…],"added":[{"key","b","b_origin"}…],"removed":[{"key","a","a_origin"}…]}`,
    /// sorted by key, origins as `--why` has them. Values are as in `--cfg --format json`.
    pub fn json(&self) -> String {
        let (mut changed, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for difference in &self.differences {
            let list = match difference.change {
                Change::Changed { .. } => &mut changed,
                Change::Added(_) => &mut added,
                Change::Removed(_) => &mut removed,
            };
            list.push(self.object(difference));
        }
        let [changed, added, removed] = [changed, added, removed].map(|list| list.join(","));
        format!("{{\"changed\":[{changed}],\"added\":[{added}],\"removed\":[{removed}]}}\n")
    }

    fn object(&self, Difference { key, change }: &Difference) -> String {
        let mut out = format!(r#"{{"key":{}"#, serde_json::Value::from(key.as_str()));
        let sides = [("a", change.a(), &self.a), ("b", change.b(), &self.b)];
        for (name, node, _) in &sides {
            if let Some(node) = node {
                let _ = write!(out, r#","{name}":{}"#, to_json(node));
            }
        }
        for (name, node, side) in &sides {
            if let Some(node) = node {
                let _ = write!(out, r#","{name}_origin":{}"#, side.place(key, node).json());
            }
        }
        out + "}"
    }
}

/// What is around a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Nothing: it ends with the line.
    Line,
    /// Brackets.
    Brackets,
}

/// A value as it could be written in YAML, on one line: the text `1` has quotes, the number has none.
fn spelled(node: &Node, within: Within) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) if float.is_finite() => float_repr(*float),
        Value::Float(float) if float.is_nan() => ".nan".to_owned(),
        Value::Float(float) if *float > 0.0 => ".inf".to_owned(),
        Value::Float(_) => "-.inf".to_owned(),
        Value::Str(text) if is_plain(text, within) => text.clone(),
        Value::Str(_) => to_json(node),
        Value::Bytes(_) => format!("!!binary {}", to_json(node)),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| spelled(item, Within::Brackets)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entry =
                |(key, node): (&Key, &Node)| format!("{}: {}", of_key(key), spelled(node, Within::Brackets));
            let entries: Vec<String> = map.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn of_key(key: &Key) -> String {
    match key {
        Key::Str(text) if !is_plain(text, Within::Brackets) => {
            serde_json::Value::from(text.as_str()).to_string()
        }
        key => key.to_string(),
    }
}

/// Whether a text needs no quotes to be read as that text.
fn is_plain(text: &str, within: Within) -> bool {
    const INDICATORS: &[char] = &[',', '[', ']', '{', '}', ':', '#', '\''];
    matches!(yaml::resolve_scalar(text), Value::Str(_))
        && text.trim() == text
        && !text.contains(|character: char| character.is_control() || character == '"')
        && (within == Within::Line || !text.contains(INDICATORS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_compose::tree::SourceFile;

    #[test]
    fn values_are_spelled_on_one_line_as_in_yaml() {
        for (text, line) in [
            ("null", "null"),
            ("yes", "true"),
            ("1e3", "1000.0"),
            ("-.INF", "-.inf"),
            ("'1'", "\"1\""),
            ("''", "\"\""),
            ("a b", "a b"),
            ("it's, so", "it's, so"),
            ("\"a\\nb\"", "\"a\\nb\""),
            ("'${x}/y'", "${x}/y"),
            ("???", "???"),
            ("{a: [1, 'x,y', 'no', z], '${b}': {}}", "{a: [1, \"x,y\", \"no\", z], \"${b}\": {}}"),
            ("!!binary AQI=", "!!binary \"AQI=\""),
        ] {
            let tree = yaml::load(&SourceFile::new("x.yaml", format!("x: {text}"))).expect("YAML");
            let node = tree.get("x").expect("it is there");
            assert_eq!(spelled(node, Within::Line), line);
        }
    }
}
