//! Workers that were stopped, killed or cut short, and those that go on after them.
//!
//! Each test compares with a run that nobody disturbed: the same checkpoints, samples and losses, bit for bit.
#![cfg(unix)]

mod common;

use common::running::{Running, lines_of, wait_until};
use common::{Place, assert_same_results, interrupt, metrics, worker};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Epochs of 24 steps: time enough to be stopped in the middle of one. Batches of 3 leave a smaller one at the end.
const LONG: &[&str] =
    &["training.batch_size=3", "dataset.repeat=9", "data.num_workers=1", "model.hidden_size=16"];

/// Two run directories with the same configuration; the first is trained without a pause.
fn undisturbed_and_frozen(place: &Place, overrides: &[&str]) -> (PathBuf, PathBuf) {
    let undisturbed = place.freeze("undisturbed", overrides);
    let run = place.path().join("run");
    fs::create_dir(&run).expect("a folder");
    fs::copy(undisturbed.join("config.yaml"), run.join("config.yaml")).expect("a copy");
    finish(&undisturbed);
    (undisturbed, run)
}

/// Trains to the end; returns what was said.
fn finish(run: &Path) -> String {
    let output = worker(run).output().expect("the worker starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stderr(&output)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Names and bytes of all files.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            found.extend(everything(&entry.path()));
        } else {
            found.insert(entry.path(), fs::read(entry.path()).expect("a file"));
        }
    }
    found
}

