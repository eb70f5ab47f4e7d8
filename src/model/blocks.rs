//! Building blocks. All values are `[N, C, H, W]`.

use super::layers::{Conv, Norm};
use super::ops::Ops;
use tch::nn;

/// Channels are normalised in this many groups (Wu & He 2018).
const GROUPS: i64 = 8;

/// Convolution 3×3, GroupNorm, ReLU: `[N, in, H, W]` -> `[N, out, H, W]`.
#[derive(Debug)]
struct Layer {
    conv: Conv,
    norm: Norm,
}

impl Layer {
    fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        Self {
            conv: Conv::same_size(&vs / "conv", input, output),
            norm: Norm::new(&vs / "norm", GROUPS, output),
        }
    }

    fn forward<O: Ops>(&self, ops: &mut O, x: &O::Value) -> O::Value {
        let convolved = ops.conv(&self.conv, x);
        ops.norm_relu(&self.norm, &convolved)
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

    pub(super) fn forward<O: Ops>(&self, ops: &mut O, x: &O::Value) -> O::Value {
        let first = self.layer1.forward(ops, x);
        self.rest(ops, &first)
    }

    fn rest<O: Ops>(&self, ops: &mut O, first: &O::Value) -> O::Value {
        let second = self.layer2.forward(ops, first);
        self.layer3.forward(ops, &second)
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

    pub(super) fn forward<O: Ops>(&self, ops: &mut O, x: &O::Value) -> O::Value {
        let first = self.0.layer1.forward(ops, x);
        let rest = self.0.rest(ops, &first);
        ops.bridge(&first, &rest)
    }
}

/// A block, then every 2×2 square becomes its maximum: `[N, in, H, W]` -> `[N, out, H/2, W/2]`.
#[derive(Debug)]
pub(super) struct Down(ConvBlock);

impl Down {
    pub(super) fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        Self(ConvBlock::new(vs, input, output))
    }

    pub(super) fn forward<O: Ops>(&self, ops: &mut O, x: &O::Value) -> O::Value {
        let map = self.0.forward(ops, x);
        ops.max_pool(&map)
    }
}

/// Joins x with the skip connection, doubles the size, then two blocks:
/// `[N, in/2, H, W]` and `[N, in/2, H, W]` -> `[N, out, 2H, 2W]`.
#[derive(Debug)]
pub(super) struct Up {
    transposed: Conv,
    block1: ConvBlock,
    block2: ConvBlock,
}

impl Up {
    pub(super) fn new(vs: nn::Path, input: i64, output: i64) -> Self {
        Self {
            transposed: Conv::enlarging(&vs / "transposed", input, output, 2),
            block1: ConvBlock::new(&vs / "block1", output, output),
            block2: ConvBlock::new(&vs / "block2", output, output),
        }
    }

    pub(super) fn forward<O: Ops>(&self, ops: &mut O, x: &O::Value, skip: &O::Value) -> O::Value {
        let joined = ops.cat(x, skip);
        let doubled = ops.conv(&self.transposed, &joined);
        let map = self.block1.forward(ops, &doubled);
        self.block2.forward(ops, &map)
    }
}

/// A 1×1 map becomes `side`×`side`: transposed convolution, GroupNorm, ReLU. `[N, C, 1, 1]` -> `[N, C, side, side]`.
#[derive(Debug)]
pub(super) struct Spread {
    transposed: Conv,
    norm: Norm,
}

impl Spread {
    pub(super) fn new(vs: nn::Path, channels: i64, side: i64) -> Self {
        Self {
            transposed: Conv::enlarging(&vs / "transposed", channels, channels, side),
            norm: Norm::new(&vs / "norm", GROUPS, channels),
        }
    }

    pub(super) fn forward<O: Ops>(&self, ops: &mut O, x: &O::Value) -> O::Value {
        let map = ops.conv(&self.transposed, x);
        ops.norm_relu(&self.norm, &map)
    }
}
