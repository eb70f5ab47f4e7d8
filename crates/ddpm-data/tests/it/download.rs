//! CIFAR-10 from a server: whatever goes wrong on the way, either the right bytes or an error that helps.

use crate::sample;
use crate::server::{Answer, Server};
use ddpm_data::{DataError, Event, Outcome, Patience, Prepared, Source, prepare_with};
use std::fs;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// A folder to download into.
struct Place {
    root: TempDir,
    archive: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a temporary folder"), archive: sample::archive() }
    }

    fn server(&self, answers: &[Answer]) -> Server {
        Server::start(self.archive.clone(), answers)
    }

    fn fetch(&self, url: String) -> Result<Prepared, DataError> {
        // Long enough for a busy machine, where a silent server is not the point.
        self.fetch_within(Duration::from_secs(10), url)
    }

    fn fetch_within(&self, stall: Duration, url: String) -> Result<Prepared, DataError> {
        let patience = Patience {
            connect: Duration::from_secs(10),
            stall,
            attempts: NonZeroU32::new(3).expect("not 0"),
            pause: Duration::from_millis(1),
        };
        let source = Source::Cifar10 { archive: None, url, md5: sample::md5(&self.archive) };
        prepare_with(self.root.path(), &source, &patience, &mut |_| {})
    }

    /// Where the archive is kept.
    fn kept(&self) -> PathBuf {
        self.root.path().join(format!("cifar-10-binary-{}.tar.gz", &sample::md5(&self.archive)[..8]))
    }

    /// Where it grows.
    fn part(&self) -> PathBuf {
        self.kept().with_extension("gz.part")
    }

    fn assert_whole(&self, prepared: &Prepared) {
        assert_eq!(prepared.outcome, Outcome::Made);
        assert!(
            fs::read(&prepared.train).expect("train.bin") == sample::training(),
            "the training batches in order"
        );
        assert!(fs::read(&prepared.test).expect("test.bin") == sample::records("test_batch"));
        assert!(fs::read(self.kept()).expect("the archive") == self.archive);
        assert!(!self.part().exists());
    }

    /// What the server was asked for to get the whole archive with these answers.
    fn ranges_until_whole(&self, answers: &[Answer]) -> Vec<Option<usize>> {
        let server = self.server(answers);
        let prepared = self.fetch(server.url()).expect("the archive in the end");
        self.assert_whole(&prepared);
        server.ranges()
    }
}

