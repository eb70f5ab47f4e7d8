//! Reading a log, whole, torn, or still being written.

use super::record::Record;
use super::{BLOCK, CHUNK_HEADER, FILE_HEADER, FIRST, FULL, LAST, MIDDLE, checksum};
use prost::Message;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How many blocks from the last one is near the end.
const NEAR_END: u64 = 8;

/// Reads records one after the other, holding one block and one record.
pub(crate) struct LogReader {
    file: File,
    /// Where the next record starts, or the block's end before it.
    at: u64,
    /// The bytes of the block that was read last, and where it starts.
    block: Vec<u8>,
    block_at: u64,
    /// Damaged places that were passed over.
    skipped: u64,
}

/// A place at which no chunk can be read.
enum Fault {
    /// The file ends here, or in the middle of the chunk.
    Ends,
    /// What is here is no chunk.
    Damaged,
}

impl LogReader {
    /// Opens a log. It is an error if the file does not start as one.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut header = [0; FILE_HEADER.len()];
        let got = read_up_to(&mut file, &mut header)?;
        if header[..got] != FILE_HEADER[..got] {
            let why = format!("{} is not a W&B transaction log", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(Self { file, at: FILE_HEADER.len() as u64, block: Vec::new(), block_at: 0, skipped: 0 })
    }

    /// Opens a log at the start of one of its last blocks: cheap, and enough to know what was said last.
    pub(crate) fn open_near_end(path: &Path) -> io::Result<Self> {
        let reader = Self::open(path)?;
        let block = BLOCK as u64;
        let near = (reader.file.metadata()?.len() / block).saturating_sub(NEAR_END) * block;
        Ok(Self { at: reader.at.max(near), ..reader })
    }

    /// How many damaged places were passed over.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Where the next record starts, in bytes.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// The next record. `None` says that there is no whole one yet: call again when the writer may have gone on.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record>> {
        // What is remembered of the last block may be from before the writer went on, or took something back.
        let mut fresh = false;
        let mut length = 0;
        loop {
            match self.payload()? {
                Ok((payload, end)) => {
                    self.at = end;
                    match Record::decode(payload.as_slice()) {
                        Ok(record) => return Ok(Some(record)),
                        Err(_) => self.skipped += 1,
                    }
                }
                Err(_) if !fresh => {
                    fresh = true;
                    // Before the block is read again: what is written after that must not count as more blocks, or a
                    // record that was just growing across a block's end would be passed over.
                    length = self.file.metadata()?.len();
                    self.block.clear();
                }
                Err((Fault::Ends | Fault::Damaged, place)) => {
                    let next_block = (place / BLOCK as u64 + 1) * BLOCK as u64;
                    if next_block >= length {
                        return Ok(None);
                    }
                    // Blocks are where reading can start again.
                    (self.at, fresh) = (next_block, false);
                    self.skipped += 1;
                }
            }
        }
    }

    /// The payload of the next record and the place after it, or the place that stopped it.
    #[expect(clippy::type_complexity, reason = "an error of the file, outside of a fault of the log")]
    fn payload(&mut self) -> io::Result<Result<(Vec<u8>, u64), (Fault, u64)>> {
        let mut payload = Vec::new();
        let mut started = false;
        let mut at = self.at;
        loop {
            let (start, kind, length) = match self.chunk(at)? {
                Ok(chunk) => chunk,
                Err(fault) => return Ok(Err((fault, at))),
            };
            let from = (start - self.block_at) as usize + CHUNK_HEADER;
            let end = start + (CHUNK_HEADER + length) as u64;
            match (kind, started) {
                // A record whose end is missing is lost; this chunk starts the next.
                (FULL | FIRST, _) => {
                    payload.clear();
                    started = true;
                }
                (MIDDLE | LAST, true) => {}
                // The rest of a record whose start is missing.
                _ => {
                    at = end;
                    continue;
                }
            }
            payload.extend_from_slice(&self.block[from..from + length]);
            if matches!(kind, FULL | LAST) {
                return Ok(Ok((payload, end)));
            }
            at = end;
        }
    }

