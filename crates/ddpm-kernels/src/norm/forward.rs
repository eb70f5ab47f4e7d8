//! There: moments of each group, then y.

use super::super::memory::{Map, Number, numbers_mut};
use super::super::{team, vectorised};
use super::{Affine, EPSILON, FEW, FEW_ROWS, LANES, Moments, Normed, lanes, line};
use tch::Tensor;

pub(super) fn forward<T: Number>(x: &Tensor, groups: i64, gamma: &Tensor, beta: &Tensor) -> Normed {
    let map = Map::<T>::of(x);
    let groups = groups as usize;
    assert!(
        map.channels.is_multiple_of(groups) && map.channels.is_multiple_of(FEW),
        "{} channels",
        map.channels
    );
    let affine = Affine::of(gamma, beta, map.channels);
    let mut y = x.empty_like();
    let mut moments = vec![Moments::default(); map.pictures * groups];
    let outputs = numbers_mut::<T>(&mut y).chunks_mut(map.rows * map.channels);
    let items = outputs.zip(moments.chunks_mut(groups)).enumerate();
    team::for_each(items, |(picture, (y, moments))| normalise(map, picture, affine, moments, y));
    Normed { map: y, moments }
}

vectorised! {
    /// One picture: its moments, and y.
    fn normalise<T: Number>(map: Map<'_, T>, picture: usize, affine: Affine<'_>, moments: &mut [Moments], y: &mut [T]) {
        measure(map, picture, moments);
        let size = map.channels / moments.len();
        let mut channel = 0;
        while channel + LANES <= map.channels {
            apply::<LANES, T>(map, picture, channel, affine, moments, size, y);
            channel += LANES;
        }
        while channel < map.channels {
            apply::<FEW, T>(map, picture, channel, affine, moments, size, y);
            channel += FEW;
        }
    }
}

/// Moments of each group, from sums over each channel of x less its first number, which keeps them small.
#[inline(always)]
fn measure<T: Number>(map: Map<'_, T>, picture: usize, moments: &mut [Moments]) {
    // Mean of a channel, and the sum of squares around it.
    let mut found = vec![(0f64, 0f64); map.channels];
    let mut channel = 0;
    while channel + LANES <= map.channels {
        sums::<LANES, T>(map, picture, channel, &mut found);
        channel += LANES;
    }
    while channel < map.channels {
        sums::<FEW, T>(map, picture, channel, &mut found);
        channel += FEW;
    }
    let rows = map.rows as f64;
    let size = map.channels / moments.len();
    for (moments, channels) in moments.iter_mut().zip(found.chunks(size)) {
        let mean = channels.iter().map(|(mean, _)| mean).sum::<f64>() / size as f64;
        let squares: f64 =
            channels.iter().map(|(of_channel, within)| within + rows * (of_channel - mean).powi(2)).sum();
        let variance = squares / (rows * size as f64);
        *moments = Moments { mean: mean as f32, inverse: (1.0 / (variance + EPSILON).sqrt()) as f32 };
    }
}

#[inline(always)]
fn sums<const L: usize, T: Number>(
    map: Map<'_, T>,
    picture: usize,
    channel: usize,
    found: &mut [(f64, f64)],
) {
    let pivot: [f32; L] = lanes(map.row(picture, 0), channel);
    let (mut sum, mut square) = ([0f64; L], [0f64; L]);
    for start in (0..map.rows).step_by(FEW_ROWS) {
        let (mut few, mut few_squares) = ([0f32; L], [0f32; L]);
        for row in start..map.rows.min(start + FEW_ROWS) {
            let x: [f32; L] = lanes(map.row(picture, row), channel);
            for lane in 0..L {
                let difference = x[lane] - pivot[lane];
                few[lane] += difference;
                few_squares[lane] += difference * difference;
            }
        }
        for lane in 0..L {
            sum[lane] += f64::from(few[lane]);
            square[lane] += f64::from(few_squares[lane]);
        }
    }
    let rows = map.rows as f64;
    for lane in 0..L {
        let within = (square[lane] - sum[lane] * sum[lane] / rows).max(0.0);
        // `max` would hide what is no number; the mean has it.
        found[channel + lane] = (f64::from(pivot[lane]) + sum[lane] / rows, within);
    }
}

#[inline(always)]
fn apply<const L: usize, T: Number>(
    map: Map<'_, T>,
    picture: usize,
    channel: usize,
    affine: Affine<'_>,
    moments: &[Moments],
    size: usize,
    y: &mut [T],
) {
    let (mut scale, mut shift) = ([0f32; L], [0f32; L]);
    for lane in 0..L {
        (scale[lane], shift[lane]) = line(affine, channel + lane, moments[(channel + lane) / size]);
    }
    for (row, y) in y.chunks_exact_mut(map.channels).enumerate() {
        let x: [f32; L] = lanes(map.row(picture, row), channel);
        let y = &mut y[channel..channel + L];
        for lane in 0..L {
            let z = x[lane] * scale[lane] + shift[lane];
            // What is not a number stays so.
            y[lane] = T::from_f32(if z < 0.0 { 0.0 } else { z });
        }
    }
}
