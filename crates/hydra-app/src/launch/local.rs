//! Jobs on this machine: one after another, or several at once.
//!
//! Each job is run by a process of its own (`run-job`), in a process group of its own. If this one is killed, jobs that run
//! go on and record how they end, and `sweep resume` finds them.

use super::echo::Echo;
use super::report::{Output, Report};
use super::settings::LauncherSettings;
use super::slots::{Machine, Slot, Slots};
use crate::failure::Failure;
use crate::job::{self, Signals, State, Status};
use crate::stop::{self, Stop};
use crate::sweep::{Sweep, SweepJob};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a job is looked at that another process runs.
const PAUSE: Duration = Duration::from_millis(100);

/// What this launcher and its signals share.
struct Shared<'a> {
    sweep: &'a Sweep,
    report: Report<'a>,
    /// The runners that are there, by the number of their job.
    runners: Mutex<BTreeMap<usize, u32>>,
    /// The signal that asked this process to stop; 0: none.
    asked: AtomicI32,
    output: Output,
}

/// Runs jobs of a sweep to their end, in order. Gives the signal that stopped it, if one did.
///
/// # Errors
/// The program itself cannot be found.
pub(crate) fn launch(sweep: &Sweep, nums: &[usize]) -> Result<Option<i32>, Failure> {
    let slots = Slots::new(&sweep.record.launcher, &Machine::this(), nums.len());
    let output = match sweep.record.launcher {
        LauncherSettings::Basic(_) => Output::Echoed,
        // Of several jobs at once nobody could tell the lines apart.
        LauncherSettings::Local(_) | LauncherSettings::Slurm(_) => Output::InFiles,
    };
    let shared = Shared {
        sweep,
        report: Report::new(sweep, nums.len(), output),
        runners: Mutex::new(BTreeMap::new()),
        asked: AtomicI32::new(0),
        output,
    };
    let signals = Signals::listen().map_err(Failure::io)?;
    let closer = signals.closer();
    shared.report.launching(slots.slots.len(), slots.threads);
    std::thread::scope(|scope| {
        scope.spawn(|| signals.each(|number, _| shared.pass_on(number)));
        let size = sweep.record.max_batch_size.unwrap_or(nums.len()).max(1);
        for batch in nums.chunks(size) {
            shared.run_batch(batch, &slots);
        }
        closer.close();
    });
    let asked = shared.asked.into_inner();
    shared.report.ended();
    Ok((asked != 0).then_some(asked))
}

impl Shared<'_> {
    /// Runs a batch: as many jobs at once as there are slots, each taking the next job that nobody has.
    fn run_batch(&self, batch: &[usize], slots: &Slots) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for slot in &slots.slots {
                let next = &next;
                scope.spawn(move || {
                    while let Some(num) = batch.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if self.is_stopped() {
                            return;
                        }
                        if let Some(job) = self.sweep.record.jobs.get(*num) {
                            self.run(job, slot);
                        }
                    }
                });
            }
        });
    }

    fn is_stopped(&self) -> bool {
        self.asked.load(Ordering::Acquire) != 0 || stop::is_asked(&self.sweep.dir)
    }

    /// Brings a job to an end, whoever runs it.
    fn run(&self, job: &SweepJob, slot: &Slot) {
        let dir = self.sweep.job_dir(job);
        let mut status = Status::now(&dir);
        if status.state == State::Running {
            self.report.found_running(job, &status);
            while status.state == State::Running {
                if self.is_stopped() {
                    return;
                }
                std::thread::sleep(PAUSE);
                status = Status::now(&dir);
            }
        }
        // What another process has brought to an end in the meantime has ended, well or not.
        let is_over = match status.state {
            State::Done => true,
            State::Failed => status.ended > Some(self.report.since()),
            _ => false,
        };
        if !is_over {
            self.report.started(job);
            let before = status.attempt;
            let told = self.run_here(job, &dir, slot);
            status = Status::now(&dir);
            if status.attempt == before {
                // Its runner could not even begin.
                if self.is_stopped() {
                    return;
                }
                status.state = State::Failed;
                status.cause = Some(told.unwrap_or_else(|| "its runner did not start it".into()));
            }
        }
        self.report.finished(job, &status, &dir);
        if status.state == State::Failed && self.sweep.record.fail_fast {
            // If it cannot be written, this launcher stops all the same.
            let _ = Stop::Failed { num: job.num }.ask(&self.sweep.dir);
        }
    }

    /// Runs a job in a process of its own. Gives what kept it from starting, if something did.
    fn run_here(&self, job: &SweepJob, dir: &Path, slot: &Slot) -> Option<String> {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let echo = (self.output == Output::Echoed).then(|| {
                let (echo, over) = (Echo::new(dir), &over);
                scope.spawn(move || echo.follow(over))
            });
            let told = self.supervise(job, dir, slot);
            over.store(true, Ordering::Release);
            if let Some(echo) = echo {
                echo.thread().unpark();
            }
            told
        })
    }

    fn supervise(&self, job: &SweepJob, dir: &Path, slot: &Slot) -> Option<String> {
        let program = match std::env::current_exe() {
            Ok(program) => program,
            Err(error) => return Some(format!("this program cannot be found: {error}")),
        };
        let mut command = Command::new(program);
        command.arg("run-job").arg("--sweep").arg(&self.sweep.dir).arg(dir);
        command.envs(slot.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        // What the terminal sends is for this process; it is passed on once.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut runners = self.runners.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Some(format!("its runner cannot be started: {error}")),
        };
        runners.insert(job.num, child.id());
        drop(runners);
        let ended = child.wait();
        self.runners.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.num);
        // A signal that came before the runner was known has not reached it; it has ended now all the same.
        ended.err().map(|error| format!("its runner cannot be waited for: {error}"))
    }

    /// A signal to this process: nothing more is started, and what runs is asked to stop.
    fn pass_on(&self, number: i32) {
        if self.asked.swap(number, Ordering::AcqRel) == 0 {
            self.report.stopping(number);
        }
        for pid in self.runners.lock().unwrap_or_else(PoisonError::into_inner).values() {
            job::send(*pid, number);
        }
    }
}
