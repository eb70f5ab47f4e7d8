//! `metrics.jsonl` as series of numbers: one JSON object a line, as the trainer writes it, and any other program may.
//!
//! Every number beside `step`, `epoch` and `steps` is a point of the series of its name. Lines of an `event` other than
//! `step` have series of their own: the mean over an epoch is no point of the curve of single steps.

use super::gather::regular;
use super::lenient::{not_finite, object};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The file.
pub(super) const METRICS: &str = "metrics.jsonl";
/// Series of a job; a program that names one for each picture has no curves to compare.
const MOST_SERIES: usize = 64;
/// A longer line is none of numbers.
const MOST_BYTES: u64 = 1 << 20;
/// Mappings in mappings that are looked into: `{"train": {"loss": 1}}` is `train.loss`.
const MOST_DEPTH: usize = 4;

/// The numbers of a job.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    /// In the order in which they first appear.
    pub(super) series: Vec<Series>,
    /// The last step.
    pub(super) step: Option<u64>,
    /// Steps of the whole job, if the first line says.
    pub(super) steps: Option<u64>,
    /// What the points are numbered by.
    pub(super) axis: Axis,
}

/// What the points are numbered by: the coarsest that a line has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Steps of the training.
    #[default]
    Step,
    /// Epochs: no line has steps.
    Epoch,
    /// Lines of the file: none has either.
    Line,
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// `loss`, `train.loss`, `loss (epoch)`.
    pub name: String,
    /// Ascending.
    pub x: Vec<f64>,
    /// One for each `x`; NaN where the job had no finite number.
    pub y: Vec<f64>,
    /// What stands in the place of the last number, if that was not finite.
    pub end: Option<String>,
}

impl Metrics {
    /// What the job in this directory wrote. Lines that cannot be read are left out: the last one may be half written.
    pub(super) fn read(run_dir: &Path) -> Self {
        let mut reader = Reader::default();
        // No file, no numbers: any program can be a job.
        if let Ok(file) = regular(&run_dir.join(METRICS)) {
            let _ = each_line(BufReader::new(file), |line| reader.line(line));
        }
        reader.finish()
    }
}

fn each_line(mut file: impl BufRead, mut tell: impl FnMut(&str)) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if file.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        tell(String::from_utf8_lossy(&line).trim());
        if line.last() != Some(&b'\n') {
            // What is left of a line that is too long.
            skip_line(&mut file)?;
        }
    }
}

