//! What differs between two configurations.

use crate::config::Config;
use crate::tree::{Int, Key, Map, Node, Value};
use jiff::Zoned;
use num_traits::FromPrimitive;

/// A key that does not have the same value on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The dotted key; `""` if there are no keys to tell apart, because a side is a list.
    pub key: String,
    /// What became of it.
    pub change: Change,
}

/// What a key has on the side A, and what on the side B. Each node knows where it was set.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Another value.
    Changed {
        /// The value on the side A.
        a: Node,
        /// The value on the side B.
        b: Node,
    },
    /// Only on the side B.
    Added(Node),
    /// Only on the side A.
    Removed(Node),
}

impl Change {
    /// The value on the side A, if there is one.
    pub fn a(&self) -> Option<&Node> {
        match self {
            Self::Changed { a, .. } | Self::Removed(a) => Some(a),
            Self::Added(_) => None,
        }
    }

    /// The value on the side B, if there is one.
    pub fn b(&self) -> Option<&Node> {
        match self {
            Self::Changed { b, .. } | Self::Added(b) => Some(b),
            Self::Removed(_) => None,
        }
    }
}

/// All that differs between two trees, sorted by key.
///
/// Values are compared, and neither where they came from nor how they are written: `1e-3` is `0.001`, and `1` is `1.0`.
/// The order of keys means nothing. A list is one value; a mapping is the values in it, but an empty one is a value itself.
/// Interpolations are text here: resolve the trees first ([`Config::resolve_where_possible`]).
///
/// ```
/// use hydra_compose::diff::{Change, diff};
/// use hydra_compose::{tree::SourceFile, yaml};
/// let a = yaml::load(&SourceFile::new("a.yaml", "lr: 1e-3\nbetas: [0.9, 0.999]\nseed: 0\n"))?;
/// let b = yaml::load(&SourceFile::new("b.yaml", "seed: 1\nlr: 0.001\n"))?;
/// let found = diff(&a, &b);
/// assert_eq!(found.iter().map(|difference| difference.key.as_str()).collect::<Vec<_>>(), ["betas", "seed"]);
/// assert!(matches!(found[0].change, Change::Removed(_)));
/// assert_eq!(found[1].change.b().unwrap().origin.to_string(), "b.yaml:1:7");
/// # Ok::<(), hydra_compose::Error>(())
/// ```
pub fn diff(a: &Node, b: &Node) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(a, b, "", &mut found);
    found
}

impl Config {
    /// The application's configuration, where an interpolation that cannot be resolved stays as it is written.
    ///
    /// `now` is what `${now:…}` tells: configurations that are compared must not differ by when they were composed.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\ntitle: run ${seed}\nbad: ${nowhere}\n")?;
    /// let config = hydra_compose::Composer::new(folder.path()).compose()?;
    /// let tree = config.resolve_where_possible(&jiff::Zoned::now());
    /// assert_eq!(hydra_compose::yaml::dump(&tree), "seed: 0\ntitle: run 0\nbad: ${nowhere}\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve_where_possible(&self, now: &Zoned) -> Node {
        self.session(self.job()).with_time(now.clone()).resolve_where_possible()
    }
}

fn compare(a: &Node, b: &Node, key: &str, found: &mut Vec<Difference>) {
    let mut note = |change| found.push(Difference { key: key.to_owned(), change });
    match (&a.value, &b.value) {
        (Value::Map(of_a), Value::Map(of_b)) => {
            for name in names(of_a, of_b) {
                let key = below(key, name);
                match (of_a.entry(name), of_b.entry(name)) {
                    (Some(a), Some(b)) => compare(&a.node, &b.node, &key, found),
                    (Some(a), None) => alone(&a.node, &key, Change::Removed, found),
                    (None, Some(b)) => alone(&b.node, &key, Change::Added, found),
                    (None, None) => {}
                }
            }
        }
        // One value becomes several, or several one: each has its own key and its own place.
        (_, Value::Map(map)) if !map.is_empty() => {
            note(Change::Removed(a.clone()));
            alone(b, key, Change::Added, found);
        }
        (Value::Map(map), _) if !map.is_empty() => {
            note(Change::Added(b.clone()));
            alone(a, key, Change::Removed, found);
        }
        (of_a, of_b) if same(of_a, of_b) => {}
        _ => note(Change::Changed { a: a.clone(), b: b.clone() }),
    }
}

