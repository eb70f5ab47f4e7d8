//! Adam, AdamW and SGD whose state can be seen and saved.
//!
//! libtorch's own optimizers keep their moments out of reach from Rust, and a run that cannot save them cannot be
//! resumed exactly. The updates are those of PyTorch, term by term: in one pass over the numbers where they are float32
//! on a CPU, else by libtorch's operators.

use crate::model::Gradients;
use ddpm_config::Optimizer as Settings;
use ddpm_kernels::{Adam, Rule, Sgd, update};
use tch::{Device, Kind, Tensor};

/// An update rule over a fixed list of parameters.
///
/// ```
/// use ddpm::model::Gradients;
/// use ddpm::training::Optimizer;
/// use tch::{Device, Kind, Tensor};
/// let weight = Tensor::ones([2], (Kind::Float, Device::Cpu)).set_requires_grad(true);
/// let settings = ddpm_config::Optimizer::Sgd { lr: 0.5, momentum: 0.0, weight_decay: 0.0, nesterov: false };
/// let mut optimizer = Optimizer::new(settings, vec![("w".into(), weight.shallow_clone())]);
/// let mut gradients = Gradients::new([&weight]);
/// weight.sum(Kind::Float).backward();
/// gradients.take_from_autograd();
/// optimizer.step(&gradients, 0.5, 1.0);
/// assert_eq!(Vec::<f32>::try_from(&weight.detach())?, [0.5, 0.5]);
/// # Ok::<(), tch::TchError>(())
/// ```
#[derive(Debug)]
pub struct Optimizer {
    settings: Settings,
    slots: Vec<Slot>,
    steps: i64,
}

/// A parameter and its moments, each of the parameter's shape.
#[derive(Debug)]
struct Slot {
    name: String,
    parameter: Tensor,
    /// Adam: the mean of the gradient; SGD: the momentum buffer.
    first: Tensor,
    /// Adam: the mean of the squared gradient; SGD: nothing.
    second: Option<Tensor>,
}

impl Optimizer {
    /// An optimizer at step 0. The names are those under which state is saved.
    pub fn new(settings: Settings, parameters: Vec<(String, Tensor)>) -> Self {
        let adam = !matches!(settings, Settings::Sgd { .. });
        let slots = parameters
            .into_iter()
            .map(|(name, parameter)| Slot {
                name,
                first: parameter.zeros_like(),
                second: adam.then(|| parameter.zeros_like()),
                parameter,
            })
            .collect();
        Self { settings, slots, steps: 0 }
    }

    /// The learning rate of the settings.
    pub fn lr(&self) -> f64 {
        self.settings.lr()
    }

    /// The parameters, in the order in which gradients are to be.
    pub fn parameters(&self) -> impl Iterator<Item = &Tensor> {
        self.slots.iter().map(|slot| &slot.parameter)
    }

    /// Updates every parameter by `scale` times its gradient, at learning rate `lr`.
    pub fn step(&mut self, gradients: &Gradients, lr: f64, scale: f64) {
        self.steps += 1;
        let step = Step { settings: &self.settings, lr, number: self.steps };
        tch::no_grad(|| {
            for (slot, gradient) in self.slots.iter_mut().zip(gradients.iter()) {
                if slot.parameter.device() == Device::Cpu && slot.parameter.kind() == Kind::Float {
                    let Slot { parameter, first, second, .. } = slot;
                    update(step.rule(), parameter, gradient, scale as f32, first, second.as_mut());
                } else {
                    step.by_operators(slot, &(gradient * scale));
                }
            }
        });
    }

    /// Goes on after `steps` steps; the moments are put back through [`state`](Optimizer::state), whose tensors are those
    /// in use.
    pub fn resume_after(&mut self, steps: u64) {
        self.steps = steps as i64;
    }

    /// Named state for a checkpoint: `NAME.first` and `NAME.second`, each of its parameter's shape. The number of steps
    /// is the run's.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let tensors = self.slots.iter().flat_map(|slot| {
            let first = (format!("{}.first", slot.name), slot.first.shallow_clone());
            let second =
                slot.second.as_ref().map(|second| (format!("{}.second", slot.name), second.shallow_clone()));
            std::iter::once(first).chain(second)
        });
        tensors.collect()
    }
}

/// A step, from 1.
struct Step<'a> {
    settings: &'a Settings,
    lr: f64,
    number: i64,
}

