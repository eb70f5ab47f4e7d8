//! What an argument says.

use super::parser::{Head, Parsed};
use super::problem::Problem;
use super::value::{ChoiceForm, Element, ElementKind, Sweep, ZipSweep};
use super::{directive, joint, parser, problem};
use crate::error::{Code, Error, Result};
use crate::tree::{Argument, Key, Map, Node, Origin, Span, Value};
use std::sync::Arc;

/// One override, parsed.
#[derive(Clone, Debug)]
pub struct Override {
    /// The argument it was read from.
    pub argument: Arc<Argument>,
    /// What is to be done.
    pub kind: OverrideKind,
    /// A key with dots, or a config group with slashes. Hydra lets it be empty. Before a `zip(…)` it is all the keys, as
    /// they are written; each is an override of its own in [`ZipSweep::columns`](super::ZipSweep::columns).
    pub key: String,
    /// What follows the `@` after the key, maybe nothing.
    pub package: Option<String>,
    /// Where the key stands in the argument.
    pub key_span: Span,
    /// What follows the `=`; `None` only for `~key`.
    pub value: Option<Element>,
}

/// What an override does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideKind {
    /// `key=value`
    Change,
    /// `+key=value`
    Add,
    /// `++key=value`
    ForceAdd,
    /// `~key`, `~key=value`
    Delete,
    /// `key=extend_list(a,b)`; the value is the list of what is appended.
    ExtendList,
}

/// What the value of an override is, in Hydra's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A single value.
    Element,
    /// `a,b`
    SimpleChoiceSweep,
    /// `choice(a,b)`
    ChoiceSweep,
    /// `range(1,10)`
    RangeSweep,
    /// `interval(0,1)`
    IntervalSweep,
    /// `glob(*)`
    GlobChoiceSweep,
    /// `seeds(3)`
    SeedSweep,
    /// `zip(choice(1,2),choice(3,4))`
    ZipSweep,
}

/// Parses one argument; `index` is its place among the overrides.
///
/// # Errors
/// [`Code::OverrideSyntax`], with a label on the part that is wrong and, where there is one, a correction that can be typed.
///
/// ```
/// let error = hydra_compose::overrides::parse("x=a=b", 0).unwrap_err();
/// assert_eq!(error.help_text(), Some(r#"quote the value: 'x="a=b"'"#));
/// ```
pub fn parse(text: &str, index: usize) -> Result<Override> {
    let argument = Arc::new(Argument { text: text.to_owned(), index });
    read(&argument).map_err(|wrong| problem::error(wrong, &argument))
}

/// Whether a text is an argument that means something.
pub(super) fn is_valid(text: &str) -> bool {
    match (directive::call(text), joint::end_of_keys(text)) {
        (Some(call), _) => directive::is_valid(text, call),
        (None, Some(end)) => joint::parse(text, end).is_ok(),
        (None, None) => parser::parse(text).is_ok(),
    }
}

fn read(argument: &Arc<Argument>) -> std::result::Result<Override, Problem> {
    let text = &argument.text;
    if let Some(call) = directive::call(text) {
        return Err(problem::directive::no_override(text, call.span));
    }
    let Some(end) = joint::end_of_keys(text) else {
        return Ok(Override::new(argument, parser::parse(text)?));
    };
    let joint = joint::parse(text, end)?;
    let columns = joint.columns.into_iter().map(|(Head { kind, key, package }, value)| {
        Override::new(argument, Parsed { kind, key, package, value: Some(value) })
    });
    let zip = Sweep::Zip(ZipSweep { columns: columns.collect() });
    let value = Some(Element::new(zip.into(), joint.value));
    Ok(Override::new(argument, Parsed { kind: OverrideKind::Change, key: joint.key, package: None, value }))
}

impl Override {
    pub(super) fn new(argument: &Arc<Argument>, parsed: Parsed) -> Self {
        let slice = |span: Span| argument.text[span.start..span.end].to_owned();
        Self {
            kind: parsed.kind,
            key: slice(parsed.key),
            package: parsed.package.map(slice),
            key_span: parsed.key,
            value: parsed.value,
            argument: Arc::clone(argument),
        }
    }

