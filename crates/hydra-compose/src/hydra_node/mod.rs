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

#[expect(dead_code, reason = "compose.rs and apply.rs do not ask it yet, only `complete` does")]
mod conform;
mod convert;
mod dirname;
mod mode;
mod runtime;
mod schema;

pub(crate) use runtime::{Facts, set_job, set_output_dir};

use crate::error::Result;
use crate::interpolation::Resolvers;
use crate::tree::Node;

/// As `runtime::fill`, with what a process has; the node's types are checked only now.
pub(crate) fn complete(root: &mut Node, facts: &Facts<'_>) -> Result<()> {
    conform::conform(root)?;
    let environment = |name: &str| std::env::var(name).ok();
    runtime::fill(
        root,
        facts,
        &runtime::Outside { resolvers: &Resolvers::standard(), environment: &environment },
    )
}
