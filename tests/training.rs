//! Whole runs of the real programs, with a tiny network on eight pictures.

mod common;

use common::{Place, assert_same_results, interrupt, losses, metrics, tiny, worker};
use safetensors::SafeTensors;
use std::fs;
use std::time::Instant;

#[test]
fn a_run_leaves_all_its_files() {
    let place = Place::new();
    let run = place.train("run", &[]);
    for file in [
        "config.yaml",
        ".hydra/config.yaml",
        ".hydra/hydra.yaml",
        ".hydra/overrides.yaml",
        "ddpm.log",
        "inputs.png",
        "metrics.jsonl",
        "samples/epoch_0001.png",
        "samples/epoch_0002.png",
        "checkpoints/epoch_0001.safetensors",
        "checkpoints/epoch_0002.safetensors",
    ] {
        assert!(fs::metadata(run.join(file)).is_ok_and(|file| file.len() > 0), "{file} is missing or empty");
    }
    let log = fs::read_to_string(run.join("ddpm.log")).expect("a log");
    assert!(log.contains("[ddpm][INFO] - epoch 2 done: step 4, loss"), "{log}");
    let saved = fs::read(run.join("checkpoints/epoch_0002.safetensors")).expect("a checkpoint");
    let saved = SafeTensors::deserialize(&saved).expect("safetensors");
    let weights = saved.tensors().into_iter().filter(|(name, _)| name.starts_with("model."));
    let count: usize = weights.map(|(_, weight)| weight.shape().iter().product::<usize>()).sum();
    let device = std::env::var("DDPM_TEST_DEVICE").unwrap_or_else(|_| "cpu".into());
    assert!(log.contains(&format!("training {count} parameters on {device}")), "{count}: {log}");
}

#[test]
fn metrics_have_a_line_a_step_and_one_an_epoch() {
    let place = Place::new();
    let lines = metrics(&place.train("run", &[]));
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().expect("an event")).collect();
    assert_eq!(
        events,
        ["started", "step", "step", "epoch", "validation", "step", "step", "epoch", "validation"]
    );
    assert_eq!(lines[0]["steps"], 4);
    assert_eq!(lines[6]["step"], 4);
    assert_eq!(lines[6]["epoch"], 2);
    assert_eq!(lines[6]["lr"], 1e-3);
    assert!(lines[6]["images_per_second"].as_f64().expect("a rate") > 0.0);
    // The epoch's loss is the mean of its steps'.
    let loss = |index: usize| lines[index]["loss"].as_f64().expect("a loss");
    assert!((loss(7) - f64::midpoint(loss(5), loss(6))).abs() < 1e-12);
}

#[test]
fn the_speed_is_pictures_over_time() {
    let place = Place::new();
    let start = Instant::now();
    let run = place.train("run", &["training.epochs=1", "training.batch_size=1", "sampling.every_epochs=0"]);
    let all = start.elapsed().as_secs_f64();
    let speeds = |event: &str| -> Vec<f64> {
        let lines = metrics(&run).into_iter().filter(|line| line["event"] == event);
        lines.map(|line| line["images_per_second"].as_f64().expect("a rate")).collect()
    };
    let (steps, epoch) = (speeds("step"), speeds("epoch"));
    assert!(steps.len() > 4 && epoch.len() == 1, "{steps:?} {epoch:?}");
    // A step is a picture here. The steps' times add up to the epoch's.
    let (parts, whole) = (steps.iter().map(|speed| 1.0 / speed).sum::<f64>(), steps.len() as f64 / epoch[0]);
    assert!(whole < all, "{whole} s of {all} s");
    assert!(parts > 0.5 * whole && parts < 1.01 * whole, "{parts} s and {whole} s");
}

#[test]
fn the_loss_falls() {
    let place = Place::new();
    let losses = losses(
        &place.train("run", &["training.epochs=40", "sampling.every_epochs=0", "training.batch_size=8"]),
    );
    assert_eq!(losses.len(), 40);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (first, last) = (mean(&losses[..5]), mean(&losses[35..]));
    // Measured: from 1.14 to 0.40. Predicting the mean colour alone gives 0.6.
    assert!(last < 0.45 * first, "from {first} to {last}");
}

