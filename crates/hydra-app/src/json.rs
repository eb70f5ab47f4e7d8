//! `--format json`: a configuration as one JSON value, an error as one line.
//!
//! The configuration is written straight from the tree. A `serde_json::Value` would lose what a tree can hold: two keys
//! that are spelled alike (`2` and `'2'`), and whether a number is an integer.

use crate::cli::{Cfg, HydraArgs};
use crate::show;
use hydra_compose::tree::{Key, Node, Origin, Value, float_repr};
use hydra_compose::{Config, Error, Label, Result, yaml};
use serde::Serialize;

/// What `--cfg`, `--resolve` and `--package` ask for, as one JSON value and a line break.
///
/// # Errors
/// An interpolation leads nowhere, or there is no such package: it is not there, `null` or `???`.
pub fn cfg(config: &Config, what: Cfg, args: &HydraArgs) -> Result<String> {
    Ok(to_json(&show::selected(config, what, args)?) + "\n")
}

/// A tree as JSON, keys in order, interpolations and `???` as they are written.
///
/// Floats have a `.` or an `e`, integers never; floats that are not finite are the strings `".nan"`, `".inf"`, `"-.inf"`.
/// Bytes are their base64. Keys that are not strings are spelled as in YAML, and keys that become equal are all written.
///
/// ```
/// use hydra_compose::{tree::SourceFile, yaml};
/// let file = SourceFile::new("config.yaml", "lr: 1e-05\nsteps: 1e3\nlimit: .inf\n2: two\n'2': text\nyes: [~, 'no']");
/// assert_eq!(
///     hydra_app::json::to_json(&yaml::load(&file)?),
///     r#"{"lr":1e-05,"steps":1000.0,"limit":".inf","2":"two","2":"text","true":[null,"no"]}"#
/// );
/// # Ok::<(), hydra_compose::Error>(())
/// ```
pub fn to_json(node: &Node) -> String {
    let mut text = String::new();
    write(&node.value, &mut text);
    text
}

/// An error as one line: `{"error":{"code","message","help","labels":[…],"related":[…]}}`.
///
/// `help` is null if there is none. A label of a file has its `file`, `line` and `column` (from 1, in characters) and
/// says what is to be said in `text`. A label of a command-line argument has no `file`; `line` and `column` count in
/// the argument, and `text` begins with it: `argument 'lr=x': not a number`. What is neither has null for all three.
/// Errors found in the same pass are `related`, each of the same shape.
///
/// ```
/// use hydra_compose::overrides::parse;
/// let error = parse("x=a=b", 0).unwrap_err();
/// let line = hydra_app::json::error(&error);
/// assert!(line.starts_with(r#"{"error":{"code":"override-syntax","message":"#));
/// assert!(line.contains(r#""labels":[{"file":null,"line":1,"column":4,"text":"argument 'x=a=b'"#), "{line}");
/// ```
pub fn error(error: &Error) -> String {
    line(Problem::of(error))
}

/// An error that is none of a configuration, in the same shape: a command line that is misused, a job that failed.
/// `code` is a stable word.
///
/// ```
/// assert_eq!(
///     hydra_app::json::plain_error("usage", "--resolve goes with --cfg", None),
///     r#"{"error":{"code":"usage","message":"--resolve goes with --cfg","help":null,"labels":[],"related":[]}}"#
/// );
/// ```
pub fn plain_error(code: &str, message: &str, help: Option<&str>) -> String {
    line(Problem { code, message, help, labels: Vec::new(), related: Vec::new() })
}

#[derive(Serialize)]
struct Line<'a> {
    error: Problem<'a>,
}

/// An error, to be written.
#[derive(Serialize)]
pub(crate) struct Problem<'a> {
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    labels: Vec<Place<'a>>,
    related: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    text: std::borrow::Cow<'a, str>,
}

impl<'a> Problem<'a> {
    pub(crate) fn of(error: &'a Error) -> Self {
        Self {
            code: error.code().as_str(),
            message: error.message(),
            help: error.help_text(),
            labels: error.labels().iter().map(Place::of).collect(),
            related: error.related().iter().map(Self::of).collect(),
        }
    }
}

