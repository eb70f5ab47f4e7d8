//! GroupNorm (Wu & He 2018) and ReLU in one: y = max(0, γ·(x − μ)/σ + β), with mean μ and deviation σ of each picture's
//! group of channels.
//!
//! libtorch does it in two operators that each go through the whole map, and its GroupNorm backward is the slowest part
//! of training a small network in bfloat16. Here a picture stays in the processor's cache from the first pass to the last.

use super::memory::{Bf16, Map, Number, numbers, numbers_mut};
use super::{team, vectorised};
use tch::{Kind, Tensor};

/// The result of [`norm_relu`], and what its gradient needs besides the input.
#[derive(Debug)]
pub struct Normed {
    /// `[N, C, H, W]`, channels-last, of the input's kind.
    pub map: Tensor,
    /// Of each picture's groups, for the gradient.
    pub moments: Vec<Moments>,
}

/// Mean of a group of channels, and one over its deviation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moments {
    mean: f32,
    inverse: f32,
}

/// Added to the variance; PyTorch's default.
pub const EPSILON: f64 = 1e-5;

/// Channels that are summed at once, in registers.
const LANES: usize = 32;
/// Rows that are summed in single precision before they go to a sum in double: a thousand would lose two digits, and ReLU
/// would cut elsewhere.
const FEW_ROWS: usize = 16;
/// For what is left: channels come in groups of eight.
const FEW: usize = 8;

/// GroupNorm and ReLU of `x` (`[N, C, H, W]`, channels-last, float32 or bfloat16); `gamma` and `beta` are float32 of
/// shape `[C]`, and C is a multiple of 8.
///
/// ```
/// use ddpm_kernels::{channels_last, norm_relu};
/// use tch::{Device, Kind, Tensor};
/// let x = channels_last(&Tensor::from_slice(&[1f32, 3.0]).reshape([1, 1, 1, 2]).repeat([1, 8, 1, 1]));
/// let (ones, zeros) = (Tensor::ones([8], (Kind::Float, Device::Cpu)), Tensor::zeros([8], (Kind::Float, Device::Cpu)));
/// let y = norm_relu(&x, 8, &ones, &zeros).map;
/// assert_eq!(y.double_value(&[0, 0, 0, 0]), 0.0);
/// assert!((y.double_value(&[0, 0, 0, 1]) - 1.0).abs() < 1e-4);
/// ```
///
/// # Panics
/// As operators of tch do, if shapes, kinds or layouts do not fit.
pub fn norm_relu(x: &Tensor, groups: i64, gamma: &Tensor, beta: &Tensor) -> Normed {
    match x.kind() {
        Kind::BFloat16 => forward::<Bf16>(x, groups, gamma, beta),
        _ => forward::<f32>(x, groups, gamma, beta),
    }
}

/// Gradients by x (as x), γ and β (float32) from that by y, which may be a part of the channels of a map.
///
/// # Panics
/// As [`norm_relu`].
pub fn norm_relu_backward(
    gradient: &Tensor,
    x: &Tensor,
    moments: &[Moments],
    gamma: &Tensor,
    beta: &Tensor,
) -> (Tensor, Tensor, Tensor) {
    match x.kind() {
        Kind::BFloat16 => backward::<Bf16>(gradient, x, moments, gamma, beta),
        _ => backward::<f32>(gradient, x, moments, gamma, beta),
    }
}

