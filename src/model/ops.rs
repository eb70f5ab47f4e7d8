//! The operations that the network is made of.
//!
//! The network is described once, over these; what computes them differs: [`Autograd`](super::autograd::Autograd) leaves
//! gradients to libtorch, on any device, and [`Tape`](super::tape::Tape) has its own, on a CPU.

use super::layers::{Conv, Linear, Norm};
use tch::Tensor;

/// Something that computes the network. A value is a feature map `[N, C, H, W]`, or rows `[N, F]`.
pub(super) trait Ops {
    /// A value, and whatever the gradient needs.
    type Value;

    /// What comes from outside, and gets no gradient: pictures, or the sines of timesteps.
    fn input(&mut self, tensor: &Tensor) -> Self::Value;
    /// `[N, in, H, W]` -> `[N, out, H', W']`.
    fn conv(&mut self, layer: &Conv, x: &Self::Value) -> Self::Value;
    /// GroupNorm, then ReLU.
    fn norm_relu(&mut self, layer: &Norm, x: &Self::Value) -> Self::Value;
    /// Every 2×2 square becomes its maximum.
    fn max_pool(&mut self, x: &Self::Value) -> Self::Value;
    /// a's channels, then b's.
    fn cat(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    /// (a + b)/√2, which keeps the variance.
    fn bridge(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    /// The mean over the map, then ReLU: `[N, C, H, W]` -> `[N, C, 1, 1]`.
    fn mean_relu(&mut self, x: &Self::Value) -> Self::Value;
    /// x plus a vector of channels everywhere: `[N, C, H, W]` and `[N, C]` -> `[N, C, H, W]`.
    fn shift(&mut self, x: &Self::Value, vector: &Self::Value) -> Self::Value;
    /// `[N, in]` -> `[N, out]`.
    fn linear(&mut self, layer: &Linear, x: &Self::Value) -> Self::Value;
    /// x·sigmoid(x), of rows.
    fn silu(&mut self, x: &Self::Value) -> Self::Value;
}