fn checkpoints(run: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(run.join("checkpoints"))
        .map(|entries| {
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

fn events(run: &Path, event: &str) -> Vec<serde_json::Value> {
    metrics(run).into_iter().filter(|line| line["event"] == event).collect()
}

/// Stops a run in the middle of its second epoch with a signal, and lets another worker finish it.
fn stopped_in_the_middle_of_an_epoch(overrides: &[&str], lines: usize) {
    let place = Place::new();
    let (undisturbed, run) = undisturbed_and_frozen(&place, &[LONG, overrides].concat());
    let mut first = Running::start(&mut worker(&run), &run, lines);
    let (signal, status) = interrupt();
    first.send(signal);
    assert_eq!(first.end(), Some(status));
    let names = checkpoints(&run);
    let [best, epoch, within] = &names[..] else { panic!("stopped too late to test anything: {names:?}") };
    assert!(best.starts_with("best") && epoch.starts_with("epoch_") && within.starts_with("step_000000"));

    let said = finish(&run);
    assert!(said.contains("going on after step"), "{said}");
    assert_same_results(&undisturbed, &run);
    let resumed = events(&run, "resumed");
    assert_eq!(resumed.len(), 1);
    assert_eq!(resumed[0]["checkpoint"], format!("checkpoints/{within}"));
    assert_eq!(events(&run, "started")[0], metrics(&run)[0]);
}

#[test]
fn adam_with_averaged_weights_goes_on_in_the_middle_of_an_epoch() {
    stopped_in_the_middle_of_an_epoch(&["optimizer=adam", "training.ema_decay=0.99"], 1 + 24 + 2 + 3);
}

#[test]
fn sgd_with_momentum_goes_on_in_the_middle_of_an_epoch() {
    let overrides = [
        "optimizer=sgd",
        "optimizer.momentum=0.9",
        "training.ema_decay=null",
        "training.log_every=5",
        "training.keep_checkpoints=1",
    ];
    stopped_in_the_middle_of_an_epoch(&overrides, 1 + 4 + 2 + 1);
}

#[test]
fn a_run_killed_again_and_again_ends_as_if_it_had_never_been() {
    let place = Place::new();
    let short = [
        "training.epochs=4",
        "dataset.repeat=4",
        "sampling.pictures=9",
        "sampling.steps=20",
        "training.checkpoint_every_steps=3",
        "eval.after_training=true",
        "eval.samples=8",
    ];
    let (undisturbed, run) = undisturbed_and_frozen(&place, &short);
    // Before the first checkpoint, at once after an epoch, in the middle of the next, while samples are drawn.
    // An epoch is 8 steps and two lines of its own; where a worker begins anew it repeats some lines and adds one.
    for lines in [1, 4, 9, 11, 15, 19, 24, 29, 34, 40] {
        Running::start(&mut worker(&run), &run, lines).kill();
    }
    // As a kill in the middle of writing leaves it.
    let mut text = fs::read(run.join("metrics.jsonl")).expect("metrics");
    text.extend(b"{\"event\":\"step\",\"st");
    fs::write(run.join("metrics.jsonl"), text).expect("written");
    fs::write(run.join("checkpoints/.writing-x"), b"half").expect("written");

    finish(&run);
    assert!(!run.join("checkpoints/.writing-x").exists(), "rubbish is left");
    for folder in ["samples", "."] {
        for entry in fs::read_dir(run.join(folder)).expect("a folder").flatten() {
            if entry.file_name().to_string_lossy().starts_with(".writing-") {
                fs::remove_file(entry.path()).expect("removed");
            }
        }
    }
    assert_same_results(&undisturbed, &run);
    assert!(!events(&run, "resumed").is_empty());
}

#[test]
fn a_run_killed_before_its_first_checkpoint_starts_over() {
    let place = Place::new();
    let (undisturbed, run) = undisturbed_and_frozen(&place, LONG);
    Running::start(&mut worker(&run), &run, 5).kill();
    assert!(checkpoints(&run).is_empty(), "killed too late to test anything");
    finish(&run);
    assert_same_results(&undisturbed, &run);
    assert!(events(&run, "resumed").is_empty(), "it did not go on from anything");
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    let place = Place::new();
    let (undisturbed, run) = undisturbed_and_frozen(&place, &["training.epochs=3"]);
    finish(&run);
    let damage = |epoch: u32, bytes: fn(Vec<u8>) -> Vec<u8>| {
        let path = run.join(format!("checkpoints/epoch_000{epoch}.safetensors"));
        fs::write(&path, bytes(fs::read(&path).expect("a checkpoint"))).expect("written");
    };
    damage(3, |bytes| bytes[..bytes.len() / 2].to_vec());
    let said = finish(&run);
    assert!(
        said.contains("warning: ") && said.contains("epoch_0003.safetensors is not a complete"),
        "{said}"
    );
    assert!(said.contains("going on after step 4"), "{said}");
    assert_same_results(&undisturbed, &run);

    // A bit that fell over, and a file without as much as a header.
    damage(3, |mut bytes| {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        bytes
    });
    damage(2, |_| Vec::new());
    let said = finish(&run);
    assert!(said.contains("going on after step 2"), "{said}");
    assert_same_results(&undisturbed, &run);

    // Nothing is written over when there is nothing to go on from, and the reason is in the log as well.
    (1..=3).for_each(|epoch| damage(epoch, |_| b"none of mine".to_vec()));
    let before = metrics(&run);
    let output = worker(&run).output().expect("the worker starts");
    assert_eq!(output.status.code(), Some(1));
    let log = fs::read_to_string(run.join("ddpm.log")).expect("a log");
    for text in [stderr(&output), log] {
        assert!(text.contains("none of the checkpoints in"), "{text}");
        assert!(text.contains("help: move them away to start over"), "{text}");
    }
    assert_eq!(metrics(&run), before);
}

#[test]
fn a_checkpoint_of_another_configuration_is_refused() {
    let place = Place::new();
    let run = place.freeze("run", &[]);
    finish(&run);
    let config = fs::read_to_string(run.join("config.yaml")).expect("a configuration");
    for (from, to, words) in [
        ("hidden_size: 8", "hidden_size: 16", "model.hidden_size is 16, and was 8 when it was saved"),
        ("lr: 0.001", "lr: 0.002", "optimizer.lr is 0.002, and was 0.001 when it was saved"),
        ("ema_decay: 0.9", "ema_decay: null #", "training.ema_decay is null, and was 0.995"),
        ("batch_size: 4", "batch_size: 2", "training.batch_size is 2, and was 4 when it was saved"),
    ] {
        // Longer, so that there is something to do.
        let changed = config.replace(from, to).replace("epochs: 2", "epochs: 3");
        assert!(changed.contains(to), "{config}");
        fs::write(run.join("config.yaml"), changed).expect("written");
        let before = metrics(&run);
        let output = worker(&run).output().expect("the worker starts");
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert_eq!(metrics(&run), before);
    }
}

#[test]
fn a_run_that_is_to_end_where_it_was_stopped_keeps_its_state() {
    let place = Place::new();
    let run = place.freeze("run", LONG);
    let mut first = Running::start(&mut worker(&run), &run, 1 + 24 + 2 + 3);
    first.send(interrupt().0);
    first.end();
    let names = checkpoints(&run);
    let stopped = names.iter().find_map(|name| name.strip_prefix("step_")?.strip_suffix(".safetensors"));
    let step: u64 = stopped.expect("a checkpoint within an epoch").parse().expect("a number");
    let config = fs::read_to_string(run.join("config.yaml")).expect("a configuration");
    let ends = config.replace("max_steps: null", &format!("max_steps: {step}"));
    assert_ne!(config, ends);
    fs::write(run.join("config.yaml"), ends).expect("written");
    finish(&run);
    assert_eq!(checkpoints(&run), ["best.safetensors", "epoch_0001.safetensors", "epoch_0002.safetensors"]);
    assert!(finish(&run).contains(&format!("is complete: {step} steps")));
}

#[test]
fn a_complete_run_is_left_alone_but_for_samples_that_are_missing() {
    let place = Place::new();
    let (undisturbed, run) = undisturbed_and_frozen(&place, &["training.max_steps=3"]);
    finish(&run);
    let before = everything(&run);
    let said = finish(&run);
    assert!(said.contains("is complete: 3 steps"), "{said}");
    assert!(everything(&run) == before, "something was changed");

    // As if it had been killed after it saved and before it drew.
    fs::remove_file(run.join("samples/epoch_0002.png")).expect("removed");
    finish(&run);
    assert_same_results(&undisturbed, &run);
    // Of an earlier epoch, too, if that is where it stopped.
    fs::remove_file(run.join("samples/epoch_0001.png")).expect("removed");
    fs::remove_file(run.join("checkpoints/epoch_0002.safetensors")).expect("removed");
    finish(&run);
    assert_same_results(&undisturbed, &run);
}

#[test]
fn two_workers_do_not_train_one_run() {
    let place = Place::new();
    let run = place.freeze("run", &["training.epochs=100000", "sampling.every_epochs=0"]);
    let mut first = Running::start(&mut worker(&run), &run, 3);
    let mut second = Running::start(&mut worker(&run), &run, 0);
    assert_eq!(second.end(), Some(1));
    let log = fs::read_to_string(run.join("ddpm.log")).expect("a log");
    assert!(log.contains("another worker is training in"), "{log}");
    assert!(first.is_alive(), "the first goes on");

    // The signal that clusters send before the time is up. A second one does no harm.
    first.send("USR2");
    first.send("USR2");
    assert_eq!(first.end(), Some(128 + signal_hook::consts::SIGUSR2));
    assert!(!checkpoints(&run).is_empty(), "nothing is saved");
    // The lock went with its process.
    let mut third = Running::start(&mut worker(&run), &run, lines_of(&run) + 3);
    third.send("USR1");
    assert_eq!(third.end(), Some(128 + signal_hook::consts::SIGUSR1));
    assert_eq!(events(&run, "resumed").len(), 1);
}

/// A worker whose SIGINT is as it comes, whoever runs the tests.
#[cfg(target_os = "linux")]
fn worker_in_front(run: &Path) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_ddpm-worker"), "train"]).arg(run);
    command
}

#[cfg(target_os = "linux")]
#[test]
fn a_ctrl_c_that_comes_in_two_ways_is_one() {
    let place = Place::new();
    let run = place.freeze("run", &["training.epochs=100000", "sampling.every_epochs=0"]);
    // To the process group, and then again from the launcher.
    let mut running = Running::start(&mut worker_in_front(&run), &run, 3);
    running.send("INT");
    running.send("INT");
    assert_eq!(running.end(), Some(130));
    assert!(!checkpoints(&run).is_empty(), "nothing is saved");
}

#[cfg(target_os = "linux")]
#[test]
fn a_second_ctrl_c_leaves_at_once() {
    let place = Place::new();
    let run = place.freeze("run", &[]);
    // It waits for a reader of its log, and would not look at a flag.
    let log = place.path().join("log");
    assert!(Command::new("mkfifo").arg(&log).status().expect("mkfifo").success());
    let mut running = Running::start(worker_in_front(&run).env("HYDRA_LOG_FILE", &log), &run, 0);
    wait_until("the handlers", || running.catches(signal_hook::consts::SIGINT));
    running.send("INT");
    running.send("INT");
    std::thread::sleep(Duration::from_millis(900));
    assert!(running.is_alive(), "it was asked once");
    // A second later, or whenever a busy machine comes to it.
    wait_until("the end", || {
        std::thread::sleep(Duration::from_millis(100));
        running.send("INT");
        !running.is_alive()
    });
    assert_eq!(running.end(), Some(130));
}

#[test]
fn a_ctrl_c_that_was_ignored_before_stays_so() {
    let place = Place::new();
    let run = place.freeze("run", &["training.epochs=100000", "sampling.every_epochs=0"]);
    // As a script starts what it puts into the background.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT; exec \"$0\" train \"$1\"", env!("CARGO_BIN_EXE_ddpm-worker")]).arg(&run);
    let mut running = Running::start(&mut shell, &run, 3);
    running.send("INT");
    let lines = lines_of(&run);
    wait_until("more steps", || lines_of(&run) > lines + 5);
    running.send("TERM");
    assert_eq!(running.end(), Some(143));
    assert!(!checkpoints(&run).is_empty(), "nothing is saved");
}

#[test]
fn an_orphan_saves_and_leaves_if_a_launcher_started_it() {
    let place = Place::new();
    for launched in [true, false] {
        let name = if launched { "launched" } else { "by hand" };
        let run = place.freeze(name, &["training.epochs=100000", "training.keep_checkpoints=2"]);
        // A parent that does nothing but wait, and can be killed.
        let mut shell = Command::new("sh");
        let script = "\"$0\" train \"$1\" & wait";
        shell.args(["-c", script, env!("CARGO_BIN_EXE_ddpm-worker")]).arg(&run);
        shell.env_remove("HYDRA_LOG_FILE").env_remove("HYDRA_RUN_DIR");
        if launched {
            shell.env("HYDRA_RUN_DIR", &run);
        }
        let mut shell = Running::start(&mut shell, &run, 3);
        shell.kill();
        let log = || fs::read_to_string(run.join("ddpm.log")).expect("a log");
        if launched {
            wait_until("the orphan", || log().contains("everything is saved"));
            assert!(log().contains("the process that started this worker is gone"), "{}", log());
            assert!(!checkpoints(&run).is_empty());
        } else {
            let lines = lines_of(&run);
            wait_until("the one started by hand", || lines_of(&run) > lines + 5);
        }
    }
}

#[test]
fn a_launcher_says_where_the_pictures_and_the_log_are() {
    let place = Place::new();
    let run = place.freeze("run", &[]);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let config = fs::read_to_string(run.join("config.yaml")).expect("a configuration");
    let absolute = format!("root: {}", target.join("data").display());
    assert!(config.contains(&absolute), "{config}");
    fs::write(run.join("config.yaml"), config.replace(&absolute, "root: data")).expect("written");

    let log = place.path().join("elsewhere.log");
    let mut lost = worker(&run);
    let output =
        lost.current_dir(place.path()).env("HYDRA_LOG_FILE", &log).output().expect("the worker starts");
    assert_eq!(output.status.code(), Some(1));
    let logged = fs::read_to_string(&log).expect("a log");
    assert!(
        logged.contains("[ddpm][ERROR] - failed: ") && logged.contains("prepare the dataset"),
        "{logged}"
    );

    let mut found = worker(&run);
    found.current_dir(place.path()).env("HYDRA_ORIGINAL_CWD", target).env("HYDRA_LOG_FILE", "");
    assert_eq!(found.output().expect("the worker starts").status.code(), Some(0));
    assert_eq!(fs::read_to_string(&log).expect("a log"), logged, "empty means no log");
    assert!(!run.join("ddpm.log").exists());
}

#[test]
fn a_panic_is_in_the_log() {
    let place = Place::new();
    let log = place.path().join("ddpm.log");
    ddpm::tracking::log_panics(&log, "ddpm");
    std::thread::spawn(|| panic!("on purpose")).join().expect_err("it panicked");
    let logged = fs::read_to_string(&log).expect("a log");
    assert!(logged.contains("[ddpm][ERROR] - panicked at tests/resume.rs"), "{logged}");
    assert!(logged.contains("on purpose"), "{logged}");
}

#[test]
fn a_run_goes_on_once_there_is_room_again() {
    let place = Place::new();
    let (undisturbed, run) = undisturbed_and_frozen(&place, &[]);
    // A limit on the size of files, with its signal ignored, fails as a full disk does. Checkpoints are far larger than
    // 64 KiB or less (the unit differs between shells), and all else is far smaller.
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$0\" train \"$1\"";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_ddpm-worker")])
        .arg(&run)
        .env_remove("HYDRA_RUN_DIR")
        .env_remove("HYDRA_LOG_FILE")
        .output()
        .expect("sh");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("error: cannot save ") && said.contains("epoch_0001.safetensors: "), "{said}");
    assert!(said.contains("help: make room; 'ddpm --resume /"), "{said}");
    assert!(checkpoints(&run).is_empty(), "half a checkpoint is left");
    finish(&run);
    assert_same_results(&undisturbed, &run);
}

/// What stands in a checkpoint's place and cannot be read must not pass for "there is none": training would begin anew.
#[test]
fn what_cannot_be_read_is_no_beginning() {
    use ddpm::training::{CheckpointError, Checkpoints};
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("checkpoints");
    assert!(Checkpoints::of(folder.path()).newest(|warning| panic!("{warning}")).expect("none").is_none());
    fs::write(&place, "").expect("written");
    let error = Checkpoints::of(folder.path()).newest(|warning| panic!("{warning}")).expect_err("a file");
    assert!(matches!(&error, CheckpointError::Io { path, .. } if *path == place), "{error}");
    fs::remove_file(&place).expect("removed");
    fs::create_dir_all(place.join("epoch_0001.safetensors")).expect("a folder");
    let mut warnings = Vec::new();
    let error = Checkpoints::of(folder.path()).newest(|warning| warnings.push(warning)).expect_err("damaged");
    assert!(matches!(error, CheckpointError::AllDamaged { .. }), "{error}");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}
