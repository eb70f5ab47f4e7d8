//! How a worker ended, in words that a person can act on.

use super::status::State;
use std::process::ExitStatus;

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) state: State,
    pub(crate) exit_status: i32,
    pub(crate) cause: Option<String>,
}

/// What else is known about the end.
pub(crate) struct Circumstances<'a> {
    /// The signal that asked the worker to stop, if one did.
    pub(crate) asked: Option<i32>,
    /// The last lines that it printed.
    pub(crate) log: &'a [String],
    /// Whether the kernel killed a process for want of memory while it ran.
    pub(crate) memory: Memory,
    /// Whether the disk of the run directory has room.
    pub(crate) disk: Disk,
}

/// Whether the kernel killed something for want of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    Enough,
    /// In the job's own control group.
    RanOut,
    /// Somewhere on the machine.
    MachineRanOut,
}

/// Whether a disk has room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    HasRoom,
    Full,
}

/// Exit statuses of a program that was asked to stop, saved, and says so: 128 + SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM.
const STOPPED: [i32; 5] = [129, 130, 138, 140, 143];
/// The signals themselves, for programs that do not handle them.
const STOPPING: [i32; 3] = [1, 2, 15];
const SIGKILL: i32 = 9;

impl Ending {
    /// What the status and the circumstances come to.
    pub(crate) fn of(status: ExitStatus, around: &Circumstances<'_>) -> Self {
        let (code, signal) = (status.code(), signal_of(status));
        if code == Some(0) {
            return Self { state: State::Done, exit_status: 0, cause: None };
        }
        let exit_status = code.or(signal.map(|signal| 128 + signal)).unwrap_or(1);
        let stopped =
            signal.is_some_and(|signal| STOPPING.contains(&signal)) || STOPPED.contains(&exit_status);
        if stopped || around.asked.is_some() {
            let by = around.asked.or(signal).unwrap_or(exit_status - 128);
            let cause = Some(format!("stopped by {}", name(by)));
            return Self { state: State::Interrupted, exit_status, cause };
        }
        // A script hands on how its program ended as 128 + the number of the signal.
        let signal = signal.or((exit_status == 128 + SIGKILL).then_some(SIGKILL));
        let what = match signal {
            Some(SIGKILL) if around.memory == Memory::RanOut => "out of memory: killed by the kernel".into(),
            Some(SIGKILL) if around.memory == Memory::MachineRanOut => {
                "killed by SIGKILL; the machine ran out of memory meanwhile".into()
            }
            Some(signal) => format!("killed by {}", name(signal)),
            None => match name(exit_status - 128) {
                signal if exit_status > 128 && signal.starts_with("SIG") => {
                    format!("exit status {exit_status}: {signal}")
                }
                _ => format!("exit status {exit_status}"),
            },
        };
        let full = (around.disk == Disk::Full).then_some("disk full");
        let cause = match reason(around.log).or(full) {
            Some(reason) if signal != Some(SIGKILL) => format!("{reason} ({what})"),
            _ => what,
        };
        Self { state: State::Failed, exit_status, cause: Some(cause) }
    }

    /// The end of a worker that could not be started: the exit status is a shell's.
    pub(crate) fn never_started(error: &std::io::Error, program: &str) -> Self {
        let exit_status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
        let cause = Some(format!("cannot start {program}: {error}"));
        Self { state: State::Failed, exit_status, cause }
    }
}

/// What the last lines say about the end, where programs of any language use the same words.
fn reason(log: &[String]) -> Option<&'static str> {
    const REASONS: [(&str, &[&str]); 2] = [
        ("disk full", &["No space left on device", "Disk quota exceeded", "ENOSPC"]),
        (
            "out of memory",
            &[
                "CUDA out of memory",
                "OutOfMemoryError",
                "MemoryError",
                "can't allocate memory",
                "Cannot allocate memory",
                "memory allocation of",
                "std::bad_alloc",
            ],
        ),
    ];
    let of_line = |line: &String| {
        let says = |words: &[&str]| words.iter().any(|word| line.contains(word));
        REASONS.iter().find(|(_, words)| says(words)).map(|(reason, _)| *reason)
    };
    // The last error counts: what a program had survived before is no reason, and what it says at exit is no error.
    let is_error = |line: &&String| line.to_lowercase().contains("error") || of_line(line).is_some();
    log.iter().rev().find(is_error).and_then(of_line)
}

/// How often the kernel has killed a process for want of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OomKills {
    /// In the control group of this process, if it has one of its own.
    group: Option<u64>,
    machine: u64,
}

