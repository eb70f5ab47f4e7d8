//! Overrides to jobs: what Hydra's basic sweeper makes of a command line with several values for one key.
//! <https://hydra.cc/docs/tutorials/basic/running_your_app/multi-run/>
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # std::fs::create_dir(folder.path().join("db"))?;
//! # std::fs::write(folder.path().join("config.yaml"), "defaults:\n- db: sqlite\n- _self_\nseed: 0\n")?;
//! # std::fs::write(folder.path().join("db/mysql.yaml"), "port: 3306\n")?;
//! # std::fs::write(folder.path().join("db/sqlite.yaml"), "port: null\n")?;
//! # let conf = folder.path();
//! use hydra_compose::Composer;
//! let plan = Composer::new(conf).overrides(["db=glob(*)", "seed=1,2"]).plan()?;
//! let jobs: Vec<String> = plan.jobs().map(|job| job.overrides.join(" ")).collect();
//! assert_eq!(jobs, ["db=mysql seed=1", "db=mysql seed=2", "db=sqlite seed=1", "db=sqlite seed=2"]);
//!
//! let job = plan.job(1).expect("there are four");
//! assert_eq!(plan.compose(&job)?.to_yaml(), "db:\n  port: 3306\nseed: 2\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What comes first: `hydra.sweeper.params`, as if they stood on the command line, then the command line itself. A key
//! that comes again replaces what it had, in its old place. The last key changes fastest.
//!
//! Beside what Hydra has, there are zips (`a,b=zip(…)`: several keys on one axis), exclusions (`exclude(…)`), repeats
//! (`repeat(N)`) and a sweeper that draws at random (`hydra/sweeper=random`):
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # std::fs::write(folder.path().join("config.yaml"), "lr: 1\nbatch: 1\nseed: 0\n")?;
//! # let conf = folder.path();
//! use hydra_compose::Composer;
//! let sweep = ["lr,batch=zip(choice(1e-3,1e-4),choice(64,128))", "seed=1,2", "exclude(batch=128,seed=2)"];
//! let plan = Composer::new(conf).overrides(sweep).plan()?;
//! let jobs: Vec<String> = plan.jobs().map(|job| job.overrides.join(" ")).collect();
//! assert_eq!(jobs, ["lr=0.001 batch=64 seed=1", "lr=0.001 batch=64 seed=2", "lr=0.0001 batch=128 seed=1"]);
//!
//! let search = ["hydra/sweeper=random", "hydra.sweeper.n_trials=3", "lr=tag(log,interval(1e-5,1e-1))"];
//! let plan = Composer::new(conf).overrides(search).plan()?;
//! assert_eq!(plan.len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - `settings` and `params`: what the node `hydra.sweeper` says
//! - `axes`: overrides to the values of each key
//! - `exclusions`: which of them are left out
//! - `grid`, and `random` with `interval`: what a sweeper takes of the axes
//! - `schedule`: axes to jobs
//! - `plan`: jobs that are known to compose
//! - `failures`: which jobs do not, and why
//!
//! Planning composes every job and keeps none: a plan of any length is as small as the values it came from, and what
//! its jobs are composed from again is what was read then, whatever became of the files.

mod axes;
mod exclusions;
mod failures;
mod grid;
mod interval;
mod params;
mod plan;
mod random;
mod schedule;
mod settings;

pub use plan::{Job, Plan};