impl Step<'_> {
    /// 1 − βᵗ of the first moment, and the root of that of the second (Kingma & Ba 2015, algorithm 1; placed as in
    /// PyTorch).
    fn corrections(&self, betas: [f64; 2]) -> [f64; 2] {
        let [first, second] = betas.map(|beta| 1.0 - beta.powf(self.number as f64));
        [first, second.sqrt()]
    }

    /// For the kernel.
    fn rule(&self) -> Rule {
        let lr = self.lr as f32;
        match *self.settings {
            Settings::Adam { betas, eps, weight_decay, .. }
            | Settings::AdamW { betas, eps, weight_decay, .. } => {
                Rule::Adam(Adam {
                    lr,
                    betas: betas.map(|beta| beta as f32),
                    // 1 − β has digits that β in single precision has lost.
                    rest: betas.map(|beta| (1.0 - beta) as f32),
                    eps: eps as f32,
                    decay: weight_decay as f32,
                    decoupled: matches!(self.settings, Settings::AdamW { .. }),
                    corrections: self.corrections(betas).map(|correction| correction as f32),
                })
            }
            Settings::Sgd { momentum, weight_decay, nesterov, .. } => Rule::Sgd(Sgd {
                lr,
                momentum: momentum as f32,
                decay: weight_decay as f32,
                nesterov,
                first_step: self.number == 1,
            }),
        }
    }

    /// The same by libtorch's operators.
    fn by_operators(&self, slot: &mut Slot, gradient: &Tensor) {
        match *self.settings {
            Settings::Adam { betas, eps, weight_decay, .. } => {
                let gradient = decayed(gradient, &slot.parameter, weight_decay);
                self.adam(slot, &gradient, betas, eps);
            }
            Settings::AdamW { betas, eps, weight_decay, .. } => {
                slot.parameter *= 1.0 - self.lr * weight_decay;
                self.adam(slot, gradient, betas, eps);
            }
            Settings::Sgd { momentum, weight_decay, nesterov, .. } => {
                let gradient = decayed(gradient, &slot.parameter, weight_decay);
                self.sgd(slot, &gradient, momentum, nesterov);
            }
        }
    }

    fn adam(&self, slot: &mut Slot, gradient: &Tensor, betas: [f64; 2], eps: f64) {
        let Some(second) = slot.second.as_mut() else { return };
        let [correction1, correction2] = self.corrections(betas);
        let _ = slot.first.lerp_(gradient, 1.0 - betas[0]);
        *second *= betas[1];
        *second += gradient.square() * (1.0 - betas[1]);
        let denominator = second.sqrt() / correction2 + eps;
        slot.parameter -= &slot.first / denominator * (self.lr / correction1);
    }

    /// `torch.optim.SGD` with dampening 0: the buffer starts as the first gradient.
    fn sgd(&self, slot: &mut Slot, gradient: &Tensor, momentum: f64, nesterov: bool) {
        if momentum == 0.0 {
            slot.parameter -= gradient * self.lr;
            return;
        }
        if self.number == 1 {
            slot.first.copy_(gradient);
        } else {
            slot.first *= momentum;
            slot.first += gradient;
        }
        slot.parameter -=
            if nesterov { (gradient + &slot.first * momentum) * self.lr } else { &slot.first * self.lr };
    }
}

