//! The pipeline of `dvc.yaml`, run by the real DVC in a copy of this project: what happened, what was run, what came of it.
//!
//! One test after the other in one project, because each row of the table starts where the one before has ended.
#![cfg(unix)]

mod project;

use project::{Project, ROOT};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

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

/// The committed `dvc.lock` has the hashes of the code and the configuration that it is committed with. Outputs are not looked
/// at: a clone has none until `dvc repro` or `dvc pull`.
#[test]
fn the_lock_is_of_this_code() {
    let output = Command::new(Path::new(ROOT).join(".venv/bin/dvc"))
        .args(["status", "--json"])
        .current_dir(ROOT)
        .env("DVC_NO_ANALYTICS", "1")
        .output()
        .expect("DVC; `make setup` installs it");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let status: Value = serde_json::from_str(said.trim()).unwrap_or_else(|_| {
        panic!("{said}{}", String::from_utf8_lossy(&output.stderr));
    });
    let mut stale = Vec::new();
    for (stage, changes) in status.as_object().expect("stages") {
        for change in changes.as_array().into_iter().flatten() {
            for (path, how) in change["changed deps"].as_object().into_iter().flatten() {
                if path != "data" {
                    stale.push(format!("{stage}: {path}: {how}"));
                }
            }
            // Such as a command that is another.
            stale.extend(change.as_str().map(|change| format!("{stage}: {change}")));
            // These are in git, with the lock.
            for file in ["params.yaml", "params.default.yaml", "results/metrics.json", "results/epochs.csv"] {
                if !change["changed outs"][file].is_null() {
                    stale.push(format!("{stage}: {file}"));
                }
            }
        }
    }
    assert!(stale.is_empty(), "'dvc repro', and commit dvc.lock: {stale:#?}");
    // And the stages are those of dvc.yaml, with a hash each.
    let lock = fs::read_to_string(Path::new(ROOT).join("dvc.lock")).expect("dvc.lock");
    for stage in ["  params:", "  get_data:", "  train:"] {
        assert!(lock.contains(stage), "{stage}");
    }
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
    assert_eq!(
        (project.param("training.batch_size"), project.param("data.random_flip")),
        (2.into(), false.into())
    );
    // A value of `conf/` that the experiment did not change comes in all the same.
    project.edit("conf/config.yaml", "seed: 0", "seed: 1");
    assert_eq!(project.repro(), ["params", "train"]);
    assert_eq!((project.param("seed"), project.param("optimizer.name")), (1.into(), "sgd".into()));
    // Where both have changed the same, nobody guesses.
    project.edit("conf/optimizer/adam.yaml", "weight_decay: 0.0", "weight_decay: 0.1");
    let said = project.dvc(&["repro"]);
    assert!(said.status != Some(0) && said.ran() == ["params"], "{}", said.text);
    assert!(said.text.contains("have both changed optimizer of params.yaml"), "{}", said.text);
    project.edit("conf/optimizer/adam.yaml", "weight_decay: 0.1", "weight_decay: 0.0");
    assert_eq!(project.repro(), Vec::<String>::new());
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
    // What conf/ says since is not composed then, and is no change of the experiment's either.
    project.edit("conf/config.yaml", "seed: 1", "seed: 2");
    let run = project.dvc(&["exp", "run", "--no-hydra", "-S", "training.epochs=1"]).ok();
    assert!(run.text.contains("params.yaml is not what conf/ says now: seed"), "{}", run.text);
    assert!(run.ran().contains(&"train") && !run.ran().contains(&"get_data"), "{}", run.text);
    assert_eq!((project.param("training.epochs"), project.param("dataset.subset")), (1.into(), "all".into()));
    assert_eq!(project.param("seed"), 1);
    project.append("conf/config.yaml", "# a comment\n");
    assert_eq!(project.repro(), ["params", "train"]);
    assert_eq!((project.param("seed"), project.param("training.epochs")), (2.into(), 1.into()));
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
    for (value, why) in
        [("optimizer.lr=???", "optimizer.lr"), ("training.batch_size=-1", "training.batch_size")]
    {
        let said = project.dvc(&["exp", "run", "-S", value]);
        // By our validation, not by what DVC does with them.
        assert!(said.status != Some(0) && said.text.contains("error["), "{}", said.text);
        assert!(said.text.contains(why) && !said.ran().contains(&"train"), "{}", said.text);
    }
    assert_eq!(project.read("dvc.lock"), lock);
    project.git(&["checkout", "--quiet", "--", "."]);
}

/// How many run directories there are.
fn runs(project: &Project) -> usize {
    let sources = fs::read_dir(project.root.join("outputs/dvc")).expect("runs").flatten();
    sources.map(|sources| fs::read_dir(sources.path()).expect("runs").count()).sum()
}

/// The node `optimizer` of every revision that is shown.
fn find_optimizers<'a>(shown: &'a Value, found: &mut Vec<&'a Value>) {
    match shown {
        Value::Object(map) => map.iter().for_each(|(key, value)| match key.as_str() {
            "optimizer" => found.push(value),
            _ => find_optimizers(value, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| find_optimizers(value, found)),
        _ => {}
    }
}

fn queued_experiments(project: &Project) {
    let before = runs(project);
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
    // Each is told from the other, and from what is in the workspace, by its parameters.
    let shown = project.json(&["exp", "show", "--json"]);
    let mut optimizers = Vec::new();
    find_optimizers(&shown, &mut optimizers);
    for name in ["adam", "sgd"] {
        let found = optimizers.iter().any(|found| found["name"] == name && found["lr"] == 0.005);
        assert!(found, "{name} in {optimizers:?}");
    }
    // Their logs outlive the checkouts that they ran in.
    assert_eq!(runs(project), before + 2);
}
