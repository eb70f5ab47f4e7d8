//! Runs the real program in a folder of its own.
#![expect(dead_code, reason = "each test binary uses a part of it")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder with a small configuration to run programs in; it goes when the value does.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) status: Option<i32>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a folder") };
        place.write("conf/config.yaml", "defaults:\n- db: mysql\n- _self_\nlr: 0.1\nseed: 0\n");
        place.write("conf/db/mysql.yaml", "port: 3306\n");
        place.write("conf/db/sqlite.yaml", "port: null\n");
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    /// An executable file.
    pub(crate) fn script(&self, name: &str, text: &str) {
        self.write(name, text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).expect("JSON")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hydra-compose"));
        command.current_dir(self.folder.path()).args(args);
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("it starts"))
    }

    /// Runs the program and panics if that fails.
    pub(crate) fn done(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.status, Some(0), "{args:?}: {}", ran.err);
        ran
    }

    /// The states of a sweep's jobs, in order.
    pub(crate) fn states(&self, sweep: &str) -> Vec<String> {
        let ran = self.done(&["sweep", "status", sweep, "--format", "json"]);
        let json: Value = serde_json::from_str(&ran.out).expect("JSON");
        let jobs = json["jobs"].as_array().expect("jobs").iter();
        jobs.map(|job| job["state"].as_str().expect("a state").to_owned()).collect()
    }

    /// Waits until a file is there, or has `count` lines.
    pub(crate) fn wait_for(&self, name: &str, count: usize) {
        let lines = || fs::read_to_string(self.path(name)).map(|text| text.lines().count());
        until(&format!("{name} has {count} lines"), || lines().is_ok_and(|lines| lines >= count));
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { out: text(output.stdout), err: text(output.stderr), status: output.status.code() }
    }
}

/// Waits for something that another process does; half a minute is for ever.
pub(crate) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal by name.
pub(crate) fn signal(name: &str, pid: u32) {
    // The shell's own: a program `kill` is not everywhere.
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().expect("sh");
    assert!(sent.success(), "kill -{name} {pid}");
}

/// A process that is ended with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// Ctrl-C's signal and the exit status after it. Where these tests were started in the background of a script, Ctrl-C is
/// ignored, rightly, by all that they start; there it is SIGTERM.
pub(crate) fn interrupt() -> (&'static str, i32) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // Signal 2 is bit 1.
    if ignored & 2 == 0 { ("INT", 130) } else { ("TERM", 143) }
}
