//! `ddpm plot`.

mod common;

use common::{Place, Ran};
use std::fs;
use std::path::{Path, PathBuf};

const BLUE: [u8; 3] = [0x00, 0x72, 0xb2];

/// A run directory with these metrics.
fn run(place: &Place, name: &str, config: &str, metrics: &str) -> PathBuf {
    let dir = place.path().join(name);
    fs::create_dir_all(&dir).expect("made");
    fs::write(dir.join("config.yaml"), config).expect("written");
    fs::write(dir.join("metrics.jsonl"), metrics).expect("written");
    dir
}

/// A loss that falls for `steps` steps, as the trainer writes it.
fn falling(steps: u32) -> String {
    let line = |step: u32| {
        let loss = 1.0 / f64::from(step) + 0.05 * f64::from(step % 3);
        format!(
            "{{\"event\":\"step\",\"step\":{step},\"epoch\":1,\"loss\":{loss},\"lr\":0.001,\"images_per_second\":500.0}}\n"
        )
    };
    let started = format!("{{\"event\":\"started\",\"steps\":{steps},\"threads\":2}}\n");
    started + &(1..=steps).map(line).collect::<String>()
}

fn drawn(place: &Place, args: &[&str]) -> String {
    let Ran { stdout, stderr, status } = place.ddpm(["plot"].iter().chain(args));
    assert_eq!((status, stderr.as_str()), (Some(0), ""), "{args:?}");
    stdout
}

fn refused(place: &Place, args: &[&str], status: i32) -> String {
    let ran = place.ddpm(["plot"].iter().chain(args));
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(status), ""), "{args:?}: {}", ran.stderr);
    ran.stderr
}

/// Pixels of about this colour.
fn pixels(path: &Path, colour: [u8; 3]) -> usize {
    let picture = image::open(path).expect("a PNG").to_rgb8();
    let near =
        |pixel: &&image::Rgb<u8>| pixel.0.iter().zip(colour).all(|(one, other)| one.abs_diff(other) < 24);
    picture.pixels().filter(near).count()
}

#[test]
fn a_run_becomes_two_pictures_in_its_directory() {
    let place = Place::new();
    let dir = run(&place, "run", "seed: 0\n", &falling(300));
    let stdout = drawn(&place, &["run"]);
    assert_eq!(stdout.lines().collect::<Vec<_>>(), ["run/curves.png", "run/curves.svg"]);
    assert!(pixels(&dir.join("curves.png"), BLUE) > 1000);
    let svg = fs::read_to_string(dir.join("curves.svg")).expect("an SVG");
    for text in ["loss (mean squared error)", "learning rate", "step", "moving average, 0.9", "#0072B2"] {
        assert!(svg.contains(text), "{text}\n{svg}");
    }
    // The same again, and nothing beside.
    let before = fs::read(dir.join("curves.png")).expect("a PNG");
    drawn(&place, &["run"]);
    assert!(before == fs::read(dir.join("curves.png")).expect("a PNG"));
    assert_eq!(fs::read_dir(&dir).expect("the folder").count(), 4);
}

#[test]
fn runs_are_told_apart_by_what_differs() {
    let place = Place::new();
    for (name, lr) in [("a", "0.001"), ("b", "0.01")] {
        let config = format!("seed: 0\noptimizer: {{name: adam, lr: {lr}}}\nnote: '<&\"'\n");
        run(&place, name, &config, &falling(40));
    }
    assert_eq!(drawn(&place, &["a", "b"]), "curves.png\ncurves.svg\n");
    let svg = fs::read_to_string(place.path().join("curves.svg")).expect("an SVG");
    assert!(svg.contains("\nlr=0.001\n") && svg.contains("\nlr=0.01\n") && svg.contains("2 runs"), "{svg}");
    assert!(!svg.contains("seed") && !svg.contains("note"), "{svg}");
    // Thirty are too many to be told apart, and are drawn.
    let many: Vec<&str> = ["a", "b"].into_iter().cycle().take(30).collect();
    drawn(&place, &[&many[..], &["--output", "many.svg"]].concat());
}

