//! Building blocks. All tensors are `[N, C, H, W]`.

use tch::Tensor;
use tch::nn::{self, Module};

/// Channels are normalised in this many groups (Wu & He 2018).
const GROUPS: i64 = 8;

/// Convolution 3×3, GroupNorm, ReLU: `[N, in, H, W]` -> `[N, out, H, W]`.
#[derive(Debug)]
struct Layer {
    conv: nn::Conv2D,
    norm: nn::GroupNorm,
}

impl Layer {
    fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        let same_size = nn::ConvConfig { padding: 1, ..Default::default() };
        Self {
            conv: nn::conv2d(&vs / "conv", input, output, 3, same_size),
            norm: nn::group_norm(&vs / "norm", GROUPS, output, nn::GroupNormConfig::default()),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.norm.forward(&self.conv.forward(x)).relu()
    }
}

/// Three layers: `[N, in, H, W]` -> `[N, out, H, W]`.
#[derive(Debug)]
pub(super) struct ConvBlock {
    layer1: Layer,
    layer2: Layer,
    layer3: Layer,
}

impl ConvBlock {
    pub(super) fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        Self {
            layer1: Layer::new(&vs / "layer1", input, output),
            layer2: Layer::new(&vs / "layer2", output, output),
            layer3: Layer::new(&vs / "layer3", output, output),
        }
    }

    pub(super) fn forward(&self, x: &Tensor) -> Tensor {
        self.rest(&self.layer1.forward(x))
    }

    fn rest(&self, first: &Tensor) -> Tensor {
        self.layer3.forward(&self.layer2.forward(first))
    }
}

/// Three layers with a bridge from the first to the end; the sum is divided by √2, which keeps its variance.
/// `[N, in, H, W]` -> `[N, out, H, W]`.
#[derive(Debug)]
pub(super) struct ResidualBlock(ConvBlock);

impl ResidualBlock {
    pub(super) fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        Self(ConvBlock::new(vs, input, output))
    }

    pub(super) fn forward(&self, x: &Tensor) -> Tensor {
        let first = self.0.layer1.forward(x);
        (&first + self.0.rest(&first)) / std::f64::consts::SQRT_2
    }
}

/// A block, then every 2×2 square becomes its maximum: `[N, in, H, W]` -> `[N, out, H/2, W/2]`.
#[derive(Debug)]
pub(super) struct Down(ConvBlock);

impl Down {
    pub(super) fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        Self(ConvBlock::new(vs, input, output))
    }

    pub(super) fn forward(&self, x: &Tensor) -> Tensor {
        self.0.forward(x).max_pool2d_default(2)
    }
}

/// Joins x with the skip connection, doubles the size, then two blocks:
/// `[N, in/2, H, W]` and `[N, in/2, H, W]` -> `[N, out, 2H, 2W]`.
#[derive(Debug)]
pub(super) struct Up {
    transposed: nn::ConvTranspose2D,
    block1: ConvBlock,
    block2: ConvBlock,
}

impl Up {
    pub(super) fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        let doubling = nn::ConvTransposeConfig { stride: 2, ..Default::default() };
        Self {
            transposed: nn::conv_transpose2d(&vs / "transposed", input, output, 2, doubling),
            block1: ConvBlock::new(&vs / "block1", output, output),
            block2: ConvBlock::new(&vs / "block2", output, output),
        }
    }

    pub(super) fn forward(&self, x: &Tensor, skip: &Tensor) -> Tensor {
        let joined = Tensor::cat(&[x, skip], 1);
        self.block2.forward(&self.block1.forward(&self.transposed.forward(&joined)))
    }
}

/// A 1×1 map becomes `side`×`side`: transposed convolution, GroupNorm, ReLU. `[N, C, 1, 1]` -> `[N, C, side, side]`.
#[derive(Debug)]
pub(super) struct Spread {
    transposed: nn::ConvTranspose2D,
    norm: nn::GroupNorm,
}

impl Spread {
    pub(super) fn new(vs: nn::Path, channels: i64, side: i64) -> Self {
        let whole = nn::ConvTransposeConfig { stride: side, ..Default::default() };
        Self {
            transposed: nn::conv_transpose2d(&vs / "transposed", channels, channels, side, whole),
            norm: nn::group_norm(&vs / "norm", GROUPS, channels, nn::GroupNormConfig::default()),
        }
    }

    pub(super) fn forward(&self, x: &Tensor) -> Tensor {
        self.norm.forward(&self.transposed.forward(x)).relu()
    }
}
