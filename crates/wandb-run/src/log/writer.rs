//! Writing the log: whole records, or nothing of them.

use super::record::{Body, Record};
use super::{BLOCK, CHUNK_HEADER, FILE_HEADER, FIRST, FULL, LAST, MIDDLE, checksum};
use prost::Message;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// What a log is written to: a file, or in tests a disk that is full.
pub(crate) trait Store {
    /// Adds bytes at the end, and hands them to the system.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Takes away everything from here on.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Store for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(drop)
    }
}

/// Appends records to a log of its own.
pub(crate) struct LogWriter<S = File> {
    store: S,
    /// The end of the last whole record.
    end: u64,
    /// Records so far.
    records: i64,
    /// A record failed half way, and what was written of it could not be taken back yet.
    torn: bool,
    /// The record as a message, and in its chunks; kept to be used again.
    message: Vec<u8>,
    chunks: Vec<u8>,
}

impl LogWriter {
    /// A new log. A file that is there already is an error: a log has one writer in its life.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        // It tells `sync` that the run goes on. A file system without locks has none to tell.
        let _ = file.try_lock();
        Self::new(file)
    }

    /// Keeps the lock while it lives, as the log itself does. `None` if the system has no more of these.
    pub(crate) fn guard(&self) -> Option<File> {
        self.store.try_clone().ok()
    }

    /// Waits until the disk has all of it.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.store.sync_data()
    }
}

impl<S: Store> LogWriter<S> {
    pub(crate) fn new(mut store: S) -> io::Result<Self> {
        store.append(&FILE_HEADER)?;
        let end = FILE_HEADER.len() as u64;
        Ok(Self { store, end, records: 0, torn: false, message: Vec::new(), chunks: Vec::new() })
    }

    /// Appends a record, in one call to the system, so that it outlives this process from here on.
    ///
    /// After an error the log ends as it did before: the stock client stops at the first record it cannot read,
    /// so half a record would hide all that follow it.
    pub(crate) fn append(&mut self, body: Body) -> io::Result<()> {
        if self.torn {
            self.store.cut(self.end)?;
            self.torn = false;
        }
        let record = Record { num: self.records + 1, body: Some(body) };
        self.message.clear();
        record.encode(&mut self.message).map_err(io::Error::other)?;
        self.chunks.clear();
        frame(&mut self.chunks, (self.end % BLOCK as u64) as usize, &self.message);
        if let Err(error) = self.store.append(&self.chunks) {
            self.torn = self.store.cut(self.end).is_err();
            return Err(error);
        }
        self.end += self.chunks.len() as u64;
        self.records += 1;
        Ok(())
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> u64 {
        self.end
    }
}

/// Cuts a payload into chunks, the first of which starts at this place of a block.
fn frame(out: &mut Vec<u8>, mut at: usize, payload: &[u8]) {
    if BLOCK - at < CHUNK_HEADER {
        out.resize(out.len() + BLOCK - at, 0);
        at = 0;
    }
    let mut rest = payload;
    let mut first = true;
    loop {
        let (here, later) = rest.split_at(rest.len().min(BLOCK - at - CHUNK_HEADER));
        let kind = match (first, later.is_empty()) {
            (true, true) => FULL,
            (true, false) => FIRST,
            (false, false) => MIDDLE,
            (false, true) => LAST,
        };
        out.extend_from_slice(&checksum(kind, here).to_le_bytes());
        out.extend_from_slice(&(here.len() as u16).to_le_bytes());
        out.push(kind);
        out.extend_from_slice(here);
        if later.is_empty() {
            return;
        }
        (rest, first, at) = (later, false, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::reader::LogReader;
    use crate::log::record::{Exit, Output};

    fn line(text: String) -> Body {
        Body::Output(Output { output_type: 1, timestamp: None, line: text })
    }

    /// By hand: header, then one chunk with the record `{num: 1, exit: {exit_code: 3}}`.
    #[test]
    fn the_bytes_of_a_small_log() {
        let mut bytes = LogWriter::new(Disk::of(usize::MAX)).expect("room");
        bytes.append(Body::Exit(Exit { exit_code: 3, runtime: 0 })).expect("room");
        let message = [0x08, 0x01, 0x92, 0x01, 0x02, 0x08, 0x03];
        // CRC-32 of 01 08 01 92 01 02 08 03, from Python's zlib.
        let crc = 0x1015_5EFC_u32.to_le_bytes();
        let mut expected = vec![0x3A, 0x57, 0x26, 0x42, 0xE1, 0xBE, 0x00];
        expected.extend(crc);
        expected.extend([7, 0, 1]);
        expected.extend(message);
        assert_eq!(bytes.store.bytes, expected);
    }

    #[test]
    fn exactly_a_header_left_takes_an_empty_first_chunk() {
        let mut out = Vec::new();
        frame(&mut out, BLOCK - 7, b"abc");
        assert_eq!((&out[4..7], &out[11..14]), (&[0, 0, FIRST][..], &[3, 0, LAST][..]));
        let mut out = Vec::new();
        frame(&mut out, BLOCK - 6, b"abc");
        assert_eq!((&out[..6], &out[10..13]), (&[0; 6][..], &[3, 0, FULL][..]));
    }

    /// A disk with so many bytes left, which takes what fits of a write and then fails.
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
        stuck: bool,
    }

    impl Disk {
        fn of(room: usize) -> Self {
            Self { bytes: Vec::new(), room, stuck: false }
        }
    }

    impl Store for Disk {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let fits = bytes.len().min(self.room - self.bytes.len());
            self.bytes.extend_from_slice(&bytes[..fits]);
            if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.stuck {
                return Err(io::ErrorKind::Other.into());
            }
            self.bytes.truncate(length as usize);
            Ok(())
        }
    }

    #[test]
    fn after_a_full_disk_the_log_reads_on() {
        for stuck in [false, true] {
            let mut writer = LogWriter::new(Disk::of(200)).expect("room");
            writer.append(line("before".to_owned())).expect("room");
            writer.store.stuck = stuck;
            assert!(writer.append(line("x".repeat(500))).is_err());
            assert_eq!(writer.append(line("no".to_owned())).is_err(), stuck);
            (writer.store.stuck, writer.store.room) = (false, 100_000);
            writer.append(line("after".to_owned())).expect("room");
            let folder = tempfile::tempdir().expect("folder");
            let path = folder.path().join("log");
            std::fs::write(&path, &writer.store.bytes).expect("written");
            let mut reader = LogReader::open(&path).expect("log");
            let mut lines = Vec::new();
            while let Some(record) = reader.next().expect("readable") {
                if let Some(Body::Output(output)) = record.body {
                    lines.push(output.line);
                }
            }
            let expected: &[&str] = if stuck { &["before", "after"] } else { &["before", "no", "after"] };
            assert_eq!(lines, expected);
            assert_eq!(reader.skipped(), 0);
        }
    }
}
