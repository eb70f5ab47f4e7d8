//! What runs on the cluster: one job, and what Slurm has to do with its end.
//!
//! | signal | from | what is done |
//! |---|---|---|
//! | SIGUSR2 | Slurm, some time before the time limit | the worker is asked to save; then the job is queued again, if it may be |
//! | SIGTERM | Slurm, to all processes of a job: cancelled, preempted, out of time | nothing is passed on, the worker has it too |
//!
//! A preempted job is queued again by Slurm itself, and starts here with what it had saved.

use super::settings::SlurmSettings;
use super::submit::command;
use crate::failure::{Failure, say};
use crate::files::Durability;
use crate::job::{JobRecord, Outcome, Passing, Runner, State, Status, Streams, USER2, wait_for};
use crate::launch::{LauncherSettings, Worker, thread_variables};
use crate::stop::{self, Stop};
use crate::sweep::Sweep;
use jiff::Timestamp;
use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How often a job is looked at that an earlier start of it still runs.
const PAUSE: Duration = Duration::from_secs(1);
/// Slurm looks at time limits twice a minute, and may send its signal a minute early.
const TOLERANCE_S: i64 = 90;

/// Runs the job whose number is `base` plus the index of this task.
///
/// # Errors
/// This is no task of an array, or the sweep is not as it was planned.
pub(crate) fn run_task(worker: &dyn Worker, sweep_dir: &Path, base: usize) -> Result<ExitCode, Failure> {
    let sweep = Sweep::open(sweep_dir).map_err(Failure::Other)?;
    let index = env::var("SLURM_ARRAY_TASK_ID").ok().and_then(|index| index.parse::<usize>().ok());
    let Some(job) = index.and_then(|index| sweep.record.jobs.get(base.checked_add(index)?)) else {
        return Err(Failure::Other("this is no task of the sweep's array (SLURM_ARRAY_TASK_ID)".into()));
    };
    let LauncherSettings::Slurm(settings) = &sweep.record.launcher else {
        return Err(Failure::Other("the sweep was not planned for Slurm".into()));
    };
    let run_dir = sweep.job_dir(job);
    let record = JobRecord::read(&run_dir).map_err(Failure::io)?;
    let command = match record.command {
        Some(command) => command.into_iter().map(OsString::from).collect(),
        None => worker.command(&run_dir)?,
    };
    let runner = Runner {
        run_dir: &run_dir,
        command,
        streams: Streams::Files,
        sweep_dir: Some(&sweep.dir),
        passing: Passing::UserSignalsAsTerminate,
        env: threads(),
        beyond_done: false,
    };
    let status = loop {
        match runner.run().map_err(Failure::io)? {
            Outcome::Ended(status) => break status,
            Outcome::WasDone => return Ok(ExitCode::SUCCESS),
            // Not a failure: Slurm would call the job one.
            Outcome::Stopped => return Ok(ExitCode::SUCCESS),
            // An earlier start may live on, on a machine that Slurm has given up, or seem to until it has been silent for
            // long enough. Two at once would spoil what both write.
            Outcome::IsRunning(_) => {
                std::thread::sleep(PAUSE);
                wait_for(&run_dir, PAUSE);
            }
        }
    };
    if status.state == State::Failed && sweep.record.fail_fast {
        Stop::Failed { num: job.num }.ask(&sweep.dir).map_err(Failure::io)?;
    }
    let is_warned = status.state == State::Interrupted && status.asked == Some(USER2);
    if is_warned && !stop::is_asked(&sweep.dir) {
        queue_again(&run_dir, status, settings)?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::from(u8::try_from(status.exit_status.unwrap_or(1)).unwrap_or(1)))
}

/// As many threads as Slurm has given CPUs, unless a person has said otherwise.
fn threads() -> Vec<(String, String)> {
    let cpus = ["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"].iter().find_map(|name| env::var(name).ok());
    let Some(cpus) = cpus else { return Vec::new() };
    thread_variables().map(|name| (name.to_owned(), cpus.clone())).collect()
}

/// Queues a job again that has saved, unless it has run out of time too often.
fn queue_again(run_dir: &Path, mut status: Status, settings: &SlurmSettings) -> Result<(), Failure> {
    let ran = status.started.map_or(0, |started| Timestamp::now().duration_since(started).as_secs());
    let limit = i64::from(settings.timeout_min) * 60 - i64::from(settings.signal_delay_s) - TOLERANCE_S;
    let most = settings.max_num_timeout;
    if ran < limit {
        status.cause = Some("preempted: saved, and queued again".into());
    } else if status.timeouts < most {
        status.timeouts += 1;
        status.cause = Some(format!("out of time: saved, and queued again ({} of {most})", status.timeouts));
    } else {
        status.cause = Some(format!(
            "out of time, and queued again {most} times before (hydra.launcher.max_num_timeout)"
        ));
        return status.write(run_dir, Durability::Synced).map_err(Failure::io);
    }
    // Before Slurm is asked: it ends all processes of the job at once.
    status.write(run_dir, Durability::Synced).map_err(Failure::io)?;
    let variable = |name| env::var(name).unwrap_or_default();
    let task = format!("{}_{}", variable("SLURM_ARRAY_JOB_ID"), variable("SLURM_ARRAY_TASK_ID"));
    let refused = match command("scontrol").args(["requeue", &task]).output() {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    say(&format!("scontrol requeue {task}: {refused}"));
    // Preemption may have queued it already; then what is written here is soon overwritten.
    status.cause = Some(format!("saved, and not queued again: {refused}"));
    status.write(run_dir, Durability::Synced).map_err(Failure::io)
}
