//! The sliced Wasserstein distance.

use super::{Draw, reseed};
use crate::random;
use tch::{Device, Kind, Tensor};

/// Directions that pictures are projected on. With so many, the squared distance of two sets that differ by a shift has
/// a relative error of √(2/512), 6%, and sets that are compared share it, because they share the directions.
const PROJECTIONS: i64 = 512;

/// Pictures that are held in double precision at a time.
const BATCH: i64 = 256;

/// The sliced 2-Wasserstein distance of two sets of pictures, float of shape `[N, ...]` and `[M, ...]`.
///
/// Both sets are projected on 512 fixed random directions u of length 1. On a line optimal transport is known: it pairs
/// what has the same rank. The result is √(mean over u of W₂²), at least 0 and in the unit of a pixel's value: for
/// pictures of D numbers it is about W₂/√D at most, and for two sets that differ by a constant vector v about |v|/√D.
/// (Rabin et al. 2011; Bonneel et al. 2015; for pictures Karras et al. 2018, here on pixels rather than on patches of a
/// pyramid.)
///
/// Sets may differ in size. The distance of two finite samples of one distribution is above 0, the more so the fewer
/// they are. It is computed in double precision on the device of `a`, and reseeds libtorch's generator.
///
/// ```
/// use tch::Tensor;
/// // Pictures of one pixel lie on a line already: a third of them has moved by 3, squared 9, on average 3.
/// let a = Tensor::from_slice(&[0f64, 0.0, 0.0]).reshape([3, 1, 1, 1]);
/// let b = Tensor::from_slice(&[0f64, 3.0, 0.0]).reshape([3, 1, 1, 1]);
/// let distance = ddpm::evaluation::sliced_wasserstein(&a, &b);
/// assert!((distance - 3f64.sqrt()).abs() < 1e-12);
/// ```
///
/// # Panics
/// A set is empty, or the pictures of one are of another size than those of the other.
pub fn sliced_wasserstein(a: &Tensor, b: &Tensor) -> f64 {
    tch::no_grad(|| {
        let (n, m) = (a.size()[0], b.size()[0]);
        let device = a.device();
        let directions = directions(a.numel() as i64 / n, device);
        let plan = Plan::between(n, m);
        let take = |set: &Tensor, ranks: &[i64]| {
            project(set, &directions).index_select(1, &Tensor::from_slice(ranks).to_device(device))
        };
        let gaps = take(a, &plan.left) - take(b, &plan.right);
        let mass = Tensor::from_slice(&plan.mass).to_device(device);
        gaps.square().matmul(&mass).mean(Kind::Double).double_value(&[]).sqrt()
    })
}

/// Unit vectors, uniform on the sphere: double of shape `[D, P]`. They are the same in every process.
fn directions(dimensions: i64, device: Device) -> Tensor {
    reseed(Draw::Directions);
    let normal = random::normal(&[PROJECTIONS, dimensions], device).to_kind(Kind::Double);
    let lengths = normal.square().sum_dim_intlist(1i64, true, Kind::Double).sqrt();
    (normal / lengths).tr()
}

/// Pictures `[N, ...]` on every direction, in rising order: double of shape `[P, N]`.
fn project(pictures: &Tensor, directions: &Tensor) -> Tensor {
    let batches: Vec<Tensor> = pictures
        .split(BATCH, 0)
        .iter()
        .map(|batch| {
            let vectors = batch.to_device(directions.device()).to_kind(Kind::Double).flatten(1, -1);
            vectors.matmul(directions)
        })
        .collect();
    Tensor::cat(&batches, 0).tr().contiguous().sort(1, false).0
}

/// Optimal transport between n and m sorted points of equal mass: which rank gives how much to which.
///
/// The quantile functions of the two sets are steps, so that the integral of their squared difference is a sum over the
/// pieces between the steps of both, of which there are less than n + m. That is exact; interpolated quantiles would
/// put mass where there is no picture, and no two grids of different size would agree.
#[derive(Debug, PartialEq)]
struct Plan {
    left: Vec<i64>,
    right: Vec<i64>,
    /// Sums to 1.
    mass: Vec<f64>,
}

