//! The forward process, and the loss that teaches a network to undo it.

use super::Schedule;
use ddpm_config::Objective;
use tch::{Device, Kind, Reduction, Tensor};

/// q(x_t | x_0) on a device, and the conversions between what a network may predict.
///
/// Pictures are float of shape `[N, C, H, W]` in [-1, 1]; timesteps are int64 of shape `[N]`, each in 0..T.
#[derive(Debug)]
pub struct Process {
    schedule: Schedule,
    objective: Objective,
    /// √ᾱ_t, `[T]`
    signal: Tensor,
    /// √(1−ᾱ_t), `[T]`
    noise: Tensor,
    /// What the loss of each noise level weighs, `[T]`; none: 1.
    weights: Option<Tensor>,
}

impl Process {
    /// The process of a schedule, with its tables on `device`.
    pub fn new(schedule: Schedule, objective: Objective, device: Device) -> Self {
        let table = |of: fn(f64) -> f64| {
            let values: Vec<f64> = schedule.alphas_cumprod().iter().copied().map(of).collect();
            // The roots are taken in double precision: at small t, 1−ᾱ_t loses digits in single.
            Tensor::from_slice(&values).to_kind(Kind::Float).to_device(device)
        };
        let (signal, noise) = (table(f64::sqrt), table(|alpha_bar| (1.0 - alpha_bar).sqrt()));
        Self { schedule, objective, signal, noise, weights: None }
    }

