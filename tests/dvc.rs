//! The pipeline of `dvc.yaml`, run by the real DVC in a copy of this project: what happened, what was run, what came of it.
//!
//! One test after the other in one project, because each row of the table starts where the one before has ended.
#![cfg(unix)]

use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A copy of the project, under git, with a network that trains in a second.
struct Project {
    root: PathBuf,
    /// Two at once would share it: the folder stays, so that what is built there can be used by the next.
    _lock: File,
}

/// What `dvc` said.
struct Said {
    text: String,
    status: Option<i32>,
}

impl Said {
    /// The stages that were run, in order.
    fn ran(&self) -> Vec<&str> {
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

    fn ok(self) -> Self {
        assert_eq!(self.status, Some(0), "{}", self.text);
        self
    }
}

impl Project {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dvc-project");
        fs::create_dir_all(&root).expect("a folder");
        let lock = File::create(root.with_extension("lock")).expect("a lock");
        lock.lock().expect("locked");
        fs::remove_dir_all(&root).expect("removed");
        let project = Self { root, _lock: lock };
        project.copy();
        // Nothing but the network's size is made for the test.
        project.edit("conf/config.yaml", "  - wandb: default\n", "  - wandb: default\n  - experiment: smoke\n");
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

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["CARGO", "WANDB_", "DVC_", "GIT_", "DDPM_", "HYDRA_"].iter().any(|own| name.starts_with(own)) {
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

    fn dvc(&self, args: &[&str]) -> Said {
        let mut command = self.command(Path::new(ROOT).join(".venv/bin/dvc"));
        let Output { stdout, stderr, status } =
            command.args(args).output().expect("DVC; `make setup` installs it");
        let text = format!("{}\n{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        Said { text, status: status.code() }
    }

    /// Which stages `dvc repro` runs.
    fn repro(&self) -> Vec<String> {
        self.dvc(&["repro"]).ok().ran().into_iter().map(str::to_owned).collect()
    }

    fn json(&self, args: &[&str]) -> Value {
        let said = self.dvc(args).ok();
        let line = said.text.lines().find(|line| line.starts_with(['{', '['])).expect("JSON");
        serde_json::from_str(line).expect("JSON")
    }

    fn git(&self, args: &[&str]) {
        let done = self.command("git").args(args).output().expect("git");
        assert!(done.status.success(), "{args:?} {}", String::from_utf8_lossy(&done.stderr));
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        fs::write(self.root.join(path), text.replacen(from, to, 1)).expect("written");
    }

    fn append(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), self.read(path) + text).expect("written");
    }

    /// A value of `params.yaml`.
    fn param(&self, key: &str) -> Value {
        let file = hydra_compose::tree::SourceFile::new("params.yaml", self.read("params.yaml"));
        let node = hydra_compose::yaml::load(&file).expect("YAML");
        node.get(key).map(hydra_compose::typed::to_json).map(Value::from).unwrap_or_default()
    }

