//! Figures that add up over an epoch.

use std::time::{Duration, Instant};

/// Pictures a second.
pub(super) struct Pace {
    start: Instant,
    pictures: usize,
    last: (Instant, usize),
}

impl Pace {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self { start: now, pictures: 0, last: (now, 0) }
    }

    pub(super) fn add(&mut self, pictures: usize) {
        self.pictures += pictures;
    }

    pub(super) fn since_last_time(&mut self) -> f64 {
        let (time, pictures) = self.last;
        self.last = (Instant::now(), self.pictures);
        rate(self.pictures - pictures, time.elapsed())
    }

    pub(super) fn overall(&self) -> f64 {
        rate(self.pictures, self.start.elapsed())
    }
}

fn rate(pictures: usize, time: Duration) -> f64 {
    pictures as f64 / time.as_secs_f64().max(1e-9)
}

/// A running mean.
#[derive(Default)]
pub(super) struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    pub(super) fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    pub(super) fn value(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}
