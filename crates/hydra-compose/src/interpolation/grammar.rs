//! What a parsed text is made of.

use crate::tree::{Int, Span};

/// A whole string value: literal text and interpolations.
#[derive(Debug, PartialEq)]
pub(super) struct Text {
    pub(super) pieces: Vec<Piece>,
}

impl Text {
    /// The interpolation, if the text is exactly one: then the value it reads keeps its type.
    pub(super) fn single(&self) -> Option<&Interpolation> {
        match self.pieces.as_slice() {
            [Piece::Interpolation(only)] => Some(only),
            _ => None,
        }
    }
}

/// A part of a text. Literals are unescaped already.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    Interpolation(Interpolation),
}

/// `${…}`, with its bytes in the text.
#[derive(Debug, PartialEq)]
pub(super) struct Interpolation {
    pub(super) span: Span,
    pub(super) kind: Kind,
}

#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// `${a.b}`. The parts, joined, are the key; it is split again after joining,
    /// since what a nested interpolation returns may hold dots, even leading ones.
    Node(Vec<Part>),
    /// `${name:arguments}`; the parts, joined, are the name.
    Resolver { name: Vec<Part>, arguments: Vec<Argument> },
}

/// A part of a key or of a resolver's name.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Literal(String),
    Nested(Interpolation),
}

/// An argument as written, and what it means.
#[derive(Debug, PartialEq)]
pub(super) struct Argument {
    /// What is written; a resolver's cache is keyed by it, as OmegaConf's is.
    pub(super) text: String,
    /// `None` where nothing is written between commas; OmegaConf reads that as `''` and warns.
    pub(super) element: Option<Element>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Element {
    Scalar(Scalar),
    /// An unquoted interpolation on its own: keeps the type of what it reads.
    Interpolation(Interpolation),
    /// Several unquoted pieces: a string.
    Joined(Vec<Piece>),
    /// Quoted text: always a string.
    Quoted(Text),
    List(Vec<Argument>),
    Dict(Vec<(Scalar, Element)>),
}

/// An unquoted value without interpolations.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(Int),
    Float(f64),
    Str(String),
    /// Nothing but blanks: it parses, and has no value.
    Blank,
}
