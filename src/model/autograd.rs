//! The network by libtorch's operators and its automatic gradients, on any device.

use super::layers::{Conv, Linear, Norm};
use super::ops::Ops;
use ddpm_kernels::{EPSILON, channels_last};
use tch::{Kind, Tensor};

/// Computes with libtorch's autograd. In bfloat16, convolutions and what follows from them are, and the rest is float32,
/// as with PyTorch's autocast, which tch has for GPUs only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Autograd {
    /// Of feature maps.
    pub(super) kind: Kind,
    /// Whether maps lie in memory with their channels last, as the tensor cores of a GPU take them.
    pub(super) channels_last: bool,
}

impl Ops for Autograd {
    type Value = Tensor;

    fn input(&mut self, tensor: &Tensor) -> Tensor {
        if self.channels_last && tensor.dim() == 4 { channels_last(tensor) } else { tensor.shallow_clone() }
    }

    fn conv(&mut self, layer: &Conv, x: &Tensor) -> Tensor {
        let [x, weight, bias] = [x, &layer.weight, &layer.bias].map(|tensor| tensor.to_kind(self.kind));
        layer.shape.forward(&x, &weight, &bias)
    }

    fn norm_relu(&mut self, layer: &Norm, x: &Tensor) -> Tensor {
        // Its sums want more digits than bfloat16 has.
        let (gamma, beta) = (Some(&layer.gamma), Some(&layer.beta));
        let normed = x.to_kind(layer.gamma.kind()).group_norm(layer.groups, gamma, beta, EPSILON, true);
        normed.relu().to_kind(self.kind)
    }

    fn max_pool(&mut self, x: &Tensor) -> Tensor {
        x.max_pool2d_default(2)
    }

    fn cat(&mut self, a: &Tensor, b: &Tensor) -> Tensor {
        Tensor::cat(&[a, b], 1)
    }

    fn bridge(&mut self, a: &Tensor, b: &Tensor) -> Tensor {
        (a + b) / std::f64::consts::SQRT_2
    }

    fn mean_relu(&mut self, x: &Tensor) -> Tensor {
        x.mean_dim([2i64, 3].as_slice(), true, None).relu()
    }

    fn shift(&mut self, x: &Tensor, vector: &Tensor) -> Tensor {
        x + vector.to_kind(x.kind()).unsqueeze(-1).unsqueeze(-1)
    }

    fn linear(&mut self, layer: &Linear, x: &Tensor) -> Tensor {
        x.linear(&layer.weight, Some(&layer.bias))
    }

    fn silu(&mut self, x: &Tensor) -> Tensor {
        x.silu()
    }
}
