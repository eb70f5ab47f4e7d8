//! Figures that add up over an epoch.

use serde::{Deserialize, Serialize};
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

/// A running mean, which a checkpoint keeps to the last bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    #[serde(with = "exact")]
    sum: f64,
    count: u64,
}

impl Mean {
    /// Takes one more value in.
    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// The mean; 0 of nothing.
    pub fn value(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}

/// A number as text: the standard library reads back the bits that it printed, and a JSON parser need not.
pub(super) mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(in crate::training) fn serialize<S: Serializer>(
        number: &f64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(in crate::training) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_kept_to_the_last_bit() {
        let mut mean = Mean::default();
        for number in 1..2000 {
            mean.add(1.0 / f64::from(number) + f64::from(number).sqrt() * 1e-9);
            let text = serde_json::to_string(&mean).expect("JSON");
            let back: Mean = serde_json::from_str(&text).expect("a mean");
            assert_eq!(back.sum.to_bits(), mean.sum.to_bits(), "{text}");
        }
    }
}
