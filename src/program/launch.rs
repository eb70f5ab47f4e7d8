//! What `ddpm` does with a job: prepares its dataset and names its worker.

use super::args::Sample;
use super::{PROGRAM_NAME, dataset, validated};
use ddpm_config::Dataset;
use hydra_app::failure::Failure;
use hydra_app::job::Progress;
use hydra_app::launch::Worker;
use hydra_app::run_dir;
use hydra_compose::Config;
use hydra_compose::typed::schema_of;
use std::cell::{OnceCell, RefCell};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Trains.
pub(super) struct Train {
    /// Datasets that are known to be ready.
    ready: RefCell<Vec<Dataset>>,
    build: Build,
    /// The worker, once it is known.
    worker: OnceCell<PathBuf>,
}

/// What to do where `cargo run` started this program.
#[derive(Clone, Copy, PartialEq)]
enum Build {
    /// Have the worker built first.
    First,
    /// Take it as it is: jobs of one sweep are done by one worker, whatever becomes of the source meanwhile.
    Never,
}

impl Train {
    /// For a run that a person asks for.
    pub(super) fn built() -> Self {
        Self { ready: RefCell::default(), build: Build::First, worker: OnceCell::new() }
    }

    /// For a job that a launcher starts.
    pub(super) fn as_it_is() -> Self {
        Self { build: Build::Never, ..Self::built() }
    }
}

impl Worker for Train {
    fn check(&self, config: &Config) -> hydra_compose::Result<()> {
        validated(config).map(drop)
    }

    fn schema(&self) -> Option<serde_json::Value> {
        Some(schema_of::<ddpm_config::Config>())
    }

    fn prepare(&self, config: &Config) -> Result<(), Failure> {
        let dataset = validated(config)?.dataset;
        let mut ready = self.ready.borrow_mut();
        if !ready.contains(&dataset) {
            dataset::prepare(&dataset)?;
            ready.push(dataset);
        }
        Ok(())
    }

    /// After `training.max_minutes` there are steps left.
    fn goes_on(&self, run_dir: &Path) -> bool {
        Progress::read(run_dir).is_short()
    }

    fn command(&self, run_dir: &Path) -> Result<Vec<OsString>, Failure> {
        if self.worker.get().is_none() {
            let _ = self.worker.set(worker(self.build)?);
        }
        let worker = self.worker.get().cloned().unwrap_or_default();
        Ok(vec![worker.into(), "train".into(), "--".into(), run_dir.into()])
    }
}

/// `ddpm sample`
pub(super) fn sample(args: &Sample) -> Result<(), Failure> {
    if !args.run_dir.join(run_dir::FROZEN).is_file() {
        let (folder, file) = (args.run_dir.display(), run_dir::FROZEN);
        return Err(Failure::Other(format!(
            "{folder} is not a run directory: it has no {file}\nhelp: runs are under outputs/, for instance outputs/2026-11-23/05-28-01"
        )));
    }
    worker_does("sample", args.worker_args())
}

/// Becomes the worker, to do something other than a job.
pub(super) fn worker_does(what: &str, args: Vec<OsString>) -> Result<(), Failure> {
    become_worker(Command::new(worker(Build::First)?).arg(what).args(args))
}

/// The program that trains, beside this one.
fn worker(build: Build) -> Result<PathBuf, Failure> {
    let me = env::current_exe().map_err(|error| Failure::Other(format!("where am I? {error}")))?;
    if build == Build::First {
        build_under_cargo()?;
    }
    let worker = me.with_file_name(format!("ddpm-worker{}", env::consts::EXE_SUFFIX));
    if worker.is_file() {
        return Ok(worker);
    }
    let place = worker.display();
    Err(Failure::Other(format!(
        "{place} is missing\nhelp: 'cargo build' builds ddpm and its worker together"
    )))
}

/// `cargo run` builds the program it runs and no other: without this it would train with the worker of an older build.
fn build_under_cargo() -> Result<(), Failure> {
    let (Some(cargo), Ok(package)) = (env::var_os("CARGO"), env::var("CARGO_PKG_NAME")) else {
        return Ok(());
    };
    if package != PROGRAM_NAME {
        return Ok(());
    }
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", PROGRAM_NAME, "--bin", "ddpm-worker"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    match build.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::Other("the worker does not build".into())),
        Err(error) => Err(Failure::Other(format!("cannot run cargo: {error}"))),
    }
}

/// Becomes the worker: the same process, so signals, job control and the exit status are its own.
fn become_worker(command: &mut Command) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        Err(Failure::Other(format!("cannot start {}: {error}", command.get_program().display())))
    }
    #[cfg(not(unix))]
    {
        let status =
            command.status().map_err(|error| Failure::Other(format!("cannot start the worker: {error}")))?;
        std::process::exit(status.code().unwrap_or(1))
    }
}
