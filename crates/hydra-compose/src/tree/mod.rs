//! The tree that every step works on: values that know where they came from.
//!
//! Each [`Node`] carries its [`Origin`] (a place in a file, a command-line argument, …) and the node it replaced,
//! so "where does this value come from?" needs no second pass and no debug mode.

mod key;
mod map;
mod node;
mod number;
mod origin;

pub use key::Key;
pub use map::{Entry, Map};
pub use node::{Node, Past, Value};
pub use number::{Int, float_repr};
pub use origin::{Argument, Origin, Position, SourceFile, Span};
