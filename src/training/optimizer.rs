//! Adam and SGD whose state can be seen and saved.
//!
//! libtorch's own optimizers keep their moments out of reach from Rust, and a run that cannot save them cannot be
//! resumed exactly. The updates are those of PyTorch, term by term.

use ddpm_config::Optimizer as Settings;
use tch::Tensor;

/// An update rule over a fixed list of parameters.
///
/// ```
/// use tch::{Device, Kind, Tensor};
/// let weight = Tensor::ones([2], (Kind::Float, Device::Cpu)).set_requires_grad(true);
/// let settings = ddpm_config::Optimizer::Sgd { lr: 0.5, momentum: 0.0, weight_decay: 0.0, nesterov: false };
/// let mut optimizer = ddpm::training::Optimizer::new(settings, vec![("w".into(), weight.shallow_clone())]);
/// weight.sum(Kind::Float).backward();
/// optimizer.step();
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
        let adam = matches!(settings, Settings::Adam { .. });
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

    /// The learning rate.
    pub fn lr(&self) -> f64 {
        self.settings.lr()
    }

    /// Updates every parameter from its gradient, then clears the gradients.
    pub fn step(&mut self) {
        self.steps += 1;
        tch::no_grad(|| {
            for slot in &mut self.slots {
                let mut gradient = slot.parameter.grad();
                if !gradient.defined() {
                    continue;
                }
                match self.settings {
                    Settings::Adam { lr, betas, eps, weight_decay } => {
                        adam(
                            slot,
                            &decayed(&gradient, &slot.parameter, weight_decay),
                            lr,
                            betas,
                            eps,
                            self.steps,
                        );
                    }
                    Settings::Sgd { lr, momentum, weight_decay, nesterov } => {
                        let momentum = Momentum { factor: momentum, nesterov };
                        sgd(
                            slot,
                            &decayed(&gradient, &slot.parameter, weight_decay),
                            lr,
                            momentum,
                            self.steps,
                        );
                    }
                }
                let _ = gradient.zero_();
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

/// The gradient of the loss plus that of the L2 penalty.
fn decayed(gradient: &Tensor, parameter: &Tensor, weight_decay: f64) -> Tensor {
    if weight_decay == 0.0 { gradient.shallow_clone() } else { gradient + parameter * weight_decay }
}

/// Kingma & Ba 2015, algorithm 1, with the bias corrections placed as in PyTorch.
fn adam(slot: &mut Slot, gradient: &Tensor, lr: f64, betas: [f64; 2], eps: f64, steps: i64) {
    let Some(second) = slot.second.as_mut() else { return };
    let _ = slot.first.lerp_(gradient, 1.0 - betas[0]);
    *second *= betas[1];
    *second += gradient.square() * (1.0 - betas[1]);
    let exponent = steps as f64;
    let correction1 = 1.0 - betas[0].powf(exponent);
    let correction2 = (1.0 - betas[1].powf(exponent)).sqrt();
    let denominator = second.sqrt() / correction2 + eps;
    slot.parameter -= &slot.first / denominator * (lr / correction1);
}

/// How SGD remembers earlier gradients.
#[derive(Clone, Copy)]
struct Momentum {
    factor: f64,
    nesterov: bool,
}

/// `torch.optim.SGD` with dampening 0: the buffer starts as the first gradient.
fn sgd(slot: &mut Slot, gradient: &Tensor, lr: f64, momentum: Momentum, steps: i64) {
    if momentum.factor == 0.0 {
        slot.parameter -= gradient * lr;
        return;
    }
    if steps == 1 {
        slot.first.copy_(gradient);
    } else {
        slot.first *= momentum.factor;
        slot.first += gradient;
    }
    slot.parameter -=
        if momentum.nesterov { (gradient + &slot.first * momentum.factor) * lr } else { &slot.first * lr };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use tch::Kind;

    /// Minimises Σ (wᵢ − i)² / 2 for some steps and returns w.
    fn descend(settings: Settings, steps: usize) -> Vec<f64> {
        let weights = Tensor::zeros([3], (Kind::Double, test_device())).set_requires_grad(true);
        let mut optimizer = Optimizer::new(settings, vec![("w".into(), weights.shallow_clone())]);
        let goal = Tensor::from_slice(&[0.0f64, 1.0, 2.0]).to_device(test_device());
        for _ in 0..steps {
            ((&weights - &goal).square().sum(Kind::Double) / 2.0).backward();
            optimizer.step();
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
}
