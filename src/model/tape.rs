//! The network with gradients of our own, on a CPU: several times as fast as libtorch's autograd in bfloat16.
//!
//! Each operation computes, and writes down how its gradient is found: a closure that keeps what it needs and nothing
//! else. Going back calls them from the last to the first, and each one's memory is free again when it has been called.

use super::layers::{Conv, Linear, Norm};
use super::ops::Ops;
use ddpm_kernels as kernels;
use std::collections::HashMap;
use tch::{Kind, Tensor};

/// A value on the tape.
pub(super) struct Value {
    tensor: Tensor,
    /// Where its gradient is collected; none: nobody wants it.
    slot: Option<usize>,
}

/// How an operation's gradients are found, once that by its result is known.
type Step = Box<dyn FnOnce(&mut Back<'_>)>;

/// Computes with the kernels of `kernels`, and records unless it only draws.
pub(super) struct Tape<'c> {
    weights: &'c mut Weights,
    steps: Vec<Step>,
    slots: usize,
    records: bool,
}

/// The weights of convolutions as they are computed with: in the kind and the layout of the feature maps.
///
/// Converting eleven million numbers for each step of drawing would take a tenth of it, so they are kept until they change.
#[derive(Debug)]
pub(crate) struct Weights {
    kind: Kind,
    cast: HashMap<usize, Tensor>,
}

impl Weights {
    /// For feature maps of this kind: float32 or bfloat16.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, cast: HashMap::new() }
    }

    /// To be called whenever the weights have changed.
    pub(crate) fn changed(&mut self) {
        self.cast.clear();
    }

    fn of(&mut self, weight: &Tensor) -> Tensor {
        let prepare = || {
            let cast = weight.detach().to_kind(self.kind);
            if cast.dim() == 4 { kernels::channels_last(&cast) } else { cast }
        };
        self.cast.entry(address(weight)).or_insert_with(prepare).shallow_clone()
    }
}

/// Where gradients of weights go: to each weight a float32 tensor of the same shape and layout, to which is added.
#[derive(Debug)]
pub struct Gradients {
    /// Weight and gradient, in the order of the weights that were given.
    pairs: Vec<(Tensor, Tensor)>,
    index: HashMap<usize, usize>,
}

impl Gradients {
    /// Zeros for each of these weights.
    pub fn new<'a>(weights: impl IntoIterator<Item = &'a Tensor>) -> Self {
        let with_zeros = |weight: &'a Tensor| (weight.shallow_clone(), weight.detach().zeros_like());
        let pairs: Vec<_> = weights.into_iter().map(with_zeros).collect();
        let index = pairs.iter().enumerate().map(|(place, (weight, _))| (address(weight), place)).collect();
        Self { pairs, index }
    }

    /// The gradients, in the order of the weights.
    pub fn iter(&self) -> impl Iterator<Item = &Tensor> {
        self.pairs.iter().map(|(_, gradient)| gradient)
    }

    /// To zero.
    pub fn clear(&mut self) {
        for (_, gradient) in &mut self.pairs {
            let _ = gradient.zero_();
        }
    }

    /// Adds what autograd has left at the weights, and clears it there.
    pub fn take_from_autograd(&mut self) {
        tch::no_grad(|| {
            for (weight, sum) in &mut self.pairs {
                let mut gradient = weight.grad();
                if gradient.defined() {
                    *sum += &gradient;
                    let _ = gradient.zero_();
                }
            }
        });
    }

    fn add(&mut self, weight: usize, gradient: &Tensor) {
        if let Some(place) = self.index.get(&weight) {
            self.pairs[*place].1 += gradient;
        }
    }
}

/// What tells one weight from another.
fn address(weight: &Tensor) -> usize {
    weight.data_ptr() as usize
}

/// Gradients on the way back.
struct Back<'g> {
    of: Vec<Option<Tensor>>,
    weights: &'g mut Gradients,
}

impl Back<'_> {
    fn take(&mut self, slot: usize) -> Option<Tensor> {
        self.of[slot].take()
    }

    /// Values are used more than once: what comes from each use adds up.
    fn add(&mut self, slot: Option<usize>, gradient: Tensor) {
        let Some(slot) = slot else { return };
        self.of[slot] = Some(match self.of[slot].take() {
            Some(sum) => sum + gradient,
            None => gradient,
        });
    }
}

impl<'c> Tape<'c> {
    /// One that records.
    pub(super) fn recording(weights: &'c mut Weights) -> Self {
        Self { weights, steps: Vec::new(), slots: 0, records: true }
    }

    /// One that only computes.
    pub(super) fn blank(weights: &'c mut Weights) -> Self {
        Self { records: false, ..Self::recording(weights) }
    }

    /// Adds to `gradients` those of all weights, given that by `result` (of its shape).
    pub(super) fn back(self, result: &Value, gradient: Tensor, gradients: &mut Gradients) {
        let mut back = Back { of: (0..self.slots).map(|_| None).collect(), weights: gradients };
        back.add(result.slot, gradient.to_kind(result.tensor.kind()));
        for step in self.steps.into_iter().rev() {
            step(&mut back);
        }
    }

    /// A result, and how its gradient (the second argument) goes on.
    fn record(&mut self, tensor: Tensor, step: impl FnOnce(&mut Back<'_>, Tensor) + 'static) -> Value {
        if !self.records {
            return Value { tensor, slot: None };
        }
        let slot = self.slots;
        self.slots += 1;
        self.steps.push(Box::new(move |back| {
            if let Some(gradient) = back.take(slot) {
                step(back, gradient);
            }
        }));
        Value { tensor, slot: Some(slot) }
    }
}

impl Value {
    pub(super) fn into_tensor(self) -> Tensor {
        self.tensor
    }

