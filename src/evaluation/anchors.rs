//! Drawn pictures, and the anchors beside them.

use super::{
    Distances, Draw, Evaluation, Inception, InceptionError, RandomFeatures, frechet_distance,
    kernel_distance, reseed, sliced_wasserstein,
};
use crate::random;
use tch::Tensor;

/// Pictures that cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A set of one picture, or none.
    #[error("there are too few {set} pictures: {count}, where a distance needs at least 2")]
    TooFew {
        /// `drawn`, `held-out` or `real`.
        set: &'static str,
        /// How many there are.
        count: i64,
    },
    /// A set of another shape.
    #[error("the {set} pictures have shape {shape:?}, where [N, 3, 32, 32] is expected")]
    Shape {
        /// `drawn`, `held-out` or `real`.
        set: &'static str,
        /// The shape.
        shape: Vec<i64>,
    },
    /// Infinities or NaN.
    #[error("some of the {set} pictures are not finite")]
    NotFinite {
        /// `drawn`, `held-out` or `real`.
        set: &'static str,
    },
    /// The Inception file failed.
    #[error(transparent)]
    Inception(#[from] InceptionError),
}

/// Measures how far `drawn` pictures are from `held_out` ones, and beside them other `real` pictures and pure noise.
/// All are float of shape `[N, 3, 32, 32]` in [-1, 1], of 2 pictures or more.
///
/// Noise is standard normal, clamped to [-1, 1], as many pictures as were drawn, the same whatever the seed of the run. Distances
/// of finite sets depend on their sizes, so there should be as many `real` ones.
///
/// Computed on the device of `drawn`. Reseeds libtorch's generator.
///
/// ```
/// use tch::{Device, Kind, Tensor};
/// let greys = |level: f64| Tensor::rand([4, 3, 32, 32], (Kind::Float, Device::Cpu)) * 0.1 + level;
/// let evaluation = ddpm::evaluation::evaluate(&greys(0.1), &greys(0.5), &greys(0.5), None)?;
/// println!("{evaluation}");
/// assert!(evaluation.drawn.sliced_wasserstein > evaluation.real.sliced_wasserstein);
/// # Ok::<(), ddpm::evaluation::EvaluationError>(())
/// ```
///
/// # Errors
/// A set of fewer than 2 pictures, of another shape, or with values that are not finite; an Inception file that fails.
pub fn evaluate(
    drawn: &Tensor,
    held_out: &Tensor,
    real: &Tensor,
    inception: Option<&Inception>,
) -> Result<Evaluation, EvaluationError> {
    let samples = check("drawn", drawn)?;
    let held_out_count = check("held-out", held_out)?;
    check("real", real)?;
    let device = drawn.device();
    let features = RandomFeatures::new(device);
    reseed(Draw::Noise);
    let noise = random::normal(&drawn.size(), device).clamp(-1.0, 1.0);

    let seen = |pictures: &Tensor| Seen::new(pictures, &features, inception);
    let target = seen(held_out)?;
    Ok(Evaluation {
        samples: samples as usize,
        held_out: held_out_count as usize,
        drawn: seen(drawn)?.distances_from(&target),
        real: seen(real)?.distances_from(&target),
        noise: seen(&noise)?.distances_from(&target),
    })
}

/// The number of pictures of a set that can be evaluated.
fn check(set: &'static str, pictures: &Tensor) -> Result<i64, EvaluationError> {
    let shape = pictures.size();
    let [count, 3, 32, 32] = shape[..] else {
        return Err(EvaluationError::Shape { set, shape });
    };
    if count < 2 {
        return Err(EvaluationError::TooFew { set, count });
    }
    if pictures.isfinite().all().int64_value(&[]) == 0 {
        return Err(EvaluationError::NotFinite { set });
    }
    Ok(count)
}

/// Pictures, and what networks make of them.
#[derive(Debug)]
struct Seen {
    pictures: Tensor,
    features: Tensor,
    inception: Option<Tensor>,
}

impl Seen {
    fn new(
        pictures: &Tensor,
        features: &RandomFeatures,
        inception: Option<&Inception>,
    ) -> Result<Self, InceptionError> {
        Ok(Self {
            pictures: pictures.shallow_clone(),
            features: features.of(pictures),
            inception: inception.map(|inception| inception.features(pictures)).transpose()?,
        })
    }