/// The values of a node that the other side does not have.
fn alone(node: &Node, key: &str, change: fn(Node) -> Change, found: &mut Vec<Difference>) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for name in names(map, &Map::new()) {
                if let Some(entry) = map.entry(name) {
                    alone(&entry.node, &below(key, name), change, found);
                }
            }
        }
        _ => found.push(Difference { key: key.to_owned(), change: change(node.clone()) }),
    }
}

/// The keys of both, each once, sorted.
fn names<'m>(a: &'m Map, b: &'m Map) -> Vec<&'m Key> {
    let mut names: Vec<&Key> = a.keys().chain(b.keys().filter(|key| a.entry(key).is_none())).collect();
    names.sort_by_cached_key(|key| key.to_string());
    names
}

fn below(key: &str, name: &Key) -> String {
    if key.is_empty() { name.to_string() } else { format!("{key}.{name}") }
}

/// Whether two values are one. A boolean is no number, other than in Python, and what is not a number is itself: a
/// configuration does not differ from itself.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        // Exactly: an integer of many digits is not the float next to it.
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            float.fract() == 0.0 && Int::from_f64(*float).as_ref() == Some(int)
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value))
        }
        (Value::Map(a), Value::Map(b)) => {
            let is_in_b = |(key, node): (&Key, &Node)| {
                b.entry(key).is_some_and(|entry| same(&node.value, &entry.node.value))
            };
            a.len() == b.len() && a.iter().all(is_in_b)
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::SourceFile;
    use crate::yaml;

    /// A line for each difference: sign, key and place.
    #[track_caller]
    fn lines(a: &str, b: &str) -> Vec<String> {
        let tree = |path: &str, text: &str| yaml::load(&SourceFile::new(path, text)).expect("YAML");
        let found = diff(&tree("a", a), &tree("b", b));
        let line = |Difference { key, change }: &Difference| match change {
            Change::Changed { a, b } => format!("{key}: {} {}", a.origin, b.origin),
            Change::Added(b) => format!("+{key}: {}", b.origin),
            Change::Removed(a) => format!("-{key}: {}", a.origin),
        };
        found.iter().map(line).collect()
    }

    #[test]
    fn values_are_compared_and_not_their_spelling() {
        for (a, b) in [
            ("1e-3", "0.001"),
            ("1", "1.0"),
            ("1_000", "1e3"),
            ("0", "-0.0"),
            (".nan", ".NaN"),
            ("'a b'", "a b"),
            ("~", "null"),
            ("yes", "true"),
            ("[1, {a: 1, b: [2]}]", "[1.0, {b: [2.0], a: 1}]"),
            ("{}", "{}"),
            ("???", "'???'"),
        ] {
            assert_eq!(lines(&format!("x: {a}"), &format!("x: {b}")), Vec::<String>::new(), "{a} {b}");
        }
        for (a, b) in [
            ("1", "'1'"),
            ("1", "true"),
            ("null", "'null'"),
            ("null", "???"),
            ("9007199254740993", "9007199254740992.0"),
            (".inf", "-.inf"),
            ("[1, 2]", "[2, 1]"),
            ("[{a: 1}]", "[{a: 1, b: 1}]"),
            ("{}", "[]"),
            ("{}", "null"),
        ] {
            assert_eq!(lines(&format!("x: {a}"), &format!("x: {b}")), ["x: a:1:4 b:1:4"], "{a} {b}");
        }
    }

    #[test]
    fn keys_are_sorted_and_a_subtree_is_its_values() {
        assert_eq!(
            lines("b: 1\nz:\n  y: 1\n  x: {}\na: 1", "a: 2\nb: 1\nm:\n  l: [1]\n"),
            ["a: a:5:4 b:1:4", "+m.l: b:4:6", "-z.x: a:4:6", "-z.y: a:3:6"]
        );
        assert_eq!(lines("a: 1\nb: 2", "b: 2\na: 1"), Vec::<String>::new());
    }

    #[test]
    fn a_mapping_in_the_place_of_a_value_is_its_values() {
        assert_eq!(lines("a: null", "a: {c: 1, b: 2}"), ["-a: a:1:4", "+a.b: b:1:14", "+a.c: b:1:8"]);
        assert_eq!(lines("a: {b: 2}", "a: [1]"), ["+a: b:1:4", "-a.b: a:1:8"]);
        assert_eq!(lines("a: {}", "a: {b: 2}"), ["+a.b: b:1:8"]);
        assert_eq!(lines("[1]", "[2]"), [": a:1:1 b:1:1"]);
    }
}