#[test]
fn a_value_is_text_whatever_it_is() {
    let place = Place::new();
    for (name, note) in [("a", "<script>alert(1)</script>"), ("b", "\\e[31m & ümlaut \\u202e")] {
        run(&place, name, &format!("note: \"{note}\"\n"), &falling(5));
    }
    drawn(&place, &["a", "b", "--output", "x.svg"]);
    let svg = fs::read_to_string(place.path().join("x.svg")).expect("an SVG");
    assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"), "{svg}");
    assert!(svg.contains("&amp; ümlaut") && !svg.contains('\u{1b}') && !svg.contains('\u{202e}'), "{svg}");
}

#[test]
fn a_run_that_diverged_is_drawn_as_far_as_it_came() {
    let place = Place::new();
    let gone = "{\"step\":41,\"loss\":1e30,\"lr\":0.1}\n{\"step\":42,\"loss\":NaN,\"lr\":0.1}\n";
    run(&place, "python", "lr: 0.1\n", &(falling(40) + gone));
    run(&place, "rust", "lr: 0.2\n", &(falling(40) + &gone.replace("NaN", "null")));
    for flags in [&["--log"][..], &["--smooth", "0"], &["--metric", "lr"]] {
        drawn(&place, &[&["python", "rust", "--output", "x.svg"], flags].concat());
    }
    drawn(&place, &["python", "rust", "--output", "x.svg"]);
    let svg = fs::read_to_string(place.path().join("x.svg")).expect("an SVG");
    assert_eq!(svg.matches("(diverged after 41)").count(), 2, "{svg}");
    assert!(svg.contains("×: the run diverged") && svg.contains("cut off"), "{svg}");
    // The others are still seen: the panel ends where runs usually are.
    assert!(!svg.contains("10³⁰"), "{svg}");
}

#[test]
fn a_run_that_goes_on_can_be_looked_at() {
    let place = Place::new();
    run(&place, "run", "seed: 0\n", &(falling(3) + "{\"event\":\"step\",\"st"));
    drawn(&place, &["run", "--output", "deep/in/x.PNG", "--smooth", "0.99", "--log"]);
    assert!(pixels(&place.path().join("deep/in/x.PNG"), BLUE) > 100);
    // A single step is a point.
    run(&place, "one", "seed: 0\n", &falling(1));
    drawn(&place, &["one", "--metric", "images_per_second"]);
}

#[test]
fn runs_without_numbers_are_left_out_with_a_warning() {
    let place = Place::new();
    run(&place, "a", "lr: 1\n", &falling(9));
    run(&place, "b", "lr: 2\n", "");
    let ran = place.ddpm(["plot", "a", "b"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stderr, "warning: b/metrics.jsonl has no numbers yet; the run is left out\n");
}

#[test]
fn what_cannot_be_drawn_is_told_with_the_way_out() {
    let place = Place::new();
    fs::create_dir(place.path().join("folder")).expect("made");
    fs::remove_file(run(&place, "planned", "a: 1\n", "").join("metrics.jsonl")).expect("removed");
    run(&place, "new", "a: 1\n", "");
    run(&place, "run", "a: 1\n", &falling(3));
    run(&place, "nan", "a: 1\n", "{\"step\":1,\"loss\":NaN}\n");
    for (args, expected) in [
        (&["nowhere"][..], "nowhere is not there\nhelp: runs are under outputs/"),
        (&["folder"], "folder is not a run directory: it has no config.yaml\nhelp: "),
        (&["planned"], "planned/metrics.jsonl is missing: the run has taken no step\nhelp: "),
        (&["new"], "new/metrics.jsonl has no numbers yet\nhelp: "),
        (
            &["run", "--metric", "fid"],
            "run/metrics.jsonl has no 'fid'\nhelp: it has 'loss', 'lr', 'images_per_second'",
        ),
        (&["nan"], "nan/metrics.jsonl: no 'loss' is a finite number\nhelp: "),
        (&["run", "--output", "run/config.yaml/x.png"], "run/config.yaml/x.png: "),
    ] {
        let stderr = refused(&place, args, 1);
        assert!(stderr.starts_with(&format!("error: {expected}")), "{stderr}");
    }
    for args in
        [&["run", "--output", "x.pdf"][..], &["run", "--smooth", "1"], &["run", "--smooth", "NaN"], &[]]
    {
        refused(&place, args, 2);
    }
    assert!(!place.path().join("run/curves.png").exists());
}
