//! Calling a function of the grammar: arguments to parameters, as Python binds them.

use super::value::{Element, ElementKind, Number};
use crate::tree::Int;
use std::collections::BTreeMap;

/// An argument of a call.
pub(super) struct Given {
    pub(super) name: Option<String>,
    pub(super) element: Element,
}

/// Why a call fails: the name of Python's exception class, which Hydra shows, and its message.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) class: &'static str,
    pub(super) message: String,
}

pub(super) type Outcome = Result<ElementKind, Failure>;

impl Failure {
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self { class: "ValueError", message: message.into() }
    }

    pub(super) fn type_(message: impl Into<String>) -> Self {
        Self { class: "TypeError", message: message.into() }
    }

    pub(super) fn overflow(message: impl Into<String>) -> Self {
        Self { class: "OverflowError", message: message.into() }
    }

    /// An assertion of Hydra's own: it says nothing.
    pub(super) fn assertion() -> Self {
        Self { class: "AssertionError", message: String::new() }
    }
}

/// Arguments in the places of their parameters.
pub(super) struct Bound {
    pub(super) variadic: Vec<Element>,
    named: BTreeMap<&'static str, Element>,
}

impl Bound {
    /// The argument of this name. `null` is as good as none: it is the default of them all.
    pub(super) fn take(&mut self, name: &str) -> Option<Element> {
        self.named.remove(name).filter(|element| !matches!(element.kind, ElementKind::Null))
    }

    pub(super) fn take_number(&mut self, name: &str) -> Option<Number> {
        self.take(name).and_then(|element| Number::of(&element.kind))
    }
}

/// Binds as Python does, and fails with its words.
pub(super) fn bind(parameters: &'static [Parameter], given: Vec<Given>) -> Result<Bound, Failure> {
    let mut bound = Bound { variadic: Vec::new(), named: BTreeMap::new() };
    let mut keywords: Vec<(String, Element)> = Vec::new();
    let mut open = parameters.iter().peekable();
    let mut positional = Vec::new();
    for Given { name, mut element } in given {
        // A text given directly loses its quotes; those inside of lists and mappings stay.
        if let ElementKind::Quoted { text, .. } = element.kind {
            element.kind = ElementKind::Str(text);
        }
        let Some(name) = name else {
            positional.push(element);
            continue;
        };
        let is_known = parameters.iter().any(|parameter| parameter.name == name);
        match keywords.iter().position(|(given, _)| *given == name) {
            Some(place) => keywords[place].1 = element,
            // One unknown name is as wrong as thousands.
            None if !is_known && keywords.len() > parameters.len() => {}
            None => keywords.push((name, element)),
        }
    }
    for element in positional {
        match open.peek() {
            None => return Err(Failure::type_("too many positional arguments")),
            Some(parameter) if parameter.presence == Presence::Variadic => bound.variadic.push(element),
            Some(parameter) if keywords.iter().any(|(name, _)| name == parameter.name) => {
                return Err(Failure::type_(format!("multiple values for argument '{}'", parameter.name)));
            }
            Some(parameter) => {
                bound.named.insert(parameter.name, element);
                open.next();
            }
        }
    }
    for parameter in open.filter(|parameter| parameter.presence != Presence::Variadic) {
        match keywords.iter().position(|(name, _)| name == parameter.name) {
            Some(place) => {
                bound.named.insert(parameter.name, keywords.remove(place).1);
            }
            None if parameter.presence == Presence::Required => {
                return Err(Failure::type_(format!("missing a required argument: '{}'", parameter.name)));
            }
            None => {}
        }
    }
    match keywords.first() {
        Some((name, _)) => Err(Failure::type_(format!("got an unexpected keyword argument '{name}'"))),
        None => Ok(bound),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    Optional,
    /// Any number of arguments without names.
    Variadic,
}

pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) accepts: Type,
    pub(super) presence: Presence,
}

impl Parameter {
    pub(super) fn check(&self, bound: &Bound) -> Result<(), Failure> {
        let mismatch = |place: String, element: &Element| {
            let found = element.kind.class();
            let message = format!(
                "mismatch type argument {place}: {found} is incompatible with {}",
                self.accepts.annotation
            );
            Failure::type_(message)
        };
        let accepts = |element: &Element| {
            self.accepts.classes.is_none_or(|known| known.contains(&element.kind.class()))
        };
        if self.presence == Presence::Variadic {
            return match bound.variadic.iter().enumerate().find(|(_, element)| !accepts(element)) {
                Some((index, element)) => Err(mismatch(format!("{}[{index}]", self.name), element)),
                None => Ok(()),
            };
        }
        match bound.named.get(self.name) {
            Some(element) if !accepts(element) => Err(mismatch(self.name.to_owned(), element)),
            _ => Ok(()),
        }
    }
}

/// A Python annotation, and the classes that Hydra takes for it. In a union a boolean counts as an integer.
pub(super) struct Type {
    pub(super) annotation: &'static str,
    /// `None`: any.
    pub(super) classes: Option<&'static [&'static str]>,
}

impl Number {
    /// The number, if it is one to Python.
    pub(super) fn of(kind: &ElementKind) -> Option<Self> {
        match kind {
            ElementKind::Bool(bool) => Some(Self::Int(Int::from(*bool))),
            ElementKind::Int(int) => Some(Self::Int(int.clone())),
            ElementKind::Float(float) => Some(Self::Float(*float)),
            _ => None,
        }
    }
}
