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
//! - `settings`: what the node `hydra.sweeper` says
//! - `axes`: overrides to the values of each key, and those to jobs
//! - `plan`: jobs that are known to compose
//! - `failures`: which jobs do not, and why
//!
//! Planning composes every job and keeps none: a plan of any length is as small as the values it came from, and what
//! its jobs are composed from again is what was read then, whatever became of the files.

mod axes;
mod failures;
mod plan;
mod settings;

pub use plan::{Job, Plan};
