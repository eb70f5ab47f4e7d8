//! What computes a network: which arithmetic, which operators.

use super::UNet;
use super::autograd::Autograd;
use super::tape::{Gradients, Tape, Weights};
use ddpm_kernels as kernels;
use tch::{Device, Kind, Tensor, nn};

/// Computes a network, there and back, in one of two ways that agree:
///
/// - by kernels of this project and gradients of its own, on a CPU;
/// - by libtorch's operators and its autograd, anywhere.
///
/// In bfloat16 feature maps and the weights of convolutions are rounded to it; weights that are trained, sums of
/// normalisation, the loss and its gradients by weights are float32.
#[derive(Debug)]
pub struct Engine {
    kind: Kind,
    /// How maps and the weights of convolutions lie in memory.
    channels_last: bool,
    /// None: by autograd.
    fast: Option<Weights>,
}

impl Engine {
    /// The fastest that there is for a device, in `kind`: float32 or bfloat16.
    pub fn new(kind: Kind, device: Device) -> Self {
        let fast = device == Device::Cpu && kernels::has_convolution_backward();
        Self { kind, channels_last: fast || device.is_cuda(), fast: fast.then(|| Weights::new(kind)) }
    }

    /// Lays the weights of convolutions out as this engine computes with them, so that neither they nor their gradients have
    /// to be turned around in each step. To be called before anything else is made of their memory.
    pub fn lay_out(&self, weights: &nn::VarStore) {
        if !self.channels_last {
            return;
        }
        for mut weight in weights.variables().into_values().filter(|weight| weight.dim() == 4) {
            let turned = kernels::channels_last(&weight.detach());
            tch::no_grad(|| weight.set_data(&turned));
        }
    }

    /// By libtorch's operators and its autograd, as [`Engine::new`] has it on a GPU but for where memory lies: for comparing.
    pub fn autograd(kind: Kind) -> Self {
        Self { kind, channels_last: false, fast: None }
    }

    /// For the log: "float32, fused kernels"; "bfloat16, libtorch's kernels, channels last".
    pub fn description(&self) -> String {
        let kind = if self.kind == Kind::BFloat16 { "bfloat16" } else { "float32" };
        let kernels = match self.fast {
            Some(_) if kernels::has_team() => "fused kernels",
            Some(_) => "fused kernels on one thread",
            None if self.channels_last => "libtorch's kernels, channels last",
            None => "libtorch's kernels",
        };
        format!("{kind}, {kernels}")
    }

    /// What the network predicts, as [`UNet::forward`], in float32 and without gradients. Networks whose weights change are
    /// not to share an engine, unless it is [told](Engine::weights_changed).
    pub fn predict(&mut self, model: &UNet, pictures: &Tensor, timesteps: &Tensor) -> Tensor {
        let predicted = tch::no_grad(|| match &mut self.fast {
            Some(weights) => model.compute(&mut Tape::blank(weights), pictures, timesteps).into_tensor(),
            None => model.compute(&mut self.operators(), pictures, timesteps),
        });
        predicted.to_kind(pictures.kind()).contiguous()
    }

    /// The loss of what the network predicts, a scalar; its gradients by all weights are added to `gradients`.
    ///
    /// `loss` makes a scalar of a float32 prediction, `[N, C, 32, 32]`, by operators of tch; it is called once.
    pub fn descend(
        &mut self,
        model: &UNet,
        pictures: &Tensor,
        timesteps: &Tensor,
        loss: impl FnOnce(&Tensor) -> Tensor,
        gradients: &mut Gradients,
    ) -> Tensor {
        let Some(weights) = &mut self.fast else {
            let predicted = model.compute(&mut self.operators(), pictures, timesteps);
            let loss = loss(&predicted.to_kind(pictures.kind()));
            loss.backward();
            gradients.take_from_autograd();
            return loss.detach();
        };
        let (tape, predicted) = tch::no_grad(|| {
            let mut tape = Tape::recording(weights);
            let predicted = model.compute(&mut tape, pictures, timesteps);
            (tape, predicted)
        });
        // The loss itself is small, and autograd's.
        let leaf = predicted.tensor().to_kind(pictures.kind()).detach().set_requires_grad(true);
        let loss = loss(&leaf);
        loss.backward();
        tch::no_grad(|| tape.back(&predicted, leaf.grad(), gradients));
        loss.detach()
    }

