//! Diffusion: what noise does to a picture, and how it is undone.
//!
//! Notation as in Ho et al. 2020: timesteps t from 0 (nearly clean) to T-1 (noise), `alphas_cumprod[t]` is ᾱ_t,
//! and x_t = √ᾱ_t · x_0 + √(1−ᾱ_t) · ε.

mod process;
mod sampler;
mod schedule;

pub use process::Process;
pub use sampler::Sampler;
pub use schedule::{InvalidSchedule, Schedule};
