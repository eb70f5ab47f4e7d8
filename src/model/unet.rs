//! The U-Net of the assignment.

use super::autograd::Autograd;
use super::blocks::{Down, ResidualBlock, Spread, Up};
use super::embedding::TimestepEmbedding;
use super::layers::Conv;
use super::ops::Ops;
use tch::Tensor;
use tch::nn;

/// Three stages down, three up, with skips; h is the hidden size and pictures are 32×32:
///
/// | stage | output |
/// |---|---|
/// | `init` | [N, h, 32, 32] |
/// | `down1` | [N, h, 16, 16] |
/// | `down2` | [N, 2h, 8, 8] |
/// | `down3` | [N, 2h, 4, 4] |
/// | mean over the map, ReLU, plus the timestep | [N, 2h, 1, 1] |
/// | `spread` | [N, 2h, 4, 4] |
/// | `up1` with `down3`, plus the timestep | [N, 2h, 8, 8] |
/// | `up2` with `down2` | [N, h, 16, 16] |
/// | `up3` with `down1` | [N, h, 32, 32] |
/// | `out` with `init` | [N, 3, 32, 32] |
///
/// ```
/// use tch::{nn, Device, Kind, Tensor};
/// let vs = nn::VarStore::new(Device::Cpu);
/// let model = ddpm::model::UNet::new(&vs.root(), 3, 8);
/// let pictures = Tensor::zeros([2, 3, 32, 32], (Kind::Float, Device::Cpu));
/// let predicted = model.forward(&pictures, &Tensor::from_slice(&[0i64, 999]));
/// assert_eq!(predicted.size(), [2, 3, 32, 32]);
/// ```
#[derive(Debug)]
pub struct UNet {
    init: ResidualBlock,
    down1: Down,
    down2: Down,
    down3: Down,
    timestep: TimestepEmbedding,
    spread: Spread,
    up1: Up,
    up2: Up,
    up3: Up,
    out: Conv,
}

/// Side of the pictures at the bottom: 32 halved three times.
const BOTTOM_SIDE: i64 = 4;

impl UNet {
    /// A network with fresh weights in `vs`, drawn from libtorch's generator in a fixed order: tch's defaults, uniform
    /// with the variance of He et al. 2015 for convolutions.
    ///
    /// `channels` is that of the pictures; `hidden` must be a multiple of 8, the number of normalisation groups.
    pub fn new(vs: &nn::Path, channels: i64, hidden: i64) -> Self {
        let deep = 2 * hidden;
        Self {
            init: ResidualBlock::new(vs / "init", channels, hidden),
            down1: Down::new(vs / "down1", hidden, hidden),
            down2: Down::new(vs / "down2", hidden, deep),
            down3: Down::new(vs / "down3", deep, deep),
            timestep: TimestepEmbedding::new(vs / "timestep", deep, deep),
            spread: Spread::new(vs / "spread", deep, BOTTOM_SIDE),
            up1: Up::new(vs / "up1", 2 * deep, deep),
            up2: Up::new(vs / "up2", 2 * deep, hidden),
            up3: Up::new(vs / "up3", 2 * hidden, hidden),
            out: Conv::same_size(vs / "out", 2 * hidden, channels),
        }
    }

    /// What the network predicts for `pictures` (`[N, C, 32, 32]`, noisy, about unit variance) at `timesteps`
    /// (int64, `[N]`, each in 0..T): `[N, C, 32, 32]`. Which quantity that is, the objective decides.
    ///
    /// Computed by libtorch's operators in the kind of the weights, with its automatic gradients. [`Engine`](super::Engine)
    /// computes the same faster.
    pub fn forward(&self, pictures: &Tensor, timesteps: &Tensor) -> Tensor {
        let mut operators = Autograd { kind: self.out.weight.kind(), channels_last: false };
        self.compute(&mut operators, pictures, timesteps)
    }

