//! Back: the sums that γ and β get, then dx.

use super::super::memory::{Map, Number, numbers_mut};
use super::super::{team, vectorised};
use super::{Affine, FEW, FEW_ROWS, LANES, Moments, lanes, line};
use tch::Tensor;

pub(super) fn backward<T: Number>(
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
