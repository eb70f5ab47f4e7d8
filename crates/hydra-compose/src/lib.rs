//! Hydra's configuration composition, natively: defaults lists, config groups, overrides, interpolation.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # std::fs::create_dir(folder.path().join("optimizer"))?;
//! # std::fs::write(folder.path().join("config.yaml"), "defaults:\n- optimizer: adam\n- _self_\nepochs: 3\n")?;
//! # std::fs::write(folder.path().join("optimizer/adam.yaml"), "name: adam\nlr: 1e-3\n")?;
//! # std::fs::write(folder.path().join("optimizer/sgd.yaml"), "name: sgd\nlr: 0.1\n")?;
//! # let conf = folder.path();
//! use hydra_compose::Composer;
//! let config = Composer::new(conf).config_name("config").overrides(["optimizer=sgd", "epochs=5"]).compose()?;
//! assert_eq!(config.get::<f64>("optimizer.lr")?, 0.1);
//! assert_eq!(config.to_yaml(), "optimizer:\n  name: sgd\n  lr: 0.1\nepochs: 5\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One room for each step, named for what it makes; data flows one way:
//!
//! | room | from | to |
//! |---|---|---|
//! | [`yaml`] | text | a tree with spans |
//! | [`source`] | the search path | files |
//! | [`overrides`] | an argument | an [`Override`](overrides::Override) |
//! | [`defaults`] | primary config and choices | the ordered list of files |
//! | `files` and `merge` | files | one tree |
//! | `apply` | the tree and value overrides | the tree |
//! | [`interpolation`] | `${…}` | values |
//! | [`sweep`] | overrides with several values | jobs |
//! | [`check`] | a folder | every problem of its files |
//! | [`typed`] | the tree and a Rust type | the value, or every error at once |
//!
//! Every value carries where it came from and what it replaced ([`tree`]); every error is data ([`Error`]). The library
//! never prints or exits, opens only files on the search path, and reads the environment only through a resolver.

#[cfg(feature = "config")]
mod adapter;
mod apply;
mod arguments;
pub mod check;
mod compose;
mod config;
pub mod defaults;
pub mod diff;
mod elsewhere;
mod error;
mod file_schema;
mod files;
mod hydra_node;
pub mod interpolation;
mod merge;
mod mix;
pub mod near;
pub mod overrides;
mod rerun;
pub mod source;
pub mod sweep;
pub mod tree;
pub mod typed;
pub mod why;
pub mod yaml;

#[cfg(feature = "config")]
pub use adapter::Source;
pub use compose::{Composer, RunMode};
pub use config::Config;
pub use error::{Code, Error, Label, Result};