#[test]
fn one_seed_gives_one_result_whatever_the_number_of_workers() {
    let place = Place::new();
    let first = place.train("first", &["data.num_workers=0"]);
    let second = place.train("second", &["data.num_workers=3"]);
    assert_same_results(&first, &second);
}

#[test]
fn what_is_changed_changes_the_training() {
    let place = Place::new();
    let base = losses(&place.train("base", &[]));
    for (index, change) in [
        "seed=1",
        "optimizer=sgd",
        "optimizer.lr=0.01",
        "data.random_flip=false",
        "training.batch_size=8",
        "model.hidden_size=16",
        "diffusion=linear",
        "diffusion.objective=v",
        "dataset.limit=7",
    ]
    .into_iter()
    .enumerate()
    {
        let changed = losses(&place.train(&format!("run{index}"), &[change]));
        assert_ne!(base, changed, "{change} changes nothing");
    }
    let heavy = losses(&place.train("heavy", &["optimizer=sgd", "optimizer.momentum=0.9"]));
    let light = losses(&place.train("light", &["optimizer=sgd", "optimizer.momentum=0"]));
    assert_ne!(heavy, light, "momentum changes nothing");
}

#[test]
fn max_steps_ends_training_in_the_middle_of_an_epoch() {
    let place = Place::new();
    let run = place.train("run", &["training.max_steps=3"]);
    assert_eq!(losses(&run).len(), 3);
    assert!(run.join("samples/epoch_0002.png").exists(), "the last samples are drawn all the same");
}

#[test]
fn old_checkpoints_go() {
    let place = Place::new();
    let run =
        place.train("run", &["training.epochs=5", "training.keep_checkpoints=2", "sampling.every_epochs=0"]);
    let mut names: Vec<_> = fs::read_dir(run.join("checkpoints"))
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["best.safetensors", "epoch_0004.safetensors", "epoch_0005.safetensors"]);
}

#[test]
fn the_frozen_configuration_repeats_the_run() {
    let place = Place::new();
    let first = place.train("first", &["optimizer=sgd", "seed=5"]);
    // What the worker reads is all there is to a run: another directory with the same file gives the same numbers.
    let second = place.path().join("second");
    fs::create_dir(&second).expect("a folder");
    fs::copy(first.join("config.yaml"), second.join("config.yaml")).expect("a copy");
    let status = worker(&second).current_dir(place.path()).output().expect("the worker starts");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    assert_same_results(&first, &second);
}

#[test]
fn a_taken_run_directory_is_left_alone() {
    let place = Place::new();
    place.train("run", &[]);
    let before = fs::read(place.path().join("run/metrics.jsonl")).expect("metrics");
    place.train("run", &["seed=1"]);
    assert_eq!(fs::read(place.path().join("run/metrics.jsonl")).expect("metrics"), before);
    assert!(place.path().join("run-1/metrics.jsonl").exists());
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_saves() {
    let place = Place::new();
    let args = tiny("run").into_iter().chain(["optimizer=sgd", "optimizer.lr=1e30"].map(str::to_owned));
    let ran = place.ddpm(args);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("the loss of step 2 is"), "{}", ran.stderr);
    assert!(place.path().join("run/checkpoints/diverged_00000001.safetensors").exists());
    let log = fs::read_to_string(place.path().join("run/ddpm.log")).expect("a log");
    assert!(log.contains("[ERROR] - failed: the loss of step 2"), "{log}");
    // Nobody takes that for the state of a run.
    let sampled = place.ddpm(["sample", "run"]);
    assert!(sampled.stderr.contains("no checkpoint in"), "{}", sampled.stderr);
}

