//! Batches in an order that nothing but the seed and the epoch decides.

mod order;
mod recipe;
mod workers;

use crate::error::{DataError, Explain};
use crate::records::Records;
use order::Order;
use recipe::Recipe;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use workers::Workers;

/// How pictures become batches.
///
/// ```
/// use ddpm_data::{BatchOptions, Flip};
///
/// let options = BatchOptions { seed: 42, flip: Flip::Horizontal, ..BatchOptions::default() };
/// assert_eq!(options.batch_size.get(), 128);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// Decides the order and the flips, together with the epoch.
    pub seed: u64,
    /// Pictures in a batch.
    pub batch_size: NonZeroUsize,
    /// How often an epoch goes through the pictures, in a new order each time. For datasets of a few
    /// pictures.
    pub passes: NonZeroUsize,
    /// Whether pictures are mirrored at random.
    pub flip: Flip,
    /// What becomes of the pictures that do not fill the last batch of an epoch.
    pub last: LastBatch,
    /// Threads that prepare batches ahead; 0 prepares each when it is asked for. The batches are the same.
    pub workers: usize,
}

impl Default for BatchOptions {
    /// Seed 0, batches of 128, one pass, no flips, the last batch kept, no threads.
    fn default() -> Self {
        Self {
            seed: 0,
            batch_size: const { NonZeroUsize::new(128).expect("128 is not 0") },
            passes: NonZeroUsize::MIN,
            flip: Flip::None,
            last: LastBatch::Keep,
            workers: 0,
        }
    }
}

/// Whether pictures are mirrored at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flip {
    /// As they are.
    None,
    /// Left to right, each with probability 1/2.
    Horizontal,
}

/// What becomes of the pictures that do not fill the last batch of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastBatch {
    /// They are a smaller batch.
    Keep,
    /// They are left out of this epoch. If they are all there is, the epoch has no batch.
    Drop,
}

/// Some pictures, as a model takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Its place in the epoch, from 0.
    pub index: usize,
    /// The pictures one after the other: N × 3 × 32 × 32 values in [-1, 1], see
    /// [`normalise`](crate::normalise).
    pub images: Vec<f32>,
    /// Which pictures of the [`Records`] these are: N numbers.
    pub indices: Vec<u32>,
}

/// The batches of a file of records, epoch by epoch.
///
/// Each random number is computed from the seed, its purpose, the epoch and its place, never drawn from a
/// stream that other numbers were drawn from. So the same batch comes whatever the number of workers, and a
/// run that was interrupted in the middle of an epoch goes on with the batch that it would have had.
///
/// ```
/// use ddpm_data::{BatchOptions, Batches, RECORD, Records};
/// use std::sync::Arc;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("300.bin");
/// # std::fs::write(&path, vec![0_u8; 300 * RECORD])?;
/// let batches = Batches::new(Arc::new(Records::open(&path)?), BatchOptions::default());
/// let sizes: Vec<usize> = batches.epoch(0, 0)?.map(|batch| batch.indices.len()).collect();
/// assert_eq!(sizes, [128, 128, 44]);
///
/// let whole: Vec<_> = batches.epoch(5, 0)?.collect();
/// let resumed: Vec<_> = batches.epoch(5, 2)?.collect();
/// assert_eq!(whole[2..], resumed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batches {
    records: Arc<Records>,
    options: BatchOptions,
}

impl Batches {
    /// Batches of these records.
    pub fn new(records: Arc<Records>, options: BatchOptions) -> Self {
        Self { records, options }
    }

    /// The records that the batches are made of.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Batches in each epoch.
    pub fn per_epoch(&self) -> usize {
        let (positions, size) = (self.positions(), self.options.batch_size.get());
        match self.options.last {
            LastBatch::Keep => positions.div_ceil(size),
            LastBatch::Drop => positions / size,
        }
    }

    /// The batches of an epoch, starting with number `from`: 0, or where a run was interrupted.
    ///
    /// If `from` is not below [`per_epoch`](Batches::per_epoch), there are none.
    ///
    /// # Errors
    ///
    /// The system gives no thread for a worker.
    pub fn epoch(&self, epoch: u64, from: usize) -> Result<Epoch, DataError> {
        let recipe = Recipe {
            records: Arc::clone(&self.records),
            order: Order::new(self.options.seed, epoch, self.records.len()),
            seed: self.options.seed,
            epoch,
            batch_size: self.options.batch_size.get(),
            positions: self.positions(),
            flip: self.options.flip,
        };
        let left = from..self.per_epoch().max(from);
        let maker = match self.options.workers.min(left.len()) {
            0 => Maker::Here(Box::new(recipe)),
            count => Maker::Workers(Workers::start(&recipe, &left, count)?),
        };
        Ok(Epoch { left, maker })
    }

    /// Pictures dealt out in an epoch, before any are dropped.
    fn positions(&self) -> usize {
        self.records.len().saturating_mul(self.options.passes.get())
    }
}

/// The batches of one epoch that are still to come.
///
/// Dropping it in the middle of an epoch ends its threads and waits for them.
#[derive(Debug)]
pub struct Epoch {
    left: Range<usize>,
    maker: Maker,
}

#[derive(Debug)]
enum Maker {
    Here(Box<Recipe>),
    Workers(Workers),
}

impl Iterator for Epoch {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let index = self.left.next()?;
        Some(match &mut self.maker {
            Maker::Here(recipe) => recipe.make(index),
            Maker::Workers(workers) => workers.next(),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl ExactSizeIterator for Epoch {}

/// Why an epoch could not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchesError {
    #[error("cannot start a thread that prepares batches")]
    Thread { source: io::Error },
}

impl Explain for BatchesError {
    fn help(&self) -> Option<String> {
        Some("take fewer with `data.num_workers`; 0 needs none".to_owned())
    }
}
