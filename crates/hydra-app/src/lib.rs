//! What programs configured by [`hydra_compose`] share.
//!
//! - [`cli`]: Hydra's command line, as plain data
//! - [`app`]: what a program does with it
//! - [`show`], [`info`], [`help`], [`json`]: what it prints
//! - [`plan`]: what `--multirun --dry-run` prints
//! - [`parse`]: the subcommand `parse`
//! - [`completion`]: shell completion
//! - [`render`]: errors with snippets of the file or the command line
//! - [`run_dir`]: run directories, claimed by creating them

pub mod app;
pub mod cli;
pub mod completion;
pub mod help;
pub mod info;
pub mod json;
pub mod parse;
pub mod plan;
pub mod render;
pub mod run_dir;
pub mod show;
