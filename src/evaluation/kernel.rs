//! The kernel distance: maximum mean discrepancy with the kernel of KID.

use tch::{Kind, Tensor};

/// Rows of a kernel matrix that are held at a time: all of them for 10,000 pictures would be 800 MB.
const ROWS: i64 = 1024;

/// The squared maximum mean discrepancy of two sets of features, float of shape `[N, F]` and `[M, F]` with N and M of 2
/// or more.
///
/// The kernel is k(x, y) = (x·y/F + 1)³, as in the Kernel Inception Distance (Bińkowski et al. 2018), and the estimate
/// is the unbiased one (Gretton et al. 2012, lemma 6):
///
/// Σ_{i≠j} k(aᵢ, aⱼ) / N(N−1) + Σ_{i≠j} k(bᵢ, bⱼ) / M(M−1) − 2 Σ_{i,j} k(aᵢ, bⱼ) / NM
///
/// Its expectation is 0 for equal distributions whatever the number of pictures, which suits small sets, and so it is
/// sometimes below 0. Published KIDs are means over subsets of features of an Inception network; this is one
/// estimate from all rows. Computed in double precision on the device of `a`.
///
/// ```
/// use tch::Tensor;
/// let a = Tensor::from_slice(&[0f64, 1.0, 1.0, 0.0]).reshape([2, 2]);
/// let far = &a + 10.0;
/// assert!(ddpm::evaluation::kernel_distance(&a, &far) > 1.0);
/// ```
///
/// # Panics
/// The sets have different numbers of features.
pub fn kernel_distance(a: &Tensor, b: &Tensor) -> f64 {
    tch::no_grad(|| {
        let a = a.to_kind(Kind::Double);
        let b = b.to_device(a.device()).to_kind(Kind::Double);
        let (n, m) = (a.size()[0] as f64, b.size()[0] as f64);
        let within = |set: &Tensor, count: f64| (pairs(set, set) - selves(set)) / (count * (count - 1.0));
        within(&a, n) + within(&b, m) - 2.0 * pairs(&a, &b) / (n * m)
    })
}

/// Σ_{i,j} k(aᵢ, bⱼ)
fn pairs(a: &Tensor, b: &Tensor) -> f64 {
    let columns = b.tr();
    a.split(ROWS, 0).iter().map(|rows| kernel_sum(&rows.matmul(&columns), a.size()[1])).sum()
}

/// Σ_i k(aᵢ, aᵢ)
fn selves(a: &Tensor) -> f64 {
    kernel_sum(&a.square().sum_dim_intlist(1i64, false, Kind::Double), a.size()[1])
}

/// The sum of the kernel over inner products of vectors of that many features.
fn kernel_sum(products: &Tensor, features: i64) -> f64 {
    (products / features as f64 + 1.0).pow_tensor_scalar(3i64).sum(Kind::Double).double_value(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::random::{normal, seeded};

    fn tensor(rows: &[[f64; 3]]) -> Tensor {
        Tensor::from_slice(rows.as_flattened()).reshape([-1, 3]).to_device(test_device())
    }

    #[test]
    fn it_is_the_double_sum_of_its_definition() {
        let a = [[0.5, -1.0, 2.0], [0.0, 0.25, 1.0], [-1.5, 1.0, 0.5]];
        let b = [[1.0, 1.0, -1.0], [0.5, 0.0, 0.0], [2.0, -0.5, 0.25], [0.0, 0.0, 3.0]];
        let k = |x: &[f64; 3], y: &[f64; 3]| {
            (x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>() / 3.0 + 1.0).powi(3)
        };
        let mut want = 0.0;
        for set in [&a[..], &b[..]] {
            for (i, x) in set.iter().enumerate() {
                for (j, y) in set.iter().enumerate() {
                    if i != j {
                        want += k(x, y) / (set.len() * (set.len() - 1)) as f64;
                    }
                }
            }
        }
        for x in &a {
            for y in &b {
                want -= 2.0 * k(x, y) / (a.len() * b.len()) as f64;
            }
        }
        for got in [kernel_distance(&tensor(&a), &tensor(&b)), kernel_distance(&tensor(&b), &tensor(&a))] {
            assert!((got - want).abs() < 1e-12, "{got} is not {want}");
        }
    }

    #[test]
    fn sums_over_many_rows_are_those_of_the_whole_matrix() {
        let _generator = seeded(1);
        let count = ROWS + 77;
        let a = normal(&[count, 4], test_device()).to_kind(Kind::Double);
        let matrix = (a.matmul(&a.tr()) / 4.0 + 1.0).pow_tensor_scalar(3i64);
        let whole = matrix.sum(Kind::Double).double_value(&[]);
        assert!((pairs(&a, &a) / whole - 1.0).abs() < 1e-10);
        assert!((selves(&a) / matrix.trace().double_value(&[]) - 1.0).abs() < 1e-10);
    }

    #[test]
    fn it_is_unbiased() {
        // The biased estimate would be above 0 by about (E k(x, x) − E k(x, y)) · 2/8, here more than 1.
        let _generator = seeded(2);
        let draws: Vec<f64> = (0..400)
            .map(|_| kernel_distance(&normal(&[8, 4], test_device()), &normal(&[8, 4], test_device())))
            .collect();
        let count = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / count;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let error = (variance / count).sqrt();
        assert!(mean.abs() < 5.0 * error, "{mean} ± {error}");
        assert!(5.0 * error < 0.9, "too wide to tell: {error}");
    }

    #[test]
    fn another_distribution_is_far() {
        let _generator = seeded(3);
        let sample = |count| normal(&[count, 16], test_device());
        let same = kernel_distance(&sample(200), &sample(300));
        let moved = kernel_distance(&sample(200), &(sample(300) + 1.0));
        assert!(same.abs() < 0.1 && moved > 1.0, "{same} and {moved}");
    }
}