fn skip_line(file: &mut impl BufRead) -> io::Result<()> {
    loop {
        let bytes = file.fill_buf()?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let length = bytes.len();
        file.consume(end.map_or(length, |end| end + 1));
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

#[derive(Default)]
struct Reader {
    metrics: Metrics,
    places: HashMap<String, usize>,
    lines: u32,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let Some(object) = object(line) else { return };
        self.lines += 1;
        if self.lines == 1 {
            self.metrics.steps = object.get("steps").and_then(Value::as_u64);
        }
        let number = |key| object.get(key).and_then(Value::as_f64).filter(|number| number.is_finite());
        let (axis, x) = match (number("step"), number("epoch")) {
            (Some(step), _) => (Axis::Step, step),
            (None, Some(epoch)) => (Axis::Epoch, epoch),
            (None, None) => (Axis::Line, f64::from(self.lines)),
        };
        self.metrics.step = object.get("step").and_then(Value::as_u64).or(self.metrics.step);
        let event = object.get("event").and_then(Value::as_str).filter(|event| *event != "step");
        // What a job says before it starts are facts about it, not points of a curve.
        if event != Some("started") {
            // The first line counts, and any finer one after it.
            let is_first = self.places.is_empty();
            self.object(&object, "", event, x, MOST_DEPTH);
            self.metrics.axis = if is_first { axis } else { self.metrics.axis.min(axis) };
        }
    }

    fn object(&mut self, object: &Map<String, Value>, path: &str, event: Option<&str>, x: f64, depth: usize) {
        for (key, value) in object {
            if path.is_empty() && matches!(key.as_str(), "step" | "epoch" | "steps" | "event") {
                continue;
            }
            let name = || {
                let event = event.map(|event| format!(" ({event})")).unwrap_or_default();
                format!("{path}{key}{event}")
            };
            match value {
                Value::Number(number) => self.point(name(), x, number.as_f64().unwrap_or(f64::NAN), None),
                // Rust's and JavaScript's JSON write `null` for a number that is not finite.
                Value::Null => self.point(name(), x, f64::NAN, Some("null")),
                Value::Object(inner) if depth > 0 => {
                    self.object(inner, &format!("{path}{key}."), event, x, depth - 1);
                }
                value => {
                    if let Some(word) = not_finite(value) {
                        self.point(name(), x, f64::NAN, Some(word));
                    }
                }
            }
        }
    }

    fn point(&mut self, name: String, x: f64, y: f64, word: Option<&str>) {
        let series = &mut self.metrics.series;
        let place = match self.places.get(&name) {
            Some(place) => *place,
            // A name that has only ever been null is no number.
            None if word == Some("null") || series.len() == MOST_SERIES => return,
            None => {
                series.push(Series { name: name.clone(), ..Series::default() });
                self.places.insert(name, series.len() - 1);
                series.len() - 1
            }
        };
        let series = &mut series[place];
        // A job that went on from a saved state did some steps again; those count.
        while series.x.last().is_some_and(|last| *last >= x) {
            series.x.pop();
            series.y.pop();
        }
        series.x.push(x);
        series.y.push(y);
        series.end = if y.is_finite() { None } else { Some(word.unwrap_or("NaN").to_owned()) };
    }

    fn finish(self) -> Metrics {
        let mut metrics = self.metrics;
        metrics.series.retain_mut(|series| {
            series.without_untaken();
            !series.x.is_empty()
        });
        metrics
    }
}

impl Series {
    /// `null` means that a number was not finite, or that there was none to be had, as for a validation that comes every
    /// tenth line. Where a number follows, it was the latter.
    fn without_untaken(&mut self) {
        let last = self.y.iter().rposition(|y| y.is_finite());
        let is_gap = last.is_some_and(|last| self.y[..last].iter().any(|y| y.is_nan()));
        if self.end.as_deref() == Some("null") && is_gap {
            let keep = last.map_or(0, |last| last + 1);
            self.x.truncate(keep);
            self.y.truncate(keep);
            self.end = None;
        }
        if self.end.as_deref() == Some("null") {
            self.end = Some("not finite".to_owned());
        }
    }

    /// The last number, if it is one.
    pub(super) fn last(&self) -> Option<f64> {
        self.y.last().copied().filter(|y| y.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Metrics {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(METRICS), text).expect("written");
        Metrics::read(folder.path())
    }

    fn points<'a>(metrics: &'a Metrics, name: &str) -> (&'a [f64], &'a [f64]) {
        let series = metrics.series.iter().find(|series| series.name == name).expect("such a series");
        (&series.x, &series.y)
    }

    #[test]
    fn events_have_series_of_their_own() {
        let metrics = read(concat!(
            "{\"event\":\"started\",\"steps\":4,\"threads\":2}\n",
            "{\"event\":\"step\",\"step\":1,\"epoch\":1,\"loss\":2.5}\n",
            "not JSON\n[1]\n",
            "{\"event\":\"step\",\"step\":2,\"epoch\":1,\"loss\":1.5,\"val\":{\"fid\":9}}\n",
            "{\"event\":\"epoch\",\"step\":2,\"epoch\":1,\"loss\":2.0}\n",
            "{\"event\":\"step\",\"step\":3,\"lo",
        ));
        let names: Vec<&str> = metrics.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["loss", "val.fid", "loss (epoch)"]);
        assert_eq!(points(&metrics, "loss"), (&[1.0, 2.0][..], &[2.5, 1.5][..]));
        assert_eq!((metrics.step, metrics.steps, metrics.axis), (Some(2), Some(4), Axis::Step));
    }

    #[test]
    fn what_a_resumed_job_did_again_counts() {
        let metrics = read("{\"step\":1,\"loss\":3}\n{\"step\":2,\"loss\":9}\n{\"step\":2,\"loss\":2}\n");
        assert_eq!(points(&metrics, "loss"), (&[1.0, 2.0][..], &[3.0, 2.0][..]));
    }

    #[test]
    fn a_loss_that_is_lost_is_told_from_one_that_was_not_taken() {
        let lost = read("{\"step\":1,\"loss\":3}\n{\"step\":2,\"loss\":null}\n{\"step\":3,\"loss\":null}\n");
        assert_eq!(lost.series[0].end.as_deref(), Some("not finite"));
        let python = read("{\"step\":1,\"loss\":3}\n{\"step\":2,\"loss\":NaN}\n");
        assert_eq!(python.series[0].end.as_deref(), Some("NaN"));
        assert!(python.series[0].y[1].is_nan());
        let validation =
            "{\"step\":1,\"v\":3}\n{\"step\":2,\"v\":null}\n{\"step\":3,\"v\":2}\n{\"step\":4,\"v\":null}\n";
        assert_eq!(read(validation).series[0].end, None);
    }

    #[test]
    fn without_steps_epochs_count_and_without_those_lines() {
        let epochs = read("{\"epoch\":1,\"acc\":0.5}\n{\"epoch\":2,\"acc\":0.6}\n");
        assert_eq!((epochs.axis, points(&epochs, "acc").0), (Axis::Epoch, &[1.0, 2.0][..]));
        let lines = read("{\"acc\":0.5}\n\n{\"acc\":0.6}\n");
        assert_eq!((lines.axis, points(&lines, "acc").0), (Axis::Line, &[1.0, 2.0][..]));
    }

    #[test]
    fn a_line_without_end_costs_nothing() {
        let metrics = read(&format!("{}\n{{\"step\":1,\"loss\":1}}\n", "x".repeat(3 << 20)));
        assert_eq!(metrics.series.len(), 1);
        assert!(read("").series.is_empty());
    }
}
