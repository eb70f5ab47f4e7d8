//! The network: a U-Net that sees a noisy picture and its timestep.

mod autograd;
mod blocks;
mod embedding;
mod engine;
mod layers;
mod ops;
mod tape;
mod unet;

pub use embedding::sinusoidal;
pub use engine::Engine;
pub use tape::Gradients;
pub use unet::UNet;
