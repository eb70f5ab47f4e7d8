//! Drawing pictures: from noise back to x_0.

use super::Process;
use crate::random;
use ddpm_config::Sampling;
use tch::{Device, Kind, Tensor};

/// Generalised ancestral sampling (Song et al. 2021, equations 12 and 16).
///
/// With `eta` 1 and as many steps as timesteps it is the sampler of Ho et al. 2020 (algorithm 2, with the posterior's
/// variance); with `eta` 0 it is DDIM. Each step clamps the predicted x_0 to [-1, 1], the range of pictures.
#[derive(Debug)]
pub struct Sampler {
    /// Timesteps in the order of denoising: falling, the last is the least noisy.
    timesteps: Vec<i64>,
    eta: f64,
}

impl Sampler {
    /// A sampler over `schedule_timesteps` noise levels; asked for more steps than levels, it takes every level.
    ///
    /// ```
    /// use ddpm_config::Sampling;
    /// let settings = Sampling {
    ///     steps: 4, eta: 0.0, pictures: 1, every_epochs: 1, strip: false, animation: false,
    /// };
    /// assert_eq!(ddpm::diffusion::Sampler::new(&settings, 1000).timesteps(), [999, 749, 499, 249]);
    /// ```
    pub fn new(settings: &Sampling, schedule_timesteps: i64) -> Self {
        let steps = settings.steps.clamp(1, schedule_timesteps);
        // Evenly spread, always from the noisiest level, where sampling starts.
        let timesteps = (1..=steps).rev().map(|step| step * schedule_timesteps / steps - 1).collect();
        Self { timesteps, eta: settings.eta }
    }

    /// The timesteps, in the order in which they are denoised.
    pub fn timesteps(&self) -> &[i64] {
        &self.timesteps
    }

    /// Draws pictures: standard normal noise of `shape` (`[N, C, H, W]`) becomes pictures in [-1, 1].
    ///
    /// `model` predicts the process's objective from noisy pictures and timesteps (`[N]`, int64). Noise comes from
    /// libtorch's generator, drawn on the CPU: seed it for a reproducible grid. No gradients are recorded.
    /// Before each step `go_on` is shown the noisy pictures and asked; when it says no, there are no pictures.
    pub fn sample(
        &self,
        process: &Process,
        mut model: impl FnMut(&Tensor, &Tensor) -> Tensor,
        shape: [i64; 4],
        device: Device,
        mut go_on: impl FnMut(&Tensor) -> bool,
    ) -> Option<Tensor> {
        tch::no_grad(|| {
            let mut x = random::normal(&shape, device);
            for (index, &t) in self.timesteps.iter().enumerate() {
                if !go_on(&x) {
                    return None;
                }
                let timesteps = Tensor::full([shape[0]], t, (Kind::Int64, device));
                let prediction = model(&x, &timesteps);
                let clean = process.clean_from(&prediction, &x, &timesteps).clamp(-1.0, 1.0);
                x = self.step(process, &x, &clean, t, self.timesteps.get(index + 1).copied());
            }
            Some(x.clamp(-1.0, 1.0))
        })
    }

    /// x at timestep `to` (none: the clean picture) from x at `from` and its predicted x_0.
    fn step(&self, process: &Process, x: &Tensor, clean: &Tensor, from: i64, to: Option<i64>) -> Tensor {
        let coefficients = Coefficients::new(process.schedule().alphas_cumprod(), self.eta, from, to);
        let epsilon = (x - clean * coefficients.signal_from) / coefficients.noise_from;
        let mut next = clean * coefficients.signal_to + epsilon * coefficients.direction;
        if coefficients.sigma > 0.0 {
            next += random::normal(&x.size(), x.device()) * coefficients.sigma;
        }
        next
    }
}

/// The numbers of one step, named as in equation 12: √ᾱ_from, √(1−ᾱ_from), √ᾱ_to, √(1−ᾱ_to−σ²), σ.
#[derive(Debug)]
struct Coefficients {
    signal_from: f64,
    noise_from: f64,
    signal_to: f64,
    direction: f64,
    sigma: f64,
}