impl<'a> Place<'a> {
    fn of(label: &'a Label) -> Self {
        let at = label.origin.position();
        let text = match &label.origin {
            Origin::File { .. } => label.text.as_str().into(),
            origin if label.text.is_empty() => origin.to_string().into(),
            origin => format!("{origin}: {}", label.text).into(),
        };
        Self {
            file: label.origin.path().map(|path| path.display().to_string()),
            line: at.map(|at| at.line),
            column: at.map(|at| at.column),
            text,
        }
    }
}

fn line(error: Problem<'_>) -> String {
    // Texts and numbers under text keys: there is nothing that could fail.
    serde_json::to_string(&Line { error }).unwrap_or_default()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        // All digits, however many there are.
        Value::Int(int) => out.push_str(&int.to_string()),
        // Python's spelling is JSON's too: digits on both sides of the point, or an exponent.
        Value::Float(float) if float.is_finite() => out.push_str(&float_repr(*float)),
        Value::Float(_) | Value::Bytes(_) => string(&spelled(value), out),
        Value::Str(text) => string(text, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                write(&item.value, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, node)) in map.iter().enumerate() {
                separate(index, out);
                self::key(key, out);
                out.push(':');
                write(&node.value, out);
            }
            out.push('}');
        }
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn key(key: &Key, out: &mut String) {
    match key {
        Key::Str(text) => string(text, out),
        Key::Int(int) => string(&int.to_string(), out),
        Key::Bool(bool) => string(if *bool { "true" } else { "false" }, out),
        Key::Float(float) => string(&spelled(&Value::Float(*float)), out),
        Key::Bytes(bytes) => string(&spelled(&Value::Bytes(bytes.clone())), out),
    }
}

fn string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A float or bytes as YAML spells them, without tag, quotes and line breaks.
fn spelled(value: &Value) -> String {
    let text = yaml::dump(&Node::new(value.clone(), Origin::Builtin("a value")));
    match text.strip_prefix("!!binary") {
        Some(base64) => base64
            .chars()
            .filter(|character| character.is_ascii_alphanumeric() || "+/=".contains(*character))
            .collect(),
        // A plain scalar that is a whole document is followed by the line `...`.
        None => text.lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_compose::tree::SourceFile;

    #[track_caller]
    fn json(text: &str) -> String {
        to_json(&yaml::load(&SourceFile::new("x.yaml", text)).unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn integers_and_floats_stay_what_they_are() {
        let digits = "1234567890".repeat(30);
        assert_eq!(json(&format!("a: {digits}")), format!("{{\"a\":{digits}}}"));
        assert_eq!(
            json("[1.0, -0.0, 1e16, 1e400, -.inf, .nan, 0x10, 1.5e-7]"),
            r#"[1.0,-0.0,1e+16,".inf","-.inf",".nan",16,1.5e-07]"#
        );
        assert_eq!(json("[1e22, 123456789012345680.0]"), "[1e+22,1.2345678901234568e+17]");
    }

    #[test]
    fn keys_are_spelled_as_in_yaml() {
        assert_eq!(
            json("2: a\n'2': b\n1e16: c\n.inf: d\ntrue: e\n!!binary AQI=: f\n0.5: g"),
            r#"{"2":"a","2":"b","1.0e+16":"c",".inf":"d","true":"e","AQI=":"f","0.5":"g"}"#
        );
    }

    #[test]
    fn text_is_escaped_and_bytes_are_base64() {
        assert_eq!(
            json(r#"["a\n\"\\\u0001é\u2028", '???', '${x}']"#),
            "[\"a\\n\\\"\\\\\\u0001é\u{2028}\",\"???\",\"${x}\"]"
        );
        let long = yaml::dump(&Node::new(Value::Bytes(vec![0; 100]), Origin::Builtin("a test")));
        assert_eq!(
            json(&format!("- {}", long.replace('\n', "\n  "))),
            format!("[\"{}AA==\"]", "A".repeat(132))
        );
        assert_eq!(json("- !!binary ''"), r#"[""]"#);
    }
}
