//! Interpolations: `${optimizer.lr}`, `${oc.env:HOME}`, `run-${now:%Y-%m-%d}`.
//!
//! Text is first parsed ([`check`] says whether it can be), then a [`Session`] reads the values it names in a tree,
//! calling the resolvers of a [`Resolvers`] registry for those with a colon. What it gives back is what OmegaConf 2.3
//! gives back: a value that is one interpolation keeps the type of what it reads, anything around it makes it a
//! string in Python's spelling.
//!
//! ```
//! use hydra_compose::interpolation::{Resolvers, Session};
//! use hydra_compose::tree::{Map, Node, Origin, Value};
//! let node = |value| Node::new(value, Origin::Builtin("an example"));
//! let mut map = Map::new();
//! for (key, value) in [("name", Value::Str("sgd".into())), ("momentum", Value::Float(0.9)), ("debug", Value::Bool(true))] {
//!     map.insert(key.into(), Origin::Builtin("an example"), node(value));
//! }
//! map.insert("run".into(), Origin::Builtin("an example"), node(Value::Str("${name}-${momentum}-${debug}".into())));
//! map.insert("same".into(), Origin::Builtin("an example"), node(Value::Str("${momentum}".into())));
//! let root = node(Value::Map(map));
//!
//! let resolvers = Resolvers::standard();
//! let session = Session::new(&root, &resolvers);
//! let run = session.select("run")?.expect("there is a run");
//! assert_eq!(run.value, Value::Str("sgd-0.9-True".into()));
//! assert_eq!(session.resolve_all()?.get("same").map(|node| &node.value), Some(&Value::Float(0.9)));
//! # Ok::<(), hydra_compose::Error>(())
//! ```
//!
//! | file | what is in it |
//! |---|---|
//! | `grammar`, `lexer`, `number`, `parser`, `arguments` | text to a parsed interpolation |
//! | `lenient` | which malformed texts OmegaConf lets pass when a file loads |
//! | `place`, `item` | where a node stands in its tree; what an interpolation gives back |
//! | `session` | the questions one asks |
//! | `resolve`, `evaluate`, `select` | what one interpolation reads |
//! | `copy` | a whole tree, resolved |
//! | `partial` | a whole tree, resolved as far as it can be |
//! | `resolvers`, `builtin`, `oc`, `clock` | the registry, and what stands in it from the start |
//! | `escape` | texts that mean themselves |
//! | `python_str` | Python's `str` and `repr` |
//! | `blame`, `names` | errors that point at the very `${…}`, with what was probably meant |

mod arguments;
mod blame;
mod builtin;
mod clock;
mod copy;
mod escape;
mod evaluate;
mod grammar;
mod item;
mod lenient;
mod lexer;
mod names;
mod number;
mod oc;
mod parser;
mod partial;
mod place;
mod python_str;
mod references;
mod resolve;
mod resolvers;
mod select;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use escape::escape_all;
pub use escape::escaped;
pub use python_str::{python_repr, python_str};
pub use references::references;
pub use resolvers::{Caching, Call, Description, Resolvers};
pub use session::{Environment, Session, ToMissing, Warning};

use crate::error::{Code, Error};
use crate::tree::{Node, Value};
use std::fmt;

/// Text with a malformed interpolation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrammarError {
    /// What is wrong.
    pub message: String,
    /// Where: a byte of the text.
    pub offset: usize,
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for GrammarError {}

/// Whether a string value may stand in a configuration: OmegaConf refuses malformed interpolations when it loads them.
///
/// ```
/// use hydra_compose::interpolation::check;
/// assert!(check("no interpolation, so { anything } goes").is_ok());
/// assert!(check("${optimizer[0].lr}, ${oc.env:HOME,'~'}").is_ok());
/// assert_eq!(check("lr: ${optimizer.lr").expect_err("it is not closed").offset, 4);
/// ```
///
/// # Errors
/// [`GrammarError`] if the text does not parse.
pub fn check(text: &str) -> Result<(), GrammarError> {
    if !text.contains("${") {
        return Ok(());
    }
    match parser::parse_text(text) {
        Err(_) if lenient::passes(text) => Ok(()),
        parsed => parsed.map(drop),
    }
}

/// [`check`] for every string of a tree, as an error at its place.
pub(crate) fn check_all(node: &Node) -> crate::error::Result<()> {
    match &node.value {
        Value::Str(text) => check(text).map_err(|error| {
            Error::new(Code::Interpolation, format!("malformed interpolation '{text}': {error}"))
                .label(&node.origin, "")
        }),
        Value::List(items) => items.iter().try_for_each(check_all),
        Value::Map(map) => map.iter().try_for_each(|(_, node)| check_all(node)),
        _ => Ok(()),
    }
}