    /// What the value is; `None` for `~key`.
    pub fn value_type(&self) -> Option<ValueType> {
        self.value.as_ref().map(|value| match value.as_sweep() {
            None => ValueType::Element,
            Some(Sweep::Choice(choice)) if choice.form == ChoiceForm::Simple => ValueType::SimpleChoiceSweep,
            Some(Sweep::Choice(_)) => ValueType::ChoiceSweep,
            Some(Sweep::Range(_)) => ValueType::RangeSweep,
            Some(Sweep::Interval(_)) => ValueType::IntervalSweep,
            Some(Sweep::Glob(_)) => ValueType::GlobChoiceSweep,
            Some(Sweep::Seeds(_)) => ValueType::SeedSweep,
            Some(Sweep::Zip(_)) => ValueType::ZipSweep,
        })
    }

    /// The sweep, if the value is one.
    pub fn sweep(&self) -> Option<&Sweep> {
        self.value.as_ref().and_then(Element::as_sweep)
    }

    /// Whether there are several values in the place of one.
    pub fn is_sweep(&self) -> bool {
        self.sweep().is_some()
    }

    /// Whether it configures Hydra itself.
    pub fn is_hydra(&self) -> bool {
        match self.sweep() {
            Some(Sweep::Zip(zip)) => zip.columns.iter().any(Override::is_hydra),
            _ => self.key.starts_with("hydra.") || self.key.starts_with("hydra/"),
        }
    }

    /// All before the `=`, with prefix and package: what makes two overrides of a sweep the same.
    pub fn key_element(&self) -> String {
        let prefix = match self.kind {
            OverrideKind::Change | OverrideKind::ExtendList => "",
            OverrideKind::Add => "+",
            OverrideKind::ForceAdd => "++",
            OverrideKind::Delete => "~",
        };
        match &self.package {
            Some(package) => format!("{prefix}{}@{package}", self.key),
            None => format!("{prefix}{}", self.key),
        }
    }

    /// The whole argument as an origin.
    pub fn origin(&self) -> Origin {
        Origin::argument(&self.argument, Span::new(0, self.argument.text.len()))
    }

    /// The key in the argument as an origin.
    pub fn key_origin(&self) -> Origin {
        Origin::argument(&self.argument, self.key_span)
    }

    /// The value as a tree, each part with its place in the argument; `null` for `~key`.
    ///
    /// # Errors
    /// [`Code::OverrideInvalid`] if there is a sweep in it, or a mapping has the key `null`.
    pub fn value_node(&self) -> Result<Node> {
        match &self.value {
            Some(value) => self.node(value),
            None => Ok(Node::new(Value::Null, self.key_origin())),
        }
    }

