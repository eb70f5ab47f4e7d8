//! CIFAR-10 from an archive on the disk: only the right six members, and nothing of what else it may hold.

use crate::sample::{self, Tarball};
use ddpm_data::{CIFAR10_URL, DataError, Outcome, Prepared, RECORD, Records, Source, prepare};
use std::fs;
use std::path::Path;
use tar::EntryType;

/// Prepares an archive below `folder`, giving its checksum or another.
fn load(folder: &Path, archive: &[u8], md5: &str) -> Result<Prepared, DataError> {
    let path = folder.join("given.tar.gz");
    fs::write(&path, archive).expect("a temporary file");
    let source = Source::Cifar10 { archive: Some(path), url: CIFAR10_URL.to_owned(), md5: md5.to_owned() };
    prepare(&folder.join("data"), &source, &mut |_| {})
}

fn refuse(archive: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = load(folder.path(), archive, &sample::md5(archive)).expect_err("a bad archive");
    let left: Vec<_> = fs::read_dir(folder.path().join("data"))
        .expect("the root")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| !name.to_string_lossy().ends_with(".lock"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(error.path().is_some_and(|path| path.ends_with("given.tar.gz")), "{error}");
    assert!(error.help().is_some_and(|help| help.contains("`cifar-10-binary.tar.gz` from http")), "{error}");
    error.to_string()
}

#[test]
fn a_given_archive_is_read_without_a_network() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let archive = sample::archive();
    let md5 = sample::md5(&archive).to_uppercase();
    let prepared = load(folder.path(), &archive, &md5).expect("a good archive");
    assert_eq!(prepared.outcome, Outcome::Made);
    let test = Records::open(&prepared.test).expect("test.bin");
    let expected = sample::records("test_batch");
    assert_eq!(test.len(), sample::COUNT);
    for index in 0..test.len() {
        assert_eq!(test.label(index), expected[index * RECORD]);
        assert!(test.pixels(index)[..] == expected[index * RECORD + 1..(index + 1) * RECORD]);
    }
    assert_eq!(load(folder.path(), &archive, &md5).expect("it is there").outcome, Outcome::Found);
}

#[test]
fn an_archive_with_another_checksum_is_not_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (archive, md5) = (sample::archive(), "0".repeat(32));
    let error = load(folder.path(), &archive, &md5).expect_err("another file");
    assert!(error.is_checksum(), "{error}");
    for part in ["given.tar.gz", &md5, &sample::md5(&archive)] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(!folder.path().join("data/cifar10-00000000").exists());
    assert!(folder.path().join("given.tar.gz").exists(), "the user's file stays");
}

#[test]
fn a_missing_archive_is_named_and_not_downloaded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing = folder.path().join("nowhere.tar.gz");
    let md5 = "0".repeat(32);
    let source = Source::Cifar10 { archive: Some(missing.clone()), url: CIFAR10_URL.to_owned(), md5 };
    let error = prepare(folder.path(), &source, &mut |_| {}).expect_err("no archive");
    assert_eq!(error.to_string(), format!("cannot open {}", missing.display()));
}

#[test]
fn a_path_out_of_the_folder_is_refused_and_nothing_is_written_there() {
    let outside = tempfile::tempdir().expect("a temporary folder");
    let absolute = outside.path().join("evil").display().to_string();
    for path in ["../evil", "cifar-10-batches-bin/../../evil", &absolute] {
        let message = refuse(&Tarball::complete().file(path, b"evil").finish());
        assert!(message.contains(path) && message.contains("leaves the folder"), "{message}");
    }
    assert!(!Path::new(&absolute).exists());
}

#[test]
fn links_and_special_files_are_refused() {
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char] {
        for path in ["cifar-10-batches-bin/link", "cifar-10-batches-bin/test_batch.bin"] {
            let message = refuse(&Tarball::new().entry(kind, path, "/etc/passwd", &[]).finish());
            assert!(message.contains("it is a link or a special file"), "{message}");
        }
    }
}

#[test]
fn what_is_not_the_six_batches_is_refused() {
    let good = sample::records("test_batch");
    let mut label = good.clone();
    label[RECORD] = 10;
    for (bytes, why) in [
        (&good[..RECORD + 1], "no multiple of a record"),
        (&good[..0], "no multiple of a record"),
        (&label[..], "a label above 9"),
    ] {
        let message = refuse(&Tarball::new().member("test_batch", bytes).finish());
        assert!(message.contains(why), "{message}");
    }
    let message = refuse(&Tarball::new().boast("test_batch", 10_001 * RECORD as u64).finish());
    assert!(message.contains("larger than a batch"), "{message}");
    let message = refuse(&Tarball::complete().member("test_batch", &good).finish());
    assert!(message.contains("there twice"), "{message}");
    let message = refuse(&Tarball::new().member("data_batch_2", &good).finish());
    assert!(message.contains("test_batch.bin, data_batch_1.bin, data_batch_3.bin"), "{message}");
}

#[test]
fn what_is_no_archive_is_refused() {
    let archive = sample::archive();
    for bytes in [&b"<html>no such page</html>"[..], &archive[..archive.len() / 2]] {
        assert!(refuse(bytes).starts_with("cannot read the archive "));
    }
}

#[test]
fn a_checksum_that_is_none_is_refused_before_anything_is_touched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = load(folder.path(), b"", "../../evil").expect_err("no checksum");
    assert!(error.to_string().contains("../../evil"), "{error}");
    assert!(!folder.path().join("data").exists());
}