    /// With the loss weighted by min-SNR-γ (Hang et al. 2023, equations 4 to 6): with SNR = ᾱ_t/(1−ᾱ_t), the squared error of
    /// x_0 weighs min(SNR, γ), that of ε min(SNR, γ)/SNR, that of v min(SNR, γ)/(SNR + 1).
    #[must_use]
    pub fn with_min_snr(self, gamma: f64) -> Self {
        let weight = |alpha_bar: &f64| {
            let snr = alpha_bar / (1.0 - alpha_bar);
            let least = snr.min(gamma);
            match self.objective {
                Objective::Epsilon => least / snr,
                Objective::X0 => least,
                Objective::V => least / (snr + 1.0),
            }
        };
        let weights: Vec<f64> = self.schedule.alphas_cumprod().iter().map(weight).collect();
        let weights = Tensor::from_slice(&weights).to_kind(Kind::Float).to_device(self.signal.device());
        Self { weights: Some(weights), ..self }
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// A draw from q(x_t | x_0) (Ho et al. 2020, equation 4): √ᾱ_t · x_0 + √(1−ᾱ_t) · ε.
    ///
    /// `noise` is standard normal of the shape of `clean`.
    pub fn add_noise(&self, clean: &Tensor, timesteps: &Tensor, noise: &Tensor) -> Tensor {
        clean * at(&self.signal, timesteps) + noise * at(&self.noise, timesteps)
    }

    /// What the network should predict for x_t.
    pub fn target(&self, clean: &Tensor, timesteps: &Tensor, noise: &Tensor) -> Tensor {
        match self.objective {
            Objective::Epsilon => noise.shallow_clone(),
            Objective::X0 => clean.shallow_clone(),
            Objective::V => noise * at(&self.signal, timesteps) - clean * at(&self.noise, timesteps),
        }
    }

    /// The picture x_0 that a prediction stands for.
    pub fn clean_from(&self, prediction: &Tensor, noisy: &Tensor, timesteps: &Tensor) -> Tensor {
        let (signal, noise) = (at(&self.signal, timesteps), at(&self.noise, timesteps));
        match self.objective {
            Objective::Epsilon => (noisy - prediction * noise) / signal,
            Objective::X0 => prediction.shallow_clone(),
            Objective::V => noisy * signal - prediction * noise,
        }
    }

    /// The mean squared error of a prediction for noisy versions of `clean` (equation 14), weighted if it is to be: a scalar
    /// that gradients flow through.
    pub fn loss(&self, prediction: &Tensor, clean: &Tensor, timesteps: &Tensor, noise: &Tensor) -> Tensor {
        let target = self.target(clean, timesteps, noise);
        match &self.weights {
            None => prediction.mse_loss(&target, Reduction::Mean),
            Some(weights) => {
                ((prediction - target).square() * at(weights, timesteps)).mean(prediction.kind())
            }
        }
    }
}

/// The entries of a table `[T]` at timesteps `[N]`, as `[N, 1, 1, 1]`.
fn at(table: &Tensor, timesteps: &Tensor) -> Tensor {
    table.index_select(0, timesteps).reshape([-1, 1, 1, 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::random::seeded;
    use ddpm_config::BetaSchedule;

    fn process(objective: Objective) -> Process {
        let linear = BetaSchedule::Linear { beta_start: 1e-4, beta_end: 0.02 };
        Process::new(Schedule::new(&linear, 1000).expect("valid"), objective, test_device())
    }

    fn normal(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, test_device()))
    }

    #[test]
    fn noisy_pictures_have_the_moments_of_equation_4() {
        let _generator = seeded(1);
        let process = process(Objective::Epsilon);
        let count = 200_000i64;
        let clean = Tensor::full([1, 1, 1, count], 0.7, (Kind::Float, test_device()));
        for t in [0i64, 300, 999] {
            let noisy = process.add_noise(
                &clean,
                &Tensor::from_slice(&[t]).to_device(test_device()),
                &normal(&[1, 1, 1, count]),
            );
            let alpha_bar = process.schedule().alphas_cumprod()[t as usize];
            // Five standard errors of a mean and of a variance over that many draws.
            let (mean, variance) =
                (noisy.mean(Kind::Double).double_value(&[]), noisy.var(true).double_value(&[]));
            let error = 5.0 * ((1.0 - alpha_bar) / count as f64).sqrt();
            assert!((mean - 0.7 * alpha_bar.sqrt()).abs() < error + 1e-6, "mean at {t}: {mean}");
            let error = 5.0 * (1.0 - alpha_bar) * (2.0 / count as f64).sqrt();
            assert!((variance - (1.0 - alpha_bar)).abs() < error + 1e-6, "variance at {t}: {variance}");
        }
    }

    #[test]
    fn noise_enters_as_it_is() {
        // Not its magnitude, not a uniform stand-in: with x_0 = 0 the noisy picture is a multiple of ε.
        let _generator = seeded(6);
        let process = process(Objective::Epsilon);
        let noise = normal(&[2, 3, 4, 4]);
        let timesteps = Tensor::from_slice(&[5i64, 700]).to_device(test_device());
        let noisy = process.add_noise(&noise.zeros_like(), &timesteps, &noise);
        for (index, t) in [5usize, 700].into_iter().enumerate() {
            let want = noise.get(index as i64) * (1.0 - process.schedule().alphas_cumprod()[t]).sqrt();
            assert!((noisy.get(index as i64) - want).abs().max().double_value(&[]) < 1e-6);
        }
    }

    #[test]
    fn every_objective_leads_back_to_the_clean_picture() {
        let _generator = seeded(2);
        let (clean, noise) = (normal(&[3, 3, 4, 4]).tanh(), normal(&[3, 3, 4, 4]));
        let timesteps = Tensor::from_slice(&[0i64, 400, 700]).to_device(test_device());
        for objective in [Objective::Epsilon, Objective::X0, Objective::V] {
            let process = process(objective);
            let noisy = process.add_noise(&clean, &timesteps, &noise);
            let back = process.clean_from(&process.target(&clean, &timesteps, &noise), &noisy, &timesteps);
            assert!((back - &clean).abs().max().double_value(&[]) < 1e-4, "{objective:?}");
        }
    }

    #[test]
    fn a_perfect_prediction_has_no_loss_and_a_blind_one_that_of_the_noise() {
        let _generator = seeded(3);
        let process = process(Objective::Epsilon);
        let (clean, noise) = (normal(&[4, 3, 32, 32]).tanh(), normal(&[4, 3, 32, 32]));
        let timesteps = Tensor::from_slice(&[0i64, 300, 600, 999]).to_device(test_device());
        let perfect = process.loss(&noise, &clean, &timesteps, &noise);
        assert_eq!(perfect.double_value(&[]), 0.0);
        let blind = process.loss(&noise.zeros_like(), &clean, &timesteps, &noise);
        let want = noise.square().mean(Kind::Double).double_value(&[]);
        assert!((blind.double_value(&[]) - want).abs() < 1e-5);
    }

    #[test]
    fn min_snr_weighs_one_error_of_the_picture_the_same_whatever_is_predicted() {
        // An error of x_0 by d is one of ε by d·√SNR, and of v by d·√(SNR + 1): what it costs must not depend on that.
        let _generator = seeded(4);
        let (clean, noise) = (normal(&[1, 3, 4, 4]).tanh(), normal(&[1, 3, 4, 4]));
        let wrong = &clean + 0.1;
        for t in [0i64, 100, 500, 999] {
            let timesteps = Tensor::from_slice(&[t]).to_device(test_device());
            let alpha_bar = process(Objective::X0).schedule().alphas_cumprod()[t as usize];
            let snr = alpha_bar / (1.0 - alpha_bar);
            for objective in [Objective::Epsilon, Objective::X0, Objective::V] {
                let process = process(objective).with_min_snr(5.0);
                let noisy = process.add_noise(&clean, &timesteps, &noise);
                // The ε that together with the wrong picture makes the same noisy one.
                let epsilon = (&noisy - &wrong * alpha_bar.sqrt()) / (1.0 - alpha_bar).sqrt();
                let prediction = process.target(&wrong, &timesteps, &epsilon);
                let loss = process.loss(&prediction, &clean, &timesteps, &noise).double_value(&[]);
                let want = 0.01 * snr.min(5.0);
                assert!((loss - want).abs() < 2e-3 * want + 1e-6, "{objective:?} at {t}: {loss}, not {want}");
            }
        }
    }
}
