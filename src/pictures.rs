//! Tensors as PNG grids.

use crate::files::write_whole;
use ddpm_data::{Layout, PIXELS, grid, png};
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// A grid that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Bytes of pictures in [-1, 1], float of shape `[N, C, H, W]`: -1 is 0, 1 is 255, values outside are clamped.
///
/// ```
/// use tch::Tensor;
/// let pictures = Tensor::from_slice(&[-1f32, 0.0, 1.0, 7.0]).reshape([1, 1, 2, 2]);
/// assert_eq!(ddpm::pictures::to_bytes(&pictures), [0, 128, 255, 255]);
/// ```
pub fn to_bytes(pictures: &Tensor) -> Vec<u8> {
    let scaled = ((pictures.detach().to_device(Device::Cpu).to_kind(Kind::Float) + 1.0) * 127.5).round();
    let bytes = scaled.clamp(0.0, 255.0).to_kind(Kind::Uint8).contiguous();
    let mut out = vec![0u8; bytes.numel()];
    bytes.copy_data(&mut out, bytes.numel());
    out
}

/// Writes pictures (`[N, 3, 32, 32]` in [-1, 1]) as one PNG, as square a grid as N allows, beside its place first.
///
/// # Errors
/// The file cannot be written.
pub fn write_grid(pictures: &Tensor, path: &Path) -> Result<(), WriteError> {
    let write_error = |source| WriteError { path: path.to_owned(), source };
    let bytes = to_bytes(pictures);
    let (pictures, _) = bytes.as_chunks::<PIXELS>();
    let columns = (pictures.len() as f64).sqrt().ceil() as u32;
    let layout = Layout { columns: NonZeroU32::new(columns).unwrap_or(NonZeroU32::MIN), ..Layout::default() };
    let png = png(&grid(pictures, layout)).map_err(|error| write_error(io::Error::other(error)))?;
    write_whole(path, &png).map_err(write_error)
}