    /// The last loss, which no two configurations share.
    fn loss(&self) -> f64 {
        let metrics: Value = serde_json::from_str(&self.read("results/metrics.json")).expect("JSON");
        metrics["loss"]["last"].as_f64().expect("a loss")
    }
}

#[test]
fn the_pipeline_does_what_is_needed_and_nothing_else() {
    let project = Project::new();
    nothing_changed(&project);
    conf_was_edited(&project);
    an_experiment_stays(&project);
    code_was_edited(&project);
    files_were_damaged(&project);
    bad_values_are_refused(&project);
    queued_experiments(&project);
}

fn nothing_changed(project: &Project) {
    assert_eq!(project.repro(), ["params", "get_data", "train"]);
    project.commit("results");
    assert_eq!(project.repro(), Vec::<String>::new());
    assert!(project.dvc(&["status"]).ok().text.contains("up to date"));
    let lock = project.read("dvc.lock");
    let forced = project.dvc(&["repro", "--force"]).ok();
    assert_eq!(forced.ran(), ["params", "get_data", "train"]);
    assert!(lock == project.read("dvc.lock"), "the same configuration gives other bytes:\n{}", forced.text);
}

fn conf_was_edited(project: &Project) {
    let before = project.loss();
    project.append("conf/optimizer/adam.yaml", "# a comment\n");
    assert_eq!(project.repro(), ["params"]);
    project.edit("conf/optimizer/sgd.yaml", "lr: 0.01", "lr: 0.02");
    assert_eq!(project.repro(), ["params"], "an option that is not used");
    project.edit("conf/optimizer/adam.yaml", "lr: 1e-3", "lr: 2e-3");
    assert_eq!(project.repro(), ["params", "train"]);
    assert_eq!(project.param("optimizer.lr"), 0.002);
    assert!(project.read("dvc.lock").contains("lr: 0.002") && project.loss() != before);
    assert_eq!(project.repro(), Vec::<String>::new());
    project.commit("another learning rate");
}

fn an_experiment_stays(project: &Project) {
    const OVERRIDES: [&str; 3] = ["optimizer=sgd", "training.batch_size=2", "data.random_flip=false"];
    let args: Vec<&str> = OVERRIDES.iter().flat_map(|text| ["-S", text]).collect();
    let run = project.dvc(&[&["exp", "run", "--name", "with-sgd"], &args[..]].concat()).ok();
    assert!(!run.ran().contains(&"get_data") && run.ran().contains(&"train"), "{}", run.text);
    // DVC's composition is ours.
    let mut ours = project.command(env!("CARGO_BIN_EXE_ddpm"));
    let ours = ours.args(["--cfg", "job", "--resolve"]).args(OVERRIDES).output().expect("ddpm");
    assert_eq!(String::from_utf8_lossy(&ours.stdout), project.read("params.yaml"));
    let trained = project.read("results/config.yaml");
    assert!(trained.contains("name: sgd") && trained.contains("batch_size: 2"), "{trained}");
    assert_eq!(project.repro(), Vec::<String>::new());

    // Whatever is edited then, the experiment's values stay.
    project.append("conf/optimizer/sgd.yaml", "# a comment\n");
    assert_eq!(project.repro(), ["params"]);
    project.edit("conf/sampling/ancestral.yaml", "\n", "\n# another\n");
    project.append("src/model/mod.rs", "// edited\n");
    assert_eq!(project.repro(), ["params", "train"]);
    assert_eq!(project.param("optimizer.name"), "sgd");
    assert_eq!((project.param("training.batch_size"), project.param("data.random_flip")), (2.into(), false.into()));
    // A value of `conf/` that the experiment did not change comes in all the same.
    project.edit("conf/config.yaml", "seed: 0", "seed: 1");
    assert_eq!(project.repro(), ["params", "train"]);
    assert_eq!((project.param("seed"), project.param("optimizer.name")), (1.into(), "sgd".into()));
    project.commit("an experiment");
}

fn code_was_edited(project: &Project) {
    project.append("crates/ddpm-data/src/lib.rs", "// edited\n");
    assert_eq!(project.repro(), ["get_data", "train"]);
    let run = project.dvc(&["exp", "run", "-S", "dataset.subset=all"]).ok();
    assert!(run.ran().ends_with(&["get_data", "train"]), "{}", run.text);
    // Documentation and tests are not what is trained.
    project.append("README.md", "edited\n");
    project.append("tests/training.rs", "// edited\n");
    assert_eq!(project.repro(), Vec::<String>::new());
    project.commit("other data");
    let run = project.dvc(&["exp", "run", "--no-hydra", "-S", "training.epochs=1"]).ok();
    assert!(run.ran().contains(&"train") && !run.ran().contains(&"get_data"), "{}", run.text);
    assert_eq!((project.param("training.epochs"), project.param("dataset.subset")), (1.into(), "all".into()));
    project.commit("one epoch");
}

fn files_were_damaged(project: &Project) {
    let lock = project.read("dvc.lock");
    let checkpoint = fs::read_dir(project.root.join("results/checkpoints")).expect("a folder").flatten();
    let checkpoint = checkpoint.map(|entry| entry.path()).next().expect("a checkpoint");
    // What DVC has kept it brings back.
    fs::write(project.root.join("data/emoji-all/train.bin"), "damaged").expect("written");
    fs::remove_file(&checkpoint).expect("removed");
    assert_eq!(project.repro(), Vec::<String>::new());
    assert!(checkpoint.is_file());
    assert!(project.dvc(&["status"]).ok().text.contains("up to date"));
    // Where it has nothing, exactly that is made again.
    let bytes = fs::read(&checkpoint).expect("a checkpoint");
    let kept = files(&project.root.join(".dvc/cache/files"));
    let kept = kept.iter().filter(|path| fs::read(path).is_ok_and(|kept| kept == bytes)).collect::<Vec<_>>();
    assert_eq!(kept.len(), 1);
    fs::remove_file(kept[0]).expect("removed");
    fs::remove_file(&checkpoint).expect("removed");
    assert_eq!(project.repro(), ["train"]);
    assert_eq!(project.read("dvc.lock"), lock);
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn bad_values_are_refused(project: &Project) {
    let lock = project.read("dvc.lock");
    for (value, why) in [("optimizer.lr=???", "optimizer.lr"), ("training.batch_size=-1", "training.batch_size")] {
        let said = project.dvc(&["exp", "run", "-S", value]);
        assert!(said.status != Some(0) && said.text.contains(why), "{}", said.text);
    }
    assert_eq!(project.read("dvc.lock"), lock);
    project.git(&["checkout", "--quiet", "--", "."]);
}

fn queued_experiments(project: &Project) {
    project.dvc(&["exp", "run", "--queue", "-S", "optimizer=adam,sgd", "-S", "optimizer.lr=0.005"]).ok();
    project.dvc(&["queue", "start"]).ok();
    let started = Instant::now();
    let ended = loop {
        let status = project.dvc(&["queue", "status"]).ok().text;
        let count = |word: &str| status.lines().filter(|line| line.contains(word)).count();
        if count("Success") + count("Failed") == 2 {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{status}");
        std::thread::sleep(Duration::from_millis(500));
    };
    assert!(!ended.contains("Failed"), "{ended}");
    project.dvc(&["queue", "stop"]).ok();
    let shown = project.json(&["exp", "show", "--json"]).to_string();
    let chosen = |name: &str| shown.contains("\"lr\":0.005") && shown.contains(&format!("\"name\":\"{name}\""));
    assert!(chosen("adam") && chosen("sgd"), "{shown}");
    // Their logs outlive the checkouts that they ran in.
    let runs = fs::read_dir(project.root.join("outputs/dvc")).expect("runs").count();
    assert!(runs > 0);
}
