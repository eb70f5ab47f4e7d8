//! Search path to files: where configurations are looked for, and what is read there.
//!
//! Files are read once a composition, and only those that it uses: options that exist but are not chosen cost nothing.
//!
//! - `provider`: one place of the search path
//! - `search_path`: all of them, in order
//! - `config_file`: a file that was read, with its package header and its defaults list taken apart

mod builtin;
mod config_file;
mod provider;
mod search_path;

pub use config_file::ConfigFile;
pub(crate) use provider::leads_out;
pub use provider::{Place, Provider, read_text};
pub(crate) use search_path::Library;
pub use search_path::SearchPath;
