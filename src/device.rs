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
    if choice != DeviceChoice::Cpu {
        load_cuda();
    }
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Auto => Ok(Device::cuda_if_available()),
        DeviceChoice::Cuda if Cuda::is_available() => Ok(Device::Cuda(0)),
        DeviceChoice::Cuda => Err(NoCuda),
    }
}

/// Loads the CUDA half of libtorch, if it is there.
///
/// It registers itself with the rest when it is loaded, and no symbol of it is ever named, so the linker would leave it
/// out. Loading it by name serves programs and tests alike.
#[cfg(target_os = "linux")]
fn load_cuda() {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    #[expect(unsafe_code, reason = "a library's initialisers run when it is loaded")]
    // SAFETY: it is the library that the linked libtorch was built with, found by the same run path; its initialisers
    // are those that any program linked to it would run.
    let library = unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) };
    // What it registered stays in use until the process ends.
    if let Ok(library) = library {
        std::mem::forget(library);
    }
}

#[cfg(not(target_os = "linux"))]
fn load_cuda() {}

/// The device that tests compute on: the CPU, or what `DDPM_TEST_DEVICE` says.
#[cfg(test)]
pub(crate) fn test_device() -> Device {
    match std::env::var("DDPM_TEST_DEVICE").as_deref() {
        Ok("cuda") => device_for(DeviceChoice::Cuda).expect("a GPU, since DDPM_TEST_DEVICE asks for one"),
        _ => Device::Cpu,
    }
}

/// Lets tensor operations use `threads` CPU threads, or all cores, and says how many that is.
pub fn use_threads(threads: Option<u32>) -> i32 {
    if let Some(threads) = threads.and_then(|threads| i32::try_from(threads).ok()) {
        tch::set_num_threads(threads);
    }
    tch::get_num_threads()
}
