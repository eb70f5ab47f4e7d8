//! What libtorch lacks, or does slowly, when a network is trained on a CPU.
//!
//! A crate of its own for two reasons: it has the `unsafe` that the trainer needs, so that the trainer has nearly none; and cargo can
//! optimise it where the rest is built to be tested.
//!
//! - `allocator`: memory that is kept between steps
//! - `team`: a loop on the threads that libtorch itself computes with
//! - `aten`: an operator of libtorch that tch does not wrap
//! - `memory`: tensors as slices
//! - `norm`: GroupNorm and ReLU in one, there and back
//! - `pool`: the maximum of 2×2 squares, there and back
//! - `update`: a step of an optimizer in one pass
//!
//! Feature maps are `[N, C, H, W]` in channels-last memory (NHWC), float32 or bfloat16; sums are float32 and better. A
//! kernel gives the same bits whatever the number of threads and whatever vectors the processor has: sums are taken
//! in a fixed order, and no multiplication is fused with an addition.

mod allocator;
mod aten;
mod memory;
mod norm;
mod pool;
mod team;
mod update;

pub use allocator::keep_memory;
pub use aten::{Convolution, convolution_backward, has_convolution_backward};
pub use memory::channels_last;
pub use norm::{EPSILON, norm_relu, norm_relu_backward};
pub use pool::{max_pool, max_pool_backward};
pub use team::has_team;
pub use update::{Adam, Rule, Sgd, update};

/// Compiles a loop three times, for processors with AVX-512, with AVX2 and with neither, and takes the best that this one
/// has. The body is the same Rust code; only the width of the vectors differs.
macro_rules! vectorised {
    ($(#[$doc:meta])* fn $name:ident $(<$T:ident: $bound:path>)? ($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        fn $name $(<$T: $bound>)? ($($arg: $ty),*) {
            #[inline(always)]
            fn portable $(<$T: $bound>)? ($($arg: $ty),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512 $(<$T: $bound>)? ($($arg: $ty),*) {
                    portable $(::<$T>)? ($($arg),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2 $(<$T: $bound>)? ($($arg: $ty),*) {
                    portable $(::<$T>)? ($($arg),*)
                }
                let avx512_is_here = is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl");
                #[expect(unsafe_code, reason = "a function for processors that have these instructions")]
                // SAFETY: this one has them; it was asked.
                unsafe {
                    if avx512_is_here {
                        return avx512 $(::<$T>)? ($($arg),*);
                    }
                    if is_x86_feature_detected!("avx2") {
                        return avx2 $(::<$T>)? ($($arg),*);
                    }
                }
            }
            portable $(::<$T>)? ($($arg),*)
        }
    };
}
use vectorised;

/// Seeds libtorch's generator for a test, and keeps it from others until the guard is dropped.
#[cfg(test)]
fn seeded(seed: i64) -> std::sync::MutexGuard<'static, ()> {
    static GENERATOR: std::sync::Mutex<()> = std::sync::Mutex::new(());
    // A test that failed while it held the generator has not harmed it.
    let guard = GENERATOR.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    tch::manual_seed(seed);
    guard
}