    pub(super) fn tensor(&self) -> &Tensor {
        &self.tensor
    }
}

impl Ops for Tape<'_> {
    type Value = Value;

    fn input(&mut self, tensor: &Tensor) -> Value {
        let tensor = if tensor.dim() == 4 {
            kernels::channels_last(&tensor.to_kind(self.weights.kind))
        } else {
            tensor.shallow_clone()
        };
        Value { tensor, slot: None }
    }

    fn conv(&mut self, layer: &Conv, x: &Value) -> Value {
        let (weight, bias) = (self.weights.of(&layer.weight), self.weights.of(&layer.bias));
        // libtorch has no layout for what comes of a 1×1 map.
        let y = kernels::channels_last(&layer.shape.forward(&x.tensor, &weight, &bias));
        let (input, into, shape) = (x.tensor.shallow_clone(), x.slot, layer.shape);
        let [by_weight, by_bias] = [&layer.weight, &layer.bias].map(address);
        self.record(y, move |back, gradient| {
            let (dx, dw, db) =
                kernels::convolution_backward(&gradient, &input, &weight, shape, into.is_some());
            back.weights.add(by_weight, &dw);
            back.weights.add(by_bias, &db);
            if let Some(dx) = dx {
                back.add(into, kernels::channels_last(&dx));
            }
        })
    }

    fn norm_relu(&mut self, layer: &Norm, x: &Value) -> Value {
        let (gamma, beta) = (layer.gamma.detach(), layer.beta.detach());
        let normed = kernels::norm_relu(&x.tensor, layer.groups, &gamma, &beta);
        let (input, into, moments) = (x.tensor.shallow_clone(), x.slot, normed.moments);
        self.record(normed.map, move |back, gradient| {
            let (dx, dgamma, dbeta) = kernels::norm_relu_backward(&gradient, &input, &moments, &gamma, &beta);
            back.weights.add(address(&gamma), &dgamma);
            back.weights.add(address(&beta), &dbeta);
            back.add(into, dx);
        })
    }

    fn max_pool(&mut self, x: &Value) -> Value {
        let (input, into) = (x.tensor.shallow_clone(), x.slot);
        self.record(kernels::max_pool(&x.tensor), move |back, gradient| {
            back.add(into, kernels::max_pool_backward(&gradient, &input));
        })
    }

    fn cat(&mut self, a: &Value, b: &Value) -> Value {
        let [to_a, to_b] = [a, b].map(|value| (value.slot, value.tensor.size()[1]));
        self.record(Tensor::cat(&[&a.tensor, &b.tensor], 1), move |back, gradient| {
            back.add(to_a.0, gradient.narrow(1, 0, to_a.1));
            back.add(to_b.0, gradient.narrow(1, to_a.1, to_b.1));
        })
    }

    fn bridge(&mut self, a: &Value, b: &Value) -> Value {
        let (to_a, to_b) = (a.slot, b.slot);
        let sum = (&a.tensor + &b.tensor) / std::f64::consts::SQRT_2;
        self.record(sum, move |back, gradient| {
            let share = gradient / std::f64::consts::SQRT_2;
            back.add(to_a, share.shallow_clone());
            back.add(to_b, share);
        })
    }

    fn mean_relu(&mut self, x: &Value) -> Value {
        let (into, size) = (x.slot, x.tensor.size());
        let mean = x.tensor.mean_dim([2i64, 3].as_slice(), true, None).relu();
        let passes = mean.gt(0.0);
        self.record(mean, move |back, gradient| {
            let share = gradient * passes / (size[2] * size[3]);
            back.add(into, kernels::channels_last(&share.expand(&size, true)));
        })
    }

    fn shift(&mut self, x: &Value, vector: &Value) -> Value {
        let (to_x, to_vector) = (x.slot, vector.slot);
        let shifted = &x.tensor + vector.tensor.to_kind(x.tensor.kind()).unsqueeze(-1).unsqueeze(-1);
        self.record(shifted, move |back, gradient| {
            back.add(to_vector, gradient.sum_dim_intlist([2i64, 3].as_slice(), false, Kind::Float));
            back.add(to_x, gradient);
        })
    }

    fn linear(&mut self, layer: &Linear, x: &Value) -> Value {
        let (input, into) = (x.tensor.shallow_clone(), x.slot);
        let (weight, bias) = (layer.weight.detach(), layer.bias.detach());
        let y = x.tensor.linear(&weight, Some(&bias));
        self.record(y, move |back, gradient| {
            back.weights.add(address(&weight), &gradient.tr().matmul(&input));
            back.weights.add(address(&bias), &gradient.sum_dim_intlist(0, false, Kind::Float));
            if into.is_some() {
                back.add(into, gradient.matmul(&weight));
            }
        })
    }

    fn silu(&mut self, x: &Value) -> Value {
        let (input, into) = (x.tensor.shallow_clone(), x.slot);
        self.record(x.tensor.silu(), move |back, gradient| {
            let sigmoid = input.sigmoid();
            let slope = &sigmoid * (&input * (sigmoid.ones_like() - &sigmoid) + 1.0);
            back.add(into, gradient * slope);
        })
    }
}
