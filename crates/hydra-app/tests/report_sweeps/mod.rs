//! Sweeps for the tests of their reports, run by the program itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A sweep that has run.
pub(crate) struct Sweep {
    /// Where it was asked for.
    pub(crate) folder: TempDir,
    /// Its directory.
    pub(crate) dir: PathBuf,
}

impl Sweep {
    /// Runs a shell script once a job, in the job's directory.
    pub(crate) fn run(config: &str, overrides: &[&str], script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("conf")).expect("made");
        fs::write(folder.path().join("conf/config.yaml"), config).expect("written");
        let mut sweep = Self { dir: folder.path().join("multirun/all"), folder };
        let own = ["-m", "hydra.sweep.dir=multirun/all", "hydra.job.chdir=true"];
        let args = [&own, overrides, &["--", "sh", "-c", script]].concat();
        let (_, err, _) = sweep.program(&args);
        sweep.dir = sweep.dir.canonicalize().unwrap_or_else(|_| panic!("{err}"));
        sweep
    }

    /// Standard output, standard error and exit status of the program.
    pub(crate) fn program(&self, args: &[&str]) -> (String, String, Option<i32>) {
        let program = env!("CARGO_BIN_EXE_hydra-compose");
        let output =
            Command::new(program).current_dir(self.folder.path()).args(args).output().expect("it starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stdout), text(output.stderr), output.status.code())
    }

    /// The table, and what is said about the page.
    pub(crate) fn report(&self, more: &[&str]) -> (String, String) {
        let (out, err, status) = self.program(&[&["sweep", "report", "multirun/all"], more].concat());
        assert_eq!(status, Some(0), "{err}");
        (out, err)
    }
}
