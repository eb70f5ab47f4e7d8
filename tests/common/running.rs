//! Workers in the background, to be disturbed.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A worker, or whoever starts one, in the background. All that is left of it goes with the value, so that a test that
/// fails leaves nobody training.
pub(crate) struct Running(Child);

impl Running {
    /// Once it has written at least `lines` whole lines of metrics.
    pub(crate) fn start(command: &mut Command, run: &Path, lines: usize) -> Self {
        let command = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let running = Self(command.spawn().expect("the worker starts"));
        wait_until("the metrics", || lines_of(run) >= lines);
        running
    }

    pub(crate) fn send(&self, signal: &str) {
        assert!(send(signal, &self.0.id().to_string()), "nobody is there");
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.0.try_wait().expect("a state").is_none()
    }

    /// Whether it has a handler for a signal, as Linux tells.
    pub(crate) fn catches(&self, signal: i32) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| (mask >> (signal - 1)) & 1 == 1)
    }

    /// Its exit status, once it has one.
    pub(crate) fn end(&mut self) -> Option<i32> {
        wait_until("the end", || !self.is_alive());
        self.0.wait().expect("an end").code()
    }

    /// As `kill -9`: itself, and nobody that it has started.
    pub(crate) fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.end();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        send("KILL", &format!("-{}", self.0.id()));
        let _ = self.0.wait();
    }
}

/// With the shell's own: a program `kill` is not everywhere.
fn send(signal: &str, process: &str) -> bool {
    let script = format!("kill -{signal} {process} 2>/dev/null");
    Command::new("sh").args(["-c", &script]).status().expect("sh").success()
}

pub(crate) fn lines_of(run: &Path) -> usize {
    fs::read(run.join("metrics.jsonl")).map_or(0, |text| text.iter().filter(|&&byte| byte == b'\n').count())
}

pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "no end of waiting for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