/// The gradient of the loss plus that of the L2 penalty.
fn decayed(gradient: &Tensor, parameter: &Tensor, weight_decay: f64) -> Tensor {
    if weight_decay == 0.0 { gradient.shallow_clone() } else { gradient + parameter * weight_decay }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    /// Minimises Σ (wᵢ − i)² / 2 for some steps and returns w.
    fn descend(settings: Settings, steps: usize) -> Vec<f64> {
        let weights = Tensor::zeros([3], (Kind::Double, test_device())).set_requires_grad(true);
        let lr = settings.lr();
        let mut optimizer = Optimizer::new(settings, vec![("w".into(), weights.shallow_clone())]);
        let mut gradients = Gradients::new([&weights]);
        let goal = Tensor::from_slice(&[0.0f64, 1.0, 2.0]).to_device(test_device());
        for _ in 0..steps {
            ((&weights - &goal).square().sum(Kind::Double) / 2.0).backward();
            gradients.clear();
            gradients.take_from_autograd();
            optimizer.step(&gradients, lr, 1.0);
        }
        Vec::try_from(&weights.detach()).expect("three doubles")
    }

    fn assert_close(got: &[f64], want: &[f64]) {
        for (a, b) in got.iter().zip(want) {
            assert!((a - b).abs() < 1e-12, "{got:?} is not {want:?}");
        }
    }

    #[test]
    fn sgd_takes_the_gradient_times_the_rate() {
        let plain = Settings::Sgd { lr: 0.1, momentum: 0.0, weight_decay: 0.0, nesterov: false };
        assert_close(&descend(plain, 2), &[0.0, 0.19, 0.38]);
    }

    #[test]
    fn momentum_adds_up_and_nesterov_looks_ahead() {
        // By hand: g1 = -1, w1 = .1; g2 = -.9, buffer = .9·(-1) - .9 = -1.8.
        let heavy = Settings::Sgd { lr: 0.1, momentum: 0.9, weight_decay: 0.0, nesterov: false };
        assert_close(&descend(heavy, 2)[1..2], &[0.28]);
        // w1 = .1·(1 + .9) = .19; g2 = -.81, buffer = -.9 - .81 = -1.71, step = .1·(.81 + .9·1.71).
        let nesterov = Settings::Sgd { lr: 0.1, momentum: 0.9, weight_decay: 0.0, nesterov: true };
        assert_close(&descend(nesterov, 2)[1..2], &[0.19 + 0.1 * (0.81 + 0.9 * 1.71)]);
    }

    #[test]
    fn adam_moves_by_its_rate_whatever_the_scale_at_first() {
        // The first step is lr · g / (|g| + eps).
        let adam = Settings::Adam { lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0 };
        assert_close(&descend(adam.clone(), 1), &[0.0, 0.1 / (1.0 + 1e-8), 0.1 * 2.0 / (2.0 + 1e-8)]);
        // The second, by the definition.
        let (g1, g2) = (-1.0f64, -1.0 + 0.1 / (1.0 + 1e-8));
        let m = (0.9 * 0.1 * g1 + 0.1 * g2) / (1.0 - 0.81);
        let v = (0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2) / (1.0 - 0.999f64.powi(2));
        assert_close(&descend(adam, 2)[1..2], &[0.1 / (1.0 + 1e-8) - 0.1 * m / (v.sqrt() + 1e-8)]);
    }

    #[test]
    fn weight_decay_pulls_to_zero() {
        let decaying = Settings::Sgd { lr: 0.1, momentum: 0.0, weight_decay: 0.5, nesterov: false };
        // w2 = w1 - .1·((w1 - 2) + .5·w1) with w1 = .2
        assert_close(&descend(decaying, 2)[2..], &[0.2 - 0.1 * (-1.8 + 0.1)]);
    }

    #[test]
    fn adamw_takes_its_share_of_the_weight_and_leaves_the_gradient_alone() {
        let adamw = Settings::AdamW { lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.5 };
        let plain = Settings::Adam { lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0 };
        // From 0 the first step has nothing to take away; the second takes lr · decay of what the first has made.
        let first = descend(plain.clone(), 1);
        assert_close(&descend(adamw.clone(), 1), &first);
        let want: Vec<f64> =
            descend(plain, 2).iter().zip(&first).map(|(plain, first)| plain - 0.05 * first).collect();
        assert_close(&descend(adamw, 2), &want);
    }

    /// Both ways of computing, on weights and gradients of all sizes.
    #[test]
    fn the_kernel_does_what_the_operators_do() {
        let _generator = crate::random::seeded(0);
        let adam = (1e-3, [0.9, 0.999], 1e-8, 0.1);
        let sgd = |momentum, nesterov| Settings::Sgd { lr: 0.1, momentum, weight_decay: 0.1, nesterov };
        for settings in [
            Settings::Adam { lr: adam.0, betas: adam.1, eps: adam.2, weight_decay: adam.3 },
            Settings::AdamW { lr: adam.0, betas: adam.1, eps: adam.2, weight_decay: adam.3 },
            sgd(0.0, false),
            sgd(0.9, false),
            sgd(0.9, true),
        ] {
            let start = Tensor::randn([40_001], (Kind::Float, Device::Cpu));
            // Double precision goes by the operators.
            let [float, double] = [Kind::Float, Kind::Double].map(|kind| {
                let weights = start.to_kind(kind).copy().set_requires_grad(true);
                let optimizer = Optimizer::new(settings.clone(), vec![("w".into(), weights.shallow_clone())]);
                let gradients = Gradients::new([&weights]);
                (weights, optimizer, gradients)
            });
            let (mut float, mut double) = (float, double);
            for _ in 0..5 {
                let gradient = Tensor::randn([40_001], (Kind::Double, Device::Cpu));
                for (weights, optimizer, gradients) in [&mut float, &mut double] {
                    gradients.clear();
                    (&*weights * gradient.to_kind(weights.kind())).sum(weights.kind()).backward();
                    gradients.take_from_autograd();
                    optimizer.step(gradients, settings.lr(), 0.5);
                }
            }
            let difference = (&float.0 - &double.0).abs().max().double_value(&[]);
            assert!(difference < 3e-6, "{settings:?}: {difference}");
        }
    }
}
