//! Sweeps that are on disk: asked about, resumed, waited for, cancelled, compared.
//!
//! - `record`: `sweep.json`, the plan
//! - `command`: the subcommand `sweep`
//! - `table`: how the jobs stand, for a person
//! - `status`: the table, refreshed; and the same as JSON
//! - `report`: the jobs compared, as a page and as a table
//! - `launcher`: who launches it
//! - `resume`: runs what is not done
//! - `cancel`, `wait`: ends a sweep, or waits for its end

mod cancel;
mod command;
mod launcher;
mod record;
mod report;
mod resume;
mod status;
mod table;
mod wait;

pub use command::SweepArgs;
pub use record::{SWEEP, Sweep, SweepJob, SweepRecord};
pub use report::compare;

pub(crate) use resume::{Wait, run};
pub(crate) use table::summary;

/// Hydra's file of the configuration that a sweep starts from.
pub(crate) const MULTIRUN: &str = "multirun.yaml";