    fn operators(&self) -> Autograd {
        Autograd { kind: self.kind, channels_last: self.channels_last }
    }

    /// To be called when weights have changed.
    pub fn weights_changed(&mut self) {
        if let Some(weights) = &mut self.fast {
            weights.changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ops::Ops;
    use crate::random::seeded;
    use std::collections::BTreeMap;
    use tch::Reduction;

    /// Where ReLU cuts in the networks below.
    #[derive(Clone, Copy, PartialEq)]
    enum Kinks {
        /// Anywhere: numbers that differ by rounding may fall on either side of it, and the gradient jumps there.
        Anywhere,
        /// Half of the channels always pass, half never do.
        FarAway,
    }

    /// Prediction, loss and all gradients of a network of this size, by an engine.
    fn by(engine: Engine, hidden: i64, kinks: Kinks) -> Vec<Tensor> {
        let _generator = seeded(0);
        let mut vs = nn::VarStore::new(Device::Cpu);
        let model = UNet::new(&vs.root(), 3, hidden);
        let weights: BTreeMap<String, Tensor> = vs.variables().into_iter().collect();
        // Fresh norms scale by 1 and shift by 0, which would hide half of their gradient.
        for (name, weight) in weights.iter().filter(|(name, _)| name.contains("norm")) {
            let channel = Tensor::arange(weight.size()[0], (Kind::Float, Device::Cpu));
            let far = (channel.remainder(2.0) - 0.5) * 16.0;
            let by = if kinks == Kinks::FarAway && name.ends_with("bias") {
                far
            } else {
                weight.randn_like() * 0.3
            };
            tch::no_grad(|| weight.shallow_clone().copy_(&(weight + by)));
        }
        let normal = || Tensor::randn([3, 3, 32, 32], (Kind::Float, Device::Cpu));
        let (mut pictures, mut goal) = (normal(), normal());
        if engine.kind == Kind::Double {
            vs.double();
            (pictures, goal) = (pictures.to_kind(Kind::Double), goal.to_kind(Kind::Double));
        }
        let timesteps = Tensor::from_slice(&[3i64, 400, 999]);
        let mut engine = engine;
        engine.lay_out(&vs);
        let mut gradients = Gradients::new(weights.values());
        let loss = |predicted: &Tensor| predicted.mse_loss(&goal, Reduction::Mean);
        let found = engine.descend(&model, &pictures, &timesteps, loss, &mut gradients);
        let predicted = engine.predict(&model, &pictures, &timesteps);
        [predicted, found].into_iter().chain(gradients.iter().map(Tensor::shallow_clone)).collect()
    }

    /// Of all tensors, ‖got − want‖ / ‖want‖, and the largest.
    fn errors(got: &[Tensor], want: &[Tensor]) -> Vec<f64> {
        assert_eq!(got.len(), want.len());
        let norm = |tensor: &Tensor| tensor.norm().double_value(&[]);
        got.iter().zip(want).map(|(got, want)| norm(&(got - want)) / norm(want).max(1e-12)).collect()
    }

    fn mean(errors: &[f64]) -> f64 {
        errors.iter().sum::<f64>() / errors.len() as f64
    }

    #[test]
    fn our_gradients_are_those_of_autograd() {
        let ours = by(Engine::new(Kind::Float, Device::Cpu), 16, Kinks::FarAway);
        let theirs = by(Engine::autograd(Kind::Float), 16, Kinks::FarAway);
        assert!(ours.len() > 80, "every weight has a gradient");
        for (place, error) in errors(&ours, &theirs).into_iter().enumerate() {
            assert!(error < 1e-5, "tensor {place}: {error}");
        }
    }

    #[test]
    fn where_channels_lie_changes_nothing() {
        let last = Engine { channels_last: true, ..Engine::autograd(Kind::Float) };
        assert_eq!(last.description(), "float32, libtorch's kernels, channels last");
        let maps = last.operators().input(&Tensor::zeros([2, 3, 4, 4], (Kind::Float, Device::Cpu)));
        assert_eq!(maps.stride(), [48, 1, 12, 3]);
        // libtorch's GroupNorm sums such maps in another way, with fewer digits.
        let wanted = by(Engine::autograd(Kind::Float), 16, Kinks::FarAway);
        for (place, error) in errors(&by(last, 16, Kinks::FarAway), &wanted).into_iter().enumerate() {
            assert!(error < 1e-3, "tensor {place}: {error}");
        }
    }

    #[test]
    fn where_relu_cuts_they_are_as_near_to_the_truth_as_autograds() {
        let exact = by(Engine::autograd(Kind::Double), 16, Kinks::Anywhere);
        let ours = errors(&by(Engine::new(Kind::Float, Device::Cpu), 16, Kinks::Anywhere), &exact);
        let theirs = errors(&by(Engine::autograd(Kind::Float), 16, Kinks::Anywhere), &exact);
        assert!(mean(&ours) < 1.5 * mean(&theirs) + 1e-4, "{} against {}", mean(&ours), mean(&theirs));
    }

    #[test]
    fn in_bfloat16_they_are_as_near_to_float32_as_autograds() {
        let exact = by(Engine::autograd(Kind::Float), 32, Kinks::Anywhere);
        let ours = errors(&by(Engine::new(Kind::BFloat16, Device::Cpu), 32, Kinks::Anywhere), &exact);
        let theirs = errors(&by(Engine::autograd(Kind::BFloat16), 32, Kinks::Anywhere), &exact);
        assert!(mean(&ours) < 1.1 * mean(&theirs), "{} against {}", mean(&ours), mean(&theirs));
        assert!(mean(&ours) > 1e-3, "that is no bfloat16");
        for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert!(*ours < 2.0 * theirs + 0.01, "tensor {place}: {ours} against {theirs}");
        }
    }

    #[test]
    fn gradients_add_up_and_changed_weights_are_seen() {
        let _generator = seeded(1);
        let vs = nn::VarStore::new(Device::Cpu);
        let model = UNet::new(&vs.root(), 3, 8);
        let mut engine = Engine::new(Kind::BFloat16, Device::Cpu);
        let pictures = Tensor::randn([1, 3, 32, 32], (Kind::Float, Device::Cpu));
        let timesteps = Tensor::from_slice(&[10i64]);
        let weights = vs.trainable_variables();
        let mut gradients = Gradients::new(&weights);
        let loss = |predicted: &Tensor| predicted.square().mean(Kind::Float);
        let mut sums = || -> Vec<f64> {
            let _ = engine.descend(&model, &pictures, &timesteps, loss, &mut gradients);
            gradients.iter().map(|gradient| gradient.norm().double_value(&[])).collect()
        };
        let (once, twice) = (sums(), sums());
        for (once, twice) in once.iter().zip(&twice) {
            assert!((twice - 2.0 * once).abs() < 1e-4 * once + 1e-9);
        }
        let before = engine.predict(&model, &pictures, &timesteps);
        let _ = tch::no_grad(|| vs.variables()["out.bias"].shallow_clone().fill_(7.0));
        engine.weights_changed();
        let after = engine.predict(&model, &pictures, &timesteps);
        assert!(((after - before).mean(Kind::Float).double_value(&[]) - 7.0).abs() < 0.2);
    }
}
