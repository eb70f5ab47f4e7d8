//! What stands after the `=`.

use super::parsed::Override;
use crate::tree::{Int, Span};
use std::collections::BTreeSet;

/// A value, or a part of one, with the bytes of the argument that it was read from.
#[derive(Clone, Debug)]
pub struct Element {
    /// The value.
    pub kind: ElementKind,
    /// Where it stands in the argument.
    pub span: Span,
}

/// The forms of a value.
#[derive(Clone, Debug)]
pub enum ElementKind {
    /// `null`, any letter case.
    Null,
    /// `true` and `false`, any letter case.
    Bool(bool),
    /// `10`, `+1`, `1_000`; of any size.
    Int(Int),
    /// `1.`, `.5`, `1e3`, `inf`, `nan`.
    Float(f64),
    /// Text without quotes, escapes resolved.
    Str(String),
    /// Text in quotes, escapes resolved. It is printed back in quotes of the same kind.
    Quoted {
        /// The text between the quotes.
        text: String,
        /// The kind of quotes.
        quote: Quote,
    },
    /// `[a,b]`
    List(Vec<Element>),
    /// `{a:1,b:2}`, keys as Python's `dict` keeps them: the first of equal keys, with the last one's value.
    Map(Vec<(Element, Element)>),
    /// `a,b`, `choice(…)`, `range(…)`, `interval(…)`, `glob(…)`, `seeds(…)`. Inside of a list or a mapping it parses, and cannot be used.
    Sweep(Box<Sweep>),
}

/// The kind of quotes around a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// `'…'`
    Single,
    /// `"…"`
    Double,
}

/// Several values in the place of one.
#[derive(Clone, Debug)]
pub enum Sweep {
    /// `a,b` and `choice(a,b)`
    Choice(ChoiceSweep),
    /// `range(start,stop,step)`
    Range(RangeSweep),
    /// `interval(start,end)`
    Interval(IntervalSweep),
    /// `glob(include,exclude)`
    Glob(GlobSweep),
    /// `seeds(count,root)`
    Seeds(SeedSweep),
    /// `zip(…)`, the value of several keys
    Zip(ZipSweep),
}

/// Values that are listed.
#[derive(Clone, Debug)]
pub struct ChoiceSweep {
    /// The values.
    pub list: Vec<Element>,
    /// How it was written.
    pub form: ChoiceForm,
    /// The order in which jobs take them.
    pub order: Order,
    /// The tags that `tag(…)` set, sorted.
    pub tags: BTreeSet<String>,
}

/// How a choice was written. A plain call refuses both, with different advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChoiceForm {
    /// `a,b`
    Simple,
    /// `choice(a,b)`
    Explicit,
}

/// The order in which jobs take the values of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As listed.
    Given,
    /// At random, after `shuffle(…)`.
    Shuffled,
}

/// Numbers from `start` towards `stop`, without `stop`.
#[derive(Clone, Debug)]
pub struct RangeSweep {
    /// The first number.
    pub start: Number,
    /// Where it ends; not in the range.
    pub stop: Number,
    /// From one number to the next.
    pub step: Number,
    /// The order in which jobs take them.
    pub order: Order,
    /// The tags that `tag(…)` set, sorted.
    pub tags: BTreeSet<String>,
}

/// All numbers from `start` to `end`, for sweepers that search.
#[derive(Clone, Debug)]
pub struct IntervalSweep {
    /// The smallest number.
    pub start: Number,
    /// The end; not in the interval.
    pub end: Number,
    /// The tags that `tag(…)` set, sorted.
    pub tags: BTreeSet<String>,
}

/// Those options of a config group whose names match.
#[derive(Clone, Debug)]
pub struct GlobSweep {
    /// The patterns, of which one must match.
    pub include: Vec<Element>,
    /// The patterns, of which none may match.
    pub exclude: Vec<Element>,
}

/// Different seeds of 32 bits.
#[derive(Clone, Debug)]
pub struct SeedSweep {
    /// How many.
    pub count: usize,
    /// What they are derived from.
    pub root: u64,
}

/// The values of several keys, paired off: each job takes the values of one row.
#[derive(Clone, Debug)]
pub struct ZipSweep {
    /// Each key with the sweep that gives its values.
    pub columns: Vec<Override>,
}

/// A bound or a step. A boolean among the arguments counts as 1 or 0.
#[derive(Clone, Debug)]
pub enum Number {
    /// An integer of any size.
    Int(Int),
    /// A double.
    Float(f64),
}

impl Element {
    /// A value read from these bytes of the argument.
    pub(super) fn new(kind: ElementKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// The text, with or without quotes, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ElementKind::Str(text) | ElementKind::Quoted { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The sweep, if it is one.
    pub fn as_sweep(&self) -> Option<&Sweep> {
        match &self.kind {
            ElementKind::Sweep(sweep) => Some(sweep),
            _ => None,
        }
    }

    /// The first sweep inside of this value, itself included.
    pub(super) fn find_sweep(&self) -> Option<&Element> {
        match &self.kind {
            ElementKind::Sweep(_) => Some(self),
            ElementKind::List(items) => items.iter().find_map(Element::find_sweep),
            ElementKind::Map(entries) => entries.iter().find_map(|(_, value)| value.find_sweep()),
            _ => None,
        }
    }
}

impl Quote {
    /// The character itself.
    pub fn as_char(self) -> char {
        match self {
            Self::Single => '\'',
            Self::Double => '"',
        }
    }
}

impl ChoiceSweep {
    /// A choice in the order given, without tags.
    pub(super) fn new(list: Vec<Element>, form: ChoiceForm) -> Self {
        Self { list, form, order: Order::Given, tags: BTreeSet::new() }
    }
}

impl From<Sweep> for ElementKind {
    fn from(sweep: Sweep) -> Self {
        Self::Sweep(Box::new(sweep))
    }
}

impl From<Number> for ElementKind {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(int) => Self::Int(int),
            Number::Float(float) => Self::Float(float),
        }
    }
}
