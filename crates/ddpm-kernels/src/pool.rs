//! The maximum of each 2×2 square.

use super::memory::{Bf16, Map, Number, numbers_mut};
use super::{team, vectorised};
use tch::{Kind, Tensor};

/// `[N, C, H, W]` -> `[N, C, H/2, W/2]`, channels-last, float32 or bfloat16; H and W are even.
///
/// # Panics
/// As operators of tch do, if kind or layout do not fit.
pub fn max_pool(x: &Tensor) -> Tensor {
    match x.kind() {
        Kind::BFloat16 => forward::<Bf16>(x),
        _ => forward::<f32>(x),
    }
}

/// The gradient by x from that by the maxima: it goes to the first of the largest, as in PyTorch.
///
/// # Panics
/// As [`max_pool`].
pub fn max_pool_backward(gradient: &Tensor, x: &Tensor) -> Tensor {
    match x.kind() {
        Kind::BFloat16 => backward::<Bf16>(gradient, x),
        _ => backward::<f32>(gradient, x),
    }
}

fn forward<T: Number>(x: &Tensor) -> Tensor {
    let map = Map::<T>::of(x);
    let [n, c, h, w] = x.size()[..] else { return x.shallow_clone() };
    assert!(h % 2 == 0 && w % 2 == 0, "{h}×{w} is no number of squares");
    let mut y = Tensor::empty([n, h / 2, w / 2, c], (T::KIND, x.device()));
    let outputs = numbers_mut::<T>(&mut y).chunks_mut(map.rows / 4 * map.channels).enumerate();
    team::for_each(outputs, |(picture, y)| maxima(map, picture, y));
    y.permute([0, 3, 1, 2])
}

fn backward<T: Number>(gradient: &Tensor, x: &Tensor) -> Tensor {
    let (map, of_maxima) = (Map::<T>::of(x), gradient.size());
    let [n, c, h, w] = x.size()[..] else { return x.shallow_clone() };
    assert!(h % 2 == 0 && w % 2 == 0, "{h}×{w} is no number of squares");
    // Before the threads: a panic there would end the process.
    assert!(of_maxima == [n, c, h / 2, w / 2], "the gradient has another shape");
    let gradient = Map::<T>::of(gradient);
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

/// Channels that are compared at once.
const LANES: usize = 32;

/// Whether `b` takes the place of `a`: what is not a number does, and stays.
#[inline(always)]
fn beats(b: f32, a: f32) -> bool {
    b > a || b.is_nan()
}

vectorised! {
    fn maxima<T: Number>(map: Map<'_, T>, picture: usize, y: &mut [T]) {
        for (square, y) in y.chunks_exact_mut(map.channels).enumerate() {
            let from = corners(map.width, square).map(|row| map.row(picture, row));
            let mut channel = 0;
            while channel + LANES <= map.channels {
                largest::<LANES, T>(from, y, channel);
                channel += LANES;
            }
            while channel < map.channels {
                largest::<1, T>(from, y, channel);
                channel += 1;
            }
        }
    }
}

/// The maxima of `L` channels, from four rows.
#[inline(always)]
fn largest<const L: usize, T: Number>(from: [&[T]; 4], y: &mut [T], channel: usize) {
    let [a, b, c, d] = from.map(|row| &row[channel..channel + L]);
    let y = &mut y[channel..channel + L];
    for lane in 0..L {
        let upper = if beats(b[lane].to_f32(), a[lane].to_f32()) { b[lane] } else { a[lane] };
        let lower = if beats(d[lane].to_f32(), c[lane].to_f32()) { d[lane] } else { c[lane] };
        y[lane] = if beats(lower.to_f32(), upper.to_f32()) { lower } else { upper };
    }
}

vectorised! {
    fn routes<T: Number>(map: Map<'_, T>, gradient: Map<'_, T>, picture: usize, dx: &mut [T]) {
        let channels = map.channels;
        for square in 0..gradient.rows {
            let rows = corners(map.width, square);
            let from = rows.map(|row| map.row(picture, row));
            let gradient = gradient.row(picture, square);
            // Two rows of the picture at a time, as they lie side by side.
            let here = &mut dx[rows[0] * channels..(rows[3] + 1) * channels];
            let (above, below) = here.split_at_mut((rows[2] - rows[0]) * channels);
            let (to_a, to_b) = above[..2 * channels].split_at_mut(channels);
            let (to_c, to_d) = below.split_at_mut(channels);
            let mut to = [to_a, to_b, to_c, to_d];
            let mut channel = 0;
            while channel + LANES <= channels {
                route::<LANES, T>(from, gradient, &mut to, channel);
                channel += LANES;
            }
            while channel < channels {
                route::<1, T>(from, gradient, &mut to, channel);
                channel += 1;
            }
        }
    }
}

/// The gradient of `L` channels, to the first of the largest of four rows.
#[inline(always)]
fn route<const L: usize, T: Number>(from: [&[T]; 4], gradient: &[T], to: &mut [&mut [T]; 4], channel: usize) {
    let [a, b, c, d] = from.map(|row| &row[channel..channel + L]);
    let gradient = &gradient[channel..channel + L];
    let [to_a, to_b, to_c, to_d] = to;
    let (to_a, to_b) = (&mut to_a[channel..channel + L], &mut to_b[channel..channel + L]);
    let (to_c, to_d) = (&mut to_c[channel..channel + L], &mut to_d[channel..channel + L]);
    for lane in 0..L {
        let right = beats(b[lane].to_f32(), a[lane].to_f32());
        let right_below = beats(d[lane].to_f32(), c[lane].to_f32());
        let upper = if right { b[lane] } else { a[lane] };
        let lower = if right_below { d[lane] } else { c[lane] };
        let down = beats(lower.to_f32(), upper.to_f32());
        let (all, none) = (gradient[lane], T::default());
        to_a[lane] = if !down && !right { all } else { none };
        to_b[lane] = if !down && right { all } else { none };
        to_c[lane] = if down && !right_below { all } else { none };
        to_d[lane] = if down && right_below { all } else { none };
    }
}

#[cfg(test)]
mod tests {
    use super::super::channels_last;
    use super::*;
    use crate::seeded;
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