    fn node(&self, element: &Element) -> Result<Node> {
        let origin = Origin::argument(&self.argument, element.span);
        let value = match &element.kind {
            ElementKind::Null => Value::Null,
            ElementKind::Bool(bool) => Value::Bool(*bool),
            ElementKind::Int(int) => Value::Int(int.clone()),
            ElementKind::Float(float) => Value::Float(*float),
            ElementKind::Str(text) | ElementKind::Quoted { text, .. } => Value::Str(text.clone()),
            ElementKind::List(items) => {
                // A loop, because the adapters of `collect` take several times as much of the stack.
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    nodes.push(self.node(item)?);
                }
                Value::List(nodes)
            }
            ElementKind::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.insert(
                        self.map_key(key)?,
                        Origin::argument(&self.argument, key.span),
                        self.node(value)?,
                    );
                }
                Value::Map(map)
            }
            ElementKind::Sweep(_) => return Err(self.misplaced_sweep(element)),
        };
        Ok(Node::new(value, origin))
    }

    fn map_key(&self, key: &Element) -> Result<Key> {
        Ok(match &key.kind {
            ElementKind::Bool(bool) => Key::Bool(*bool),
            ElementKind::Int(int) => Key::Int(int.clone()),
            ElementKind::Float(float) => Key::Float(*float),
            ElementKind::Str(text) | ElementKind::Quoted { text, .. } => Key::Str(text.clone()),
            ElementKind::Null | ElementKind::List(_) | ElementKind::Map(_) | ElementKind::Sweep(_) => {
                return Err(Error::new(Code::OverrideInvalid, "null cannot be the key of a mapping")
                    .label(&Origin::argument(&self.argument, key.span), ""));
            }
        })
    }

    pub(super) fn misplaced_sweep(&self, element: &Element) -> Error {
        let origin = Origin::argument(&self.argument, element.span);
        let at_top = self.value.as_ref().is_some_and(|value| value.span == element.span);
        if at_top {
            Error::new(Code::OverrideInvalid, format!("'{}' is a sweep, not a value", self.argument.text))
                .label(&origin, "several values")
                .help("sweep over it with --multirun, or write a list: key=[a,b]")
        } else {
            Error::new(Code::OverrideInvalid, "a sweep cannot be inside of another value")
                .label(&origin, "this is a sweep")
                .help("sweep over whole values: key=[1,a],[2,a]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn value(text: &str) -> Value {
        parse(text, 0).and_then(|over| over.value_node()).unwrap_or_else(|error| panic!("{error}")).value
    }

    #[test]
    fn one_token_has_a_type_and_several_are_text() {
        assert_eq!(value("x=1e3"), Value::Float(1000.0));
        assert_eq!(value("x=+1_000"), Value::Int(1000.into()));
        assert_eq!(value("x=NULL"), Value::Null);
        assert_eq!(value("x=007"), Value::Str("007".into()));
        assert_eq!(value("x=yes"), Value::Str("yes".into()));
        assert_eq!(value("x='1'"), Value::Str("1".into()));
        assert_eq!(value("x="), Value::Str(String::new()));
        assert_eq!(value(r"x=a\,b\ "), Value::Str("a,b ".into()));
        assert_eq!(value(r"x='a\nb'"), Value::Str(r"a\nb".into()));
    }

    #[test]
    fn every_part_knows_its_place() {
        let over = parse("a.b=[1, {c: 'd'}]", 3).expect("it parses");
        let node = over.value_node().expect("it is a value");
        let inner = node.get("1.c").expect("it is there");
        assert_eq!(inner.origin, Origin::argument(&over.argument, Span::new(12, 15)));
        assert_eq!(over.key_origin(), Origin::argument(&over.argument, Span::new(0, 3)));
        assert_eq!(over.argument.index, 3);
    }

    #[test]
    fn a_sweep_is_no_value() {
        for text in ["x=1,2", "x=[choice(1,2)]", "x={a:range(3)}", "x={null:1}"] {
            let error = parse(text, 0).and_then(|over| over.value_node()).expect_err(text);
            assert_eq!(error.code(), Code::OverrideInvalid, "{text}");
        }
    }

    #[test]
    fn extend_list_is_the_whole_of_a_plain_override() {
        let over = parse("x=extend_list(1,[2])", 0).expect("it parses");
        assert_eq!(
            (over.kind, over.to_string().as_str()),
            (OverrideKind::ExtendList, "x=extend_list(1,[2])")
        );
        for text in [
            "+x=extend_list(1)",
            "~x=extend_list(1)",
            "x=[extend_list(1)]",
            "x=extend_list(1),2",
            "x=sort(extend_list(1))",
        ] {
            assert!(parse(text, 0).is_err(), "{text}");
        }
    }

    #[test]
    fn hydra_allows_empty_keys_and_packages() {
        let over = parse("+@=1", 0).expect("it parses");
        assert_eq!(
            (over.key.as_str(), over.package.as_deref(), over.key_element().as_str()),
            ("", Some(""), "+@")
        );
        assert!(parse("~", 0).is_ok_and(|over| over.value.is_none() && over.to_string() == "~=null"));
    }
}
