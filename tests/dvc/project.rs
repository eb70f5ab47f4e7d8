//! A copy of this project that DVC works in.

use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A copy of the project, under git, with a network that trains in a second.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    /// Two at once would share it: the folder stays, so that what is built there can be used by the next.
    _lock: File,
}

/// What `dvc` said.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) status: Option<i32>,
}

impl Said {
    /// The stages that were run, in order.
    pub(crate) fn ran(&self) -> Vec<&str> {
        let stage = |line: &str| line.split("Running stage '").nth(1)?.split('\'').next().map(str::len);
        let start = "Running stage '".len();
        self.text
            .lines()
            .filter_map(|line| {
                let at = line.find("Running stage '")?;
                stage(line).map(|length| &line[at + start..at + start + length])
            })
            .collect()
    }

    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, Some(0), "{}", self.text);
        self
    }
}

impl Project {
    pub(crate) fn new() -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dvc-project");
        fs::create_dir_all(&root).expect("a folder");
        let lock = File::create(root.with_extension("lock")).expect("a lock");
        lock.lock().expect("locked");
        fs::remove_dir_all(&root).expect("removed");
        let project = Self { root, _lock: lock };
        project.copy();
        // Nothing but the network's size is made for the test.
        project.edit(
            "conf/config.yaml",
            "  - wandb: default\n",
            "  - wandb: default\n  - experiment: smoke\n",
        );
        project.edit("conf/config.yaml", "threads: null", "threads: 1");
        // The committed results are those of the whole network.
        for file in ["dvc.lock", "params.yaml", "params.default.yaml"] {
            let _ = fs::remove_file(project.root.join(file));
        }
        let _ = fs::remove_dir_all(project.root.join("results"));
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.commit("a copy");
        project
    }

    /// The files that git knows or would know, as they are now.
    fn copy(&self) {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(ROOT)
            .output()
            .expect("git");
        let names = String::from_utf8(listed.stdout).expect("UTF-8");
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (Path::new(ROOT).join(name), self.root.join(name));
            // A file that was removed and not yet committed is still listed.
            if from.is_file() {
                fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
                fs::copy(&from, &to).expect("copied");
            }
        }
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            // The programs are built as a user's are, also where lines are counted.
            let compiler = ["RUSTC_", "RUSTFLAGS", "LLVM_", "__CARGO"];
            let own = ["CARGO", "WANDB_", "DVC_", "GIT_", "DDPM_", "HYDRA_"];
            if own.iter().chain(&compiler).any(|own| name.starts_with(own)) {
                command.env_remove(name);
            }
        }
        // Of its own: the programs of edited sources must not take the place of those that other tests start.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dvc-target");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [Path::new(ROOT).join(".venv/bin")].into_iter().chain(std::env::split_paths(&path));
        command
            // Where DVC finds itself, for its workers.
            .env("PATH", std::env::join_paths(path).expect("a path"))
            .env("LIBTORCH", Path::new(ROOT).join(".libtorch"))
            .env("DDPM_PROFILE", "dev")
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_INCREMENTAL", "0")
            .env("DVC_NO_ANALYTICS", "1")
            .env("DVC_SITE_CACHE_DIR", self.root.with_extension("site"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@b.c")])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@b.c")]);
        command
    }

    pub(crate) fn dvc(&self, args: &[&str]) -> Said {
        let mut command = self.command(Path::new(ROOT).join(".venv/bin/dvc"));
        let Output { stdout, stderr, status } =
            command.args(args).output().expect("DVC; `make setup` installs it");
        let text = format!("{}\n{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        Said { text, status: status.code() }
    }

    /// Which stages `dvc repro` runs.
    pub(crate) fn repro(&self) -> Vec<String> {
        self.dvc(&["repro"]).ok().ran().into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let said = self.dvc(args).ok();
        let line = said.text.lines().find(|line| line.starts_with(['{', '['])).expect("JSON");
        serde_json::from_str(line).expect("JSON")
    }

    pub(crate) fn git(&self, args: &[&str]) {
        let done = self.command("git").args(args).output().expect("git");
        assert!(done.status.success(), "{args:?} {}", String::from_utf8_lossy(&done.stderr));
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        fs::write(self.root.join(path), text.replacen(from, to, 1)).expect("written");
    }

    pub(crate) fn append(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), self.read(path) + text).expect("written");
    }

    /// A value of `params.yaml`.
    pub(crate) fn param(&self, key: &str) -> Value {
        let file = hydra_compose::tree::SourceFile::new("params.yaml", self.read("params.yaml"));
        let node = hydra_compose::yaml::load(&file).expect("YAML");
        node.get(key).map(hydra_compose::typed::to_json).unwrap_or_default()
    }

    /// The last loss, which no two configurations share.
    pub(crate) fn loss(&self) -> f64 {
        let metrics: Value = serde_json::from_str(&self.read("results/metrics.json")).expect("JSON");
        metrics["loss"]["last"].as_f64().expect("a loss")
    }
}