fn forward<T: Number>(x: &Tensor, groups: i64, gamma: &Tensor, beta: &Tensor) -> Normed {
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

fn backward<T: Number>(
    gradient: &Tensor,
    x: &Tensor,
    moments: &[Moments],
    gamma: &Tensor,
    beta: &Tensor,
) -> (Tensor, Tensor, Tensor) {
    let (map, gradient) = (Map::<T>::of(x), Map::<T>::of(gradient));
    assert!(
        (gradient.pictures, gradient.rows, gradient.channels) == (map.pictures, map.rows, map.channels),
        "the gradient has another shape"
    );
    let affine = Affine::of(gamma, beta, map.channels);
    let groups = moments.len() / map.pictures.max(1);
    assert!(groups > 0 && map.channels.is_multiple_of(groups), "moments of another map");
    let mut dx = x.empty_like();
    // Of each picture, by γ and by β.
    let mut sums = vec![0f32; map.pictures * 2 * map.channels];
    let outputs = numbers_mut::<T>(&mut dx).chunks_mut(map.rows * map.channels);
    let items = outputs.zip(sums.chunks_mut(2 * map.channels)).zip(moments.chunks(groups)).enumerate();
    team::for_each(items, |(picture, ((dx, sums), moments))| {
        differentiate(map, gradient, picture, affine, moments, sums, dx);
    });
    // In the order of the pictures, whichever thread had them.
    let (mut dgamma, mut dbeta) = (vec![0f32; map.channels], vec![0f32; map.channels]);
    for of_picture in sums.chunks(2 * map.channels) {
        let (by_gamma, by_beta) = of_picture.split_at(map.channels);
        dgamma.iter_mut().zip(by_gamma).for_each(|(sum, more)| *sum += more);
        dbeta.iter_mut().zip(by_beta).for_each(|(sum, more)| *sum += more);
    }
    (dx, Tensor::from_slice(&dgamma), Tensor::from_slice(&dbeta))
}

/// γ and β.
#[derive(Clone, Copy)]
struct Affine<'a> {
    gamma: &'a [f32],
    beta: &'a [f32],
}

impl<'a> Affine<'a> {
    fn of(gamma: &'a Tensor, beta: &'a Tensor, channels: usize) -> Self {
        let (gamma, beta) = (numbers(gamma), numbers(beta));
        // Before the threads: a panic there would end the process.
        assert!(gamma.len() == channels && beta.len() == channels, "one γ and one β a channel");
        Self { gamma, beta }
    }
}

/// A channel's way from x to what ReLU is given: x·scale + shift. There and back it has to be the same to the bit, or
/// they would disagree on where ReLU cuts.
#[inline(always)]
fn line(affine: Affine<'_>, channel: usize, moments: Moments) -> (f32, f32) {
    let scale = affine.gamma[channel] * moments.inverse;
    (scale, affine.beta[channel] - moments.mean * scale)
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

vectorised! {
    /// One picture: the sums for γ and β, and dx.
    fn differentiate<T: Number>(
        map: Map<'_, T>,
        gradient: Map<'_, T>,
        picture: usize,
        affine: Affine<'_>,
        moments: &[Moments],
        by_parameter: &mut [f32],
        dx: &mut [T],
    ) {
        let size = map.channels / moments.len();
        let (by_gamma, by_beta) = by_parameter.split_at_mut(map.channels);
        let both = Both { map, gradient, picture, affine, moments, size };
        let mut channel = 0;
        while channel + LANES <= map.channels {
            both.sums::<LANES>(channel, by_gamma, by_beta);
            channel += LANES;
        }
        while channel < map.channels {
            both.sums::<FEW>(channel, by_gamma, by_beta);
            channel += FEW;
        }
        let mut pulls = vec![Pull::default(); moments.len()];
        for (group, pull) in pulls.iter_mut().enumerate() {
            *pull = both.pull(group, by_gamma, by_beta);
        }
        let mut channel = 0;
        while channel + LANES <= map.channels {
            both.write::<LANES>(channel, &pulls, dx);
            channel += LANES;
        }
        while channel < map.channels {
            both.write::<FEW>(channel, &pulls, dx);
            channel += FEW;
        }
    }
}

/// A picture on its way back.
#[derive(Clone, Copy)]
struct Both<'a, T> {
    map: Map<'a, T>,
    gradient: Map<'a, T>,
    picture: usize,
    affine: Affine<'a>,
    moments: &'a [Moments],
    /// Channels of a group.
    size: usize,
}

