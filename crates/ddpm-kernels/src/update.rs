//! A step of an optimizer in one pass over the numbers, where libtorch's operators take ten.

use super::memory::{numbers, numbers_mut};
use super::{team, vectorised};
use tch::Tensor;

/// An update of weights by their gradient, with all that is the same for every number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Needs a second moment.
    Adam(Adam),
    /// Needs none.
    Sgd(Sgd),
}

/// Adam (Kingma & Ba 2015), and with `decoupled` decay AdamW (Loshchilov & Hutter 2019).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub lr: f32,
    /// Decay rates β of both moments.
    pub betas: [f32; 2],
    /// 1 − β, which has digits that β in single precision has lost.
    pub rest: [f32; 2],
    /// Added to the denominator.
    pub eps: f32,
    /// Weight decay.
    pub decay: f32,
    /// Whether it is taken from the weight, times the rate, instead of added to the gradient.
    pub decoupled: bool,
    /// 1 − βᵗ of the first moment, and the root of that of the second.
    pub corrections: [f32; 2],
}

/// Stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f32,
    /// Momentum, 0 for none.
    pub momentum: f32,
    /// L2 penalty.
    pub decay: f32,
    /// Nesterov's form of the momentum.
    pub nesterov: bool,
    /// The first step fills the buffer with the gradient.
    pub first_step: bool,
}

/// Numbers that one thread takes at a time: two arrays of them and their moments are in its second-level cache.
const STRETCH: usize = 16 << 10;

/// Updates `weights` by `scale` · `gradient`, and the moments with them. All are float32 on the CPU, of one shape and one
/// layout without gaps.
///
/// ```
/// use ddpm_kernels::{Rule, Sgd, update};
/// use tch::{Kind, Tensor};
/// let mut weights = Tensor::from_slice(&[1f32, 2.0]);
/// let (gradient, mut buffer) = (Tensor::from_slice(&[0.5f32, -0.5]), weights.zeros_like());
/// let sgd = Sgd { lr: 2.0, momentum: 0.0, decay: 0.0, nesterov: false, first_step: true };
/// update(Rule::Sgd(sgd), &mut weights, &gradient, 1.0, &mut buffer, None);
/// assert_eq!(Vec::<f32>::try_from(&weights)?, [0.0, 3.0]);
/// # Ok::<(), tch::TchError>(())
/// ```
///
/// # Panics
/// As operators of tch do, if shapes, kinds or layouts do not fit.
pub fn update(
    rule: Rule,
    weights: &mut Tensor,
    gradient: &Tensor,
    scale: f32,
    first: &mut Tensor,
    second: Option<&mut Tensor>,
) {
    let fits = |other: &Tensor| other.size() == weights.size() && other.stride() == weights.stride();
    let memory =
        [&*weights, gradient, &*first].into_iter().chain(second.as_deref()).map(|tensor| tensor.data_ptr());
    let mut memory: Vec<_> = memory.collect();
    memory.sort_unstable();
    // Without gaps and of one size, they overlap if two begin too near to each other.
    let apart = |pair: &[*mut std::ffi::c_void]| pair[1] as usize - pair[0] as usize >= 4 * weights.numel();
    assert!(memory.windows(2).all(apart), "tensors share their memory");
    assert!(
        fits(gradient) && fits(first) && second.as_ref().is_none_or(|second| fits(second)),
        "layouts differ"
    );
    let gradient = numbers::<f32>(gradient).chunks(STRETCH);
    let weights = numbers_mut::<f32>(weights).chunks_mut(STRETCH);
    let first = numbers_mut::<f32>(first).chunks_mut(STRETCH);
    let stretches = weights.zip(gradient).zip(first);
    match (rule, second) {
        (Rule::Adam(adam), Some(second)) => {
            let second = numbers_mut::<f32>(second).chunks_mut(STRETCH);
            team::for_each(stretches.zip(second), |(((weights, gradient), first), second)| {
                adam_stretch(adam, scale, weights, gradient, first, second);
            });
        }
        (Rule::Sgd(sgd), _) => {
            team::for_each(stretches, |((weights, gradient), first)| {
                sgd_stretch(sgd, scale, weights, gradient, first);
            });
        }
        (Rule::Adam(_), None) => panic!("Adam needs a second moment"),
    }
}

vectorised! {
    fn adam_stretch(adam: Adam, scale: f32, weights: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        let count = weights.len();
        let (gradient, first, second) = (&gradient[..count], &mut first[..count], &mut second[..count]);
        let (shrink, penalty) =
            if adam.decoupled { (1.0 - adam.lr * adam.decay, 0.0) } else { (1.0, adam.decay) };
        let rate = adam.lr / adam.corrections[0];
        for index in 0..count {
            let weight = weights[index] * shrink;
            let gradient = gradient[index] * scale + weights[index] * penalty;
            first[index] += (gradient - first[index]) * adam.rest[0];
            second[index] = second[index] * adam.betas[1] + gradient * gradient * adam.rest[1];
            let deviation = second[index].sqrt() / adam.corrections[1] + adam.eps;
            weights[index] = weight - first[index] / deviation * rate;
        }
    }
}

vectorised! {
    fn sgd_stretch(sgd: Sgd, scale: f32, weights: &mut [f32], gradient: &[f32], buffer: &mut [f32]) {
        let count = weights.len();
        let (gradient, buffer) = (&gradient[..count], &mut buffer[..count]);
        let remembered = if sgd.first_step { 0.0 } else { sgd.momentum };
        // Without momentum the step is the gradient; the buffer stays as it was, empty.
        let (ahead, by_buffer) = match (sgd.momentum > 0.0, sgd.nesterov) {
            (false, _) => (1.0, 0.0),
            (true, true) => (1.0, sgd.momentum),
            (true, false) => (0.0, 1.0),
        };
        for index in 0..count {
            let gradient = gradient[index] * scale + weights[index] * sgd.decay;
            if sgd.momentum > 0.0 {
                buffer[index] = buffer[index] * remembered + gradient;
            }
            weights[index] -= sgd.lr * (gradient * ahead + buffer[index] * by_buffer);
        }
    }
}
