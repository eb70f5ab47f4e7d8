//! Argument to [`Override`]: the whole grammar of Hydra's command line.
//!
//! ```
//! use hydra_compose::overrides::{OverrideKind, parse};
//! let over = parse("+optimizer.betas=[0.9, 0.999]", 0)?;
//! assert_eq!(over.kind, OverrideKind::Add);
//! assert_eq!(over.key, "optimizer.betas");
//! assert_eq!(over.to_string(), "+optimizer.betas=[0.9,0.999]");
//! # Ok::<(), hydra_compose::Error>(())
//! ```
//!
//! Several values in the place of one make a sweep, which [`Override::expand`] turns into one value a job:
//!
//! ```
//! let over = hydra_compose::overrides::parse("seed=range(1,4)", 0)?;
//! assert!(over.is_sweep());
//! assert_eq!(over.expand(&|_group| Vec::new())?, ["1", "2", "3"]);
//! # Ok::<(), hydra_compose::Error>(())
//! ```
//!
//! The way through the rooms: `lexer` (text to tokens) · `parser` (tokens to an override) · `primitive` (what a token means) ·
//! `functions` with `call`, `sweeps`, `casts` and `ordering` (calls to values) · `parsed` (the result) · `expand` with `decimal` and `glob`
//! (a sweep to its values) · `print` and `json` (back to text) · `problem` (what is wrong, and what to type instead).

mod call;
mod casts;
mod decimal;
mod expand;
mod functions;
mod glob;
#[cfg(test)]
mod hostile;
mod json;
mod lexer;
mod ordering;
mod parsed;
mod parser;
mod primitive;
mod print;
mod problem;
mod python;
mod sweeps;
mod value;

pub use functions::{FUNCTIONS, Function};
pub use parsed::{Override, OverrideKind, ValueType, parse};
pub use value::{
    ChoiceForm, ChoiceSweep, Element, ElementKind, GlobSweep, IntervalSweep, Number, Order, Quote,
    RangeSweep, Sweep,
};
