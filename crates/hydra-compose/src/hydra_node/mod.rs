//! The node `hydra`: Hydra's own configuration. <https://hydra.cc/docs/configure_hydra/intro/>
//!
//! Its defaults are the builtin files under `source/builtin`; here is what holds it together while files and overrides
//! come in, and what fills it in afterwards.
//!
//! - `schema`: which keys there are, and their types: one table for all that follows
//! - `conform`: unknown keys refused, values converted
//! - `convert`: single values, as OmegaConf converts them
//! - `runtime`: what was asked for, and where things are
//! - `dirname`: `hydra.job.override_dirname`
//! - `mode`: one job or a sweep

mod conform;
mod convert;
mod dirname;
mod mode;
mod runtime;
mod schema;

pub(crate) use conform::{conform, conform_at, refuse_deletion, refuse_unknown, refuse_unknown_at};
pub(crate) use runtime::{Facts, Outside, fill, set_job, set_output_dir, set_rerun};
