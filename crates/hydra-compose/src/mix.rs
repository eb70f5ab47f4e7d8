//! Numbers that look random and follow from a seed alone.
//!
//! The generator is SplitMix64: G. L. Steele, D. Lea and C. H. Flood, "Fast Splittable Pseudorandom Number Generators"
//! (OOPSLA 2014), with the constants of <https://prng.di.unimi.it/splitmix64.c>. It passes the usual tests, is a few lines
//! long, and any state is as good as any other, so that a number can be a function of what it is for.

/// 2^64 divided by the golden ratio, made odd: the distance from one state to the next.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of random bits.
pub(crate) struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The stream that starts after this state.
    pub(crate) fn new(state: u64) -> Self {
        Self { state }
    }

    /// A stream for these words, in this order: another word or another order is another stream.
    pub(crate) fn of(words: impl IntoIterator<Item = u64>) -> Self {
        Self::new(words.into_iter().fold(0, |state, word| mix(state.wrapping_add(GAMMA) ^ word)))
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// A number below `bound`, which is not above 2^64. The bias is below `bound` / 2^64.
    pub(crate) fn below(&mut self, bound: u128) -> u64 {
        // The high half of the product is below the bound.
        ((u128::from(self.bits()) * bound) >> 64) as u64
    }

    /// A multiple of 2^-53 in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The words of a text, the length first, so that no two texts have the same.
pub(crate) fn words(text: &str) -> impl Iterator<Item = u64> + '_ {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    std::iter::once(text.len() as u64).chain(text.as_bytes().chunks(8).map(word))
}

/// `number` in the permutation of all 32-bit numbers that belongs to `root`: other numbers give other results, and no table
/// is kept. Four rounds of a Feistel network make a permutation of any function (M. Luby and C. Rackoff, "How to Construct
/// Pseudorandom Permutations from Pseudorandom Functions", 1988); the function is SplitMix64.
pub(crate) fn permuted(root: u64, number: u32) -> u32 {
    let (mut left, mut right) = ((number >> 16) as u16, number as u16);
    for round in 0..4 {
        let bits = SplitMix64::of([root, round, u64::from(right)]).bits();
        (left, right) = (right, left ^ (bits >> 48) as u16);
    }
    u32::from(left) << 16 | u32::from(right)
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_stream_is_that_of_the_reference() {
        // The first numbers of splitmix64.c from the state 1234567.
        let mut stream = SplitMix64::new(1_234_567);
        let numbers: [u64; 3] = std::array::from_fn(|_| stream.bits());
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn a_permutation_repeats_nothing_and_roots_differ() {
        let numbers: HashSet<u32> = (0..100_000).map(|number| permuted(0, number)).collect();
        assert_eq!(numbers.len(), 100_000);
        let shared = (0..100_000).filter(|&number| numbers.contains(&permuted(1, number))).count();
        assert!(shared < 20, "two of 2^32 / 100000 each are expected, not {shared}");
    }

    #[test]
    fn texts_have_words_of_their_own() {
        let of = |text: &str| words(text).collect::<Vec<u64>>();
        assert_ne!(of("a"), of("a\0"));
        assert_ne!(of(""), of("\0"));
        assert_eq!(of("abcdefgh").len(), 2);
    }
}