/// What moving the mean and the deviation of a group does to each of its numbers: constant + (x − μ)·slope.
#[derive(Clone, Copy, Default)]
struct Pull {
    constant: f32,
    slope: f32,
}

impl<T: Number> Both<'_, T> {
    /// Σ dz·(x − μ)/σ and Σ dz of each channel, where dz is the gradient where ReLU let pass.
    #[inline(always)]
    fn sums<const L: usize>(&self, channel: usize, by_gamma: &mut [f32], by_beta: &mut [f32]) {
        let (scale, shift, mean) = self.coefficients::<L>(channel);
        let (mut sum, mut product) = ([0f64; L], [0f64; L]);
        for start in (0..self.map.rows).step_by(FEW_ROWS) {
            let (mut few, mut few_products) = ([0f32; L], [0f32; L]);
            for row in start..self.map.rows.min(start + FEW_ROWS) {
                let x: [f32; L] = lanes(self.map.row(self.picture, row), channel);
                let gradient: [f32; L] = lanes(self.gradient.row(self.picture, row), channel);
                for lane in 0..L {
                    let passes = x[lane] * scale[lane] + shift[lane] > 0.0;
                    let dz = if passes { gradient[lane] } else { 0.0 };
                    few[lane] += dz;
                    few_products[lane] += dz * (x[lane] - mean[lane]);
                }
            }
            for lane in 0..L {
                sum[lane] += f64::from(few[lane]);
                product[lane] += f64::from(few_products[lane]);
            }
        }
        for lane in 0..L {
            let inverse = self.moments[(channel + lane) / self.size].inverse;
            by_gamma[channel + lane] = product[lane] as f32 * inverse;
            by_beta[channel + lane] = sum[lane] as f32;
        }
    }

    #[inline(always)]
    fn pull(&self, group: usize, by_gamma: &[f32], by_beta: &[f32]) -> Pull {
        let channels = group * self.size..(group + 1) * self.size;
        let weighted = |sums: &[f32]| -> f64 {
            channels
                .clone()
                .map(|channel| f64::from(self.affine.gamma[channel]) * f64::from(sums[channel]))
                .sum()
        };
        let inverse = f64::from(self.moments[group].inverse);
        let count = (self.map.rows * self.size) as f64;
        Pull {
            constant: (inverse * weighted(by_beta) / count) as f32,
            slope: (inverse * inverse * weighted(by_gamma) / count) as f32,
        }
    }

    /// dx = γ/σ·dz − constant − (x − μ)·slope.
    #[inline(always)]
    fn write<const L: usize>(&self, channel: usize, pulls: &[Pull], dx: &mut [T]) {
        let (scale, shift, mean) = self.coefficients::<L>(channel);
        let (mut constant, mut slope) = ([0f32; L], [0f32; L]);
        for lane in 0..L {
            let pull = pulls[(channel + lane) / self.size];
            (constant[lane], slope[lane]) = (pull.constant, pull.slope);
        }
        for (row, dx) in dx.chunks_exact_mut(self.map.channels).enumerate() {
            let x: [f32; L] = lanes(self.map.row(self.picture, row), channel);
            let gradient: [f32; L] = lanes(self.gradient.row(self.picture, row), channel);
            let dx = &mut dx[channel..channel + L];
            for lane in 0..L {
                let passes = x[lane] * scale[lane] + shift[lane] > 0.0;
                let dz = if passes { gradient[lane] } else { 0.0 };
                let value = dz * scale[lane] - constant[lane] - (x[lane] - mean[lane]) * slope[lane];
                dx[lane] = T::from_f32(value);
            }
        }
    }

    #[inline(always)]
    fn coefficients<const L: usize>(&self, channel: usize) -> ([f32; L], [f32; L], [f32; L]) {
        let (mut scale, mut shift, mut mean) = ([0f32; L], [0f32; L], [0f32; L]);
        for lane in 0..L {
            let moments = self.moments[(channel + lane) / self.size];
            (scale[lane], shift[lane]) = line(self.affine, channel + lane, moments);
            mean[lane] = moments.mean;
        }
        (scale, shift, mean)
    }
}