#[test]
fn a_good_server_is_asked_once_and_never_again() {
    let place = Place::new();
    let server = place.server(&[Answer::Good]);
    let made = place.fetch(server.url()).expect("the archive");
    place.assert_whole(&made);
    assert_eq!((made.manifest.train.pictures, made.manifest.test.pictures), (10, 2));
    assert_eq!(made.manifest.train.md5, sample::md5(&sample::training()));
    assert_eq!(place.fetch(server.url()).expect("it is there").outcome, Outcome::Found);
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_cut_download_goes_on_where_it_was_cut() {
    let ranges = Place::new().ranges_until_whole(&[Answer::Cut(1000), Answer::Cut(500), Answer::Good]);
    assert_eq!(ranges, [None, Some(1000), Some(1500)]);
}

#[test]
fn a_line_that_is_cut_again_and_again_gets_there_as_long_as_bytes_come() {
    let answers = [[Answer::Cut(3000); 8].as_slice(), &[Answer::Good]].concat();
    let ranges = Place::new().ranges_until_whole(&answers);
    assert_eq!(ranges.len(), 9, "more attempts than those allowed without progress");
}

#[test]
fn a_silent_server_is_left_and_asked_again() {
    let place = Place::new();
    let server = place.server(&[Answer::Stall(1000), Answer::Good]);
    let prepared =
        place.fetch_within(Duration::from_millis(500), server.url()).expect("the archive in the end");
    place.assert_whole(&prepared);
    assert_eq!(server.ranges(), [None, Some(1000)]);
}

#[test]
fn a_server_that_ignores_the_range_starts_the_file_again() {
    let ranges = Place::new().ranges_until_whole(&[Answer::Cut(1000), Answer::IgnoringRange]);
    assert_eq!(ranges, [None, Some(1000)]);
}

#[test]
fn another_range_than_the_one_asked_for_is_not_appended() {
    let ranges = Place::new().ranges_until_whole(&[Answer::Cut(1000), Answer::OtherRange, Answer::Good]);
    assert_eq!(ranges, [None, Some(1000), None]);
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    for status in [500, 503, 429] {
        let ranges = Place::new().ranges_until_whole(&[Answer::Status(status), Answer::Good]);
        assert_eq!(ranges, [None, None], "{status}");
    }
}

#[test]
fn a_server_in_trouble_is_left_alone_for_longer_each_time() {
    let place = Place::new();
    let server = place.server(&[Answer::Status(503), Answer::Status(503), Answer::Status(503), Answer::Good]);
    let patience = Patience {
        connect: Duration::from_secs(10),
        stall: Duration::from_secs(10),
        attempts: NonZeroU32::new(9).expect("not 0"),
        pause: Duration::from_millis(1),
    };
    let source = Source::Cifar10 { archive: None, url: server.url(), md5: sample::md5(&place.archive) };
    let mut pauses = Vec::new();
    let prepared = prepare_with(place.root.path(), &source, &patience, &mut |event| {
        if let Event::Retrying { pause, .. } = event {
            pauses.push(pause.as_millis());
        }
    });
    place.assert_whole(&prepared.expect("the archive in the end"));
    assert_eq!(pauses, [1, 2, 4]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_with_what_to_do() {
    let place = Place::new();
    std::os::unix::fs::symlink("/dev/full", place.part()).expect("a link");
    let error = place.fetch(place.server(&[Answer::Good]).url()).expect_err("a full disk");
    assert!(error.to_string().starts_with("cannot write "), "{error}");
    assert!(error.help().is_some_and(|help| help.starts_with("free some space there")), "{error}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_looked_at_is_not_taken_for_absent() {
    let place = Place::new();
    std::os::unix::fs::symlink(place.part(), place.part()).expect("a link to itself");
    let error = place.fetch(place.server(&[Answer::Good]).url()).expect_err("a loop");
    assert!(error.to_string().starts_with("cannot look at "), "{error}");
}

#[test]
fn a_corrupted_download_is_thrown_away_and_made_once_more() {
    let ranges = Place::new().ranges_until_whole(&[Answer::Corrupt, Answer::Good]);
    assert_eq!(ranges, [None, None]);
}

#[test]
fn what_another_file_left_behind_is_thrown_away() {
    let place = Place::new();
    fs::write(place.part(), [7_u8; 500]).expect("a temporary file");
    assert_eq!(place.ranges_until_whole(&[Answer::Good]), [Some(500), None]);

    let place = Place::new();
    fs::write(place.part(), vec![7_u8; place.archive.len() + 1]).expect("a temporary file");
    assert_eq!(place.ranges_until_whole(&[Answer::Good]), [Some(place.archive.len() + 1), None]);
}

#[test]
fn a_download_that_was_complete_but_not_verified_is_not_repeated() {
    let place = Place::new();
    fs::write(place.part(), &place.archive).expect("a temporary file");
    assert_eq!(place.ranges_until_whole(&[Answer::Good]), [Some(place.archive.len())]);
}

#[test]
fn a_download_that_is_corrupted_twice_is_an_error_and_leaves_nothing() {
    let place = Place::new();
    let server = place.server(&[Answer::Corrupt]);
    let error = place.fetch(server.url()).expect_err("never the right bytes");
    assert!(error.is_checksum() && !error.is_network(), "{error}");
    assert!(error.to_string().contains(&sample::md5(&place.archive)), "{error}");
    assert_eq!(server.ranges(), [None, None]);
    assert!(!place.part().exists() && !place.kept().exists());
}

#[test]
fn a_server_that_always_sends_less_than_it_announces_is_given_up() {
    let place = Place::new();
    let server = place.server(&[Answer::CutIgnoringRange(1000)]);
    let error = place.fetch(server.url()).expect_err("never the whole file");
    assert!(error.is_network(), "{error}");
    assert!(error.to_string().contains("3 attempts"), "{error}");
    assert_eq!(server.ranges(), [None, Some(1000), Some(1000)]);
    assert!(!place.kept().exists());
}

#[test]
fn a_missing_page_is_an_error_at_once() {
    let place = Place::new();
    let server = place.server(&[Answer::Status(404)]);
    let error = place.fetch(server.url()).expect_err("no file");
    assert!(error.is_network() && error.to_string().contains("404"), "{error}");
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn without_a_network_the_error_says_what_to_do_by_hand() {
    let place = Place::new();
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let url = format!("http://{port}/cifar-10-binary.tar.gz");
    let error = place.fetch(url.clone()).expect_err("nobody listens");
    assert!(error.is_network(), "{error}");
    assert!(error.to_string().starts_with(&format!("cannot download CIFAR-10 from {url}: ")), "{error}");
    let help = error.help().expect("help");
    assert!(help.contains(&place.kept().display().to_string()), "{help}");
    assert!(help.contains("`dataset.archive`") && help.contains("`dataset=emoji`"), "{help}");
    assert_eq!(error.path(), Some(place.kept().as_path()));
}

#[test]
fn an_archive_put_there_by_hand_needs_no_network() {
    let place = Place::new();
    fs::write(place.kept(), &place.archive).expect("a temporary file");
    place.assert_whole(&place.fetch("http://127.0.0.1:1/".to_owned()).expect("the archive is there"));
}

#[test]
fn an_address_that_is_none_is_an_error_and_not_a_panic() {
    for url in ["", "no address", "ftp://127.0.0.1/file"] {
        let error = Place::new().fetch(url.to_owned()).expect_err("no server");
        assert!(error.is_network(), "{error}");
    }
}
