//! What is learned, layer by layer.

use ddpm_kernels::Convolution;
use tch::Tensor;
use tch::nn;

/// A convolution with a bias.
#[derive(Debug)]
pub(super) struct Conv {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
    pub(super) shape: Convolution,
}

impl Conv {
    /// 3×3, which keeps the size of the map.
    pub(super) fn same_size(vs: nn::Path, input: i64, output: i64) -> Self {
        let config = nn::ConvConfig { padding: 1, ..Default::default() };
        let conv = nn::conv2d(vs, input, output, 3, config);
        Self::new(conv.ws, conv.bs, Convolution { stride: 1, padding: 1, transposed: false })
    }

    /// Transposed, with a kernel and a stride of `factor`: the map becomes so many times as large.
    pub(super) fn enlarging(vs: nn::Path, input: i64, output: i64, factor: i64) -> Self {
        let config = nn::ConvTransposeConfig { stride: factor, ..Default::default() };
        let conv = nn::conv_transpose2d(vs, input, output, factor, config);
        Self::new(conv.ws, conv.bs, Convolution { stride: factor, padding: 0, transposed: true })
    }

    fn new(weight: Tensor, bias: Option<Tensor>, shape: Convolution) -> Self {
        Self { weight, bias: present(bias), shape }
    }
}

/// GroupNorm.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) gamma: Tensor,
    pub(super) beta: Tensor,
    pub(super) groups: i64,
}

impl Norm {
    pub(super) fn new(vs: nn::Path, groups: i64, channels: i64) -> Self {
        let norm = nn::group_norm(vs, groups, channels, nn::GroupNormConfig::default());
        Self { gamma: present(norm.ws), beta: present(norm.bs), groups }
    }
}

/// A linear layer with a bias.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

impl Linear {
    pub(super) fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        let linear = nn::linear(vs, input, output, nn::LinearConfig::default());
        Self { weight: linear.ws, bias: present(linear.bs) }
    }
}

/// tch's configurations above ask for it.
fn present(tensor: Option<Tensor>) -> Tensor {
    match tensor {
        Some(tensor) => tensor,
        None => unreachable!("tch's default configurations have biases and affine norms"),
    }
}
