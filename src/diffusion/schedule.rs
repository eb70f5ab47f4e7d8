//! Noise schedules.

use ddpm_config::BetaSchedule;

/// The numbers of a noise schedule, each a vector of T doubles.
///
/// ```
/// use ddpm::diffusion::Schedule;
/// let schedule = Schedule::new(&ddpm_config::BetaSchedule::Linear { beta_start: 1e-4, beta_end: 0.02 }, 1000)?;
/// assert_eq!(schedule.timesteps(), 1000);
/// assert!(schedule.alphas_cumprod()[999] < 1e-4);
/// # Ok::<(), ddpm::diffusion::InvalidSchedule>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    betas: Vec<f64>,
    alphas_cumprod: Vec<f64>,
}

/// A schedule that cannot be used.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum InvalidSchedule {
    /// A variance outside of (0, 1): a 1 wipes the picture out, a 0 adds nothing, and both divide by 0.
    #[error("beta at timestep {timestep} is {beta}; each must lie strictly between 0 and 1")]
    Beta {
        /// The first timestep that is wrong.
        timestep: usize,
        /// The variance there.
        beta: f64,
    },
    /// So little of the picture, or of the noise, is left at one end that single precision cannot hold it.
    #[error(
        "alphas_cumprod goes from {first} to {last}; with smaller betas or fewer timesteps it stays within {} and 1 - {}",
        ddpm_config::LEAST_SIGNAL,
        ddpm_config::LEAST_NOISE
    )]
    Range {
        /// At the first timestep.
        first: f64,
        /// At the last timestep.
        last: f64,
    },
}

/// Betas of the cosine schedule are cut off here, so that the last steps stay finite (Nichol & Dhariwal 2021).
const LARGEST_COSINE_BETA: f64 = 0.999;

impl Schedule {
    /// The schedule with `timesteps` steps.
    ///
    /// # Errors
    /// [`InvalidSchedule`]
    pub fn new(schedule: &BetaSchedule, timesteps: i64) -> Result<Self, InvalidSchedule> {
        let count = usize::try_from(timesteps).unwrap_or(0);
        Self::from_betas(match schedule {
            BetaSchedule::Linear { beta_start, beta_end } => linear(*beta_start, *beta_end, count),
            BetaSchedule::Cosine { offset } => cosine(*offset, count),
        })
    }

    /// A schedule of given variances.
    ///
    /// # Errors
    /// As [`Schedule::new`].
    pub fn from_betas(betas: Vec<f64>) -> Result<Self, InvalidSchedule> {
        // Written so that NaN is refused too.
        if let Some(timestep) = betas.iter().position(|&beta| !(beta > 0.0 && beta < 1.0)) {
            return Err(InvalidSchedule::Beta { timestep, beta: betas[timestep] });
        }
        let alphas_cumprod: Vec<f64> = betas
            .iter()
            .scan(1.0, |product, beta| {
                *product *= 1.0 - beta;
                Some(*product)
            })
            .collect();
        if let (Some(&first), Some(&last)) = (alphas_cumprod.first(), alphas_cumprod.last())
            && (last < ddpm_config::LEAST_SIGNAL || 1.0 - first < ddpm_config::LEAST_NOISE)
        {
            return Err(InvalidSchedule::Range { first, last });
        }
        Ok(Self { betas, alphas_cumprod })
    }

    /// T.
    pub fn timesteps(&self) -> i64 {
        self.betas.len() as i64
    }

    /// β_t, the variance that step t adds.
    pub fn betas(&self) -> &[f64] {
        &self.betas
    }

    /// ᾱ_t, the product of 1 − β up to and including t; falls from nearly 1 to nearly 0.
    pub fn alphas_cumprod(&self) -> &[f64] {
        &self.alphas_cumprod
    }

