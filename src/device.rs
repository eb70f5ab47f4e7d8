//! Where to compute, and with how many threads.

use ddpm_config::{DeviceChoice, Precision};
use tch::{Cuda, Device, Kind, Tensor};

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

/// Has the C library keep the memory that tensors give back, for the whole process. To be called before anything is allocated.
///
/// A step of training allocates the same hundreds of megabytes again and again; given back to the system each time, they
/// would be cleared page by page each time, which takes up to half of a step.
pub fn keep_memory() {
    ddpm_kernels::keep_memory();
}

/// A tensor of the CPU, on `device`. To a GPU it is copied from pinned memory, so that nobody waits: what the GPU is asked for
/// next begins when the copy is there.
///
/// # Panics
/// There is no such device.
pub fn sent_to(tensor: &Tensor, device: Device) -> Tensor {
    if !device.is_cuda() {
        return tensor.to_device(device);
    }
    // libtorch keeps the pinned memory until the copy has been made, though nothing here holds it any longer.
    tensor.pin_memory(device).to_device_(device, tensor.kind(), true, false)
}

/// The device that tests compute on: the CPU, or what `DDPM_TEST_DEVICE` says.
#[cfg(test)]
pub(crate) fn test_device() -> Device {
    match std::env::var("DDPM_TEST_DEVICE").as_deref() {
        Ok("cuda") => device_for(DeviceChoice::Cuda).expect("a GPU, since DDPM_TEST_DEVICE asks for one"),
        _ => Device::Cpu,
    }
}

/// The kind of feature maps: float32 or bfloat16.
pub fn kind_for(precision: Precision, device: Device) -> Kind {
    match precision {
        Precision::Fp32 => Kind::Float,
        Precision::Bf16 => Kind::BFloat16,
        Precision::Auto if device.is_cuda() || processor_has_bf16() => Kind::BFloat16,
        Precision::Auto => Kind::Float,
    }
}

/// Whether the processor multiplies in bfloat16: elsewhere it is slower than float32. (Processors with AMX have AVX-512 BF16,
/// too.)
fn processor_has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512bf16");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("bf16");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    false
}

/// Lets tensor operations use `threads` CPU threads, or all cores, and says how many that is.
pub fn use_threads(threads: Option<u32>) -> i32 {
    if let Some(threads) = threads.and_then(|threads| i32::try_from(threads).ok()) {
        tch::set_num_threads(threads);
    }
    tch::get_num_threads()
}
