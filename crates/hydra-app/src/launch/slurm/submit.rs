//! Handing jobs over to Slurm, and taking them back.

use super::FOLDER;
use super::queue::Queue;
use super::record::{Submission, add, submissions};
use super::sbatch::{Array, arrays, options, script};
use super::settings::SlurmSettings;
use crate::failure::{Failure, say};
use crate::files::{Durability, replace};
use crate::launch::shown;
use crate::sweep::Sweep;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

/// Submits jobs of a sweep, but those that Slurm has already.
///
/// # Errors
/// Slurm is not here or does not take them, in its own words.
pub(crate) fn submit(sweep: &Sweep, settings: &SlurmSettings, nums: &[usize]) -> Result<(), Failure> {
    let known = submissions(&sweep.dir).map_err(Failure::io)?;
    let queue = Queue::ask(&known).map_err(Failure::Other)?;
    let (queued, open): (Vec<usize>, Vec<usize>) = nums.iter().partition(|num| queue.has(**num));
    if !queued.is_empty() {
        say(&format!("{} in the queue already", queued.len()));
    }
    if let Some(warning) = settings.warning() {
        say(&format!("warning: {warning}"));
    }
    let script = write_script(sweep, settings)?;
    let arrays = arrays(&open, max_array_size()?);
    // Each array counts for itself.
    let at_once = (settings.array_parallelism as usize / arrays.len().max(1)).max(1);
    for array in arrays {
        let id = hand_over(sweep, settings, &script, &array, at_once)?;
        let count = array.nums.len();
        let submission = Submission { array: id.clone(), base: array.base, nums: array.nums };
        if let Err(error) = add(&sweep.dir, submission) {
            // Jobs that nobody knows of would run beside those of the next attempt.
            let _ = run("scancel", &[id]);
            return Err(Failure::io(error));
        }
        let which = if array.base > 0 { format!(" + {}", array.base) } else { String::new() };
        say(&format!("submitted {count} as array {id} (tasks {}{which})", array.spec));
    }
    let (program, dir) = (&sweep.record.program, shown(&sweep.dir));
    say(&format!(
        "help: '{program} sweep status {dir}' shows them, 'sweep wait' waits, 'sweep cancel' takes them back"
    ));
    Ok(())
}

fn write_script(sweep: &Sweep, settings: &SlurmSettings) -> Result<std::path::PathBuf, Failure> {
    let folder = sweep.dir.join(FOLDER);
    let named = |path: &Path, error: io::Error| Failure::Other(format!("{}: {error}", path.display()));
    // Slurm makes no folders for its logs; a task without one fails without a word.
    fs::create_dir_all(&folder).map_err(|error| named(&folder, error))?;
    let program = std::env::current_exe().map_err(Failure::io)?;
    if !program.is_file() {
        return Err(Failure::Other(format!(
            "{} was replaced while it ran; start it again",
            program.display()
        )));
    }
    let path = folder.join("task.sh");
    let text = script(settings, &program, &sweep.dir);
    replace(&path, text.as_bytes(), Durability::Soon).map_err(|error| named(&path, error))?;
    Ok(path)
}

/// Gives Slurm an array and returns its number.
fn hand_over(
    sweep: &Sweep,
    settings: &SlurmSettings,
    script: &Path,
    array: &Array,
    at_once: usize,
) -> Result<String, Failure> {
    let mut args = options(settings, &sweep.dir);
    args.push(format!("--chdir={}", sweep.record.cwd.display()));
    args.push(format!("--array={}%{at_once}", array.spec));
    args.push(script.display().to_string());
    args.push(array.base.to_string());
    let output = run("sbatch", &args)?;
    // On a site with several clusters, `number;cluster`.
    let text = String::from_utf8_lossy(&output.stdout);
    let id = text.trim().split(';').next().unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::Other(format!("sbatch printed '{}' and no number of a job", text.trim())));
    }
    Ok(id.to_owned())
}

/// The cluster's limit: every index is below it.
fn max_array_size() -> Result<usize, Failure> {
    let output = run("scontrol", &["show".into(), "config".into()])?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.starts_with("MaxArraySize"));
    let size = line.and_then(|line| line.split_once('=')).and_then(|(_, size)| size.trim().parse().ok());
    size.filter(|size| *size > 0).ok_or_else(|| {
        Failure::Other("this Slurm takes no job arrays (MaxArraySize in 'scontrol show config')".into())
    })
}

/// Takes back all that the queue still has of a sweep.
///
/// # Errors
/// Slurm cannot be asked.
pub(crate) fn cancel(sweep_dir: &Path) -> Result<(), Failure> {
    let ids: Vec<String> =
        submissions(sweep_dir).map_err(Failure::io)?.into_iter().map(|submission| submission.array).collect();
    if ids.is_empty() {
        return Ok(());
    }
    match run("scancel", &ids) {
        // What ended long ago is known no more, and needs no cancelling; of the others none is left out for it.
        Err(Failure::Other(said)) if said.contains("Invalid job id") => Ok(()),
        cancelled => cancelled.map(drop),
    }
}

/// One of Slurm's programs, without what the environment would change of its meaning.
pub(super) fn command(program: &str) -> Command {
    const PREFIXES: [&str; 5] = ["SBATCH_", "SQUEUE_", "SCANCEL_", "SCONTROL_", "SLURM_"];
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name != "SLURM_CONF" && PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&*name);
        }
    }
    command
}

/// Runs one of Slurm's programs.
fn run(program: &str, args: &[String]) -> Result<Output, Failure> {
    let mut command = command(program);
    command.args(args);
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::Other(format!(
            "there is no {program} here\nhelp: hydra/launcher=slurm submits from a machine of the cluster; hydra/launcher=local runs here"
        )),
        _ => Failure::Other(format!("{program}: {error}")),
    })?;
    if output.status.success() {
        return Ok(output);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let what = if errors.trim().is_empty() { output.status.to_string() } else { errors.trim().to_owned() };
    Err(Failure::Other(what))
}
