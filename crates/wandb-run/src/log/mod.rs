//! The transaction log of a run, `run-<id>.wandb`: blocks of 32 KiB, in them chunks with a checksum, in those one
//! protobuf message a record.

pub(crate) mod items;
pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod writer;

/// `:W&B`, the magic number 0xBEE1, version 0. It counts as a part of the first block.
pub(crate) const FILE_HEADER: [u8; 7] = [0x3A, 0x57, 0x26, 0x42, 0xE1, 0xBE, 0x00];
/// A chunk never crosses a multiple of this.
pub(crate) const BLOCK: usize = 32 * 1024;
/// Checksum, length, kind.
pub(crate) const CHUNK_HEADER: usize = 7;

/// A record in one chunk.
const FULL: u8 = 1;
/// The first chunk of several.
const FIRST: u8 = 2;
/// Neither the first nor the last.
const MIDDLE: u8 = 3;
/// The last chunk of several.
const LAST: u8 = 4;

/// Over the kind and the payload: the plain IEEE sum, where LevelDB has a masked CRC-32C.
fn checksum(kind: u8, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[kind]);
    hasher.update(payload);
    hasher.finalize()
}
