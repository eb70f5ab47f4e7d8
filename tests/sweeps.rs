//! Sweeps of real trainings: planned, stopped, resumed, repeated.
#![cfg(unix)]

mod common;

use common::running::Running;
use common::{Place, assert_same_results, interrupt, losses, tiny};
use std::fs;

/// A sweep of tiny runs into the folder `sweep`, two at once, with the overrides of [`tiny`] but for the directory.
fn sweep(overrides: &[&str]) -> Vec<String> {
    let local = ["-m", "hydra.sweep.dir=sweep", "hydra/launcher=local", "hydra.launcher.n_jobs=2"];
    let tiny = tiny("unused").into_iter().filter(|word| !word.starts_with("hydra."));
    tiny.chain(local.iter().chain(overrides).map(ToString::to_string)).collect()
}

fn states(place: &Place) -> Vec<String> {
    let ran = place.sweep(&["status", "sweep", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let jobs = json["jobs"].as_array().expect("jobs").iter();
    jobs.map(|job| job["state"].as_str().expect("a state").to_owned()).collect()
}

#[test]
fn four_combinations_train_in_four_directories() {
    let place = Place::new();
    let ran = place.ddpm(sweep(&["optimizer=adam,sgd", "training.batch_size=4,8"]));
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("dataset ").count(), 1, "the dataset is prepared once: {}", ran.stderr);
    let all: Vec<Vec<f64>> = (0..4).map(|num| losses(&place.path().join(format!("sweep/{num}")))).collect();
    let mut different = all.clone();
    different.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    different.dedup();
    assert_eq!(different.len(), 4, "{all:?}");
    let table = place.sweep(&["status", "sweep"]).stdout;
    let row: Vec<&str> = table.lines().nth(4).expect("a row").split_whitespace().collect();
    assert_eq!(row[..4], ["3", "done", "100%", "2"], "{table}");
    assert!(table.contains("  optimizer=sgd training.batch_size=8\n"), "{table}");
    assert!(table.contains("\n4 jobs: 4 done\nall with +experiment=smoke threads=1 "), "{table}");
    // Each job is the run that its overrides would have made alone.
    let alone = place.train("alone", &["optimizer=sgd", "training.batch_size=8"]);
    assert_same_results(&alone, &place.path().join("sweep/3"));
}

#[test]
fn one_bad_job_is_named_and_nothing_is_made() {
    let place = Place::new();
    for (overrides, words) in [
        (
            &["training.batch_size=8,4,0"][..],
            ["job #2 (", "training.batch_size must be at least 1, and is 0"],
        ),
        // What no single key is wrong about.
        (
            &["optimizer=sgd", "optimizer.nesterov=true", "optimizer.momentum=0.9,0"],
            ["job #1 (", "optimizer.nesterov needs an optimizer.momentum above 0"],
        ),
    ] {
        let ran = place.ddpm(sweep(overrides));
        assert_eq!(ran.status, Some(1));
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
        assert!(!place.path().join("sweep").exists());
    }
}

#[test]
fn a_sweep_that_was_stopped_goes_on_from_its_checkpoints() {
    let place = Place::new();
    let long = ["training.epochs=40", "sampling.every_epochs=40", "training.keep_checkpoints=2"];
    let args = sweep(&[&long[..], &["seed=1,2,3"]].concat());
    let first = place.path().join("sweep/0");
    let mut child = Running::start(&mut place.command(args), &first, 30);
    let (signal, status) = interrupt();
    child.send(signal);
    assert_eq!(child.end(), Some(status));
    // On a machine that is busy one of them may have ended by then, or not begun.
    let stopped = states(&place);
    let interrupted = stopped.iter().position(|state| state == "interrupted").expect("one that was stopped");
    assert!(stopped.iter().all(|state| state != "running" && state != "failed"), "{stopped:?}");

    let ran = place.sweep(&["resume", "sweep"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(states(&place), ["done", "done", "done"]);
    let stopped = place.path().join(format!("sweep/{interrupted}/metrics.jsonl"));
    let metrics = fs::read_to_string(stopped).expect("metrics");
    assert!(metrics.contains("\"event\":\"resumed\""), "it started over");
    let seeds =
        |seed: &str| place.train(&format!("alone{seed}"), &[&long[..], &[&format!("seed={seed}")]].concat());
    for (num, seed) in ["1", "2", "3"].into_iter().enumerate() {
        let job = place.path().join(format!("sweep/{num}"));
        // The files of the interruption go with the next epoch's.
        assert_eq!(losses(&job), losses(&seeds(seed)), "seed {seed}");
    }
}

#[test]
fn a_run_is_repeated_and_a_value_of_it_changed() {
    let place = Place::new();
    let old = place.train("old", &["optimizer=sgd", "seed=5"]);
    let ran = place.ddpm(["--rerun", "old", "hydra.run.dir=same"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_same_results(&old, &place.path().join("same"));
    let ran = place.ddpm(["--rerun", "old", "optimizer.lr=0.02", "hydra.run.dir=other"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let config =
        |name: &str| fs::read_to_string(place.path().join(name).join("config.yaml")).expect("a file");
    let differ = |name: &str| {
        let (old, new) = (config("old"), config(name));
        old.lines()
            .zip(new.lines())
            .filter(|(a, b)| a != b)
            .map(|(_, b)| b.trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(differ("same"), Vec::<String>::new());
    assert_eq!(differ("other"), ["lr: 0.02"]);
    let ran = place.ddpm(["--rerun", "old", "optimizer.lr=-1", "hydra.run.dir=bad"]);
    assert!(ran.stderr.contains("optimizer.lr must be"), "{}", ran.stderr);
    assert!(!place.path().join("bad").exists());
}

#[test]
fn an_interrupted_run_is_resumed_in_its_directory() {
    let place = Place::new();
    let long = ["training.epochs=30", "sampling.every_epochs=30"];
    let args = tiny("run").into_iter().chain(long.iter().map(ToString::to_string));
    let run = place.path().join("run");
    let mut child = Running::start(&mut place.command(args), &run, 20);
    child.send("TERM");
    assert_eq!(child.end(), Some(143));
    let status = |run: &std::path::Path| fs::read_to_string(run.join("status.json")).expect("a status");
    assert!(status(&run).contains("\"state\": \"interrupted\""), "{}", status(&run));
    let ran = place.ddpm(["--resume", "run"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(status(&run).contains("\"state\": \"done\""));
    assert_eq!(losses(&run), losses(&place.train("alone", &long)));
    assert!(place.ddpm(["--resume", "run"]).stderr.contains("is done already"));
}
