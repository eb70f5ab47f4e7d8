//! Jobs on this machine: one after another, or several at once.
//!
//! Each job is run by a process of its own (`run-job`), in a process group of its own. If this one is killed, jobs that run
//! go on and record how they end, and `sweep resume` finds them.

use super::echo::Echo;
use super::report::{Output, Report};
use super::settings::LauncherSettings;
use super::slots::{Machine, Slot, Slots};
use crate::failure::Failure;
use crate::job::{self, HANGUP, Signals, State, Status};
use crate::stop::{self, Stop};
use crate::sweep::{Sweep, SweepJob};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
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
    // Of all jobs, not of those that are left: a job that goes on has as many threads as it had.
    let at_once = sweep.record.max_batch_size.unwrap_or(usize::MAX).min(sweep.record.jobs.len());
    let slots = Slots::new(&sweep.record.launcher, &Machine::this(), at_once);
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
    shared.report.launching(slots.slots.len().min(nums.len()), slots.threads);
    std::thread::scope(|scope| {
        // Also if something panics: the scope waits for the thread that listens.
        let _closing = OnDrop(|| closer.close());
        let listen = || signals.each(|number, _| shared.pass_on(number));
        std::thread::Builder::new().spawn_scoped(scope, listen).map_err(Failure::io)?;
        let size = sweep.record.max_batch_size.unwrap_or(nums.len()).max(1);
        nums.chunks(size).try_for_each(|batch| shared.run_batch(batch, &slots))
    })?;
    let asked = shared.asked.into_inner();
    shared.report.ended();
    Ok((asked != 0).then_some(asked))
}

/// Does something when it goes.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

impl Shared<'_> {
    /// Runs a batch: as many jobs at once as there are slots, each taking the next job that nobody has.
    fn run_batch(&self, batch: &[usize], slots: &Slots) -> Result<(), Failure> {
        let next = AtomicUsize::new(0);
        let work = |slot: &Slot| {
            while let Some(num) = batch.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.is_stopped() {
                    return;
                }
                if let Some(job) = self.sweep.record.jobs.get(*num) {
                    self.run(job, slot);
                }
            }
        };
        std::thread::scope(|scope| {
            let mut started = 0;
            for slot in slots.slots.iter().take(batch.len()) {
                match std::thread::Builder::new().spawn_scoped(scope, || work(slot)) {
                    Ok(_) => started += 1,
                    // The system has no more threads; the others do its work.
                    Err(_) if started > 0 => break,
                    Err(error) => return Err(Failure::io(error)),
                }
            }
            Ok(())
        })
    }

    fn is_stopped(&self) -> bool {
        self.asked.load(Ordering::Acquire) != 0 || stop::is_asked(&self.sweep.dir)
    }

    /// Brings a job to an end, whoever runs it. A slot is free again only when nothing of the job runs any more.
    fn run(&self, job: &SweepJob, slot: &Slot) {
        let dir = self.sweep.job_dir(job);
        let mut status = Status::now(&dir);
        if status.state == State::Running {
            self.report.found_running(job, &status);
        }
        let mut is_started = false;
        while let Some(seen) = self.not_running(&dir, status) {
            // What another process has brought to an end in the meantime has ended, well or not.
            let is_over = match seen.state {
                State::Done => true,
                State::Failed => seen.ended > Some(self.report.since()),
                _ => false,
            };
            if is_over || is_started {
                return self.finish(job, &seen, &dir);
            }
            self.report.started(job);
            let before = seen.attempt;
            let told = self.run_here(job, &dir, slot);
            status = Status::now(&dir);
            is_started = true;
            if status.attempt == before && !matches!(status.state, State::Done | State::Running) {
                // Its runner could not even begin.
                if self.is_stopped() {
                    return;
                }
                status.state = State::Failed;
                status.cause = Some(told.unwrap_or_else(|| "its runner did not start it".into()));
            }
        }
    }

    /// The status, once nothing runs the job. Nothing, if this launcher is told to stop while another process runs it.
    fn not_running(&self, dir: &Path, mut status: Status) -> Option<Status> {
        while status.state == State::Running {
            if self.is_stopped() {
                return None;
            }
            std::thread::sleep(PAUSE);
            status = Status::now(dir);
        }
        Some(status)
    }

    fn finish(&self, job: &SweepJob, status: &Status, dir: &Path) {
        self.report.finished(job, status, dir);
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
                std::thread::Builder::new().spawn_scoped(scope, move || echo.follow(over))
            });
            let _ending = OnDrop(|| {
                over.store(true, Ordering::Release);
                if let Some(Ok(echo)) = &echo {
                    echo.thread().unpark();
                }
            });
            self.supervise(job, dir, slot)
        })
    }

    fn supervise(&self, job: &SweepJob, dir: &Path, slot: &Slot) -> Option<String> {
        let program = match this_program() {
            Ok(program) => program,
            Err(error) => return Some(format!("this program cannot be found: {error}")),
        };
        let mut command = Command::new(program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &self.sweep.record.program);
        command.arg("run-job").arg("--sweep").arg(&self.sweep.dir).arg(dir);
        command.envs(slot.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value))));
        // What it says of itself is taken for the cause, if it does not come to start the job.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // What the terminal sends is for this process; it is passed on once.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut runners = self.runners.lock().unwrap_or_else(PoisonError::into_inner);
        // Who asks to stop tells those in the list, and this one would not be in it yet.
        if self.asked.load(Ordering::Acquire) != 0 {
            return None;
        }
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Some(format!("its runner cannot be started: {error}")),
        };
        runners.insert(job.num, child.id());
        drop(runners);
        let ended = child.wait_with_output();
        self.runners.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.num);
        match ended {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = said.trim().trim_start_matches("error: ");
                (!said.is_empty()).then(|| said.to_owned())
            }
            Err(error) => Some(format!("its runner cannot be waited for: {error}")),
        }
    }

    /// A signal to this process: nothing more is started, and what runs is asked to stop; a second Ctrl-C ends it at once. If
    /// only the terminal or the connection is gone, what runs goes on.
    fn pass_on(&self, number: i32) {
        if self.asked.swap(number, Ordering::AcqRel) == 0 {
            self.report.stopping(number);
        }
        if number == HANGUP {
            return;
        }
        for pid in self.runners.lock().unwrap_or_else(PoisonError::into_inner).values() {
            job::send(*pid, number);
        }
    }
}

/// This program, also if it was built anew since it started: jobs of one sweep are run by one version.
fn this_program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}
