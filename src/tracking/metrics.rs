//! `metrics.jsonl`: one JSON object a line, for programs.

use super::{Event, Listener};
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Appends a line for each [`Event::Step`], [`Event::Epoch`], [`Event::Validation`] and [`Event::Evaluation`], after one for the [`Event::Started`] that the run
/// began with; where it was stopped and went on, there is an [`Event::Resumed`].
///
/// A line is written in one call, so a run that is killed leaves complete lines and at most one that is cut off.
#[derive(Debug)]
pub struct Metrics {
    file: File,
    /// Whether the run's [`Event::Started`] is still to be written.
    begun: bool,
    /// What the last line ended with; after a disk that was full, maybe in the middle.
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Whole,
    Cut,
}

/// What matters of a line that was written earlier.
#[derive(Deserialize)]
struct Line {
    event: String,
    /// [`Event::Started`] has none.
    step: Option<u64>,
}

impl Metrics {
    /// Opens `metrics.jsonl` in the run directory, empty: the run begins.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin(run_dir: &Path) -> io::Result<Self> {
        Self::open(run_dir, |_| Kept { bytes: 0, begun: false, ending: Ending::Whole })
    }

    /// Opens `metrics.jsonl` as it was after `step` steps: a worker that was killed may have written more than it saved,
    /// and those steps are taken, and written, again.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn resume(run_dir: &Path, step: u64) -> io::Result<Self> {
        Self::open(run_dir, |text| kept(text, step))
    }

    /// Opens `metrics.jsonl` to add to it, as it is.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn append(run_dir: &Path) -> io::Result<Self> {
        Self::resume(run_dir, u64::MAX)
    }

    /// The file is cut where a line begins, in one call: whoever is killed before or after leaves complete lines, and
    /// cutting again does no harm.
    fn open(run_dir: &Path, keep: impl FnOnce(&[u8]) -> Kept) -> io::Result<Self> {
        let path = run_dir.join("metrics.jsonl");
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let Kept { bytes, begun, ending } = keep(&text);
        if bytes < text.len() {
            file.set_len(bytes as u64)?;
        }
        Ok(Self { file, begun, ending })
    }
}

/// The part of a file that a resumed run keeps.
#[derive(Debug, PartialEq)]
struct Kept {
    bytes: usize,
    begun: bool,
    ending: Ending,
}

/// All up to the last line that `step` steps have written. Lines that are none, left by a full disk, are kept in between
/// and cut at the end.
fn kept(text: &[u8], step: u64) -> Kept {
    let mut kept = Kept { bytes: 0, begun: false, ending: Ending::Whole };
    let mut end = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        let Ok(parsed) = serde_json::from_slice::<Line>(line) else { continue };
        if parsed.step.is_some_and(|found| found > step) {
            break;
        }
        kept.bytes = end;
        kept.begun |= parsed.event == "started";
        kept.ending = if line.ends_with(b"\n") { Ending::Whole } else { Ending::Cut };
    }
    kept
}

impl Listener for Metrics {
    fn name(&self) -> &str {
        "metrics.jsonl"
    }

    fn on(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Step { .. }
            | Event::Epoch { .. }
            | Event::Validation { .. }
            | Event::Evaluation { .. }
            | Event::Resumed { .. } => {}
            Event::Started { .. } if !self.begun => {}
            _ => return Ok(()),
        }
        let start = if self.ending == Ending::Cut { "\n" } else { "" };
        let line = format!("{start}{}\n", serde_json::to_string(event)?);
        self.ending = Ending::Cut;
        self.file.write_all(line.as_bytes())?;
        self.ending = Ending::Whole;
        self.begun = true;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: &str = "{\"event\":\"started\",\"steps\":9}\n";

    fn step(step: u64) -> String {
        format!("{{\"event\":\"step\",\"step\":{step}}}\n")
    }

    fn cut(text: &str, step: u64) -> (&str, bool, Ending) {
        let Kept { bytes, begun, ending } = kept(text.as_bytes(), step);
        (&text[..bytes], begun, ending)
    }

    #[test]
    fn what_the_checkpoint_has_not_seen_is_cut() {
        let text = [STARTED, &step(1), &step(2), &step(3)].concat();
        let want = [STARTED, &step(1), &step(2)].concat();
        assert_eq!(cut(&text, 2), (want.as_str(), true, Ending::Whole));
        assert_eq!(cut(&text, 0), (STARTED, true, Ending::Whole));
        assert_eq!(cut(&text, 3), (text.as_str(), true, Ending::Whole));
        assert_eq!(cut("", 3), ("", false, Ending::Whole));
        // A line of a later step ends what is kept, whatever follows.
        assert_eq!(cut(&[step(3), step(1)].concat(), 2), ("", false, Ending::Whole));
    }

    #[test]
    fn a_line_cut_off_anywhere_goes() {
        let (first, second) = (step(1), step(2));
        for length in 0..second.len() - 1 {
            let text = format!("{first}{}", &second[..length]);
            assert_eq!(cut(&text, 9), (first.as_str(), false, Ending::Whole), "{length} bytes");
        }
        // Only its end is missing.
        let text = format!("{first}{}", second.trim_end());
        assert_eq!(cut(&text, 9), (text.as_str(), false, Ending::Cut));
    }

    #[test]
    fn what_a_full_disk_left_in_between_costs_no_other_line() {
        let text = format!("{}{{\"event\":\"st\n{}{{\"ev", step(1), step(3));
        assert_eq!(cut(&text, 9).0, &text[..text.len() - 4]);
    }

    #[test]
    fn the_first_line_says_how_many_steps_there_will_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let started = || Event::Started {
            device: "cpu".into(),
            arithmetic: "float32".into(),
            threads: 1,
            parameters: 1,
            pictures: 1,
            steps_per_epoch: 3,
            steps: 9,
        };
        let resumed = || Event::Resumed { step: 0, checkpoint: "checkpoints/a".into() };
        let read = || std::fs::read_to_string(folder.path().join("metrics.jsonl")).expect("metrics");

        Metrics::begin(folder.path()).expect("opened").on(&started()).expect("written");
        assert!(
            read().starts_with("{\"event\":\"started\",") && read().contains("\"steps\":9"),
            "{}",
            read()
        );
        let mut again = Metrics::resume(folder.path(), 0).expect("opened");
        again.on(&started()).expect("written");
        again.on(&resumed()).expect("written");
        assert_eq!(read().matches("started").count(), 1);
        assert!(read().ends_with("{\"event\":\"resumed\",\"step\":0,\"checkpoint\":\"checkpoints/a\"}\n"));
        // From the beginning: nothing of what was is left.
        let mut anew = Metrics::begin(folder.path()).expect("opened");
        anew.on(&started()).expect("written");
        assert_eq!(read().lines().count(), 1);
    }
}