    /// Where the chunk at or after this place starts, its kind and its length.
    fn chunk(&mut self, at: u64) -> io::Result<Result<(u64, u8, usize), Fault>> {
        let block = BLOCK as u64;
        // Too little is left for a header: the block's end is filled with zeros.
        let at = if block - at % block < CHUNK_HEADER as u64 { (at / block + 1) * block } else { at };
        let block_at = at / block * block;
        if self.block.is_empty() || self.block_at != block_at {
            self.block.resize(BLOCK, 0);
            self.block_at = block_at;
            self.file.seek(SeekFrom::Start(block_at))?;
            let got = read_up_to(&mut self.file, &mut self.block)?;
            self.block.truncate(got);
        }
        let Some(bytes) = self.block.get((at - block_at) as usize..) else { return Ok(Err(Fault::Ends)) };
        let Some((&[a, b, c, d, low, high, kind], rest)) = bytes.split_first_chunk::<CHUNK_HEADER>() else {
            return Ok(Err(Fault::Ends));
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        let Some(payload) = rest.get(..length) else {
            return Ok(Err(if self.block.len() < BLOCK { Fault::Ends } else { Fault::Damaged }));
        };
        let sound =
            (FULL..=LAST).contains(&kind) && checksum(kind, payload) == u32::from_le_bytes([a, b, c, d]);
        Ok(if sound { Ok((at, kind, length)) } else { Err(Fault::Damaged) })
    }
}

/// Fills as much of the buffer as the file has.
fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::record::{Body, Output};
    use crate::log::writer::LogWriter;
    use std::path::PathBuf;

    fn line(text: &str) -> Body {
        Body::Output(Output { output_type: 1, timestamp: None, line: text.to_owned() })
    }

    fn lines(path: &Path) -> (Vec<String>, u64) {
        let mut reader = LogReader::open(path).expect("a log");
        let mut lines = Vec::new();
        while let Some(record) = reader.next().expect("readable") {
            match record.body {
                Some(Body::Output(output)) => lines.push(output.line),
                other => panic!("{other:?}"),
            }
        }
        (lines, reader.skipped())
    }

    fn log(folder: &tempfile::TempDir, texts: &[&str]) -> PathBuf {
        let path = folder.path().join("log");
        let _ = std::fs::remove_file(&path);
        let mut writer = LogWriter::create(&path).expect("room");
        for text in texts {
            writer.append(line(text)).expect("room");
        }
        path
    }

    /// Whatever is left of the block when the record starts: 14 places before its end to 14 after it.
    #[test]
    fn records_cross_block_ends_at_every_offset() {
        let folder = tempfile::tempdir().expect("folder");
        for place in BLOCK - 40..BLOCK + 14 {
            let first = "a".repeat(place - 24);
            let (long, short) = ("b".repeat(70_000), "c".to_owned());
            for texts in [[&*first, &short, &long], [&first, &long, &short]] {
                let path = log(&folder, &texts);
                assert_eq!(lines(&path), (texts.map(str::to_owned).to_vec(), 0), "{place}");
            }
        }
    }

    #[test]
    fn torn_at_every_byte_the_whole_records_are_read() {
        let folder = tempfile::tempdir().expect("folder");
        let path = log(&folder, &["one", "two", "three"]);
        let bytes = std::fs::read(&path).expect("read");
        let mut seen = 0;
        for length in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..length]).expect("written");
            let (got, skipped) = lines(&path);
            assert_eq!(skipped, 0);
            assert!(
                got.len() >= seen
                    && ["one", "two", "three"].starts_with(&got.iter().map(|s| &**s).collect::<Vec<_>>())
            );
            seen = got.len();
        }
        assert_eq!(seen, 3);
    }

    #[test]
    fn a_reader_follows_a_writer() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("log");
        let mut writer = LogWriter::create(&path).expect("room");
        let mut reader = LogReader::open(&path).expect("log");
        for at in 0..500 {
            assert!(reader.next().expect("readable").is_none());
            let text = format!("{at}{}", "x".repeat(at * 7));
            writer.append(line(&text)).expect("room");
            let body = reader.next().expect("readable").and_then(|record| record.body);
            assert_eq!(body, Some(line(&text)));
        }
    }

    #[test]
    fn damage_costs_the_rest_of_its_block() {
        let folder = tempfile::tempdir().expect("folder");
        let text = "x".repeat(10_000);
        let texts = [&*text; 12];
        let path = log(&folder, &texts);
        let mut bytes = std::fs::read(&path).expect("read");
        bytes[15_000] ^= 1;
        std::fs::write(&path, &bytes).expect("written");
        let (got, skipped) = lines(&path);
        // Three records and a part of the fourth are in the first block: the second to the fourth are lost.
        assert_eq!((got.len(), skipped), (9, 1));
    }

    #[test]
    fn another_file_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("log");
        std::fs::write(&path, "not a log").expect("written");
        assert!(LogReader::open(&path).is_err());
    }
}
