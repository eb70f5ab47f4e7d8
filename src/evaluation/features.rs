//! Features that need no training and no download: random convolutions.

use super::{Draw, reseed};
use crate::random;
use tch::{Device, Kind, Tensor};

/// Channels: of a picture, then after each stage.
const CHANNELS: [i64; 4] = [3, 32, 64, 128];

/// Height and width of a convolution.
const SIDE: i64 = 3;

/// Pictures that go through the network at a time.
const BATCH: i64 = 256;

/// A small convolutional network with fixed random weights.
///
/// Its three stages are 3×3 convolutions of stride 2 without bias, each followed by ReLU, with 32, 64 and 128 channels.
/// The features of a picture are every channel's mean and standard deviation over the places of its map: 448 numbers
/// about contrast, colour and texture at three sizes, and none about where things are. Weights are normal with variance
/// 2 / (inputs of a filter) (He et al. 2015), so that all stages have numbers of like size. That untrained networks can
/// tell distributions of pictures apart, with less bias towards what ImageNet shows, is argued by Naeem et al. 2020.
#[derive(Debug)]
pub struct RandomFeatures {
    /// For each stage `[out, in, 3, 3]`.
    weights: Vec<Tensor>,
    device: Device,
}

impl RandomFeatures {
    /// The network on `device`. It is the same network every time; to draw it reseeds libtorch's generator.
    pub fn new(device: Device) -> Self {
        reseed(Draw::Weights);
        let weights = CHANNELS
            .windows(2)
            .map(|channels| {
                let (input, output) = (channels[0], channels[1]);
                let deviation = (2.0 / (input * SIDE * SIDE) as f64).sqrt();
                random::normal(&[output, input, SIDE, SIDE], device) * deviation
            })
            .collect();
        Self { weights, device }
    }

    /// The features of pictures, `[N, 3, H, W]` in [-1, 1]: float of shape `[N, 448]`, on the network's device.
    ///
    /// They are proportional to contrast: a picture times c has its features times c, for c of 0 or more.
    /// No gradients are recorded.
    ///
    /// ```
    /// use tch::{Device, Kind, Tensor};
    /// let pictures = Tensor::zeros([2, 3, 32, 32], (Kind::Float, Device::Cpu));
    /// let features = ddpm::evaluation::RandomFeatures::new(Device::Cpu).of(&pictures);
    /// assert_eq!(features.size(), [2, 448]);
    /// ```
    pub fn of(&self, pictures: &Tensor) -> Tensor {
        tch::no_grad(|| {
            let batches: Vec<Tensor> =
                pictures.split(BATCH, 0).iter().map(|batch| self.of_batch(batch)).collect();
            Tensor::cat(&batches, 0)
        })
    }

    fn of_batch(&self, pictures: &Tensor) -> Tensor {
        let mut x = pictures.to_device(self.device).to_kind(Kind::Float);
        let mut statistics = Vec::new();
        for weights in &self.weights {
            x = x.conv2d(weights, None::<&Tensor>, [2, 2], [1, 1], [1, 1], 1).relu();
            statistics.push(x.mean_dim([2i64, 3].as_slice(), false, Kind::Float));
            // Over all places there are, so not the estimate for a larger population.
            statistics.push(x.std_dim([2i64, 3].as_slice(), false, false));
        }
        Tensor::cat(&statistics, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::random::seeded;

    /// The largest difference, in parts of the largest number of `b`.
    fn difference(a: &Tensor, b: &Tensor) -> f64 {
        ((a - b).abs().max() / b.abs().max()).double_value(&[])
    }

    fn pictures(count: i64) -> Tensor {
        random::normal(&[count, 3, 32, 32], test_device()).tanh()
    }

    #[test]
    fn the_network_is_always_the_same() {
        let _generator = seeded(1);
        let pictures = pictures(5);
        let first = RandomFeatures::new(test_device()).of(&pictures);
        tch::manual_seed(99);
        let _ = random::normal(&[7], test_device());
        assert_eq!(RandomFeatures::new(test_device()).of(&pictures), first);
    }

    #[test]
    fn weights_have_the_variance_of_he_et_al() {
        let _generator = seeded(2);
        for (stage, inputs) in RandomFeatures::new(test_device()).weights.iter().zip([3.0, 32.0, 64.0]) {
            let variance = stage.square().mean(Kind::Double).double_value(&[]);
            // Five standard errors of a variance over that many numbers.
            let error = 5.0 * (2.0 / stage.numel() as f64).sqrt();
            assert!((variance * inputs * 9.0 / 2.0 - 1.0).abs() < error, "{variance} with {inputs} channels");
        }
    }

    #[test]
    fn a_picture_has_its_features_in_any_company() {
        let _generator = seeded(3);
        let network = RandomFeatures::new(test_device());
        let pictures = pictures(BATCH + 44);
        let all = network.of(&pictures);
        assert_eq!(all.size(), [BATCH + 44, 448]);
        for row in [0, BATCH - 1, BATCH, BATCH + 43] {
            let alone = network.of(&pictures.narrow(0, row, 1));
            assert!(difference(&all.narrow(0, row, 1), &alone) < 1e-2, "picture {row}");
        }
    }

    #[test]
    fn features_are_means_and_deviations() {
        let _generator = seeded(4);
        let network = RandomFeatures::new(test_device());
        let pictures = pictures(4) * 0.5;
        let features = network.of(&pictures);
        assert!(features.min().double_value(&[]) >= 0.0, "after ReLU both are");
        // A variance would be four times as much.
        assert!(difference(&network.of(&(&pictures * 2.0)), &(&features * 2.0)) < 1e-5);
        assert_eq!(network.of(&pictures.zeros_like()).abs().max().double_value(&[]), 0.0);
        // The first 64 are of the first stage; their squares sum to the mean square of the map.
        let map = pictures.conv2d(&network.weights[0], None::<&Tensor>, [2, 2], [1, 1], [1, 1], 1).relu();
        let power = map.square().mean_dim([2i64, 3].as_slice(), false, Kind::Float);
        let squares = features.narrow(1, 0, 64).square();
        assert!(difference(&(squares.narrow(1, 0, 32) + squares.narrow(1, 32, 32)), &power) < 1e-4);
    }
}
