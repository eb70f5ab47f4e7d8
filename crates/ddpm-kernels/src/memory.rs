//! Tensors as slices of numbers.

use std::slice;
use tch::{Device, Kind, Tensor};

/// A number of a feature map: float32 or bfloat16.
pub(super) trait Number: Copy + Default + Send + Sync + 'static {
    const KIND: Kind;
    fn to_f32(self) -> f32;
    fn from_f32(value: f32) -> Self;
}

impl Number for f32 {
    const KIND: Kind = Kind::Float;
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        value
    }
}

/// bfloat16: the upper half of a float32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Bf16(u16);

impl Number for Bf16 {
    const KIND: Kind = Kind::BFloat16;
    #[inline(always)]
    fn to_f32(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }
    /// To the nearest, ties to even; what is not a number stays so.
    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let rounded = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as u16;
        Self(if value.is_nan() { 0x7fc0 } else { rounded })
    }
}

/// In channels-last memory, copied only if it is not so already: `[N, C, H, W]` -> the same numbers.
pub fn channels_last(map: &Tensor) -> Tensor {
    map.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

/// A feature map in channels-last memory. Rows, of `channels` numbers, are `stride` apart: a part of the channels of a map
/// is one, too.
#[derive(Clone, Copy)]
pub(super) struct Map<'a, T> {
    pub(super) numbers: &'a [T],
    pub(super) pictures: usize,
    pub(super) rows: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) stride: usize,
}

impl<'a, T: Number> Map<'a, T> {
    /// Reads `tensor`.
    ///
    /// # Panics
    /// It is not on the CPU, of another kind, or not in channels-last memory.
    pub(super) fn of(tensor: &'a Tensor) -> Self {
        let [n, c, h, w] = tensor.size()[..] else { panic!("a feature map has four dimensions") };
        let strides = tensor.stride();
        let stride = if w > 1 {
            strides[3]
        } else if h > 1 {
            strides[2]
        } else {
            strides[0]
        };
        let fits = (c == 1 || strides[1] == 1)
            && (h == 1 || strides[2] == w * stride)
            && (n == 1 || strides[0] == h * w * stride)
            && stride >= c;
        assert!(fits, "not channels-last: {:?} with strides {strides:?}", tensor.size());
        let rows = (h * w) as usize;
        let (pictures, channels, stride) = (n as usize, c as usize, stride as usize);
        let length = if tensor.numel() == 0 { 0 } else { (pictures * rows - 1) * stride + channels };
        Self { numbers: read(tensor, length), pictures, rows, width: w as usize, channels, stride }
    }

    /// The numbers of a picture at a row, `channels` of them.
    #[inline(always)]
    pub(super) fn row(&self, picture: usize, row: usize) -> &'a [T] {
        let start = (picture * self.rows + row) * self.stride;
        &self.numbers[start..start + self.channels]
    }
}

/// The first `length` numbers of a tensor's memory, from its beginning.
fn read<T: Number>(tensor: &Tensor, length: usize) -> &[T] {
    assert!(tensor.device() == Device::Cpu && tensor.kind() == T::KIND, "{tensor:?}");
    if length == 0 {
        return &[];
    }
    #[expect(unsafe_code, reason = "a tensor's memory")]
    // SAFETY: the callers have computed `length` from the tensor's sizes and strides, so all of it is the tensor's own.
    // The tensor outlives the slice; who reads it writes to no tensor that shares its memory meanwhile.
    unsafe {
        slice::from_raw_parts(tensor.data_ptr().cast::<T>(), length)
    }
}

/// All numbers of a tensor whose memory has no gaps, in the order in which they lie there.
pub(super) fn numbers<T: Number>(tensor: &Tensor) -> &[T] {
    assert!(is_dense(tensor), "{tensor:?} has gaps");
    read(tensor, tensor.numel())
}

/// All numbers of a tensor whose memory has no gaps, to be written.
///
/// It takes the tensor mutably, as the one handle by which it is written; that no other handle is read from meanwhile is up to
/// the callers, who all are in this crate: they write to tensors that they have just made, or have seen not to overlap.
pub(super) fn numbers_mut<T: Number>(tensor: &mut Tensor) -> &mut [T] {
    assert!(is_dense(tensor), "{tensor:?} has gaps");
    assert!(tensor.device() == Device::Cpu && tensor.kind() == T::KIND, "{tensor:?}");
    if tensor.numel() == 0 {
        return &mut [];
    }
    #[expect(unsafe_code, reason = "a tensor's memory")]
    // SAFETY: as in `read`; without gaps, its memory is as long as it has numbers.
    unsafe {
        slice::from_raw_parts_mut(tensor.data_ptr().cast::<T>(), tensor.numel())
    }
}

/// Whether the strides are those of some order of the dimensions without gaps.
fn is_dense(tensor: &Tensor) -> bool {
    let mut dimensions: Vec<(i64, i64)> =
        tensor.stride().into_iter().zip(tensor.size()).filter(|(_, size)| *size != 1).collect();
    dimensions.sort_unstable();
    dimensions
        .iter()
        .try_fold(1, |expected, (stride, size)| (*stride == expected).then(|| expected * size))
        .is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bfloat16_rounds_as_libtorch_does() {
        let mut values: Vec<f32> =
            (0..20_000u32).map(|i| f32::from_bits(i.wrapping_mul(2_654_435_761))).collect();
        values.extend([
            0.0,
            -0.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MAX,
            f32::MIN_POSITIVE,
            1e-45,
            f32::NAN,
        ]);
        let theirs = Tensor::from_slice(&values).to_kind(Kind::BFloat16);
        for (value, theirs) in values.iter().zip(numbers::<Bf16>(&theirs)) {
            let ours = Bf16::from_f32(*value);
            assert!(
                ours == *theirs || (value.is_nan() && theirs.to_f32().is_nan() && ours.to_f32().is_nan()),
                "{value}"
            );
        }
    }

    #[test]
    fn a_part_of_the_channels_is_a_map_and_another_layout_is_not() {
        let whole =
            channels_last(&Tensor::arange(2 * 6 * 2 * 3, (Kind::Float, Device::Cpu)).reshape([2, 6, 2, 3]));
        let part = whole.narrow(1, 2, 3);
        let map = Map::<f32>::of(&part);
        assert_eq!((map.pictures, map.rows, map.channels, map.stride), (2, 6, 3, 6));
        let want: Vec<f64> = (0..3).map(|c| whole.double_value(&[1, 2 + c, 1, 2])).collect();
        assert_eq!(map.row(1, 5).iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), want);
        let other = Tensor::zeros([2, 6, 2, 3], (Kind::Float, Device::Cpu));
        assert!(std::panic::catch_unwind(|| Map::<f32>::of(&other).channels).is_err());
    }
}
