//! The trainer: denoising diffusion probabilistic models (Ho, Jain & Abbeel 2020) with libtorch.
//!
//! This library is what `ddpm-worker` is made of. The program `ddpm` does not use it, and so starts without libtorch.
//!
//! - [`model`]: the U-Net.
//! - [`diffusion`]: the noise schedule, the forward process and its loss, the sampler.
//! - [`drawing`]: pictures from a network.
//! - [`evaluation`]: how far drawn pictures are from real ones.
//! - [`training`]: the loop, optimizers, the average of the weights, checkpoints, signals.
//! - [`tracking`]: one stream of events, and who listens to it.

pub mod device;
pub mod diffusion;
pub mod drawing;
pub mod evaluation;
pub mod files;
pub mod model;
pub mod pictures;
pub mod random;
pub mod tracking;
pub mod training;
pub mod worker;
