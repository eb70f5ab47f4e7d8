//! Preparing the emoji: once, whole, and never over anything that is there.

use ddpm_data::{EmojiSubset, Event, Manifest, Origin, Outcome, RECORD, Records, Source, prepare};
use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

const FACES: Source = Source::Emoji { subset: EmojiSubset::Faces };

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn faces_are_84_to_train_on_and_4_held_out() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut rendered = 0;
    let mut listener = |event: Event<'_>| {
        if let Event::Rendering { done, total } = event {
            assert_eq!((done, total), (rendered + 1, 88));
            rendered = done;
        }
    };
    let prepared = prepare(root.path(), &FACES, &mut listener).expect("nothing is needed");
    assert_eq!(rendered, 88);
    assert_eq!(prepared.outcome, Outcome::Made);
    assert_eq!(names(&prepared.folder), ["ATTRIBUTION.txt", "dataset.json", "test.bin", "train.bin"]);
    for (path, pictures) in [(&prepared.train, 84), (&prepared.test, 4)] {
        let records = Records::open(path).expect("records");
        assert_eq!(records.len(), pictures);
        assert!((0..pictures).all(|index| records.label(index) == 0));
        // Blue is 255 in the white of a corner, and 77 in the yellow of a face.
        assert!(
            (0..pictures)
                .all(|index| { [2048, 3071].iter().any(|corner| records.pixels(index)[*corner] == 255) })
        );
    }
    let attribution = fs::read_to_string(prepared.folder.join("ATTRIBUTION.txt")).expect("a notice");
    assert!(attribution.contains("CC-BY 4.0") && attribution.contains("Changes:"), "{attribution}");

    let json = fs::read(prepared.folder.join("dataset.json")).expect("a manifest");
    let manifest: Manifest = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(manifest, prepared.manifest);
    assert_eq!(manifest.name, "emoji-faces");
    assert!(matches!(manifest.origin, Origin::Emoji { subset: EmojiSubset::Faces, .. }));
    assert_eq!((manifest.train.pictures, manifest.train.bytes), (84, 84 * RECORD as u64));
}

#[test]
fn the_second_time_nothing_is_done_and_the_bytes_are_those_of_another_root() {
    let roots = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let made =
        roots.each_ref().map(|root| prepare(root.path(), &FACES, &mut |_| {}).expect("nothing is needed"));
    for name in names(&made[0].folder) {
        let bytes = made.each_ref().map(|made| fs::read(made.folder.join(&name)).expect("a file"));
        assert!(bytes[0] == bytes[1], "{name}");
    }
    let written = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time");
    let before = written(&made[0].train);
    let again = prepare(roots[0].path(), &FACES, &mut |event| panic!("{event:?}")).expect("it is there");
    assert_eq!((again.outcome, written(&again.train)), (Outcome::Found, before));
}

#[test]
fn many_at_once_make_one_dataset() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let start = Barrier::new(4);
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let prepare = || {
            start.wait();
            prepare(root.path(), &FACES, &mut |_| {}).expect("nothing is needed").outcome
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(prepare)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Made).count(), 1);
    assert_eq!(names(root.path()), [".emoji-faces.lock", "emoji-faces"]);
}

#[test]
fn what_a_killed_process_left_is_cleared_away() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let unfinished = root.path().join(".emoji-faces.part");
    fs::create_dir(&unfinished).expect("a folder");
    fs::write(unfinished.join("train.bin"), "half").expect("a file");
    fs::create_dir(root.path().join("emoji-faces")).expect("an empty folder is no dataset yet");
    prepare(root.path(), &FACES, &mut |_| {}).expect("nothing is in the way");
    assert_eq!(names(root.path()), [".emoji-faces.lock", "emoji-faces"]);
}

#[test]
fn what_is_there_is_never_overwritten() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path().join("emoji-faces");
    let error = |why: &str| {
        let before = names(&folder);
        let error = prepare(root.path(), &FACES, &mut |_| {}).expect_err("something is in the way");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.help().is_some_and(|help| help.contains("nothing was changed")), "{error}");
        assert_eq!(error.path(), Some(folder.as_path()));
        assert_eq!(names(&folder), before);
    };
    let rewrite = |from: &str, to: &str| {
        let path = folder.join("dataset.json");
        let text = fs::read_to_string(&path).expect("a manifest");
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).expect("a file");
    };
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("thesis.txt"), "mine").expect("a file");
    error("it has no dataset.json");

    fs::remove_dir_all(&folder).expect("a folder");
    prepare(root.path(), &FACES, &mut |_| {}).expect("nothing is in the way");
    rewrite("\"subset\": \"faces\"", "\"subset\": \"all\"");
    error("prepared from something else");
    rewrite("\"subset\": \"all\"", "\"subset\": \"faces\"");
    rewrite("\"format\": 1", "\"format\": 99");
    error("format 99");
    rewrite("\"format\": 99", "\"format\": 1");
    fs::write(folder.join("test.bin"), "").expect("a file");
    error("test.bin has 0 bytes");
    fs::remove_file(folder.join("test.bin")).expect("a file");
    error("test.bin is missing");
    fs::write(folder.join("dataset.json"), "{").expect("a file");
    error("dataset.json is not readable");
}

#[test]
fn a_root_that_cannot_be_a_folder_is_named() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let file = root.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = prepare(&file.join("data"), &FACES, &mut |_| {}).expect_err("no folder");
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    assert!(error.report().contains("caused by: "), "{}", error.report());
}

#[test]
fn each_source_has_a_folder_of_its_own() {
    let cifar10 =
        |md5: &str| Source::Cifar10 { archive: None, url: String::new(), md5: md5.to_owned() }.name();
    assert_eq!(FACES.name(), "emoji-faces");
    assert_eq!(Source::Emoji { subset: EmojiSubset::All }.name(), "emoji-all");
    assert_eq!(cifar10(ddpm_data::CIFAR10_MD5), "cifar10");
    assert_eq!(cifar10("0123456789abcdef0123456789abcdef"), "cifar10-01234567");
}
