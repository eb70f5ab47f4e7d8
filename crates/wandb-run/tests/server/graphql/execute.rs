//! Runs a parsed operation against the state, strictly: what the server does not know, it refuses.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::lenient;
use super::super::state::{Refusal, State, refuse};
use super::objects::{Object, resolve};
use super::parse::{Document, Literal, Operation, Selection, Variable, When};

const RULE: &str = "graphql";

/// What a field has.
#[derive(Clone)]
pub(crate) enum Node {
    /// A scalar, or JSON that is handed through.
    Leaf(Value),
    Object(Object),
    List(Vec<Node>),
}

impl Node {
    pub(crate) fn null() -> Self {
        Self::Leaf(Value::Null)
    }

    pub(crate) fn of(value: impl Into<Value>) -> Self {
        Self::Leaf(value.into())
    }
}

/// Arguments of a field, or the fields of an input object. Each is taken out by the one who knows it.
pub(crate) struct Args {
    of: String,
    left: Map<String, Value>,
}

impl Args {
    pub(crate) fn new(of: &str, left: Map<String, Value>) -> Self {
        Self { of: of.to_owned(), left }
    }

    /// Takes one out; `None` where it is not there or null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(refuse(RULE, format!("{}.{name} should be a string, not {other}", self.of))),
        }
    }

    pub(crate) fn need(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| refuse(RULE, format!("{}.{name} is missing", self.of)))
    }

    pub(crate) fn number(&mut self, name: &str) -> Option<u64> {
        self.take(name).and_then(|value| value.as_u64())
    }

    pub(crate) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(refuse(RULE, format!("{}.{name} should be a list, not {other}", self.of))),
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(items) = self.list(name)? else { return Ok(None) };
        let texts = items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
        texts.map(Some).ok_or_else(|| refuse(RULE, format!("{}.{name} should hold strings", self.of)))
    }

    /// An input object inside this one.
    pub(crate) fn input(&mut self, name: &str) -> Result<Args, Refusal> {
        match self.take(name) {
            Some(Value::Object(left)) => Ok(Args::new(&format!("{}.{name}", self.of), left)),
            other => Err(refuse(RULE, format!("{}.{name} should be an object, not {other:?}", self.of))),
        }
    }

    /// Nothing may be left: an argument that the service does not have is an error there.
    pub(crate) fn finish(mut self) -> Result<(), Refusal> {
        // Every input of a mutation has this one.
        self.left.remove("clientMutationId");
        match self.left.keys().next() {
            Some(name) => Err(refuse(RULE, format!("{} has no {name:?}", self.of))),
            None => Ok(()),
        }
    }
}

/// Answers one operation with what goes into `data`.
pub(crate) fn execute(
    state: &mut State,
    document: &Document,
    operation: &Operation,
    given: Map<String, Value>,
) -> Result<Value, Refusal> {
    let mut variables = BTreeMap::new();
    for variable in &operation.variables {
        let value = given.get(&variable.name).cloned().filter(|value| !value.is_null());
        let value = match (&value, &variable.default) {
            (None, Some(Literal::Leaf(leaf))) => Some(leaf.clone()),
            (None, Some(Literal::List(_))) => Some(Value::Array(Vec::new())),
            _ => value,
        };
        let value = match value.unwrap_or(Value::Null) {
            // As the language has it, one value where a list is wanted is a list of one.
            one if variable.kind.list && !one.is_null() && !one.is_array() => Value::Array(vec![one]),
            value => value,
        };
        check(variable, &value)?;
        variables.insert(variable.name.clone(), value);
    }
    let root = if operation.kind == "mutation" { Object::Mutation } else { Object::Query };
    let execution = Execution { document, variables };
    execution.select(state, &root, &operation.selection).map(Value::Object)
}

/// Whether a variable has the type that the operation declares.
fn check(variable: &Variable, value: &Value) -> Result<(), Refusal> {
    let Variable { name, kind, .. } = variable;
    if value.is_null() {
        return if kind.required { Err(refuse(RULE, format!("${name} may not be null"))) } else { Ok(()) };
    }
    let alone = std::slice::from_ref(value);
    let items = if kind.list { value.as_array().map(Vec::as_slice) } else { Some(alone) };
    let fits = |item: &Value| match kind.name.as_str() {
        "String" | "ID" => item.is_string(),
        "JSONString" => item.as_str().is_some_and(|text| lenient::parse(text).is_ok()),
        "Int" | "Int64" => item.is_i64() || item.is_u64(),
        "Float" => item.is_number(),
        "Boolean" => item.is_boolean(),
        _ => true,
    };
    if items.is_some_and(|items| items.iter().all(fits)) {
        return Ok(());
    }
    Err(refuse(RULE, format!("${name} should be of the type {}, not {value}", kind.name)))
}

