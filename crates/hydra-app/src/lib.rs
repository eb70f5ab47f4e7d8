//! What programs configured by [`hydra_compose`] share.
//!
//! - [`cli`]: Hydra's command line, as plain data
//! - [`show`]: what `--cfg` prints
//! - [`render`]: errors with snippets of the file or the command line
//! - [`run_dir`]: run directories, claimed by creating them

pub mod cli;
pub mod parse;
pub mod plan;
pub mod render;
pub mod run_dir;
pub mod show;
