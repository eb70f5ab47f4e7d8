//! Randomness as a function of (seed, purpose, step), never of a generator's history.
//!
//! A resumed run therefore draws exactly what the uninterrupted one would have drawn, and adding a draw in one place
//! moves no number in another.

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
}

/// The seed for one purpose at one step.
///
/// ```
/// use ddpm::random::{Purpose, seed_for};
/// assert_eq!(seed_for(0, Purpose::Training, 7), seed_for(0, Purpose::Training, 7));
/// assert_ne!(seed_for(0, Purpose::Training, 7), seed_for(0, Purpose::Training, 8));
/// ```
pub fn seed_for(seed: u64, purpose: Purpose, step: u64) -> i64 {
    let mixed = mix(mix(mix(seed) ^ purpose as u64) ^ step);
    // libtorch takes an i64; all 64 bits are kept.
    mixed.cast_signed()
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
    Tensor::randn(shape, (Kind::Float, Device::Cpu)).to_device(device)
}

/// `count` timesteps, each uniform in `0..timesteps`, as int64 of shape `[count]` on `device`.
pub fn timesteps(count: i64, timesteps: i64, device: Device) -> Tensor {
    Tensor::randint(timesteps, [count], (Kind::Int64, Device::Cpu)).to_device(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_fixed_for_ever() {
        // A change here changes every run that anyone has made.
        assert_eq!(seed_for(0, Purpose::Weights, 0), mix(mix(mix(0) ^ 1)).cast_signed());
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf, "the first output of SplitMix64 seeded with 0");
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
