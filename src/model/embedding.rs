//! The timestep as a vector.

use super::layers::Linear;
use super::ops::Ops;
use tch::nn;
use tch::{Kind, Tensor};

/// Sines and cosines of the timestep at `dim` / 2 wavelengths from 2π to 2π·10,000 (Vaswani et al. 2017, section 3.5).
///
/// `timesteps` is int64 of shape `[N]`; the result is float of shape `[N, dim]`, sines first. `dim` must be even.
///
/// ```
/// use tch::Tensor;
/// let embedded = ddpm::model::sinusoidal(&Tensor::from_slice(&[0i64, 10]), 8);
/// assert_eq!(embedded.size(), [2, 8]);
/// assert_eq!(embedded.double_value(&[0, 0]), 0.0);
/// assert_eq!(embedded.double_value(&[0, 4]), 1.0);
/// ```
pub fn sinusoidal(timesteps: &Tensor, dim: i64) -> Tensor {
    let half = dim / 2;
    let device = timesteps.device();
    let exponents = Tensor::arange(half, (Kind::Float, device)) * (-(10_000f64.ln()) / half as f64);
    let angles = timesteps.to_kind(Kind::Float).unsqueeze(1) * exponents.exp().unsqueeze(0);
    Tensor::cat(&[angles.sin(), angles.cos()], 1)
}

/// The timestep through two linear layers: `[N]` -> `[N, out]`.
#[derive(Debug)]
pub(super) struct TimestepEmbedding {
    features: i64,
    linear1: Linear,
    linear2: Linear,
}

impl TimestepEmbedding {
    pub(super) fn new(vs: nn::Path, features: i64, out: i64) -> Self {
        Self {
            features,
            linear1: Linear::new(&vs / "linear1", features, out),
            linear2: Linear::new(&vs / "linear2", out, out),
        }
    }

    pub(super) fn forward<O: Ops>(&self, ops: &mut O, timesteps: &Tensor) -> O::Value {
        let waves = ops.input(&sinusoidal(timesteps, self.features).to_kind(self.linear1.weight.kind()));
        let hidden = ops.linear(&self.linear1, &waves);
        let active = ops.silu(&hidden);
        ops.linear(&self.linear2, &active)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;

    #[test]
    fn neighbouring_timesteps_differ_and_far_ones_do_too() {
        let all = sinusoidal(&Tensor::arange(1000, (Kind::Int64, test_device())), 32);
        let distances =
            (all.unsqueeze(0) - all.unsqueeze(1)).square().sum_dim_intlist(2, false, Kind::Float).sqrt();
        let off_diagonal = distances + Tensor::eye(1000, (Kind::Float, test_device())) * 1e3;
        assert!(off_diagonal.min().double_value(&[]) > 0.5, "two timesteps look alike");
    }

    #[test]
    fn values_are_those_of_the_formula() {
        let got = sinusoidal(&Tensor::from_slice(&[7i64]).to_device(test_device()), 4);
        for (index, want) in [7f64.sin(), 0.07f64.sin(), 7f64.cos(), 0.07f64.cos()].into_iter().enumerate() {
            assert!((got.double_value(&[0, index as i64]) - want).abs() < 1e-6);
        }
    }
}