#[inline(always)]
fn lanes<const L: usize, T: Number>(row: &[T], channel: usize) -> [f32; L] {
    let row = &row[channel..channel + L];
    let mut values = [0f32; L];
    for lane in 0..L {
        values[lane] = row[lane].to_f32();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::super::channels_last;
    use super::*;
    use crate::seeded;
    use tch::Device;

    fn normal(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu))
    }

    /// The same by libtorch, in double precision: y and the three gradients.
    fn theirs(x: &Tensor, gamma: &Tensor, beta: &Tensor, gradient: &Tensor) -> [Tensor; 4] {
        let leaf = |tensor: &Tensor| tensor.to_kind(Kind::Double).contiguous().set_requires_grad(true);
        let (x, gamma, beta) = (leaf(x), leaf(gamma), leaf(beta));
        let y = x.group_norm(8, Some(&gamma), Some(&beta), EPSILON, false).relu();
        (&y * gradient).sum(Kind::Double).backward();
        [y.detach(), x.grad(), gamma.grad(), beta.grad()]
    }

    fn worst(got: &Tensor, want: &Tensor) -> f64 {
        let difference = (got.to_kind(Kind::Double) - want).abs().max().double_value(&[]);
        difference / want.abs().max().double_value(&[]).max(1.0)
    }

    #[test]
    fn it_is_groupnorm_and_relu_there_and_back() {
        let _generator = seeded(0);
        for (channels, side, mean) in
            [(8, 4, 0.0), (32, 8, 3.0), (40, 2, -100.0), (64, 1, 0.5), (256, 4, 0.0)]
        {
            let x = channels_last(&(normal(&[3, channels, side, side]) + mean));
            let (gamma, beta) = (normal(&[channels]), normal(&[channels]));
            // A part of a wider map, as what comes back through a concatenation is.
            let wide = channels_last(&normal(&[3, channels + 8, side, side]));
            for (kind, tolerance) in [(Kind::Float, 2e-5), (Kind::BFloat16, 2e-2)] {
                let x = x.to_kind(kind);
                let gradient = wide.to_kind(kind).narrow(1, 8, channels);
                let want = theirs(&x, &gamma, &beta, &gradient);
                let normed = norm_relu(&x, 8, &gamma, &beta);
                let (dx, dgamma, dbeta) = norm_relu_backward(&gradient, &x, &normed.moments, &gamma, &beta);
                for (got, want) in [normed.map, dx, dgamma, dbeta].iter().zip(&want) {
                    let error = worst(got, want);
                    assert!(error < tolerance, "{channels} channels, {side}x{side}, {kind:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let _generator = seeded(1);
        let (x, gradient) = (channels_last(&normal(&[5, 32, 8, 8])), channels_last(&normal(&[5, 32, 8, 8])));
        let (gamma, beta) = (normal(&[32]), normal(&[32]));
        let with = |threads| {
            let before = tch::get_num_threads();
            tch::set_num_threads(threads);
            let normed = norm_relu(&x, 8, &gamma, &beta);
            let (dx, dgamma, dbeta) = norm_relu_backward(&gradient, &x, &normed.moments, &gamma, &beta);
            tch::set_num_threads(before);
            [normed.map, dx, dgamma, dbeta]
        };
        for (one, three) in with(1).iter().zip(&with(3)) {
            assert!(one.equal(three));
        }
    }

    #[test]
    fn what_is_no_number_is_not_hidden() {
        let x = channels_last(&normal(&[1, 8, 2, 2]));
        let _ = x.shallow_clone().narrow(1, 3, 1).fill_(f64::NAN);
        let ones = Tensor::ones([8], (Kind::Float, Device::Cpu));
        let y = norm_relu(&x, 8, &ones, &ones).map;
        assert!(y.narrow(1, 3, 1).isnan().all().int64_value(&[]) != 0);
        assert!(y.narrow(1, 4, 4).isnan().any().int64_value(&[]) == 0);
    }
}