    /// ᾱ before step `t`, which is 1 before the first.
    pub fn alphas_cumprod_before(&self, t: usize) -> f64 {
        if t == 0 { 1.0 } else { self.alphas_cumprod[t - 1] }
    }
}

/// `count` variances, evenly spaced, both ends included.
fn linear(start: f64, end: f64, count: usize) -> Vec<f64> {
    let step = if count > 1 { (end - start) / (count - 1) as f64 } else { 0.0 };
    (0..count).map(|t| start + step * t as f64).collect()
}

/// ᾱ(t) = f(t) / f(0) with f(t) = cos²((t/T + s) / (1 + s) · π/2), and β_t = 1 − ᾱ(t+1) / ᾱ(t).
fn cosine(offset: f64, count: usize) -> Vec<f64> {
    let f = |t: usize| {
        let angle = (t as f64 / count as f64 + offset) / (1.0 + offset) * std::f64::consts::FRAC_PI_2;
        angle.cos().powi(2)
    };
    (0..count).map(|t| (1.0 - f(t + 1) / f(t)).min(LARGEST_COSINE_BETA)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} is not {b}");
    }

    #[test]
    fn linear_is_that_of_the_paper() {
        let schedule =
            Schedule::new(&BetaSchedule::Linear { beta_start: 1e-4, beta_end: 0.02 }, 1000).expect("valid");
        close(schedule.betas()[0], 1e-4);
        close(schedule.betas()[999], 0.02);
        close(schedule.betas()[500], 1e-4 + (0.02 - 1e-4) * 500.0 / 999.0);
        // KL(q(x_T) || N(0, 1)) is about 1e-5 bits a dimension (Ho et al. 2020, section 4): ᾱ_T is about 4e-5.
        close(
            schedule.alphas_cumprod()[999],
            schedule.betas().iter().map(|beta| (-beta).ln_1p()).sum::<f64>().exp(),
        );
        assert!((3.9e-5..4.2e-5).contains(&schedule.alphas_cumprod()[999]));
    }

    #[test]
    fn cosine_ends_in_noise_and_follows_its_formula() {
        let schedule = Schedule::new(&BetaSchedule::Cosine { offset: 0.008 }, 1000).expect("valid");
        let f = |t: f64| ((t / 1000.0 + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
        assert!((schedule.alphas_cumprod()[499] - f(500.0) / f(0.0)).abs() < 1e-9);
        assert_eq!(schedule.betas()[999], LARGEST_COSINE_BETA);
    }

    #[test]
    fn alphas_cumprod_is_a_falling_product() {
        let schedule = Schedule::from_betas(vec![0.1, 0.5, 0.2]).expect("valid");
        for (got, want) in schedule.alphas_cumprod().iter().zip([0.9, 0.45, 0.36]) {
            close(*got, want);
        }
        close(schedule.alphas_cumprod_before(0), 1.0);
        close(schedule.alphas_cumprod_before(2), 0.45);
    }

    #[test]
    fn betas_outside_of_0_to_1_are_refused() {
        for bad in [0.0, 1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
            let error = Schedule::from_betas(vec![0.1, bad]).expect_err("refused");
            assert!(matches!(error, InvalidSchedule::Beta { timestep: 1, .. }), "{error}");
        }
    }

    #[test]
    fn schedules_that_single_precision_cannot_hold_are_refused() {
        let linear = |beta_start, beta_end| BetaSchedule::Linear { beta_start, beta_end };
        for (schedule, timesteps) in
            [(linear(1e-4, 0.02), 100_000), (linear(1e-4, 0.5), 1000), (linear(1e-20, 0.02), 1000)]
        {
            let error = Schedule::new(&schedule, timesteps).expect_err("refused");
            assert!(matches!(error, InvalidSchedule::Range { .. }), "{error}");
        }
        for timesteps in [1, 2, 10, 100_000] {
            Schedule::new(&BetaSchedule::Cosine { offset: 0.008 }, timesteps).expect("fine at any length");
        }
    }
}
