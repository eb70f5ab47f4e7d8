//! The last picture of each job, in the page itself.

use super::gather::regular;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The folder in a run directory.
const SAMPLES: &str = "samples";
/// A picture that is larger is linked instead.
const MOST_BYTES: u64 = 4 << 20;
/// All pictures of a page: a browser opens it, and it can still be sent by mail.
const MOST_IN_ALL: usize = 16 << 20;
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The last picture in a run directory, if there is one. Of names that begin alike it is the last by name, numbers in it as
/// numbers, of equal ones the youngest; of those with another beginning (`epoch_0008.png`, `step_00000105.png`), the
/// youngest. What has more behind its name than another picture (`epoch_0008_strip.png`) only goes with that.
pub(super) fn newest(run_dir: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(run_dir.join(SAMPLES)).ok()?.flatten();
    let pictures = files.filter(|file| {
        let name = file.file_name();
        // What is being written beside its place has a dot in front.
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        !is_hidden
            && Path::new(&name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
    });
    let dated = pictures.map(|file| {
        let age = file.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let stem = Path::new(&file.file_name()).with_extension("").to_string_lossy().into_owned();
        (stem, age, file.path())
    });
    let dated: Vec<(String, SystemTime, PathBuf)> = dated.collect();
    let stems: HashSet<&str> = dated.iter().map(|(stem, ..)| stem.as_str()).collect();
    let goes_with_another =
        |stem: &str| stem.match_indices('_').any(|(index, _)| stems.contains(&stem[..index]));
    let beginning = |stem: &str| piece(stem).0.to_owned();
    let mut last: HashMap<String, &(String, SystemTime, PathBuf)> = HashMap::new();
    for picture in dated.iter().filter(|(stem, ..)| !goes_with_another(stem)) {
        let best = last.entry(beginning(&picture.0)).or_insert(picture);
        if natural(&picture.0, &best.0).then(picture.1.cmp(&best.1)) == Ordering::Greater {
            *best = picture;
        }
    }
    let youngest = last.into_values().max_by(|one, other| one.1.cmp(&other.1).then(one.0.cmp(&other.0)));
    youngest.map(|(_, _, path)| path.clone())
}

/// `epoch_9.png` before `epoch_10.png`.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    while !one.is_empty() && !other.is_empty() {
        let ((a, rest_a), (b, rest_b)) = (piece(one), piece(other));
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let order = if is_number(a) && is_number(b) {
            let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        } else {
            a.cmp(b)
        };
        if order != Ordering::Equal {
            return order;
        }
        (one, other) = (rest_a, rest_b);
    }
    one.len().cmp(&other.len())
}

/// The digits at the beginning, or all before the next digit.
fn piece(text: &str) -> (&str, &str) {
    let is_digit = |c: char| c.is_ascii_digit();
    let starts_with_digit = text.starts_with(is_digit);
    text.split_at(text.find(|c: char| is_digit(c) != starts_with_digit).unwrap_or(text.len()))
}

/// What the page has of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Picture {
    /// The picture, as `data:image/png;base64,…`.
    Embedded(String),
    /// Why it is not in the page.
    Linked(&'static str),
}

/// Reads pictures into a page until it is full. Given in the order in which they matter.
#[derive(Default)]
pub(super) struct Album {
    bytes: usize,
}

impl Album {
    /// The picture in this file.
    pub(super) fn take(&mut self, path: &Path) -> Picture {
        let mut bytes = Vec::new();
        match regular(path).map(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return Picture::Linked("cannot be read"),
        }
        if !bytes.starts_with(SIGNATURE) {
            return Picture::Linked("is no PNG");
        }
        if bytes.len() as u64 > MOST_BYTES {
            return Picture::Linked("is larger than 4 MiB");
        }
        if self.bytes + bytes.len() > MOST_IN_ALL {
            return Picture::Linked("has no room: the page holds 16 MiB of pictures");
        }
        self.bytes += bytes.len();
        Picture::Embedded(format!("data:image/png;base64,{}", STANDARD.encode(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_by_number_is_the_newest() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(newest(folder.path()), None);
        let samples = folder.path().join(SAMPLES);
        fs::create_dir(&samples).expect("made");
        for name in ["epoch_9.png", "epoch_10.png", "epoch_11.txt", ".epoch_12.png", "epoch_010.png"] {
            fs::write(samples.join(name), "").expect("written");
        }
        fs::File::options()
            .write(true)
            .open(samples.join("epoch_10.png"))
            .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
            .expect("made older");
        // The same number twice: the one that was written later.
        assert_eq!(newest(folder.path()), Some(samples.join("epoch_010.png")));
    }

    #[test]
    fn what_goes_with_a_picture_is_none_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let samples = folder.path().join(SAMPLES);
        fs::create_dir(&samples).expect("made");
        let put = |name: &str, seconds: u64| {
            let file = fs::File::create(samples.join(name)).expect("made");
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).expect("set");
        };
        // A time limit ended the run once, and it went on.
        put("step_00000105.png", 1);
        put("step_00000105_seed_3.png", 9);
        put("epoch_0008.png", 3);
        put("epoch_0008_strip.png", 4);
        put("epoch_0007.png", 5);
        assert_eq!(newest(folder.path()), Some(samples.join("epoch_0008.png")));
        put("step_00000500.png", 6);
        assert_eq!(newest(folder.path()), Some(samples.join("step_00000500.png")));
    }

    #[test]
    fn only_pictures_are_taken_and_not_too_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("written");
            path
        };
        let mut album = Album::default();
        let page = put("a.png", b"<script>");
        assert_eq!(album.take(&page), Picture::Linked("is no PNG"));
        let picture = put("b.png", &[SIGNATURE, &[0; 3 << 20]].concat());
        for _ in 0..5 {
            assert!(
                matches!(album.take(&picture), Picture::Embedded(uri) if uri.starts_with("data:image/png;base64,iVBORw0K"))
            );
        }
        assert!(matches!(album.take(&picture), Picture::Linked(why) if why.starts_with("has no room")));
        let large = put("c.png", &[SIGNATURE, &vec![0; 5 << 20]].concat());
        assert_eq!(album.take(&large), Picture::Linked("is larger than 4 MiB"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let mut album = Album::default();
        assert_eq!(album.take(Path::new("/dev/zero")), Picture::Linked("cannot be read"));
    }
}
