//! Random numbers that are computed, not drawn: which picture comes where, and which are mirrored.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a random number is for, so that no two purposes share one.
#[derive(Clone, Copy)]
enum Purpose {
    Shuffle,
    Flip,
}

impl Purpose {
    fn tag(self) -> [u8; 8] {
        match self {
            Self::Shuffle => *b"shuffle\0",
            Self::Flip => *b"flip\0\0\0\0",
        }
    }
}

/// The generator for one purpose at one place.
///
/// The four numbers are ChaCha's key as they are: the cipher sees to it that similar keys give unrelated
/// streams. Nothing here depends on a library's way of seeding or shuffling, which may change between
/// versions; the tests hold the result against another implementation.
fn generator(seed: u64, purpose: Purpose, epoch: u64, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    let parts = [seed.to_le_bytes(), purpose.tag(), epoch.to_le_bytes(), index.to_le_bytes()];
    for (place, part) in key.chunks_exact_mut(8).zip(parts) {
        place.copy_from_slice(&part);
    }
    ChaCha8Rng::from_seed(key)
}

/// A number below `bound`, each equally likely (Lemire 2019, "Fast random integer generation in an
/// interval").
fn below(generator: &mut ChaCha8Rng, bound: u32) -> u32 {
    let mut product = u64::from(generator.next_u32()) * u64::from(bound);
    if (product as u32) < bound {
        let threshold = bound.wrapping_neg() % bound;
        while (product as u32) < threshold {
            product = u64::from(generator.next_u32()) * u64::from(bound);
        }
    }
    (product >> 32) as u32
}

/// Whether the picture at this position of the epoch is mirrored.
pub(super) fn is_mirrored(seed: u64, epoch: u64, position: usize) -> bool {
    generator(seed, Purpose::Flip, epoch, position as u64).next_u32() & 1 == 1
}

/// The order of the pictures in an epoch: one permutation after the other, one for each pass.
#[derive(Clone, Debug)]
pub(super) struct Order {
    seed: u64,
    epoch: u64,
    len: usize,
    /// The pass that was asked for last, since batches are mostly asked for in order.
    pass: Option<u64>,
    permutation: Vec<u32>,
}

impl Order {
    /// Of `len` pictures, at least 1 and fewer than 2^32.
    pub(super) fn new(seed: u64, epoch: u64, len: usize) -> Self {
        Self { seed, epoch, len, pass: None, permutation: Vec::new() }
    }

    /// The picture at a position of the epoch.
    pub(super) fn picture(&mut self, position: usize) -> u32 {
        let pass = (position / self.len) as u64;
        if self.pass != Some(pass) {
            self.shuffle(pass);
            self.pass = Some(pass);
        }
        self.permutation[position % self.len]
    }

    /// Fisher and Yates' shuffle, from the last place to the second.
    fn shuffle(&mut self, pass: u64) {
        let mut generator = generator(self.seed, Purpose::Shuffle, self.epoch, pass);
        self.permutation.clear();
        self.permutation.extend((0..).take(self.len));
        for place in (1..self.len).rev() {
            // `place` is below `len`, which is below 2^32.
            let other = below(&mut generator, place as u32 + 1);
            self.permutation.swap(place, other as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, epoch: u64, len: usize, range: std::ops::Range<usize>) -> Vec<u32> {
        let mut order = Order::new(seed, epoch, len);
        range.map(|position| order.picture(position)).collect()
    }

    /// Computed by an independent ChaCha8, Lemire and Fisher–Yates in Python; any other order breaks resumed
    /// runs.
    #[test]
    fn the_order_is_what_it_was_in_every_version() {
        assert_eq!(first(0, 0, 10, 0..10), [5, 3, 2, 4, 8, 1, 9, 0, 6, 7]);
        assert_eq!(first(0, 0, 10, 10..20), [4, 0, 5, 6, 3, 1, 9, 7, 8, 2]);
        assert_eq!(first(0, 1, 10, 0..10), [0, 5, 7, 4, 8, 3, 9, 2, 6, 1]);
        assert_eq!(first(42, 3, 10, 0..10), [1, 8, 5, 2, 3, 0, 6, 9, 4, 7]);
        assert_eq!(first(0, 0, 50_000, 0..5), [27563, 115, 23441, 13686, 18367]);
    }

    #[test]
    fn the_flips_are_what_they_were_in_every_version() {
        let flips: Vec<u8> = (0..16).map(|position| u8::from(is_mirrored(0, 0, position))).collect();
        assert_eq!(flips, [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn half_of_the_pictures_are_flipped() {
        let flipped = (0..10_000).filter(|position| is_mirrored(7, 3, *position)).count();
        // Five standard deviations are 250.
        assert!((4_750..5_250).contains(&flipped), "{flipped}");
    }

    #[test]
    fn each_pass_has_every_picture_once_in_an_order_of_its_own() {
        let passes: Vec<Vec<u32>> =
            (0..3).map(|pass| first(1, 0, 100, pass * 100..pass * 100 + 100)).collect();
        for pass in &passes {
            let mut sorted = pass.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..100));
        }
        assert!(passes[0] != passes[1] && passes[1] != passes[2] && passes[0] != passes[2]);
    }

    #[test]
    fn going_back_to_an_earlier_pass_gives_the_same() {
        let mut order = Order::new(0, 0, 10);
        let there: Vec<u32> = (0..20).map(|position| order.picture(position)).collect();
        let back: Vec<u32> = (0..20).rev().map(|position| order.picture(position)).collect();
        assert!(there.iter().eq(back.iter().rev()));
    }

    #[test]
    fn one_picture_is_its_own_order() {
        assert_eq!(first(9, 9, 1, 0..3), [0, 0, 0]);
    }
}
