//! What the program printed, as lines with their time.

use super::lines::Lines;
use crate::log::record::{Output, Timestamp};

/// A line without an end is cut here.
const LONGEST: usize = 1 << 20;

/// The beginnings of lines whose ends have not come: of standard error and of standard output.
#[derive(Default)]
pub(super) struct Console {
    open: [(String, Timestamp); 2],
}

impl Console {
    /// Takes what was printed, and passes on the lines that it ends.
    pub(super) fn take(&mut self, output: &Output, lines: &mut Lines) {
        let (text, since) = &mut self.open[usize::from(output.output_type == 1)];
        if text.is_empty() {
            *since = output.timestamp.unwrap_or_default();
        }
        text.push_str(&output.line);
        while let Some(end) = text.find('\n') {
            let rest = text.split_off(end + 1);
            pass(std::mem::replace(text, rest), *since, output.output_type, lines);
            *since = output.timestamp.unwrap_or_default();
        }
        if text.len() > LONGEST {
            pass(std::mem::take(text), *since, output.output_type, lines);
        }
    }

    /// Lines that were never ended are lines all the same.
    pub(super) fn end(&mut self, lines: &mut Lines) {
        for (kind, (text, since)) in self.open.iter_mut().enumerate() {
            if !text.is_empty() {
                pass(std::mem::take(text), *since, kind as i32, lines);
            }
        }
    }
}

/// Of a line that was overwritten, the last state counts.
fn pass(text: String, time: Timestamp, kind: i32, lines: &mut Lines) {
    let text = text.trim_end_matches(['\n', '\r']);
    let text = text.rsplit('\r').next().unwrap_or_default();
    let mark = if kind == 0 { "ERROR " } else { "" };
    lines.push(format!("{mark}{} {text}", time.iso()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_lines() {
        let (mut console, mut lines) = (Console::default(), Lines::default());
        let at = Timestamp { seconds: 1_795_403_411, nanos: 186_390_000 };
        let timestamp = Some(at);
        for (output_type, line) in [(1, "a"), (0, "10%\r20%\n"), (1, "b\nc\nd")] {
            console.take(&Output { output_type, timestamp, line: line.to_owned() }, &mut lines);
        }
        console.end(&mut lines);
        let time = at.iso();
        assert_eq!(time, "2026-11-23T03:10:11.186390");
        let expected = ["ERROR T 20%", "T ab", "T c", "T d"].map(|line| line.replace('T', &time));
        assert_eq!(lines.chunk().0["content"], serde_json::json!(expected));
    }
}
