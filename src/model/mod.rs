//! The network: a U-Net that sees a noisy picture and its timestep.

mod blocks;
mod embedding;
mod unet;

pub use embedding::sinusoidal;
pub use unet::UNet;
