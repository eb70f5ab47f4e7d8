//! Processes, told apart from later ones with the same number.

use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// A process somewhere, of which can be told whether it still is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Name of its machine.
    pub host: String,
    /// Its number there.
    pub pid: u32,
    /// When it started: which boot of the machine, and how many ticks into it. Numbers are given out again, also after
    /// a restart; this is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// The namespace of its number: containers have theirs, also where they have the machine's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// Whether a process still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It is.
    Alive,
    /// It is not, or another one has its number.
    Dead,
    /// It is another machine's.
    Elsewhere,
}

impl Process {
    /// This process.
    pub fn me() -> Self {
        Self::local(std::process::id())
    }

    /// A process of this machine.
    pub fn local(pid: u32) -> Self {
        Self { host: host(), pid, started: started(pid), namespace: namespace() }
    }

    /// Whether it still is.
    ///
    /// ```
    /// use hydra_app::job::{Life, Process};
    /// let me = Process::me();
    /// assert_eq!(me.life(), Life::Alive);
    /// assert_eq!(Process { host: "another".into(), ..me.clone() }.life(), Life::Elsewhere);
    /// assert_eq!(Process { started: Some("earlier".into()), ..me }.life(), Life::Dead);
    /// ```
    pub fn life(&self) -> Life {
        if self.host != host() || self.namespace != namespace() {
            return Life::Elsewhere;
        }
        let is = match &self.started {
            Some(then) => started(self.pid).as_ref() == Some(then),
            // On Linux a process without a start had ended before it was looked at.
            None => !cfg!(target_os = "linux") && exists(self.pid),
        };
        if is { Life::Alive } else { Life::Dead }
    }
}

fn namespace() -> Option<String> {
    Some(fs::read_link("/proc/self/ns/pid").ok()?.display().to_string())
}

/// Name of this machine.
pub(crate) fn host() -> String {
    #[cfg(unix)]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(unix))]
    {
        std::env::var("COMPUTERNAME").unwrap_or_else(|_| "localhost".into())
    }
}

/// Boot and tick of a process's start; `None` where `/proc` does not tell, and for one that has ended and only waits to
/// be asked for its status.
fn started(pid: u32) -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let is_over = matches!(fields.next()?, "Z" | "X" | "x");
    // Field 22; the rest starts with the third.
    let ticks = fields.nth(18)?;
    (!is_over).then(|| format!("{}+{ticks}", boot.trim()))
}

#[cfg(unix)]
fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| {
        // Another user's process cannot be signalled, and is there.
        !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
    })
}

#[cfg(not(unix))]
fn exists(_: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_process_is_dead_before_and_after_it_is_waited_for() {
        let mut cat = std::process::Command::new("cat");
        let mut child = cat.stdin(std::process::Stdio::piped()).spawn().expect("cat starts");
        let process = Process::local(child.id());
        assert_eq!(process.life(), Life::Alive);
        drop(child.stdin.take());
        while process.life() == Life::Alive {
            std::thread::yield_now();
        }
        child.wait().expect("an end");
        assert_eq!(process.life(), Life::Dead);
    }
}