#[test]
#[cfg(unix)]
fn ctrl_c_saves_and_says_so() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let place = Place::new();
    let args = tiny("run")
        .into_iter()
        .chain(["training.epochs=100000", "sampling.every_epochs=0"].map(str::to_owned));
    let mut child = place.command(args).stderr(Stdio::piped()).spawn().expect("ddpm starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let started = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("epoch 1 done"));
    assert!(started, "it never trained");
    let id = child.id().to_string();
    let (signal, ends) = interrupt();
    // The shell's own: a program `kill` is not everywhere.
    let sent =
        std::process::Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status().expect("sh");
    assert!(sent.success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let status = child.wait().expect("an end");
    assert_eq!(status.code(), Some(ends), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("everything is saved")), "{rest:?}");

    // In the middle of an epoch a checkpoint of its own; at its end, that of the epoch.
    let run = place.path().join("run");
    let steps = losses(&run).len();
    let names = [format!("step_{steps:08}"), format!("epoch_{:04}", steps / 2)];
    let saved = names.iter().any(|name| run.join(format!("checkpoints/{name}.safetensors")).exists());
    assert!(saved, "neither of {names:?} is there");
}

#[test]
#[cfg(unix)]
fn ctrl_c_while_samples_are_drawn_loses_nothing() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let place = Place::new();
    let args =
        tiny("run").into_iter().chain(["sampling.pictures=900", "sampling.steps=1000"].map(str::to_owned));
    let mut child = place.command(args).stderr(Stdio::piped()).spawn().expect("ddpm starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    assert!(
        lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("epoch 1 done")),
        "it never trained"
    );
    let id = child.id().to_string();
    let (signal, ends) = interrupt();
    let sent =
        std::process::Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status().expect("sh");
    assert!(sent.success());
    assert_eq!(child.wait().expect("an end").code(), Some(ends));
    let run = place.path().join("run");
    assert!(run.join("checkpoints/epoch_0001.safetensors").exists(), "the epoch is saved");
}

#[test]
#[cfg(unix)]
fn a_closed_terminal_does_not_stop_training() {
    use std::process::Stdio;

    let place = Place::new();
    let mut child = place.command(tiny("run")).stderr(Stdio::piped()).spawn().expect("ddpm starts");
    // As `ddpm 2>&1 | head -1` does.
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    assert_eq!(losses(&place.path().join("run")).len(), 4);
}

#[test]
fn places_that_are_none_are_refused() {
    let place = Place::new();
    fs::write(place.path().join("file"), "mine").expect("written");
    for (dir, words) in [
        ("/", "a directory of its own"),
        ("..", "a directory of its own"),
        ("''", "needs a directory"),
        ("file", "cannot write"),
    ] {
        let ran = place.ddpm(tiny(dir));
        assert_eq!(ran.status, Some(1), "{dir}");
        assert!(ran.stderr.contains(words), "{dir}: {}", ran.stderr);
    }
    let outside = tiny("run").into_iter().chain(["hydra.output_subdir=../other".to_owned()]);
    let ran = place.ddpm(outside);
    assert!(ran.stderr.contains("leads out of the run directory"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(place.path()).expect("the folder").count(), 1, "only the file is there");
    // A slash at the end is no reason to nest a second run in the first.
    place.train("run/", &[]);
    place.train("run/", &[]);
    assert!(place.path().join("run-1/metrics.jsonl").exists());
}

#[test]
fn the_loss_on_held_out_pictures_falls_with_that_of_training() {
    let place = Place::new();
    let run = place.train("run", &["training.epochs=3"]);
    let lines = metrics(&run);
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let losses = |event: &str| of(event).iter().filter_map(|line| line["loss"].as_f64()).collect::<Vec<_>>();
    let (trained, held_out) = (losses("epoch"), losses("validation"));
    assert_eq!((trained.len(), held_out.len()), (3, 3));
    // Both are means of the same error, of a network that has hardly begun: 1 is what predicting nothing gives.
    for (trained, held_out) in trained.iter().zip(&held_out) {
        assert!((0.5..2.0).contains(&(held_out / trained)), "{held_out} beside {trained}");
    }
    assert!(held_out.is_sorted_by(|earlier, later| earlier > later), "{held_out:?}");
    assert!(of("validation").iter().all(|line| line["best"] == true), "each is the least so far");
}
