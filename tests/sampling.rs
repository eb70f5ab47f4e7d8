//! `ddpm sample`.

mod common;

use common::Place;
use std::fs;

#[test]
fn samples_are_those_of_the_run() {
    let place = Place::new();
    let run = place.train("run", &[]);
    let ran = place.ddpm(["sample", "run"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout.trim(), "run/samples/step_00000004_seed_0.png");
    // The same checkpoint, noise and averaged weights as the last grid of training: the same picture.
    let drawn = fs::read(place.path().join(ran.stdout.trim())).expect("a grid");
    assert_eq!(drawn, fs::read(run.join("samples/epoch_0002.png")).expect("a grid"));
}

#[test]
fn flags_change_what_is_drawn() {
    let place = Place::new();
    place.train("run", &[]);
    let draw = |name: &str, flags: &[&str]| {
        let ran = place.ddpm(["sample", "run", "--output", name].iter().chain(flags));
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        fs::read(place.path().join(name)).expect("a grid")
    };
    let base = draw("base.png", &[]);
    for (index, flags) in [
        ["--seed", "1"],
        ["--steps", "2"],
        ["--pictures", "9"],
        ["--checkpoint", "run/checkpoints/epoch_0001.safetensors"],
    ]
    .iter()
    .enumerate()
    {
        assert_ne!(base, draw(&format!("{index}.png"), flags), "{flags:?} changes nothing");
    }
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    let place = Place::new();
    let run = place.train("run", &[]);
    let newest = run.join("checkpoints/epoch_0002.safetensors");
    let bytes = fs::read(&newest).expect("a checkpoint");
    fs::write(&newest, &bytes[..bytes.len() - 1]).expect("written");
    let ran = place.ddpm(["sample", "run"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("epoch_0002.safetensors is not a complete checkpoint"), "{}", ran.stderr);
    assert_eq!(ran.stdout.trim(), "run/samples/step_00000002_seed_0.png");
}

#[test]
fn without_a_run_there_is_a_clear_error() {
    let place = Place::new();
    let ran = place.ddpm(["sample", "nowhere"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("nowhere is not a run directory"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}
