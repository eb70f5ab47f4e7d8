//! Randomness as a function of (seed, purpose, step), never of a generator's history.
//!
//! A resumed run therefore draws exactly what the uninterrupted one would have drawn, and adding a draw in one place
//! moves no number in another.

use crate::device::sent_to;
use tch::{Device, Kind, Tensor};

/// What random numbers are for. The numbers are part of the format of a run: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Initial weights.
    Weights = 1,
    /// Timesteps and noise of a training step.
    Training = 2,
    /// The noise that samples start from, and the noise added on the way.
    Sampling = 3,
    /// The noise of validation.
    Validation = 4,
    /// The pictures that are compared with real ones.
    Evaluation = 5,
}

/// The seed for one purpose at one step.
///
/// ```
/// use ddpm::random::{Purpose, seed_for};
/// assert_eq!(seed_for(0, Purpose::Training, 7), seed_for(0, Purpose::Training, 7));
/// assert_ne!(seed_for(0, Purpose::Training, 7), seed_for(0, Purpose::Training, 8));
/// ```
pub fn seed_for(seed: u64, purpose: Purpose, step: u64) -> i64 {
    let offset = mix(mix(seed) ^ purpose as u64);
    // libtorch's CPU generator (a Mersenne twister) takes 32 bits of its seed. They count the steps, from an offset that
    // seed and purpose decide, and so no two steps of a run share their noise.
    let counted = (offset as u32).wrapping_add(step as u32);
    i64::from(mix32(counted))
}

/// The finaliser of MurmurHash3: a bijection, so that seeds of neighbouring steps look unrelated and stay distinct.
fn mix32(value: u32) -> u32 {
    let h = (value ^ (value >> 16)).wrapping_mul(0x85eb_ca6b);
    let h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection without visible structure.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Sets libtorch's generator for one purpose at one step.
pub fn reseed(seed: u64, purpose: Purpose, step: u64) {
    tch::manual_seed(seed_for(seed, purpose, step));
}

/// Standard normal numbers of the given shape on `device`.
///
/// They are drawn on the CPU, so that a seed means the same noise on every device.
pub fn normal(shape: &[i64], device: Device) -> Tensor {
    sent_to(&Tensor::randn(shape, (Kind::Float, Device::Cpu)), device)
}

/// `count` timesteps, each uniform in `0..timesteps`, as int64 of shape `[count]` on `device`.
pub fn timesteps(count: i64, timesteps: i64, device: Device) -> Tensor {
    sent_to(&Tensor::randint(timesteps, [count], (Kind::Int64, Device::Cpu)), device)
}

/// Seeds libtorch's generator for a test, and keeps it from others until the guard is dropped: tests run side by side,
/// and the generator is one for the process.
#[cfg(test)]
pub(crate) fn seeded(seed: i64) -> std::sync::MutexGuard<'static, ()> {
    static GENERATOR: std::sync::Mutex<()> = std::sync::Mutex::new(());
    // A test that failed while it held the generator has not harmed it.
    let guard = GENERATOR.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    tch::manual_seed(seed);
    guard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_fixed_for_ever() {
        // A change here changes every run that anyone has made.
        assert_eq!(seed_for(0, Purpose::Weights, 0), 382_957_403);
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf, "the first output of SplitMix64 seeded with 0");
    }

    #[test]
    fn no_two_steps_share_their_noise() {
        let seeds: std::collections::HashSet<_> =
            (0..200_000).map(|step| seed_for(7, Purpose::Training, step)).collect();
        assert_eq!(seeds.len(), 200_000);
        assert!(seeds.iter().all(|seed| (0..1 << 32).contains(seed)), "libtorch would drop bits");
    }

    #[test]
    fn purposes_do_not_share_numbers() {
        let seeds: std::collections::HashSet<_> = [Purpose::Weights, Purpose::Training, Purpose::Sampling]
            .into_iter()
            .flat_map(|purpose| (0..100).map(move |step| seed_for(3, purpose, step)))
            .collect();
        assert_eq!(seeds.len(), 300);
    }
}