impl OomKills {
    /// Until now.
    pub(crate) fn count() -> Self {
        let count = |path: &str| -> Option<u64> {
            let text = std::fs::read_to_string(path).ok()?;
            text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
        };
        let cgroup = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        // Version 2 has one line, version 1 one for each controller.
        let path = cgroup.lines().find_map(|line| line.strip_prefix("0::")).filter(|path| *path != "/");
        let version_1 = cgroup.lines().find_map(|line| line.split_once(":memory:")).map(|(_, path)| path);
        let group = path
            .and_then(|path| count(&format!("/sys/fs/cgroup{path}/memory.events")))
            .or_else(|| count(&format!("/sys/fs/cgroup/memory{}/memory.oom_control", version_1?)));
        Self { group, machine: count("/proc/vmstat").unwrap_or(0) }
    }

    /// What has happened since.
    pub(crate) fn since(self) -> Memory {
        let now = Self::count();
        match (self.group, now.group) {
            (Some(then), Some(now)) if now > then => Memory::RanOut,
            (None, None) if now.machine > self.machine => Memory::MachineRanOut,
            _ => Memory::Enough,
        }
    }
}

/// Whether there is room in a folder.
pub(crate) fn disk(folder: &std::path::Path) -> Disk {
    #[cfg(unix)]
    if rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail == 0) {
        return Disk::Full;
    }
    let _ = folder;
    Disk::HasRoom
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// `SIGTERM` for 15.
fn name(signal: i32) -> String {
    #[cfg(unix)]
    if let Some(name) = signal_hook::low_level::signal_name(signal) {
        return name.to_owned();
    }
    format!("signal {signal}")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[track_caller]
    fn check(raw: i32, asked: Option<i32>, log: &str, memory: Memory, expected: (State, i32, Option<&str>)) {
        let log: Vec<String> = log.lines().map(str::to_owned).collect();
        let around = Circumstances { asked, log: &log, memory, disk: Disk::HasRoom };
        let ending = Ending::of(ExitStatus::from_raw(raw), &around);
        assert_eq!((ending.state, ending.exit_status, ending.cause.as_deref()), expected);
    }

    #[test]
    fn an_end_is_called_what_it_is() {
        use Memory::{Enough, RanOut};
        use State::{Done, Failed, Interrupted};
        let exit = |code: i32| code << 8;
        check(exit(0), None, "", Enough, (Done, 0, None));
        // It had all but finished when it was asked.
        check(exit(0), Some(15), "", Enough, (Done, 0, None));
        check(exit(3), None, "", Enough, (Failed, 3, Some("exit status 3")));
        check(exit(3), Some(15), "", Enough, (Interrupted, 3, Some("stopped by SIGTERM")));
        check(exit(130), None, "", Enough, (Interrupted, 130, Some("stopped by SIGINT")));
        check(15, None, "", Enough, (Interrupted, 143, Some("stopped by SIGTERM")));
        check(11, None, "", Enough, (Failed, 139, Some("killed by SIGSEGV")));
        check(9, None, "", Enough, (Failed, 137, Some("killed by SIGKILL")));
        check(9, None, "", RanOut, (Failed, 137, Some("out of memory: killed by the kernel")));
        check(exit(137), None, "", RanOut, (Failed, 137, Some("out of memory: killed by the kernel")));
        let full = "OSError: [Errno 28] No space left on device";
        check(exit(1), None, full, Enough, (Failed, 1, Some("disk full (exit status 1)")));
        let memory = "torch.OutOfMemoryError: CUDA out of memory.";
        check(exit(1), None, memory, Enough, (Failed, 1, Some("out of memory (exit status 1)")));
    }

    #[test]
    fn the_last_error_is_the_reason() {
        let log = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
        assert_eq!(reason(&log("MemoryError\nwandb: synced\nwandb: bye")), Some("out of memory"));
        assert_eq!(reason(&log("warning: caught MemoryError, retrying\nKeyError: 'x'")), None);
        assert_eq!(reason(&[]), None);
        let around = Circumstances { asked: None, log: &[], memory: Memory::Enough, disk: Disk::Full };
        let cause = Ending::of(ExitStatus::from_raw(1 << 8), &around).cause;
        assert_eq!(cause.as_deref(), Some("disk full (exit status 1)"));
    }

    #[test]
    fn a_program_that_is_not_there_ends_as_in_a_shell() {
        let error = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(Ending::never_started(&error, "./train.sh").exit_status, 127);
    }
}