impl Coefficients {
    fn new(alphas_cumprod: &[f64], eta: f64, from: i64, to: Option<i64>) -> Self {
        let from = alphas_cumprod[from as usize];
        let to = to.map_or(1.0, |to| alphas_cumprod[to as usize]);
        // Equation 16.
        let sigma = eta * ((1.0 - to) / (1.0 - from) * (1.0 - from / to)).sqrt();
        Self {
            signal_from: from.sqrt(),
            noise_from: (1.0 - from).sqrt(),
            signal_to: to.sqrt(),
            // Rounding must not make the root of a tiny negative number.
            direction: (1.0 - to - sigma * sigma).max(0.0).sqrt(),
            sigma,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;
    use crate::diffusion::Schedule;
    use crate::random::seeded;
    use ddpm_config::{BetaSchedule, Objective};

    fn process(objective: Objective) -> Process {
        let linear = BetaSchedule::Linear { beta_start: 1e-4, beta_end: 0.02 };
        Process::new(Schedule::new(&linear, 1000).expect("valid"), objective, test_device())
    }

    fn sampler(steps: i64, eta: f64) -> Sampler {
        Sampler::new(
            &Sampling { steps, eta, pictures: 1, every_epochs: 1, strip: false, animation: false },
            1000,
        )
    }

    #[test]
    fn eta_1_is_the_posterior_of_ho_et_al() {
        let process = process(Objective::X0);
        let schedule = process.schedule();
        for t in [1usize, 10, 500, 999] {
            let (beta, bar, before) =
                (schedule.betas()[t], schedule.alphas_cumprod()[t], schedule.alphas_cumprod_before(t));
            let got = Coefficients::new(schedule.alphas_cumprod(), 1.0, t as i64, Some(t as i64 - 1));
            // Equation 7: the posterior's variance, and the weights of x_0 and x_t in its mean.
            let variance = (1.0 - before) / (1.0 - bar) * beta;
            let weight_clean = before.sqrt() * beta / (1.0 - bar);
            let weight_noisy = (1.0 - beta).sqrt() * (1.0 - before) / (1.0 - bar);
            assert!((got.sigma.powi(2) - variance).abs() < 1e-12);
            assert!((got.direction / got.noise_from - weight_noisy).abs() < 1e-9);
            let from_clean = got.signal_to - got.direction * got.signal_from / got.noise_from;
            assert!((from_clean - weight_clean).abs() < 1e-9);
        }
    }

    #[test]
    fn every_level_is_visited_once_and_the_first_is_noise() {
        assert_eq!(sampler(1000, 1.0).timesteps(), (0..1000).rev().collect::<Vec<_>>());
        let seven = sampler(7, 1.0);
        assert_eq!((seven.timesteps()[0], seven.timesteps().len()), (999, 7));
        assert!(seven.timesteps().windows(2).all(|pair| pair[0] > pair[1]));
        assert_eq!(sampler(5000, 1.0).timesteps().len(), 1000);
    }

    #[test]
    fn an_oracle_leads_to_its_picture() {
        // A network that always knows x_0 must get exactly it, whatever the sampler.
        let _generator = seeded(4);
        let process = process(Objective::X0);
        let picture = random::normal(&[1, 3, 8, 8], test_device()).tanh();
        for (steps, eta) in [(1000, 1.0), (20, 0.0), (20, 0.5), (1, 0.0)] {
            let drawn = sampler(steps, eta)
                .sample(&process, |_, _| picture.shallow_clone(), [1, 3, 8, 8], test_device(), |_| true)
                .expect("pictures");
            assert!((drawn - &picture).abs().max().double_value(&[]) < 1e-5, "{steps} steps, eta {eta}");
        }
    }

    #[test]
    fn a_gaussian_is_sampled_with_its_mean_and_variance() {
        // For data N(m, s²) the best prediction of x_0 is known in closed form, so the sampler can be judged alone.
        let _generator = seeded(5);
        let process = process(Objective::X0);
        let (mean, deviation) = (0.2, 0.1);
        let bars: Vec<f64> = process.schedule().alphas_cumprod().to_vec();
        let oracle = |x: &Tensor, t: &Tensor| {
            let bar = bars[t.int64_value(&[0]) as usize];
            let gain = bar.sqrt() * deviation * deviation / (bar * deviation * deviation + 1.0 - bar);
            (x - bar.sqrt() * mean) * gain + mean
        };
        for (steps, eta) in [(1000, 1.0), (1000, 0.0)] {
            let drawn = sampler(steps, eta)
                .sample(&process, oracle, [1, 1, 100, 100], test_device(), |_| true)
                .expect("pictures");
            let (got_mean, got_deviation) =
                (drawn.mean(Kind::Double).double_value(&[]), drawn.std(true).double_value(&[]));
            assert!((got_mean - mean).abs() < 5.0 * deviation / 100.0, "mean {got_mean} at eta {eta}");
            assert!(
                (got_deviation - deviation).abs() < 0.03 * deviation + 5.0 * deviation / 141.0,
                "deviation {got_deviation} at eta {eta}"
            );
        }
    }
}
