//! Threads that prepare batches ahead of the one that asks for them.
//!
//! Worker w of W makes the batches w, w + W, w + 2W, … and has a queue of its own; the epoch takes one batch
//! from each queue in turn. So the order needs no sorting, and a slow worker holds up only its own batches. A
//! worker whose queue is full sleeps: one that waited busily would take a core from the tensor operations.

use super::recipe::Recipe;
use super::{Batch, BatchesError};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Batches that wait in each queue. One would do if all batches took the same time.
const AHEAD: usize = 2;

/// The threads of an epoch and their queues, at the same places.
#[derive(Debug)]
pub(super) struct Workers {
    queues: Vec<Receiver<Batch>>,
    threads: Vec<JoinHandle<()>>,
    /// Whose turn it is.
    turn: usize,
}

impl Workers {
    /// Starts `count` threads, at least 1, on the batches with these numbers.
    pub(super) fn start(recipe: &Recipe, batches: &Range<usize>, count: usize) -> Result<Self, BatchesError> {
        let mut workers =
            Self { queues: Vec::with_capacity(count), threads: Vec::with_capacity(count), turn: 0 };
        for worker in 0..count {
            let mut recipe = recipe.clone();
            let numbers = (batches.start + worker..batches.end).step_by(count);
            let (sender, queue) = sync_channel(AHEAD);
            let work = move || {
                for number in numbers {
                    // Nobody takes it any more: the epoch was dropped.
                    if sender.send(recipe.make(number)).is_err() {
                        return;
                    }
                }
            };
            let thread = Builder::new()
                .name(format!("ddpm-data-{worker}"))
                .spawn(work)
                .map_err(|source| BatchesError::Thread { source })?;
            workers.queues.push(queue);
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// The next batch; waits for it. Must not be called more often than there are batches.
    pub(super) fn next(&mut self) -> Batch {
        let turn = self.turn;
        self.turn = (turn + 1) % self.queues.len();
        match self.queues[turn].recv() {
            Ok(batch) => batch,
            // Its thread ended early, so it panicked: that goes on here, where it can be seen.
            Err(_) => match self.threads.swap_remove(turn).join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => unreachable!("a worker makes all of its batches"),
            },
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // First the queues: a worker that sleeps before a full one wakes up and finds nobody there.
        self.queues.clear();
        for thread in self.threads.drain(..) {
            // If it panicked, the batch that it did not make was not asked for.
            let _ = thread.join();
        }
    }
}
