//! `ddpm data`.

mod common;

use common::Place;
use std::fs;

#[test]
fn the_second_time_nothing_is_done() {
    let place = Place::new();
    let first = place.ddpm(["data"]);
    assert_eq!(first.status, Some(0), "{}", first.stderr);
    assert!(first.stderr.contains("dataset prepared: data/emoji-faces"), "{}", first.stderr);
    let file = place.path().join("data/emoji-faces/train.bin");
    assert_eq!(fs::metadata(&file).expect("records").len() % 3073, 0);
    let made = fs::metadata(&file).and_then(|file| file.modified()).expect("a time");

    let second = place.ddpm(["data"]);
    assert!(second.stderr.contains("dataset found: data/emoji-faces"), "{}", second.stderr);
    assert_eq!(fs::metadata(&file).and_then(|file| file.modified()).expect("a time"), made);
    assert!(place.path().join("data/emoji-faces/ATTRIBUTION.txt").exists());
}

#[test]
fn without_network_the_way_out_is_named() {
    let place = Place::new();
    // A port that nobody listens on; refused at once.
    let ran =
        place.ddpm(["data", "dataset=cifar10", "dataset.url=http://127.0.0.1:9/cifar-10-binary.tar.gz"]);
    assert_eq!(ran.status, Some(1));
    for words in ["127.0.0.1:9", "data/cifar-10-binary.tar.gz", "dataset=emoji"] {
        assert!(ran.stderr.contains(words), "no {words} in: {}", ran.stderr);
    }
}

#[test]
fn a_wrong_archive_is_refused() {
    let place = Place::new();
    fs::write(place.path().join("mine.tar.gz"), "not an archive").expect("written");
    let ran = place.ddpm(["data", "dataset=cifar10", "dataset.archive=mine.tar.gz"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("mine.tar.gz"), "{}", ran.stderr);
    assert!(!place.path().join("data/cifar10").exists());
}
