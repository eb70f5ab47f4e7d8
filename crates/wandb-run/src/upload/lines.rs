//! Lines of one file of the stream, between the log and the server.

use serde_json::{Value, json};
use std::collections::VecDeque;

/// The service takes about 10 MiB, of a line and of a request; what JSON adds to a line comes on top.
const LONGEST_LINE: usize = 10_000_000;
/// Of one file in a request, so that one that fails costs little, and memory stays small.
const REQUEST_BYTES: usize = 2 << 20;
const REQUEST_LINES: usize = 5_000;

/// Counts lines, and holds those that the server does not have.
#[derive(Default)]
pub(crate) struct Lines {
    /// What the server had before this log.
    base: u64,
    /// Lines of this log that the server has.
    sent: u64,
    /// Lines of this log that were read.
    read: u64,
    pending: VecDeque<String>,
    bytes: usize,
    /// Lines that no request takes.
    too_long: u64,
}

impl Lines {
    /// Before the first line: where they belong, and how many of them are there.
    pub(crate) fn start(&mut self, base: u64, sent: u64) {
        (self.base, self.sent) = (base, sent);
    }

    /// Takes the next line of the log. The same log makes the same lines: what decides on one must not be the time.
    pub(crate) fn push(&mut self, line: String) {
        if line.len() > LONGEST_LINE {
            self.too_long += 1;
            return;
        }
        self.read += 1;
        if self.read > self.sent {
            self.bytes += line.len();
            self.pending.push_back(line);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= REQUEST_BYTES || self.pending.len() >= REQUEST_LINES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(crate) fn too_long(&self) -> u64 {
        self.too_long
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// What goes into the next request, and how many lines that is.
    pub(crate) fn chunk(&self) -> (Value, u64) {
        let mut bytes = 0;
        let lines: Vec<&String> = self
            .pending
            .iter()
            .take(REQUEST_LINES)
            .take_while(|line| {
                let first = bytes == 0;
                bytes += line.len() + 1;
                first || bytes <= REQUEST_BYTES
            })
            .collect();
        let count = lines.len() as u64;
        (json!({"offset": self.base + self.sent, "content": lines}), count)
    }

    /// The server has these.
    pub(crate) fn acknowledge(&mut self, count: u64) {
        for line in self.pending.drain(..(count as usize).min(self.pending.len())) {
            self.bytes -= line.len();
        }
        self.sent += count;
    }

    /// After a request that may have arrived, with so many lines: the server has this many in all. Any other number
    /// is of another time, and the offset of what is sent again speaks for itself.
    pub(crate) fn learn(&mut self, server: u64, attempted: u64) {
        let from = self.base + self.sent;
        if server > from && server <= from + attempted {
            self.acknowledge(server - from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(base: u64, sent: u64, count: usize) -> Lines {
        let mut lines = Lines::default();
        lines.start(base, sent);
        (0..count).for_each(|at| lines.push(at.to_string()));
        lines
    }

    #[test]
    fn offsets_count_what_was_there_before() {
        let mut lines = lines(50, 3, 10);
        assert_eq!(lines.chunk(), (json!({"offset": 53, "content": ["3", "4", "5", "6", "7", "8", "9"]}), 7));
        lines.acknowledge(5);
        assert_eq!(lines.chunk(), (json!({"offset": 58, "content": ["8", "9"]}), 2));
        lines.acknowledge(2);
        lines.push("10".to_owned());
        assert_eq!(lines.chunk(), (json!({"offset": 60, "content": ["10"]}), 1));
    }

    #[test]
    fn a_lost_answer_costs_no_line_and_doubles_none() {
        for (server, offset) in [(53, 53), (55, 55), (60, 60), (61, 53), (12, 53)] {
            let mut lines = lines(50, 3, 10);
            lines.learn(server, 7);
            assert_eq!(lines.chunk().0["offset"], offset);
        }
    }

    #[test]
    fn a_request_has_an_end_but_takes_any_line() {
        let mut lines = Lines::default();
        for _ in 0..3 {
            lines.push("x".repeat(REQUEST_BYTES - 10));
        }
        assert!(lines.is_full());
        assert_eq!(lines.chunk().1, 1);
        lines.push("x".repeat(LONGEST_LINE + 1));
        lines.acknowledge(3);
        assert!(lines.is_empty() && lines.bytes == 0);
    }
}
