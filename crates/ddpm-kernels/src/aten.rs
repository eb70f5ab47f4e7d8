//! An operator of libtorch that tch does not wrap, through the C interface that libtorch exports for compiled models.

use libloading::os::unix::Library;
use std::ffi::c_void;
use std::ptr;
use std::sync::LazyLock;
use tch::Tensor;

type Handle = *mut c_void;

/// `aoti_torch_cpu_convolution_backward` of libtorch 2.13 (torch/csrc/inductor/aoti_torch/generated/c_shim_cpu.h).
type ConvolutionBackward = unsafe extern "C" fn(
    grad_output: Handle,
    input: Handle,
    weight: Handle,
    bias_sizes: *const *const i64,
    bias_sizes_len: i64,
    stride: *const i64,
    stride_len: i64,
    padding: *const i64,
    padding_len: i64,
    dilation: *const i64,
    dilation_len: i64,
    transposed: i32,
    output_padding: *const i64,
    output_padding_len: i64,
    groups: i64,
    output_mask: *const i32,
    output_mask_len: i64,
    grad_input: *mut Handle,
    grad_weight: *mut Handle,
    grad_bias: *mut Handle,
) -> i32;

static CONVOLUTION_BACKWARD: LazyLock<Option<ConvolutionBackward>> = LazyLock::new(|| {
    #[expect(unsafe_code, reason = "a function is looked up by name")]
    // SAFETY: the type is that of the header; tch is pinned to the one version of libtorch that it was read from. What is
    // linked stays loaded.
    unsafe {
        Library::this().get(b"aoti_torch_cpu_convolution_backward\0").ok().map(|symbol| *symbol)
    }
});

/// Whether this libtorch has the operator.
pub fn has_convolution_backward() -> bool {
    CONVOLUTION_BACKWARD.is_some()
}

/// A convolution of two dimensions with as much stride and padding in both.
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    /// Pixels from one place of the kernel to the next; of a transposed convolution, in its output.
    pub stride: i64,
    /// Zeros around the map.
    pub padding: i64,
    /// Whether it enlarges the map.
    pub transposed: bool,
}

impl Convolution {
    /// The convolution itself: `[N, in, H, W]` -> `[N, out, H', W']`.
    pub fn forward(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
        let (stride, padding, dilation) = ([self.stride; 2], [self.padding; 2], [1; 2]);
        if self.transposed {
            x.conv_transpose2d(weight, Some(bias), stride, padding, [0; 2], 1, dilation)
        } else {
            x.conv2d(weight, Some(bias), stride, padding, dilation, 1)
        }
    }
}

/// Gradients of a convolution with a bias on the CPU: by its input (unless nobody wants it), its weight and its bias, given that by
/// its result.
///
/// ```
/// use ddpm_kernels::{Convolution, convolution_backward};
/// use tch::{Device, Kind, Tensor};
/// let ones = |shape: &[i64]| Tensor::ones(shape, (Kind::Float, Device::Cpu));
/// let (x, weight) = (ones(&[1, 2, 4, 4]), ones(&[3, 2, 1, 1]));
/// let same = Convolution { stride: 1, padding: 0, transposed: false };
/// let (dx, dw, db) = convolution_backward(&ones(&[1, 3, 4, 4]), &x, &weight, same, true);
/// assert_eq!(dx.expect("wanted").double_value(&[0, 0, 0, 0]), 3.0);
/// assert_eq!((dw.double_value(&[0, 0, 0, 0]), db.double_value(&[0])), (16.0, 16.0));
/// ```
///
/// # Panics
/// As operators of tch do, if shapes or kinds do not fit; and where [`has_convolution_backward`] says no.
pub fn convolution_backward(
    gradient: &Tensor,
    input: &Tensor,
    weight: &Tensor,
    convolution: Convolution,
    wants_input: bool,
) -> (Option<Tensor>, Tensor, Tensor) {
    let Some(call) = *CONVOLUTION_BACKWARD else { panic!("this libtorch has no convolution_backward") };
    let Convolution { stride, padding, transposed } = convolution;
    let channels = gradient.size()[1];
    let bias_sizes: *const i64 = &channels;
    let (strides, paddings, dilations, output_paddings) = ([stride; 2], [padding; 2], [1i64; 2], [0i64; 2]);
    let mask = [i32::from(wants_input), 1, 1];
    let mut gradients: [Handle; 3] = [ptr::null_mut(); 3];
    let [by_input, by_weight, by_bias] = &mut gradients;
    #[expect(unsafe_code, reason = "an operator of libtorch by its C interface")]
    // SAFETY: a handle there is a pointer to an `at::Tensor`, which is what tch's `as_ptr` gives and `from_ptr` takes
    // over, deleting it in the end. Arrays outlive the call, and their lengths are given. Errors come as a status.
    let (by_input, by_weight, by_bias) = unsafe {
        let status = call(
            gradient.as_ptr().cast_mut().cast(),
            input.as_ptr().cast_mut().cast(),
            weight.as_ptr().cast_mut().cast(),
            &bias_sizes,
            1,
            strides.as_ptr(),
            2,
            paddings.as_ptr(),
            2,
            dilations.as_ptr(),
            2,
            i32::from(transposed),
            output_paddings.as_ptr(),
            2,
            1,
            mask.as_ptr(),
            3,
            by_input,
            by_weight,
            by_bias,
        );
        assert!(status == 0, "convolution_backward failed; libtorch has said why");
        let taken = |handle: Handle| Tensor::from_ptr(handle.cast());
        (taken(*by_input), taken(*by_weight), taken(*by_bias))
    };
    (wants_input.then_some(by_input), by_weight, by_bias)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded;
    use tch::{Device, Kind};

    /// Against autograd, for both kinds of convolution.
    #[test]
    fn gradients_are_those_of_autograd() {
        let _generator = seeded(0);
        let normal = |shape: &[i64]| Tensor::randn(shape, (Kind::Double, Device::Cpu));
        for (transposed, stride, padding, side) in [(false, 1, 1, 3), (true, 2, 0, 2)] {
            let x = normal(&[2, 4, 6, 6]).set_requires_grad(true);
            let weight = normal(&[4, 4, side, side]).set_requires_grad(true);
            let bias = normal(&[4]).set_requires_grad(true);
            let convolution = Convolution { stride, padding, transposed };
            let y = convolution.forward(&x, &weight, &bias);
            let gradient = normal(&y.size());
            (&y * &gradient).sum(Kind::Double).backward();
            let (dx, dw, db) =
                convolution_backward(&gradient, &x.detach(), &weight.detach(), convolution, true);
            let dx = dx.expect("asked for");
            for (got, want) in [(dx, x.grad()), (dw, weight.grad()), (db, bias.grad())] {
                assert!((got - want).abs().max().double_value(&[]) < 1e-12);
            }
        }
    }
}
