//! GroupNorm (Wu & He 2018) and ReLU in one: y = max(0, γ·(x − μ)/σ + β), with mean μ and deviation σ of each picture's
//! group of channels.
//!
//! libtorch does it in two operators that each go through the whole map, and its GroupNorm backward is the slowest part
//! of training a small network in bfloat16. Here a picture stays in the processor's cache from the first pass to the last.

mod backward;
mod forward;
#[cfg(test)]
mod tests;

use super::memory::{Bf16, Number, numbers};
use backward::backward;
use forward::forward;
use tch::{Kind, Tensor};

/// The result of [`norm_relu`], and what its gradient needs besides the input.
#[derive(Debug)]
pub struct Normed {
    /// `[N, C, H, W]`, channels-last, of the input's kind.
    pub map: Tensor,
    /// Of each picture's groups, for the gradient.
    pub moments: Vec<Moments>,
}

/// Mean of a group of channels, and one over its deviation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    mean: f32,
    inverse: f32,
}

/// Added to the variance; PyTorch's default.
pub const EPSILON: f64 = 1e-5;

/// Channels that are summed at once, in registers.
const LANES: usize = 32;
/// Rows that are summed in single precision before they go to a sum in double: a thousand would lose two digits, and ReLU
/// would cut elsewhere.
const FEW_ROWS: usize = 16;
/// For what is left: channels come in groups of eight.
const FEW: usize = 8;

/// GroupNorm and ReLU of `x` (`[N, C, H, W]`, channels-last, float32 or bfloat16); `gamma` and `beta` are float32 of
/// shape `[C]`, and C is a multiple of 8.
///
/// ```
/// use ddpm_kernels::{channels_last, norm_relu};
/// use tch::{Device, Kind, Tensor};
/// let x = channels_last(&Tensor::from_slice(&[1f32, 3.0]).reshape([1, 1, 1, 2]).repeat([1, 8, 1, 1]));
/// let (ones, zeros) = (Tensor::ones([8], (Kind::Float, Device::Cpu)), Tensor::zeros([8], (Kind::Float, Device::Cpu)));
/// let y = norm_relu(&x, 8, &ones, &zeros).map;
/// assert_eq!(y.double_value(&[0, 0, 0, 0]), 0.0);
/// assert!((y.double_value(&[0, 0, 0, 1]) - 1.0).abs() < 1e-4);
/// ```
///
/// # Panics
/// As operators of tch do, if shapes, kinds or layouts do not fit.
pub fn norm_relu(x: &Tensor, groups: i64, gamma: &Tensor, beta: &Tensor) -> Normed {
    match x.kind() {
        Kind::BFloat16 => forward::<Bf16>(x, groups, gamma, beta),
        _ => forward::<f32>(x, groups, gamma, beta),
    }
}

/// Gradients by x (as x), γ and β (float32) from that by y, which may be a part of the channels of a map.
///
/// # Panics
/// As [`norm_relu`].
pub fn norm_relu_backward(
    gradient: &Tensor,
    x: &Tensor,
    moments: &[Moments],
    gamma: &Tensor,
    beta: &Tensor,
) -> (Tensor, Tensor, Tensor) {
    match x.kind() {
        Kind::BFloat16 => backward::<Bf16>(gradient, x, moments, gamma, beta),
        _ => backward::<f32>(gradient, x, moments, gamma, beta),
    }
}

/// γ and β.
#[derive(Clone, Copy)]
struct Affine<'a> {
    gamma: &'a [f32],
    beta: &'a [f32],
}

impl<'a> Affine<'a> {
    fn of(gamma: &'a Tensor, beta: &'a Tensor, channels: usize) -> Self {
        let (gamma, beta) = (numbers(gamma), numbers(beta));
        // Before the threads: a panic there would end the process.
        assert!(gamma.len() == channels && beta.len() == channels, "one γ and one β a channel");
        Self { gamma, beta }
    }
}

/// A channel's way from x to what ReLU is given: x·scale + shift. There and back it has to be the same to the bit, or
/// they would disagree on where ReLU cuts.
#[inline(always)]
fn line(affine: Affine<'_>, channel: usize, moments: Moments) -> (f32, f32) {
    let scale = affine.gamma[channel] * moments.inverse;
    (scale, affine.beta[channel] - moments.mean * scale)
}
#[inline(always)]
fn lanes<const L: usize, T: Number>(row: &[T], channel: usize) -> [f32; L] {
    let row = &row[channel..channel + L];
    let mut values = [0f32; L];
    for lane in 0..L {
        values[lane] = row[lane].to_f32();
    }
    values
}
