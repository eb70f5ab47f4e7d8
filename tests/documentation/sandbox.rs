//! A folder that looks like the project to who types a page's commands in it, only that training takes a moment.

use crate::page::{Command, Page, ROOT};
use md5::{Digest, Md5};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process;
use tempfile::TempDir;

/// The run and the sweep that the pages speak of, and what stands for some run and some sweep.
const RUN: [&str; 2] = ["outputs/2026-11-23/05-28-01", "RUN_DIR"];
const SWEEP: [&str; 2] = ["multirun/2026-11-23/09-50-00", "DIR"];

/// The values of `conf/` that make training short.
const TINY: [(&str, &str, &str); 15] = [
    ("config.yaml", "threads: null", "threads: 1"),
    ("dataset/cifar10.yaml", "archive: null", "archive: cifar-10-binary.tar.gz"),
    ("dataset/emoji.yaml", "limit: null", "limit: 8"),
    ("dataset/emoji.yaml", "repeat: 50", "repeat: 1"),
    ("eval/default.yaml", "samples: 512", "samples: 4"),
    ("experiment/cifar10.yaml", "steps: 1000", "steps: 2"),
    ("model/base.yaml", "hidden_size: 128", "hidden_size: 8"),
    ("model/small.yaml", "hidden_size: 32", "hidden_size: 8"),
    ("sampling/ancestral.yaml", "pictures: 36", "pictures: 4"),
    ("sampling/ancestral.yaml", "steps: 50", "steps: 2"),
    ("sampling/ddim.yaml", "pictures: 36", "pictures: 4"),
    ("sampling/ddim.yaml", "steps: 50", "steps: 2"),
    ("training/default.yaml", "epochs: 8", "epochs: 1"),
    ("training/default.yaml", "max_steps: null", "max_steps: 1"),
    ("validation/default.yaml", "pictures: 512", "pictures: 4"),
];

/// Somebody's project, for `hydra-compose`.
const OTHER: [(&str, &str); 7] = [
    ("conf/config.yaml", "defaults:\n- db: mysql\n- _self_\nlr: 0.1\nseed: 0\n"),
    ("conf/db/mysql.yaml", "port: 3306\n"),
    ("conf/db/postgresql.yaml", "port: 5432\n"),
    ("conf/db/sqlite.yaml", "port: null\n"),
    ("schema.json", "{\"type\": \"object\", \"properties\": {\"seed\": {\"type\": \"integer\"}}}\n"),
    ("train.sh", "#!/bin/sh\ngrep -q 'seed: ' \"$HYDRA_CONFIG_FILE\"\n"),
    (
        "train.py",
        "#!/usr/bin/env python3\nimport os\nassert 'seed: ' in open(os.environ['HYDRA_CONFIG_FILE']).read()\n",
    ),
];

/// Programs that are not this project's, as far as the pages need them.
const STAND_INS: [(&str, &str); 2] = [
    (
        "jq",
        "#!/bin/sh\nexec python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1][1:]])' \"$1\"\n",
    ),
    // For `make run`: everything is built already.
    (
        "cargo",
        "#!/bin/sh
case \"$*\" in
  'build --release --locked --bins') ;;
  'run --release --locked --quiet --bin ddpm --'*) shift 7; exec ddpm \"$@\" ;;
  *) echo \"error: no test runs 'cargo $*'\" >&2; exit 1 ;;
esac
",
    ),
];

/// What `dvc.yaml` has done, without building what is built.
const PIPELINE: &str = "ddpm dvc params && ddpm dvc train --results results \
                        && git init --quiet --initial-branch=main && git add --all \
                        && git commit --quiet --message 'what was trained'";

/// Three folders: the project as it is, where nothing is trained; the project with a tiny network; somebody's project.
pub(crate) struct Sandbox {
    root: TempDir,
    variables: Vec<(String, String)>,
}

/// What a command printed, its errors too, and how it ended.
pub(crate) struct Ran {
    pub(crate) text: String,
    pub(crate) status: Option<i32>,
}

