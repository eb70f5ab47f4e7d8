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
//! What Hydra has no spelling for, and reports an error on, is an addition: several keys swept together are an override
//! with the value [`Sweep::Zip`], and what concerns a sweep as a whole is a [`Directive`]:
//!
//! ```
//! use hydra_compose::overrides::{Directive, parse};
//! let over = parse("lr,batch=zip(choice(1e-3,1e-4),choice(64,128))", 0)?;
//! assert_eq!((over.key.as_str(), over.is_sweep()), ("lr,batch", true));
//! assert!(matches!(Directive::parse("exclude(lr=1e-3,seed=range(3))", 0), Some(Ok(Directive::Exclude(_)))));
//! assert!(Directive::parse("exclude=1", 0).is_none());
//! # Ok::<(), hydra_compose::Error>(())
//! ```
//!
//! The way through the rooms: `lexer` (text to tokens) · `parser` (tokens to an override) · `primitive` (what a token means) ·
//! `functions` with `call`, `sweeps`, `casts` and `ordering` (calls to values) · `parsed` (the result) ·
//! `joint` and `directive` (what Hydra has not) · `condition` and `equality` (which values an exclusion means) · `expand` with `decimal` and `glob`
//! (a sweep to its values) · `print` and `json` (back to text) · `problem` (what is wrong, and what to type instead).

mod call;
mod casts;
mod condition;
mod decimal;
mod directive;
mod equality;
mod expand;
mod functions;
mod glob;
#[cfg(test)]
mod hostile;
mod joint;
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

pub(crate) use condition::{Matcher, read};
pub use directive::{Directive, Exclusion, Repeat};
pub use functions::{FUNCTIONS, Function};
pub use parsed::{Override, OverrideKind, ValueType, parse};
pub(crate) use print::in_quotes;
pub(crate) use problem::shell_quoted;
pub use value::{
    ChoiceForm, ChoiceSweep, Element, ElementKind, GlobSweep, IntervalSweep, Number, Order, Quote,
    RangeSweep, SeedSweep, Sweep, ZipSweep,
};