    /// The network, described once for whatever computes it.
    pub(super) fn compute<O: Ops>(&self, ops: &mut O, pictures: &Tensor, timesteps: &Tensor) -> O::Value {
        let pictures = ops.input(pictures);
        let init = self.init.forward(ops, &pictures);
        let down1 = self.down1.forward(ops, &init);
        let down2 = self.down2.forward(ops, &down1);
        let down3 = self.down3.forward(ops, &down2);

        let timestep = self.timestep.forward(ops, timesteps);
        let whole = ops.mean_relu(&down3);
        let bottom = ops.shift(&whole, &timestep);
        let up0 = self.spread.forward(ops, &bottom);

        let up1 = self.up1.forward(ops, &up0, &down3);
        let up1 = ops.shift(&up1, &timestep);
        let up2 = self.up2.forward(ops, &up1, &down2);
        let up3 = self.up3.forward(ops, &up2, &down1);
        let joined = ops.cat(&up3, &init);
        ops.conv(&self.out, &joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::random::seeded;
    use tch::Kind;

    fn parameters(hidden: i64) -> i64 {
        let _generator = seeded(0);
        let vs = nn::VarStore::new(test_device());
        UNet::new(&vs.root(), 3, hidden);
        vs.trainable_variables().iter().map(|variable| variable.numel() as i64).sum()
    }

    #[test]
    fn the_assignments_network_has_its_number_of_parameters() {
        // 11,349,635 with the assignment's embedding (a 1→2h and a 2h→2h layer); this one has 2h→2h twice.
        assert_eq!(parameters(128), 11_349_635 - 256 - 65_792 + 2 * 65_792);
    }

    #[test]
    fn the_timestep_and_every_parameter_matter() {
        let _generator = seeded(0);
        let vs = nn::VarStore::new(test_device());
        let model = UNet::new(&vs.root(), 3, 8);
        let pictures = Tensor::randn([1, 3, 32, 32], (Kind::Float, test_device())).repeat([2, 1, 1, 1]);
        let predicted = model.forward(&pictures, &Tensor::from_slice(&[10i64, 900]).to_device(test_device()));
        let difference = (predicted.get(0) - predicted.get(1)).abs().max().double_value(&[]);
        assert!(difference > 1e-3, "the prediction does not depend on the timestep");

        predicted.square().sum(Kind::Float).backward();
        for (name, variable) in vs.variables() {
            assert!(variable.grad().abs().max().double_value(&[]) > 0.0, "no gradient reaches {name}");
        }
    }

    #[test]
    fn pictures_of_a_batch_do_not_see_each_other() {
        let _generator = seeded(0);
        let vs = nn::VarStore::new(test_device());
        let model = UNet::new(&vs.root(), 3, 8);
        let pictures = Tensor::randn([3, 3, 32, 32], (Kind::Float, test_device()));
        let timesteps = Tensor::from_slice(&[1i64, 500, 999]).to_device(test_device());
        let together = model.forward(&pictures, &timesteps);
        for index in 0..3 {
            let alone = model.forward(&pictures.narrow(0, index, 1), &timesteps.narrow(0, index, 1));
            let difference = (together.narrow(0, index, 1) - alone).abs().max().double_value(&[]);
            // Kernels for other batch sizes add in another order; a leak between pictures would be of order 1.
            assert!(difference < 1e-4, "{difference}");
        }
    }

    /// Every weight's gradient along a random direction, against the difference of the loss over a small step that way, in
    /// double precision.
    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let _generator = seeded(2);
        let mut vs = nn::VarStore::new(test_device());
        let model = UNet::new(&vs.root(), 3, 8);
        vs.double();
        let pictures = Tensor::randn([2, 3, 32, 32], (Kind::Double, test_device()));
        let goal = Tensor::randn([2, 3, 32, 32], (Kind::Double, test_device()));
        let timesteps = Tensor::from_slice(&[10i64, 900]).to_device(test_device());
        let loss = || model.forward(&pictures, &timesteps).mse_loss(&goal, tch::Reduction::Mean);
        loss().backward();
        for (name, mut weight) in vs.variables() {
            let direction = weight.randn_like();
            let direction = &direction / direction.norm();
            let slope = (weight.grad() * &direction).sum(Kind::Double).double_value(&[]);
            // Larger ones would step over kinks of ReLU.
            let step = 1e-7;
            let at = |weight: &mut Tensor, by: f64| {
                tch::no_grad(|| {
                    *weight += &direction * by;
                    loss().double_value(&[])
                })
            };
            let (ahead, behind) = (at(&mut weight, step), at(&mut weight, -2.0 * step));
            at(&mut weight, step);
            let measured = (ahead - behind) / (2.0 * step);
            assert!(
                (measured - slope).abs() < 1e-4 * slope.abs() + 1e-7,
                "{name}: {slope}, measured {measured}"
            );
        }
    }
}
