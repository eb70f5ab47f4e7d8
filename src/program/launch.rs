//! From a composed configuration to a worker that trains it.

use super::args::Sample;
use super::{Failure, NAME};
use hydra_app::run_dir;
use hydra_compose::Config;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory that the configuration asks for, `hydra.run.dir`.
pub(super) fn wanted_dir(config: &Config) -> Result<PathBuf, Failure> {
    let folder: PathBuf = config.get("hydra.run.dir")?;
    std::path::absolute(&folder).map_err(|error| Failure::Other(format!("{}: {error}", folder.display())))
}

/// Freezes the configuration into a directory of its own and trains it.
pub(super) fn train(config: Config, wanted: &Path) -> Result<(), Failure> {
    let worker = worker()?;
    let other = |error: run_dir::RunDirError| Failure::Other(error.to_string());
    let folder = run_dir::claim(wanted).map_err(other)?;
    let config = config.with_output_dir(&folder);
    run_dir::write(&folder, &config, &config.resolve()?).map_err(other)?;
    let shown = env::current_dir().ok().and_then(|cwd| folder.strip_prefix(cwd).ok().map(Path::to_owned));
    eprintln!("run directory: {}", shown.as_deref().unwrap_or(&folder).display());
    become_worker(Command::new(worker).arg("train").arg(&folder))
}

/// `ddpm sample`
pub(super) fn sample(args: &Sample) -> Result<(), Failure> {
    if !args.run_dir.join(run_dir::FROZEN).is_file() {
        let (folder, file) = (args.run_dir.display(), run_dir::FROZEN);
        return Err(Failure::Other(format!(
            "{folder} is not a run directory: it has no {file}\nhelp: runs are under outputs/, for instance outputs/2026-11-23/05-28-01"
        )));
    }
    become_worker(Command::new(worker()?).arg("sample").arg(&args.run_dir).args(args.flags()))
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
        "{place} is missing\nhelp: 'cargo build' builds {NAME} and its worker together"
    )))
}

/// `cargo run` builds the program it runs and no other: without this it would train with the worker of an older build.
fn build_under_cargo() -> Result<(), Failure> {
    let (Some(cargo), Ok(package)) = (env::var_os("CARGO"), env::var("CARGO_PKG_NAME")) else {
        return Ok(());
    };
    if package != NAME {
        return Ok(());
    }
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", NAME, "--bin", "ddpm-worker"]);
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
