//! Where to compute, and with how many threads.

use ddpm_config::DeviceChoice;
use tch::{Cuda, Device};

/// The configuration asks for a GPU and there is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "device=cuda, but libtorch sees no CUDA device\nhelp: device=cpu trains on the CPU; for a GPU, build with LIBTORCH set to a CUDA build of libtorch"
)]
pub struct NoCuda;

/// The device for a choice.
///
/// # Errors
/// `cuda` where there is none.
pub fn device_for(choice: DeviceChoice) -> Result<Device, NoCuda> {
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Auto => Ok(Device::cuda_if_available()),
        DeviceChoice::Cuda if Cuda::is_available() => Ok(Device::Cuda(0)),
        DeviceChoice::Cuda => Err(NoCuda),
    }
}

/// Lets tensor operations use `threads` CPU threads, or all cores, and says how many that is.
pub fn use_threads(threads: Option<u32>) -> i32 {
    if let Some(threads) = threads.and_then(|threads| i32::try_from(threads).ok()) {
        tch::set_num_threads(threads);
    }
    tch::get_num_threads()
}
