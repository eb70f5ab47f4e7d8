//! The maximum of each 2×2 square.

use super::memory::{Bf16, Map, Number, numbers_mut};
use super::{team, vectorised};
use tch::{Kind, Tensor};

/// `[N, C, H, W]` -> `[N, C, H/2, W/2]`, channels-last, float32 or bfloat16; H and W are even.
///
/// # Panics
/// As operators of tch do, if kind or layout do not fit.
pub(crate) fn max_pool(x: &Tensor) -> Tensor {
    match x.kind() {
        Kind::BFloat16 => forward::<Bf16>(x),
        _ => forward::<f32>(x),
    }
}

/// The gradient by x from that by the maxima: it goes to the first of the largest, as in PyTorch.
///
/// # Panics
/// As [`max_pool`].
pub(crate) fn max_pool_backward(gradient: &Tensor, x: &Tensor) -> Tensor {
    match x.kind() {
        Kind::BFloat16 => backward::<Bf16>(gradient, x),
        _ => backward::<f32>(gradient, x),
    }
}

fn forward<T: Number>(x: &Tensor) -> Tensor {
    let map = Map::<T>::of(x);
    let [n, c, h, w] = x.size()[..] else { return x.shallow_clone() };
    let mut y = Tensor::empty([n, h / 2, w / 2, c], (T::KIND, x.device()));
    let outputs = numbers_mut::<T>(&mut y).chunks_mut(map.rows / 4 * map.channels).enumerate();
    team::for_each(outputs, |(picture, y)| maxima(map, picture, y));
    y.permute([0, 3, 1, 2])
}

fn backward<T: Number>(gradient: &Tensor, x: &Tensor) -> Tensor {
    let (map, gradient) = (Map::<T>::of(x), Map::<T>::of(gradient));
    assert!(
        (gradient.rows, gradient.channels) == (map.rows / 4, map.channels),
        "the gradient has another shape"
    );
    let mut dx = x.empty_like();
    let outputs = numbers_mut::<T>(&mut dx).chunks_mut(map.rows * map.channels).enumerate();
    team::for_each(outputs, |(picture, dx)| routes(map, gradient, picture, dx));
    dx
}

/// The four rows of a square, in reading order.
#[inline(always)]
fn corners(width: usize, square: usize) -> [usize; 4] {
    let (down, right) = (square / (width / 2), square % (width / 2));
    let first = 2 * down * width + 2 * right;
    [first, first + 1, first + width, first + width + 1]
}

/// Whether `b` takes the place of `a`: what is not a number does, and stays.
#[inline(always)]
fn beats(b: f32, a: f32) -> bool {
    b > a || b.is_nan()
}

vectorised! {
    fn maxima<T: Number>(map: Map<'_, T>, picture: usize, y: &mut [T]) {
        for (square, y) in y.chunks_exact_mut(map.channels).enumerate() {
            let [a, b, c, d] = corners(map.width, square).map(|row| &map.row(picture, row)[..y.len()]);
            for channel in 0..y.len() {
                let first = if beats(b[channel].to_f32(), a[channel].to_f32()) { b[channel] } else { a[channel] };
                let second = if beats(d[channel].to_f32(), c[channel].to_f32()) { d[channel] } else { c[channel] };
                y[channel] = if beats(second.to_f32(), first.to_f32()) { second } else { first };
            }
        }
    }
}

vectorised! {
    fn routes<T: Number>(map: Map<'_, T>, gradient: Map<'_, T>, picture: usize, dx: &mut [T]) {
        let channels = map.channels;
        for square in 0..gradient.rows {
            let rows = corners(map.width, square);
            let [a, b, c, d] = rows.map(|row| &map.row(picture, row)[..channels]);
            let gradient = &gradient.row(picture, square)[..channels];
            // Two rows of the picture at a time, as they lie side by side.
            let (above, below) = dx[rows[0] * channels..(rows[3] + 1) * channels].split_at_mut((rows[2] - rows[0]) * channels);
            let (to_a, to_b) = above[..2 * channels].split_at_mut(channels);
            let (to_c, to_d) = below.split_at_mut(channels);
            for channel in 0..channels {
                let right = beats(b[channel].to_f32(), a[channel].to_f32());
                let right_below = beats(d[channel].to_f32(), c[channel].to_f32());
                let upper = if right { b[channel] } else { a[channel] };
                let lower = if right_below { d[channel] } else { c[channel] };
                let down = beats(lower.to_f32(), upper.to_f32());
                let (all, none) = (gradient[channel], T::default());
                to_a[channel] = if !down && !right { all } else { none };
                to_b[channel] = if !down && right { all } else { none };
                to_c[channel] = if down && !right_below { all } else { none };
                to_d[channel] = if down && right_below { all } else { none };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::channels_last;
    use super::*;
    use crate::random::seeded;
    use tch::Device;

    #[test]
    fn it_is_libtorchs_pooling_there_and_back_ties_included() {
        let _generator = seeded(0);
        for (channels, side) in [(8, 2), (40, 6), (3, 4)] {
            // Few values, so that squares have several largest.
            let values = Tensor::randint(3, [2, channels, side, side], (Kind::Float, Device::Cpu));
            let gradient = Tensor::randn([2, channels, side / 2, side / 2], (Kind::Float, Device::Cpu));
            for kind in [Kind::Float, Kind::BFloat16] {
                let x = values.to_kind(kind).copy().set_requires_grad(true);
                let gradient = gradient.to_kind(kind);
                let y = x.max_pool2d_default(2);
                (&y * &gradient).sum(Kind::Float).backward();
                let (x, gradient, wanted) = (channels_last(&x.detach()), channels_last(&gradient), x.grad());
                assert!(max_pool(&x).equal(&y.detach()));
                assert!(max_pool_backward(&gradient, &x).equal(&wanted), "{kind:?}, {channels} channels");
            }
        }
    }
}