struct Execution<'a> {
    document: &'a Document,
    variables: BTreeMap<String, Value>,
}

impl Execution<'_> {
    fn select(
        &self,
        state: &mut State,
        object: &Object,
        selection: &[Selection],
    ) -> Result<Map<String, Value>, Refusal> {
        let mut answer = Map::new();
        for item in selection {
            match item {
                Selection::Field { alias, name, arguments, when, selection } => {
                    if self.wanted(when)? {
                        let value = self.field(state, object, name, arguments, selection)?;
                        merge(answer.entry(alias.clone()).or_insert(Value::Null), value);
                    }
                }
                Selection::Fragment { name, when } => {
                    let (on, selection) = self
                        .document
                        .fragments
                        .get(name)
                        .ok_or_else(|| refuse(RULE, format!("there is no fragment {name}")))?;
                    if self.wanted(when)? && object.is(on) {
                        answer_with(&mut answer, self.select(state, object, selection)?);
                    }
                }
                Selection::Inline { on, selection } => {
                    if object.is(on) {
                        answer_with(&mut answer, self.select(state, object, selection)?);
                    }
                }
            }
        }
        Ok(answer)
    }

    fn field(
        &self,
        state: &mut State,
        object: &Object,
        name: &str,
        arguments: &[(String, Literal)],
        selection: &[Selection],
    ) -> Result<Value, Refusal> {
        if name == "__typename" {
            return Ok(object.kind().into());
        }
        let mut given = Map::new();
        for (argument, literal) in arguments {
            given.insert(argument.clone(), self.value(literal)?);
        }
        let place = format!("{}.{name}", object.kind());
        let mut args = Args::new(&place, given);
        let node = resolve(state, object, name, &mut args)?
            .ok_or_else(|| refuse(RULE, format!("the server has no field {place}")))?;
        args.finish()?;
        self.node(state, &place, node, selection)
    }

    fn node(
        &self,
        state: &mut State,
        place: &str,
        node: Node,
        selection: &[Selection],
    ) -> Result<Value, Refusal> {
        match node {
            Node::Leaf(Value::Null) => Ok(Value::Null),
            Node::Leaf(value) if selection.is_empty() => Ok(value),
            Node::Leaf(_) => Err(refuse(RULE, format!("{place} is a scalar and has no fields"))),
            Node::List(items) => {
                let items = items.into_iter().map(|item| self.node(state, place, item, selection));
                items.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            Node::Object(_) if selection.is_empty() => {
                Err(refuse(RULE, format!("fields of {place} must be named")))
            }
            Node::Object(object) => self.select(state, &object, selection).map(Value::Object),
        }
    }

    fn value(&self, literal: &Literal) -> Result<Value, Refusal> {
        Ok(match literal {
            Literal::Leaf(value) => value.clone(),
            Literal::Variable(name) => self
                .variables
                .get(name)
                .cloned()
                .ok_or_else(|| refuse(RULE, format!("${name} is not declared")))?,
            Literal::List(items) => {
                Value::Array(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?)
            }
            Literal::Object(items) => {
                let fields = items.iter().map(|(name, item)| Ok((name.clone(), self.value(item)?)));
                Value::Object(fields.collect::<Result<_, Refusal>>()?)
            }
        })
    }

    fn wanted(&self, all: &[When]) -> Result<bool, Refusal> {
        for when in all {
            if (self.value(&when.condition)? == Value::Bool(true)) != when.wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn answer_with(answer: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        merge(answer.entry(name).or_insert(Value::Null), value);
    }
}

/// The same field may be selected twice, each time with other fields of its object.
fn merge(into: &mut Value, value: Value) {
    match (into, value) {
        (Value::Object(into), Value::Object(more)) => answer_with(into, more),
        (into @ Value::Null, value) => *into = value,
        _ => {}
    }
}
