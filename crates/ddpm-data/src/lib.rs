//! Pictures, prepared once and read as batches.
//!
//! ```text
//! Source ──prepare──▶ train.bin, test.bin, dataset.json ──Records──▶ pictures ──Batches──▶ f32 batches
//! ```
//!
//! [`prepare()`] turns a [`Source`] (the emoji that the program carries, or CIFAR-10 from its home page) into a
//! folder of records in CIFAR-10's own binary format; it does nothing when that folder is there. [`Records`]
//! maps such a file into memory. [`Batches`] deals the pictures out in an order that depends on the seed and
//! the epoch only: not on the number of threads, nor on where a run was interrupted.
//!
//! The crate knows no tensors and no configuration framework, and prints nothing: progress is told to a
//! closure.
//!
//! ```
//! use ddpm_data::{BatchOptions, Batches, EmojiSubset, PIXELS, Records, Source, prepare};
//! use std::num::NonZeroUsize;
//! use std::sync::Arc;
//!
//! let root = tempfile::tempdir()?;
//! let source = Source::Emoji { subset: EmojiSubset::Faces };
//! let prepared = prepare(root.path(), &source, &mut |_| {})?;
//!
//! let records = Arc::new(Records::open(&prepared.train)?);
//! let batch_size = NonZeroUsize::new(16).ok_or("zero")?;
//! let options = BatchOptions { batch_size, ..BatchOptions::default() };
//! for batch in Batches::new(records, options).epoch(0, 0)? {
//!     assert_eq!(batch.images.len(), batch.indices.len() * PIXELS);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batches;
mod cifar10;
mod emoji;
mod error;
mod files;
mod grid;
mod manifest;
mod prepare;
mod progress;
mod records;
mod staging;

pub use batches::{Batch, BatchOptions, Batches, Epoch, Flip, LastBatch};
pub use cifar10::{CIFAR10_MD5, CIFAR10_URL, Patience};
pub use emoji::{EmojiSubset, UnknownSubset};
pub use error::DataError;
pub use grid::{Layout, grid, normalise, png, to_u8};
pub use image::RgbImage;
pub use manifest::{Manifest, Origin, RecordFile};
pub use prepare::{Outcome, Prepared, Source, prepare, prepare_with};
pub use progress::Event;
pub use records::Records;

/// Height and width of every picture, in pixels.
pub const SIDE: usize = 32;

/// Red, green, blue, in this order.
pub const CHANNELS: usize = 3;

/// Bytes of one picture: 1,024 red, 1,024 green, 1,024 blue, each plane row by row from the top left.
pub const PIXELS: usize = CHANNELS * SIDE * SIDE;

/// Bytes of one record in CIFAR-10's binary format: the label, then the picture.
pub const RECORD: usize = 1 + PIXELS;
