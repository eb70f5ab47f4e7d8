//! One run: a directory of its own, and a worker in it.

use super::worker::Worker;
use crate::failure::{Failure, say};
use crate::files::Durability;
use crate::job::{self, JobPlan, JobRecord, Outcome, Passing, Runner, State, Status, Streams};
use crate::run_dir;
use hydra_compose::Config;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Freezes the configuration into a directory of its own and runs its worker there, to the end.
///
/// # Errors
/// As [`prepare`].
pub fn start(worker: &dyn Worker, config: Config, plan: JobPlan) -> Result<ExitCode, Failure> {
    let run_dir = prepare(worker, config, plan)?;
    run(worker, Asked { run_dir: &run_dir, sweep_dir: None, streams: Streams::Inherited, beyond_done: false })
}

/// Freezes the configuration into a directory of its own, for [`resume`] to run. `plan` says what is known of the job
/// besides; where it was asked for and the worker's own command are filled in here.
///
/// # Errors
/// The configuration is refused, or the directory cannot be made; then nothing is left behind.
pub fn prepare(worker: &dyn Worker, config: Config, plan: JobPlan) -> Result<PathBuf, Failure> {
    let wanted = run_dir::wanted(&config)?;
    // Checked before anything is made: a bad value leaves no directory behind.
    let config = config.with_output_dir(&wanted);
    worker.check(&config)?;
    job::check(&wanted, &config)?;
    if plan.command.is_none() {
        worker.command(&wanted)?;
    }
    let cwd = cwd()?;
    // A place that cannot be written to is found out before anything is downloaded.
    let folder = run_dir::claim(&wanted)?;
    // The directory's name may have become another, and the configuration may refer to it.
    let config = config.with_output_dir(&folder);
    let plan = JobPlan { cwd, command: worker.recorded().or(plan.command), ..plan };
    let written =
        worker.prepare(&config).and_then(|()| Ok(job::write(&folder, &config, plan, Durability::Synced)?));
    if let Err(failure) = written {
        // It was claimed a moment ago, and nothing ran in it.
        let _ = fs::remove_dir_all(&folder);
        return Err(failure);
    }
    say(&format!("run directory: {}", shown(&folder)));
    Ok(folder)
}

/// Lets an interrupted run go on, in its own directory; one that is done, too, if a limit of its own has ended it.
///
/// # Errors
/// It is no run directory, or the run goes on already.
pub fn resume(worker: &dyn Worker, run_dir: &Path) -> Result<ExitCode, Failure> {
    if worker.recorded().is_some() {
        return Err(Failure::Usage("--resume goes on with the command that the run was started with".into()));
    }
    let folder = existing(run_dir)?;
    let record = JobRecord::read(&folder).map_err(Failure::io)?;
    env::set_current_dir(&record.cwd).map_err(|error| {
        Failure::Other(format!("{}, where the run was started: {error}", record.cwd.display()))
    })?;
    run(
        worker,
        Asked {
            run_dir: &folder,
            sweep_dir: None,
            streams: Streams::Inherited,
            beyond_done: worker.goes_on(&folder),
        },
    )
}

/// Runs a job of a sweep: what a launcher starts, one process for each job.
///
/// # Errors
/// The job's files are not as they were planned.
pub fn run_job(worker: &dyn Worker, run_dir: &Path, sweep_dir: &Path) -> Result<ExitCode, Failure> {
    let run_dir = existing(run_dir)?;
    let sweep_dir = Some(sweep_dir);
    run(worker, Asked { run_dir: &run_dir, sweep_dir, streams: Streams::Files, beyond_done: false })
}

/// What of a [`Runner`] differs between the ways to ask for a run.
struct Asked<'a> {
    run_dir: &'a Path,
    sweep_dir: Option<&'a Path>,
    streams: Streams,
    beyond_done: bool,
}

fn run(worker: &dyn Worker, asked: Asked<'_>) -> Result<ExitCode, Failure> {
    let Asked { run_dir, sweep_dir, streams, beyond_done } = asked;
    let record = JobRecord::read(run_dir).map_err(Failure::io)?;
    let command = match record.command {
        Some(command) => command.into_iter().map(OsString::from).collect(),
        None => worker.command(run_dir)?,
    };
    let passing = match streams {
        Streams::Inherited => Passing::FromProcesses,
        Streams::Files => Passing::All,
    };
    let runner = Runner { run_dir, command, streams, sweep_dir, passing, env: Vec::new(), beyond_done };
    match runner.run().map_err(Failure::io)? {
        Outcome::Ended(status) => Ok(exit_code(&status)),
        Outcome::WasDone => {
            say(&format!("{} is done already", shown(run_dir)));
            Ok(ExitCode::SUCCESS)
        }
        Outcome::IsRunning(status) => Err(is_running(run_dir, &status)),
        Outcome::Stopped => Ok(ExitCode::FAILURE),
    }
}

/// 0 done, 1 failed, 128 + the signal if it was asked to stop. What ended it has said why, where it printed; a signal and a
/// worker that never started have not.
fn exit_code(status: &Status) -> ExitCode {
    let code = status.exit_status.unwrap_or(1);
    let is_quiet = status.worker.is_none() || (status.state == State::Failed && code > 128);
    if let Some(cause) = status.cause.as_ref().filter(|_| is_quiet) {
        say(&format!("error: {cause}"));
    }
    match status.state {
        State::Done => ExitCode::SUCCESS,
        State::Interrupted => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        _ => ExitCode::FAILURE,
    }
}

fn is_running(run_dir: &Path, status: &Status) -> Failure {
    let process = status.worker.as_ref().or(status.runner.as_ref());
    let who = process.map(|process| format!(", as process {} on {}", process.pid, process.host));
    Failure::Other(format!("{} is running{}", shown(run_dir), who.unwrap_or_default()))
}

/// A run directory that is there, absolute.
pub(crate) fn existing(run_dir: &Path) -> Result<PathBuf, Failure> {
    for name in [job::JOB, run_dir::FROZEN] {
        let path = run_dir.join(name);
        let why = match fs::metadata(&path) {
            Ok(file) if file.is_file() => continue,
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(Failure::Other(format!("{}: {error}", path.display())));
            }
            _ => format!("it has no {name}\nhelp: runs are under outputs/ and multirun/"),
        };
        return Err(Failure::Other(format!("{} is no run directory: {why}", run_dir.display())));
    }
    fs::canonicalize(run_dir).map_err(|error| Failure::Other(format!("{}: {error}", run_dir.display())))
}

pub(super) fn cwd() -> Result<PathBuf, Failure> {
    env::current_dir().map_err(|error| Failure::Other(format!("the current directory is gone: {error}")))
}

/// A path as a person would type it here.
pub(crate) fn shown(path: &Path) -> String {
    let inside = env::current_dir().ok().and_then(|cwd| path.strip_prefix(cwd).ok().map(Path::to_owned));
    inside.as_deref().filter(|path| *path != Path::new("")).unwrap_or(path).display().to_string()
}
