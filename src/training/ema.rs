//! The moving average of the weights, which draws better pictures than the weights themselves.

use crate::model::UNet;
use ddpm_config::Model;
use tch::{Device, TchError, Tensor, nn};

/// Weights that follow those of training: average ← d · average + (1 − d) · weights.
///
/// With a warm-up d is (1 + step) / (10 + step) until it reaches the configured decay, so that the average does not
/// remember the random initial weights (TensorFlow's `ExponentialMovingAverage` does the same).
#[derive(Debug)]
pub struct Ema {
    model: UNet,
    /// Pairs of average and weight.
    pairs: Vec<(Tensor, Tensor)>,
    vs: nn::VarStore,
    decay: f64,
    warmup: bool,
}

impl Ema {
    /// An average that starts as a copy of `weights`.
    ///
    /// # Errors
    /// libtorch's, when memory runs out.
    pub fn new(
        weights: &nn::VarStore,
        settings: &Model,
        decay: f64,
        warmup: bool,
        device: Device,
    ) -> Result<Self, TchError> {
        let mut vs = nn::VarStore::new(device);
        let model = UNet::new(&vs.root(), 3, settings.hidden_size);
        vs.copy(weights)?;
        vs.freeze();
        let averages = vs.variables();
        let pairs = weights
            .variables()
            .into_iter()
            .filter_map(|(name, weight)| Some((averages.get(&name)?.shallow_clone(), weight)))
            .collect();
        Ok(Self { model, pairs, vs, decay, warmup })
    }

    /// Follows the weights after step `step` (from 1).
    pub fn update(&mut self, step: u64) {
        let step = step as f64;
        let decay = if self.warmup { self.decay.min((1.0 + step) / (10.0 + step)) } else { self.decay };
        tch::no_grad(|| {
            for (average, weight) in &mut self.pairs {
                let _ = average.lerp_(weight, 1.0 - decay);
            }
        });
    }

    /// The network with the averaged weights.
    pub fn model(&self) -> &UNet {
        &self.model
    }

    /// The averaged weights by name.
    pub fn variables(&self) -> &nn::VarStore {
        &self.vs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::random::seeded;

    #[test]
    fn the_average_follows_the_weights() {
        let _generator = seeded(0);
        let weights = nn::VarStore::new(test_device());
        UNet::new(&weights.root(), 3, 8);
        let mut ema =
            Ema::new(&weights, &Model { hidden_size: 8 }, 0.5, true, test_device()).expect("memory");
        let before = ema.variables().variables()["out.bias"].copy();
        let _ = tch::no_grad(|| weights.variables()["out.bias"].shallow_clone().fill_(1.0));
        // Step 1: d = min(0.5, 2/11).
        ema.update(1);
        let want = before * (2.0 / 11.0) + (1.0 - 2.0 / 11.0);
        let got = &ema.variables().variables()["out.bias"];
        assert!((got - want).abs().max().double_value(&[]) < 1e-6);
        // Later: d is the configured one.
        let before = got.copy();
        ema.update(1000);
        let want = before * 0.5 + 0.5;
        assert!((&ema.variables().variables()["out.bias"] - want).abs().max().double_value(&[]) < 1e-6);
    }
}
