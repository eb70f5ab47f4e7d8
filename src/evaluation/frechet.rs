//! The Fréchet distance of Gaussians.

use tch::{Device, Kind, Tensor};

/// The Fréchet distance of two sets of features, float of shape `[N, F]` and `[M, F]` with N and M of 2 or more: that
/// of the Gaussians with their means and covariances (Heusel et al. 2017, equation 6),
///
/// |m₁ − m₂|² + tr(S₁ + S₂ − 2 (S₁ S₂)^½)
///
/// With the features of [`Inception`](super::Inception) it is the FID. The unit is that of a feature, squared. It is
/// biased: with fewer pictures it is larger, and only distances of equally many can be compared. Published FIDs are of
/// 50,000 drawn pictures. Computed in double precision on the CPU.
///
/// ```
/// use tch::Tensor;
/// let a = Tensor::from_slice(&[0f64, 1.0, 2.0, 5.0]).reshape([4, 1]);
/// // A shift leaves the covariance as it is.
/// let distance = ddpm::evaluation::frechet_distance(&a, &(&a + 3.0));
/// assert!((distance - 9.0).abs() < 1e-9);
/// ```
///
/// # Panics
/// The sets have different numbers of features, fewer than 2 rows, or a value that is not finite.
pub fn frechet_distance(a: &Tensor, b: &Tensor) -> f64 {
    tch::no_grad(|| {
        let (a, b) = (Moments::of(a), Moments::of(b));
        // S₁ S₂ is not symmetric, but R S₂ R with R = S₁^½ is, and has the same eigenvalues.
        let root = square_root(&a.covariance);
        let product = root.matmul(&b.covariance).matmul(&root);
        let crossed = product.linalg_eigvalsh("L").clamp_min(0.0).sqrt().sum(Kind::Double).double_value(&[]);
        let means = (&a.mean - &b.mean).square().sum(Kind::Double).double_value(&[]);
        let spread = (&a.covariance + &b.covariance).trace().double_value(&[]);
        // Equal sets must not come out below 0 by rounding.
        (means + spread - 2.0 * crossed).clamp(0.0, f64::INFINITY)
    })
}

/// What a Gaussian is made of: double, on the CPU.
#[derive(Debug)]
struct Moments {
    /// `[F]`
    mean: Tensor,
    /// `[F, F]`, the unbiased estimate, as in the code of Heusel et al.
    covariance: Tensor,
}

impl Moments {
    fn of(features: &Tensor) -> Self {
        // libtorch's eigenvalue solvers for GPUs are loaded from files of their own, which may not be there.
        let features = features.to_device(Device::Cpu).to_kind(Kind::Double);
        let mean = features.mean_dim(0i64, false, Kind::Double);
        let centered = &features - &mean;
        let covariance = centered.tr().matmul(&centered) / (features.size()[0] - 1) as f64;
        Self { mean, covariance }
    }
}

/// The symmetric square root of a covariance.
fn square_root(covariance: &Tensor) -> Tensor {
    let (values, vectors) = covariance.linalg_eigh("L");
    // With fewer pictures than features many eigenvalues are 0, and rounding takes some of them below.
    (&vectors * values.clamp_min(0.0).sqrt()).matmul(&vectors.tr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::random::{normal, seeded};

    /// Features with exactly this mean and exactly these variances, uncorrelated: `[2F, F]`.
    fn exact(mean: &[f64], variances: &[f64]) -> Tensor {
        let count = variances.len() as f64;
        // Two rows a feature, ±c, give it the variance 2c² / (2F − 1).
        let sizes: Vec<f64> =
            variances.iter().map(|variance| (variance * (2.0 * count - 1.0) / 2.0).sqrt()).collect();
        let half = Tensor::from_slice(&sizes).diag(0);
        (Tensor::cat(&[&half, &-&half], 0) + Tensor::from_slice(mean)).to_device(test_device())
    }

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-9 * want.max(1.0), "{got} is not {want}");
    }

    #[test]
    fn gaussians_of_known_moments_have_their_known_distance() {
        let a = exact(&[1.0, 0.0, -2.0], &[4.0, 1.0, 0.25]);
        let b = exact(&[0.0, 0.5, -2.0], &[1.0, 9.0, 0.25]);
        // |m|² = 1 + 0.25, and for covariances that commute Σ (σ₁ − σ₂)² = 1 + 4 + 0.
        close(frechet_distance(&a, &b), 6.25);
        close(frechet_distance(&b, &a), 6.25);
    }

    #[test]
    fn covariances_need_not_commute() {
        let (cosine, sine) = (0.6f64, 0.8);
        let turn =
            Tensor::from_slice(&[cosine, sine, -sine, cosine]).reshape([2, 2]).to_device(test_device());
        let (a, b) = (exact(&[0.0, 0.0], &[4.0, 1.0]), exact(&[0.0, 0.0], &[9.0, 0.25]).matmul(&turn));
        // For 2×2, tr (S₁ S₂)^½ = √(tr S₁S₂ + 2 √det S₁S₂); the diagonal of S₂ follows from the angle.
        let (first, second) = (9.0 * 0.36 + 0.25 * 0.64, 9.0 * 0.64 + 0.25 * 0.36);
        let crossed = (4.0 * first + second + 2.0 * (4.0f64 * 9.0 * 0.25).sqrt()).sqrt();
        close(frechet_distance(&a, &b), 5.0 + 9.25 - 2.0 * crossed);
    }

    #[test]
    fn few_rows_of_many_features_have_a_distance() {
        let _generator = seeded(1);
        let features = normal(&[5, 64], test_device());
        let same = frechet_distance(&features, &features);
        assert!((0.0..1e-4).contains(&same), "{same}");
        let moved = frechet_distance(&features, &(&features + 0.5));
        assert!((moved - 16.0).abs() < 1e-3, "{moved}: |m|² is 64 · 0.25");
    }

    #[test]
    fn a_gaussian_in_single_precision_comes_near_its_distance() {
        let _generator = seeded(2);
        let (a, b) = (normal(&[20_000, 3], test_device()), normal(&[30_000, 3], test_device()) * 2.0 + 1.0);
        let distance = frechet_distance(&a, &b);
        // 3 · 1² for the means and 3 · (2 − 1)² for the deviations.
        assert!((distance - 6.0).abs() < 0.3, "{distance}");
    }
}
