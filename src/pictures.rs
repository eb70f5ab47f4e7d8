//! Tensors as PNG grids.

use crate::files::write_whole;
use ddpm_data::{Layout, PIXELS, Records, grid, normalise, png};
use image::RgbImage;
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

/// Records as pictures: float of shape `[N, 3, 32, 32]` in [-1, 1].
///
/// # Panics
/// There is no record of that index.
pub fn of_records(records: &Records, indices: impl IntoIterator<Item = usize>) -> Tensor {
    let pixels = indices.into_iter().flat_map(|index| records.pixels(index).iter().copied());
    let numbers: Vec<f32> = pixels.map(normalise).collect();
    Tensor::from_slice(&numbers).reshape([-1, 3, 32, 32])
}

/// Writes pictures (`[N, 3, 32, 32]` in [-1, 1]) as one PNG, as square a grid as N allows, beside its place first.
///
/// # Errors
/// The file cannot be written.
pub fn write_grid(pictures: &Tensor, path: &Path) -> Result<(), WriteError> {
    write(pictures, square(pictures), path)
}

/// Writes a strip: a row for each of the first `rows` pictures, a column for each stage (each `[N, 3, 32, 32]`).
///
/// # Errors
/// The file cannot be written.
pub fn write_strip(stages: &[Tensor], rows: i64, path: &Path) -> Result<(), WriteError> {
    let rows = stages.iter().map(|stage| stage.size()[0]).fold(rows, i64::min);
    let columns: Vec<Tensor> = stages.iter().map(|stage| stage.narrow(0, 0, rows)).collect();
    let pictures = Tensor::stack(&columns, 1).flatten(0, 1);
    write(&pictures, stages.len() as u32, path)
}

/// Writes stages (each `[N, 3, 32, 32]`) as the frames of an animated PNG, grids as those of [`write_grid`]. It runs for about
/// three seconds, holds its last frame for two more, and begins again.
///
/// # Errors
/// The file cannot be written.
pub fn write_animation(stages: &[Tensor], path: &Path) -> Result<(), WriteError> {
    let write_error = |source| WriteError { path: path.to_owned(), source };
    let frames: Vec<_> = stages.iter().map(|stage| image(stage, square(stage))).collect();
    let encoded = animated(&frames).map_err(|error| write_error(io::Error::other(error)))?;
    write_whole(path, &encoded).map_err(write_error)
}

fn animated(frames: &[RgbImage]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let (width, height) = frames.first().map_or((1, 1), RgbImage::dimensions);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(frames.len() as u32, 0)?;
    // Seconds of a frame, as a fraction.
    encoder.set_frame_delay(3, frames.len() as u16)?;
    let mut writer = encoder.write_header()?;
    for (index, frame) in frames.iter().enumerate() {
        if index + 1 == frames.len() {
            writer.set_frame_delay(2, 1)?;
        }
        writer.write_image_data(frame)?;
    }
    writer.finish()?;
    Ok(bytes)
}

/// Columns of a grid that is as square as can be.
fn square(pictures: &Tensor) -> u32 {
    (pictures.size()[0] as f64).sqrt().ceil() as u32
}

fn image(pictures: &Tensor, columns: u32) -> RgbImage {
    let bytes = to_bytes(pictures);
    let (pictures, _) = bytes.as_chunks::<PIXELS>();
    let columns = NonZeroU32::new(columns).unwrap_or(NonZeroU32::MIN);
    grid(pictures, Layout { columns, ..Layout::default() })
}

fn write(pictures: &Tensor, columns: u32, path: &Path) -> Result<(), WriteError> {
    let write_error = |source| WriteError { path: path.to_owned(), source };
    let encoded = png(&image(pictures, columns)).map_err(|error| write_error(io::Error::other(error)))?;
    write_whole(path, &encoded).map_err(write_error)
}

/// Which of `steps` steps are shown, the noise before the first included, when there are to be `stages` of them and the
/// finished pictures: evenly spread.
///
/// ```
/// assert_eq!(ddpm::pictures::stages(50, 6), [0, 10, 20, 30, 40]);
/// assert_eq!(ddpm::pictures::stages(2, 10), [0, 1]);
/// ```
pub fn stages(steps: usize, stages: usize) -> Vec<usize> {
    let shown = stages.saturating_sub(1).min(steps);
    (0..shown).map(|stage| stage * steps / shown).collect()
}
