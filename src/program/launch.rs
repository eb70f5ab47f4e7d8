//! From a composed configuration to a worker that trains it.

use super::args::Sample;
use super::{PROGRAM, dataset, validated};
use hydra_app::app::{Failure, say};
use hydra_app::run_dir;
use hydra_compose::Config;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Freezes the configuration into a directory of its own and trains it.
pub(super) fn train(config: Config) -> Result<(), Failure> {
    let wanted = run_dir::wanted(&config)?;
    // Checked before anything is made: a bad value leaves no directory behind.
    let config = config.with_output_dir(&wanted);
    validated(&config)?;
    let worker = worker()?;
    let folder = run_dir::claim(&wanted)?;
    // The directory's name may have become another, and the configuration may refer to it.
    let config = config.with_output_dir(&folder);
    if let Err(failure) = prepare_and_freeze(&config, &folder) {
        // Nothing ran. What is empty says nothing, and what is not is not ours to remove.
        let _ = fs::remove_dir(&folder);
        return Err(failure);
    }
    let shown = env::current_dir().ok().and_then(|cwd| folder.strip_prefix(cwd).ok().map(Path::to_owned));
    say(&format!("run directory: {}", shown.as_deref().unwrap_or(&folder).display()));
    become_worker(Command::new(worker).args(["train", "--"]).arg(&folder))
}

fn prepare_and_freeze(config: &Config, folder: &Path) -> Result<(), Failure> {
    dataset::prepare(&validated(config)?.dataset)?;
    Ok(run_dir::write(folder, config, &config.resolve()?)?)
}

/// `ddpm sample`
pub(super) fn sample(args: &Sample) -> Result<(), Failure> {
    if !args.run_dir.join(run_dir::FROZEN).is_file() {
        let (folder, file) = (args.run_dir.display(), run_dir::FROZEN);
        return Err(Failure::Other(format!(
            "{folder} is not a run directory: it has no {file}\nhelp: runs are under outputs/, for instance outputs/2026-11-23/05-28-01"
        )));
    }
    become_worker(Command::new(worker()?).arg("sample").args(args.worker_args()))
}

/// The program that trains, beside this one.
fn worker() -> Result<PathBuf, Failure> {
    let me = env::current_exe().map_err(|error| Failure::Other(format!("where am I? {error}")))?;
    build_under_cargo()?;
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
    if package != PROGRAM.name {
        return Ok(());
    }
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", PROGRAM.name, "--bin", "ddpm-worker"]);
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