impl Plan {
    fn between(n: i64, m: i64) -> Self {
        let mut plan = Self { left: Vec::new(), right: Vec::new(), mass: Vec::new() };
        // Positions are counted in parts of n·m, so that no rounding makes two equal steps differ.
        let (mut i, mut j, mut from) = (0, 0, 0);
        while i < n && j < m {
            let (end_left, end_right) = ((i + 1) * m, (j + 1) * n);
            let to = end_left.min(end_right);
            plan.left.push(i);
            plan.right.push(j);
            plan.mass.push((to - from) as f64 / (n * m) as f64);
            i += i64::from(to == end_left);
            j += i64::from(to == end_right);
            from = to;
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::random::seeded;

    fn normal(count: i64) -> Tensor {
        random::normal(&[count, 3, 32, 32], test_device()).to_kind(Kind::Double)
    }

    #[test]
    fn a_plan_moves_all_mass_in_order() {
        let plan = Plan::between(2, 3);
        assert_eq!((plan.left, plan.right), (vec![0, 0, 1, 1], vec![0, 1, 1, 2]));
        assert_eq!(plan.mass, [2.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 2.0 / 6.0]);
        assert_eq!(
            Plan::between(4, 4),
            Plan { left: vec![0, 1, 2, 3], right: vec![0, 1, 2, 3], mass: vec![0.25; 4] }
        );
        assert!((Plan::between(9, 10_000).mass.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn on_a_line_it_is_the_distance_of_the_quantile_functions() {
        let _generator = seeded(1);
        let line =
            |values: &[f64]| Tensor::from_slice(values).reshape([-1, 1, 1, 1]).to_device(test_device());
        // 1 differs from 0 on a sixth, and from 3 on a third: 1/6 + 4/3.
        let distance = sliced_wasserstein(&line(&[1.0, 0.0]), &line(&[0.0, 3.0, 0.0]));
        assert!((distance - 1.5f64.sqrt()).abs() < 1e-12, "{distance}");
    }

    #[test]
    fn a_shift_is_seen_as_the_size_of_its_projections() {
        let _generator = seeded(2);
        let (pictures, shift) = (normal(9), normal(1));
        let distance = sliced_wasserstein(&pictures, &(&pictures + &shift));
        let along = shift.flatten(1, -1).matmul(&directions(3072, test_device()));
        let want = along.square().mean(Kind::Double).double_value(&[]).sqrt();
        assert!((distance - want).abs() < 1e-9, "{distance} is not {want}");
        // Five standard errors of a mean of 512 squares, halved by the root.
        let length = shift.square().mean(Kind::Double).double_value(&[]).sqrt();
        assert!(
            (distance / length - 1.0).abs() < 2.5 * (2.0f64 / 512.0).sqrt(),
            "{distance} against {length}"
        );
    }

    #[test]
    fn directions_have_length_1_and_are_always_the_same() {
        let _generator = seeded(3);
        let first = directions(3072, test_device());
        assert_eq!(first.size(), [3072, PROJECTIONS]);
        let lengths = first.square().sum_dim_intlist(0i64, false, Kind::Double).sqrt();
        assert!((lengths - 1.0).abs().max().double_value(&[]) < 1e-12);
        tch::manual_seed(4);
        assert_eq!(directions(3072, test_device()), first);
    }

    #[test]
    fn sets_are_compared_as_sets() {
        let _generator = seeded(5);
        let (a, b) = (normal(7), normal(12) * 0.5);
        assert_eq!(sliced_wasserstein(&a, &a), 0.0);
        assert!(sliced_wasserstein(&a, &a.flip([0])) < 1e-10, "the order is of no account");
        assert!(sliced_wasserstein(&a, &Tensor::cat(&[&a, &a], 0)) < 1e-10, "nor is repetition");
        let (there, back) = (sliced_wasserstein(&a, &b), sliced_wasserstein(&b, &a));
        assert!((there - back).abs() < 1e-12 && there > 0.1, "{there} there, {back} back");
    }

    #[test]
    fn batches_change_nothing() {
        let _generator = seeded(6);
        let (a, b) = (normal(BATCH + 3), normal(2));
        let vectors = a.flatten(1, -1).matmul(&directions(3072, test_device()));
        let sorted = project(&a, &directions(3072, test_device()));
        assert!((sorted - vectors.tr().sort(1, false).0).abs().max().double_value(&[]) < 1e-10);
        assert!(sliced_wasserstein(&a, &b) > 0.0);
    }
}
