//! What programs configured by [`hydra_compose`] share.
//!
//! - [`cli`]: Hydra's command line, as plain data
//! - [`app`]: what a program does with it
//! - [`show`], [`info`], [`help`], [`keys`], [`json`]: what it prints
//! - [`plan`]: what `--multirun --dry-run` prints
//! - [`parse`]: the subcommand `parse`
//! - [`schema`]: the subcommand `schema`, for programs that have one
//! - [`Application`]: all of it, for a program that has a type for its configuration and a function for its work
//! - [`check`]: the subcommand `check`
//! - [`completion`]: shell completion
//! - [`failure`], [`render`]: errors, with snippets of the file or the command line
//! - [`run_dir`]: run directories, claimed by creating them
//! - [`job`]: a job is a directory with a frozen configuration, and a process that works on it
//! - [`launch`]: from configurations to jobs that run
//! - [`sweep`]: sweeps on disk: status, resume, cancel, wait
//! - [`rerun`]: a frozen configuration, as the start of another run
//! - [`files`]: files that others read

pub mod annotate;
pub mod app;
mod application;
pub mod check;
pub mod cli;
pub mod completion;
pub mod diff;
pub mod failure;
pub mod files;
pub mod help;
pub mod info;
pub mod job;
pub mod json;
pub mod keys;
pub mod launch;
pub mod parse;
pub mod plan;
pub mod render;
pub mod rerun;
pub mod run_dir;
pub mod schema;
pub mod show;
mod stop;
pub mod sweep;
pub mod why;

pub use application::Application;