impl Sandbox {
    /// With the files; whatever writes programs must not run while others start some ("text file busy").
    pub(crate) fn new(page: &Page) -> Self {
        let sandbox = Self { root: tempfile::tempdir().expect("a folder"), variables: Vec::new() };
        for project in ["project", "tiny"] {
            copy(&Path::new(ROOT).join("conf"), &sandbox.path(project).join("conf"));
        }
        for name in ["Makefile", "dvc.yaml", ".dvc/config", ".dvcignore", ".gitignore"] {
            copy(&Path::new(ROOT).join(name), &sandbox.path("tiny").join(name));
        }
        sandbox.link_programs();
        for (name, text) in STAND_INS {
            sandbox.write(&format!("bin/{name}"), text);
        }
        sandbox.make_tiny();
        let has_conf = !page.files.is_empty();
        for (name, text) in OTHER.iter().filter(|(name, _)| !(has_conf && name.starts_with("conf/"))) {
            sandbox.write(&format!("other/{name}"), text);
        }
        for (name, text) in &page.files {
            sandbox.write(&format!("other/{name}"), text);
        }
        sandbox
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("written");
        if text.starts_with("#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
    }

    /// On the PATH, and where `make build` puts them.
    fn link_programs(&self) {
        let ddpm = Path::new(env!("CARGO_BIN_EXE_ddpm"));
        for name in ["ddpm", "ddpm-worker", "hydra-compose"] {
            let program = ddpm.with_file_name(name);
            assert!(program.is_file(), "{}: 'cargo build --package hydra-app'", program.display());
            for folder in ["bin", "project/target/release", "tiny/target/release"] {
                fs::create_dir_all(self.path(folder)).expect("a folder");
                symlink(&program, self.path(folder).join(name)).expect("a link");
            }
        }
    }

    fn make_tiny(&self) {
        for (file, from, to) in TINY {
            self.edit(&format!("tiny/conf/{file}"), from, to);
        }
        let device = env::var("DDPM_TEST_DEVICE").unwrap_or_else(|_| "cpu".into());
        self.edit("tiny/conf/config.yaml", "device: auto", &format!("device: {device}"));
        // CIFAR-10, of ten pictures.
        let batches = (1..=5).map(|number| format!("data_batch_{number}")).chain(["test_batch".to_owned()]);
        for batch in batches {
            self.write(&format!("tiny/cifar-10-batches-bin/{batch}.bin"), &"\u{1}".repeat(2 * 3073));
        }
        let packed = self
            .start("tiny", "tar")
            .args(["-czf", "cifar-10-binary.tar.gz", "cifar-10-batches-bin"])
            .status();
        assert!(packed.expect("tar").success());
        let archive = fs::read(self.path("tiny/cifar-10-binary.tar.gz")).expect("an archive");
        let sum: String = Md5::digest(archive).iter().map(|byte| format!("{byte:02x}")).collect();
        self.edit("tiny/conf/dataset/cifar10.yaml", "c32a1d4ab5d03f1284b67883e8d87530", &sum);
    }

    /// Replaces a text that is there, in a file of the sandbox.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).expect(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        fs::write(self.path(name), text.replacen(from, to, 1)).expect("written");
    }

    /// For all that is started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Trains what the commands speak of as trained.
    pub(crate) fn train_for(&self, commands: &[&Command]) {
        let speak_of =
            |words: &[&str]| commands.iter().any(|command| words.iter().any(|word| command.has(word)));
        if speak_of(&RUN) {
            self.prepare(&format!("ddpm hydra.run.dir={}", RUN[0]));
        }
        if speak_of(&SWEEP) {
            self.prepare(&format!("ddpm -m optimizer=adam,sgd hydra.sweep.dir={}", SWEEP[0]));
        }
        for [made, placeholder] in [RUN, SWEEP] {
            symlink(made, self.path("tiny").join(placeholder)).expect("a link");
        }
        if speak_of(&["dvc", "results"]) {
            self.prepare(PIPELINE);
        }
    }

    fn prepare(&self, script: &str) {
        let Ran { text, status } = self.bash("tiny", script);
        assert_eq!(status, Some(0), "{script}\n{text}");
    }

    /// Types a command: what its output is shown of composes the project's own `conf/`, what is not may train.
    pub(crate) fn run(&self, command: &Command) -> Ran {
        let needs_runs = RUN.iter().chain(&SWEEP).any(|word| command.has(word));
        let folder = match command.words() {
            words if words.contains("hydra-compose") => "other",
            _ if command.shown.is_empty() || needs_runs => "tiny",
            _ => "project",
        };
        self.bash(folder, &command.text)
    }

    fn bash(&self, folder: &str, script: &str) -> Ran {
        let script = format!("exec 2>&1\n{script}");
        let mut bash = self.start(folder, "bash");
        let output = bash.args(["-o", "pipefail", "-c", &script]).output().expect("bash");
        Ran { text: String::from_utf8_lossy(&output.stdout).into_owned(), status: output.status.code() }
    }

    /// A program in one of the folders, without the settings of whoever runs the tests.
    fn start(&self, folder: &str, program: impl AsRef<OsStr>) -> process::Command {
        let mut command = process::Command::new(program);
        command.current_dir(self.path(folder)).stdin(process::Stdio::null());
        let foreign = ["BASH_ENV", "CARGO", "DDPM_", "DVC_", "GIT_", "HYDRA_", "MAKE", "MFLAGS", "WANDB_"];
        for (name, _) in env::vars_os() {
            if foreign.iter().any(|start| name.to_string_lossy().starts_with(start)) {
                command.env_remove(name);
            }
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let path =
            [self.path("bin"), Path::new(ROOT).join(".venv/bin")].into_iter().chain(env::split_paths(&path));
        command
            .env("PATH", env::join_paths(path).expect("a path"))
            .env("HOME", self.root.path())
            .env("NETRC", self.path("no-netrc"))
            // What `make run` would set up is there.
            .env("PYTHON", "true")
            .env("DVC_NO_ANALYTICS", "1")
            .env("DVC_SITE_CACHE_DIR", self.path("dvc-site"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@b.c")])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@b.c")])
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}
