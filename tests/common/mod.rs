//! Runs the real programs in a folder of their own.
#![expect(dead_code, reason = "each test binary uses a part of it")]

#[cfg(unix)]
pub(crate) mod running;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder to run `ddpm` in; it goes when the value does.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a program printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: Option<i32>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `ddpm` with this project's `conf/`, ready to be started.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ddpm"));
        command.current_dir(self.path()).args(args);
        // What works on a directory that is there composes nothing.
        let others = ["sample", "eval", "plot", "sweep", "wandb", "--rerun", "--resume"];
        let composes =
            !command.get_args().next().is_some_and(|first| others.iter().any(|other| first == *other));
        if composes && !self.path().join("conf").exists() {
            command.args(["--config-path", concat!(env!("CARGO_MANIFEST_DIR"), "/conf")]);
        }
        // Set by cargo for its tests, and read by `ddpm` to know that `cargo run` started it.
        command.env_remove("CARGO");
        command
    }

    /// Runs `ddpm` to its end.
    pub(crate) fn ddpm<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::from(self.command(args).output().expect("ddpm starts"))
    }

    /// Freezes the configuration of such a run into the folder `name`, and prepares its pictures; nothing is trained.
    pub(crate) fn freeze(&self, name: &str, overrides: &[&str]) -> PathBuf {
        // hydra.* says nothing about a job that nobody launches.
        let args: Vec<_> =
            tiny(name).into_iter().chain(overrides.iter().map(|&text| text.to_owned())).collect();
        let prepared = self.ddpm(["data".to_owned()].iter().chain(&args));
        assert_eq!(prepared.status, Some(0), "{}", prepared.stderr);
        let composed = self.ddpm(["--cfg", "job", "--resolve"].map(str::to_owned).iter().chain(&args));
        assert_eq!(composed.status, Some(0), "{}", composed.stderr);
        let run = self.path().join(name);
        fs::create_dir(&run).expect("a folder");
        fs::write(run.join("config.yaml"), composed.stdout).expect("written");
        run
    }

    /// `ddpm sweep …`
    pub(crate) fn sweep(&self, args: &[&str]) -> Ran {
        self.ddpm(["sweep"].iter().chain(args))
    }

    /// Trains a tiny network on eight pictures into the folder `name`, and panics if that fails.
    pub(crate) fn train(&self, name: &str, overrides: &[&str]) -> PathBuf {
        let ran = self.ddpm(tiny(name).iter().map(String::as_str).chain(overrides.iter().copied()));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        self.path().join(name)
    }
}

/// The worker on a run directory, ready to be started, as by hand.
pub(crate) fn worker(run_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ddpm-worker"));
    command.arg("train").arg(run_dir);
    for variable in ["HYDRA_RUN_DIR", "HYDRA_ORIGINAL_CWD", "HYDRA_LOG_FILE"] {
        command.env_remove(variable);
    }
    command
}

/// Everything that a run computes, without what the clock says: samples, checkpoints, losses of steps and epochs.
pub(crate) fn computed(run_dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["samples", "checkpoints"] {
        for entry in fs::read_dir(run_dir.join(folder)).expect("a folder").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push((name, fs::read(entry.path()).expect("a file")));
        }
    }
    files.sort();
    let mut lines = String::new();
    for mut line in metrics(run_dir) {
        if line["event"] != "resumed" {
            line.as_object_mut().expect("an object").remove("images_per_second");
            lines += &format!("{line}\n");
        }
    }
    files.push(("metrics".into(), lines.into_bytes()));
    files
}

/// The same bytes; which file differs is said, and not how.
pub(crate) fn assert_same_results(first: &Path, second: &Path) {
    let (first, second) = (computed(first), computed(second));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
    for (a, b) in first.iter().zip(&second) {
        let text =
            if a.0 == "metrics" { format!("{}{}", as_text(&a.1), as_text(&b.1)) } else { String::new() };
        assert!(a.1 == b.1, "{} differs\n{text}", a.0);
    }
}

fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Overrides for a run of a second on the device that the tests are for.
pub(crate) fn tiny(name: &str) -> Vec<String> {
    let device = std::env::var("DDPM_TEST_DEVICE").unwrap_or_else(|_| "cpu".into());
    // Prepared once for all tests; preparing is safe for many at once.
    let root = concat!(env!("CARGO_TARGET_TMPDIR"), "/data");
    [
        "+experiment=smoke".to_owned(),
        "threads=1".to_owned(),
        format!("device={device}"),
        format!("dataset.root={root}"),
        format!("hydra.run.dir={name}"),
    ]
    .into()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { stdout: text(output.stdout), stderr: text(output.stderr), status: output.status.code() }
    }
}

/// The lines of `metrics.jsonl`.
pub(crate) fn metrics(run_dir: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(run_dir.join("metrics.jsonl")).expect("metrics");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The losses of the steps.
pub(crate) fn losses(run_dir: &Path) -> Vec<f64> {
    let steps = metrics(run_dir).into_iter().filter(|line| line["event"] == "step");
    steps.map(|line| line["loss"].as_f64().expect("a loss")).collect()
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