    fn distances_from(&self, other: &Self) -> Distances {
        let inception = self.inception.as_ref().zip(other.inception.as_ref());
        Distances {
            sliced_wasserstein: sliced_wasserstein(&self.pictures, &other.pictures),
            kernel: kernel_distance(&self.features, &other.features),
            frechet: inception.map(|(ours, theirs)| frechet_distance(ours, theirs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Measure;
    use super::super::inception::save_module;
    use super::*;
    use crate::device::test_device;
    use crate::random::{normal, seeded};
    use tch::Kind;

    /// Pictures of 2×2 blocks, which are paler than noise.
    fn blocks(count: i64) -> Tensor {
        let coarse = normal(&[count, 3, 16, 16], test_device()) * 0.4;
        coarse.upsample_nearest2d([32, 32], None::<f64>, None::<f64>).clamp(-1.0, 1.0)
    }

    fn blurred(pictures: &Tensor) -> Tensor {
        pictures.avg_pool2d([3, 3], [1, 1], [1, 1], false, false, None::<i64>)
    }

    #[test]
    fn blurred_pictures_lie_between_real_ones_and_noise() {
        let _generator = seeded(1);
        let evaluation =
            evaluate(&blurred(&blocks(256)), &blocks(200), &blocks(300), None).expect("evaluated");
        assert_eq!((evaluation.samples, evaluation.held_out), (256, 200));
        for measure in [Measure::SlicedWasserstein, Measure::Kernel] {
            let nearness = evaluation.nearness(measure).expect("a scale");
            assert!((0.05..0.95).contains(&nearness), "{measure:?}: {nearness}\n{evaluation}");
        }
        assert_eq!(evaluation.drawn.frechet, None);
    }

    #[test]
    fn what_was_seeded_before_is_of_no_account() {
        let _generator = seeded(2);
        let (drawn, held_out, real) = (blocks(6), blocks(4), blocks(5));
        let first = evaluate(&drawn, &held_out, &real, None).expect("evaluated");
        tch::manual_seed(3);
        assert_eq!(evaluate(&drawn, &held_out, &real, None).expect("evaluated"), first);
    }

    #[test]
    fn every_row_is_measured_in_the_same_way() {
        let _generator = seeded(4);
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("means.pt");
        save_module(&path, |bytes| bytes.mean_dim([2i64, 3].as_slice(), false, Kind::Float));
        let inception = Inception::load(&path, test_device()).expect("loaded");
        let (real, held_out) = (blocks(6), blocks(4) + 0.25);
        let evaluation = evaluate(&real, &held_out, &real, Some(&inception)).expect("evaluated");
        assert_eq!(evaluation.drawn, evaluation.real);
        // In bytes the means differ by 0.25 · 127.5 in each of three channels.
        let frechet = evaluation.drawn.frechet.expect("a FID");
        assert!((frechet / (3.0 * (0.25f64 * 127.5).powi(2)) - 1.0).abs() < 0.5, "{frechet}");
        let same = evaluate(&held_out, &held_out, &real, None).expect("evaluated");
        assert_eq!(same.drawn.sliced_wasserstein, 0.0);
    }

    #[test]
    fn sets_that_cannot_be_compared_are_named() {
        let _generator = seeded(5);
        let good = blocks(3);
        let error = |drawn: &Tensor, held_out: &Tensor, real: &Tensor| {
            evaluate(drawn, held_out, real, None).expect_err("refused").to_string()
        };
        let one = "there are too few held-out pictures: 1, where a distance needs at least 2";
        assert_eq!(error(&good, &blocks(1), &good), one);
        let small = "the real pictures have shape [3, 3, 16, 32], where [N, 3, 32, 32] is expected";
        assert_eq!(error(&good, &good, &good.narrow(2, 0, 16)), small);
        for bad in [f64::NAN, f64::INFINITY] {
            let wrong =
                &good + Tensor::from_slice(&[0.0, 0.0, bad]).reshape([3, 1, 1, 1]).to_device(test_device());
            assert_eq!(error(&wrong, &good, &good), "some of the drawn pictures are not finite");
        }
    }
}
