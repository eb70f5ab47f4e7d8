//! Runs the real programs in a folder of their own.
#![expect(dead_code, reason = "each test binary uses a part of it")]

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
        let composes = command.get_args().next() != Some(OsStr::new("sample"));
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

    /// Trains a tiny network on eight pictures into the folder `name`, and panics if that fails.
    pub(crate) fn train(&self, name: &str, overrides: &[&str]) -> PathBuf {
        let ran = self.ddpm(tiny(name).iter().map(String::as_str).chain(overrides.iter().copied()));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        self.path().join(name)
    }
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
