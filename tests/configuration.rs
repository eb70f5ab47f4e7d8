//! `conf/`: what it composes to, and that Hydra itself composes it to the same.

mod common;

use common::{Place, Ran};
use insta::{assert_snapshot, with_settings};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

const CONF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conf");

fn composed(overrides: &[&str]) -> String {
    let ran = Place::new().ddpm(["--cfg", "job"].iter().chain(overrides));
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    ran.stdout
}

fn refused(place: &Place, args: &[&str]) -> String {
    let Ran { stdout, stderr, status } = place.ddpm(args);
    assert_eq!((status, stdout.as_str()), (Some(1), ""), "{stderr}");
    stderr.replace(CONF, "conf")
}

macro_rules! snapshot {
    ($name:literal, $text:expr) => {
        with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn the_default_configuration() {
    snapshot!("default", composed(&["--resolve"]));
}

#[test]
fn sgd_with_other_batches_and_no_flips() {
    let overrides = ["optimizer=sgd", "training.batch_size=64", "data.random_flip=false", "--resolve"];
    snapshot!("sgd_batch_64_no_flip", composed(&overrides));
}

#[test]
fn the_assignments_run() {
    snapshot!("experiment_cifar10", composed(&["+experiment=cifar10", "--resolve"]));
}

#[test]
fn every_option_is_complete_and_valid() {
    let place = Place::new();
    for overrides in every_variation() {
        // Validation comes before anything is made, so a run directory that cannot be made ends the run after it.
        fs::write(place.path().join("in_the_way"), "").expect("written");
        let mut args: Vec<String> = overrides.clone();
        args.push("hydra.run.dir=in_the_way/run".into());
        let ran = place.ddpm(&args);
        assert_eq!(ran.status, Some(1));
        let valid = ran.stderr.contains("cannot write") && !ran.stderr.contains("error[");
        assert!(valid, "{overrides:?}: {}", ran.stderr);
    }
}

#[test]
fn check_finds_nothing_wrong() {
    let ran = Place::new().ddpm(["check"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    assert!(ran.stdout.ends_with(": no problems\n"), "{}", ran.stdout);
}

/// Each option of each group, alone.
fn every_variation() -> Vec<Vec<String>> {
    let mut all = vec![vec![]];
    let is_group =
        |entry: &fs::DirEntry| entry.path().is_dir() && !entry.file_name().to_string_lossy().starts_with('.');
    for group in fs::read_dir(CONF).expect("conf").flatten().filter(is_group) {
        let group_name = group.file_name().into_string().expect("UTF-8");
        for option in fs::read_dir(group.path()).expect("a group").flatten() {
            let name = option.path().file_stem().expect("a name").to_string_lossy().into_owned();
            let plus = if group_name == "experiment" { "+" } else { "" };
            all.push(vec![format!("{plus}{group_name}={name}")]);
        }
    }
    assert!(all.len() > 15, "{all:?}");
    all.sort();
    all
}

/// Hydra's own answers, from the Python packages that `make setup` installs.
fn ask_hydra(cases: &[Vec<String>]) -> Vec<serde_json::Value> {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hydra/compose.py");
    let mut child = Command::new(python)
        .args([script, CONF])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python with Hydra; `make setup` installs it");
    let mut stdin = child.stdin.take().expect("a pipe");
    for case in cases {
        writeln!(stdin, "{}", serde_json::to_string(case).expect("JSON")).expect("written");
    }
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn hydra_composes_the_same_bytes() {
    let mut cases = every_variation();
    let more: &[&[&str]] = &[
        &["optimizer=sgd", "training.batch_size=64", "data.random_flip=false"],
        &[
            "optimizer=sgd",
            "optimizer.lr=0.01",
            "optimizer.momentum=0.9",
            "training.epochs=3",
            "data.num_workers=2",
        ],
        &["+experiment=cifar10", "optimizer=sgd", "~data", "+optimizer.extra={a: [1, 2.5, null]}"],
        &["++optimizer.lr=1e-5", "~optimizer.eps", "dataset.limit=10", "+name='a b'"],
        &["+link=${optimizer.lr}", "+text=run-${seed}"],
    ];
    cases.extend(more.iter().map(|case| case.iter().map(|&text| text.to_owned()).collect()));
    let wrong: &[&[&str]] = &[
        &["optimizer=nosuch"],
        &["nosuch=1"],
        &["optimizer.nosuch=1"],
        &["+seed=1"],
        &["~nosuch"],
        &["nosuch@x=1"],
        &["+optimizer=sgd"],
        &["seed=1,2"],
        &["a=[1"],
    ];
    let failing = cases.len();
    cases.extend(wrong.iter().map(|case| case.iter().map(|&text| text.to_owned()).collect()));

    let answers = ask_hydra(&cases);
    assert_eq!(answers.len(), cases.len());
    for (index, (case, answer)) in cases.iter().zip(&answers).enumerate() {
        let args: Vec<&str> = case.iter().map(String::as_str).collect();
        if index < failing {
            assert_eq!(Some(composed(&args).as_str()), answer.as_str(), "{case:?}");
        } else {
            assert!(answer["error"].is_string(), "Hydra accepts {case:?}");
            let args: Vec<&str> = ["--cfg", "job"].into_iter().chain(args).collect();
            refused(&Place::new(), &args);
        }
    }
}

#[test]
fn bad_values_are_refused_together_and_nothing_is_made() {
    let place = Place::new();
    let stderr = refused(
        &place,
        &[
            "training.batch_size=0",
            "training.epochs=many",
            "model.hidden_size=12",
            "+training.epoch=3",
            "optimizer.betas=[0.9,1]",
            "diffusion.objective=eps",
            "seed=-1",
            "~data.num_workers",
        ],
    );
    snapshot!("errors_bad_values", stderr);
    assert_eq!(fs::read_dir(place.path()).expect("the folder").count(), 0, "something was made");
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    let place = Place::new();
    let args = [
        "diffusion=linear",
        "diffusion.schedule.beta_end=1e-5",
        "optimizer=sgd",
        "optimizer.momentum=0",
        "optimizer.nesterov=true",
    ];
    snapshot!("errors_conflicts", refused(&place, &args));
}

#[test]
fn a_bad_value_in_a_file_is_shown_there() {
    let place = Place::new();
    copy_conf(&place);
    let file = place.path().join("conf/optimizer/adam.yaml");
    fs::write(&file, "name: adam\nlr: fast\nbetas: [0.9, 0.999]\nweight_decay: 0.0\nmomentum: 0.9\n")
        .expect("written");
    snapshot!("errors_bad_file", refused(&place, &[]));
}

#[test]
fn an_unset_value_must_be_given() {
    let place = Place::new();
    copy_conf(&place);
    let file = place.path().join("conf/training/default.yaml");
    let text = fs::read_to_string(&file).expect("a file");
    assert!(text.contains("epochs: 8\n"), "{text}");
    let text = text.replace("epochs: 8", "epochs: ???");
    fs::write(&file, text).expect("written");
    snapshot!("errors_unset", refused(&place, &[]));
}

fn copy_conf(place: &Place) {
    let status = Command::new("cp").arg("-r").arg(CONF).arg(place.path()).status().expect("cp");
    assert!(status.success());
}

#[test]
fn mistyped_keys_and_options_name_the_near_ones() {
    let place = Place::new();
    let cases = [
        "training.batch_sze=3",
        "optimizer=sdg",
        "optimiser=sgd",
        "nosuch.key=1",
        "+seed=1",
        "~sed",
        "seed=1,2",
        "optimizer.momentum=0.9",
    ];
    let all: Vec<String> =
        cases.iter().map(|case| format!("$ ddpm {case}\n{}", refused(&place, &[case]))).collect();
    snapshot!("errors_mistyped", all.join("\n"));
}

#[test]
fn a_misused_command_line_is_exit_status_2() {
    let place = Place::new();
    for args in [
        &["--resolve"][..],
        &["--cfg", "nosuch"],
        &["--nosuch"],
        &["sample"],
        &["sample", "run", "--steps", "0"],
    ] {
        let ran = place.ddpm(args);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn cfg_shows_parts_and_packages() {
    let place = Place::new();
    let out = |args: &[&str]| place.ddpm(args).stdout;
    assert_eq!(out(&["--cfg", "job", "--package", "optimizer.lr"]), "0.001\n");
    assert!(out(&["--cfg", "job", "-p", "data"]).starts_with("# @package data\nrandom_flip: true\n"));
    let hydra = out(&["--cfg", "hydra", "optimizer=sgd"]);
    assert!(hydra.contains("  overrides:\n    hydra: []\n    task:\n    - optimizer=sgd\n"), "{hydra}");
    assert_eq!(place.ddpm(["--cfg", "job", "-p", "nosuch"]).status, Some(1));
}

#[test]
fn help_says_what_keys_mean() {
    let place = Place::new();
    let said = |args: &[&str]| {
        let ran = place.ddpm(args);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        ran.stdout
    };
    let all = said(&["--help"]);
    assert!(all.contains("seed: 0        Seed of every random number"), "{all}");
    assert!(
        all.contains(
            "lr_schedule    How the learning rate changes over the run.\n               name, warmup_steps\n"
        ),
        "{all}"
    );
    let part = said(&["--help", "--package", "optimizer", "optimizer=sgd"]);
    assert!(part.contains("momentum: 0.9      # Momentum, 0 for none.\n"), "{part}");
    let refused = place.ddpm(["--help", "--package", "optimiser"]);
    assert!(refused.stderr.contains("did you mean --package optimizer?"), "{}", refused.stderr);
}

#[test]
fn completion_knows_the_values_that_a_key_may_have() {
    let place = Place::new();
    let complete = |word: &str| {
        let mut command = place.command(["--shell-completion", "query=bash"]);
        command.env("COMP_LINE", format!("ddpm {word}"));
        String::from_utf8(command.output().expect("ddpm starts").stdout).expect("UTF-8")
    };
    let all = "training.precision=auto training.precision=bf16 training.precision=fp32\n";
    assert_eq!(complete("training.precision="), all);
    assert_eq!(complete("training.precision=b"), "training.precision=bf16\n");
    assert_eq!(complete("data.random_flip="), "data.random_flip=false data.random_flip=true\n");
    assert_eq!(complete("wandb.mode=o"), "wandb.mode=offline wandb.mode=online\n");
    assert_eq!(complete("training.epochs="), "training.epochs=8\n");
}
