//! Pictures for people: model values back to bytes, and many pictures in one PNG.

use crate::error::{DataError, Explain};
use crate::{PIXELS, SIDE};
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;
use std::num::NonZeroU32;

/// A byte as the model sees it: 0 is -1, 255 is 1, evenly in between.
///
/// ```
/// assert_eq!(ddpm_data::normalise(0), -1.0);
/// assert_eq!(ddpm_data::normalise(255), 1.0);
/// ```
pub const fn normalise(byte: u8) -> f32 {
    byte as f32 / 127.5 - 1.0
}

/// The inverse of [`normalise`]: rounds to the nearest byte; what is outside [-1, 1] becomes 0 or 255, and
/// NaN 0.
///
/// ```
/// assert_eq!([-3.0, -1.0, 0.0, 1.0, 3.0].map(ddpm_data::to_u8), [0, 0, 128, 255, 255]);
/// ```
pub fn to_u8(value: f32) -> u8 {
    // A cast from f32 saturates, and takes NaN to 0.
    ((value + 1.0) * 127.5).round() as u8
}

/// How [`grid`] lays pictures out.
///
/// ```
/// let layout = ddpm_data::Layout::default();
/// assert_eq!((layout.columns.get(), layout.scale.get(), layout.padding), (8, 2, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Pictures in a row; fewer if there are fewer.
    pub columns: NonZeroU32,
    /// Height and width of a pixel in the grid.
    pub scale: NonZeroU32,
    /// Pixels between pictures and around them, white.
    pub padding: u32,
}

impl Default for Layout {
    fn default() -> Self {
        const TWO: NonZeroU32 = NonZeroU32::new(2).expect("2 is not 0");
        const EIGHT: NonZeroU32 = NonZeroU32::new(8).expect("8 is not 0");
        Self { columns: EIGHT, scale: TWO, padding: 2 }
    }
}

/// Lays pictures (planes of red, green and blue) into one, row by row; no pictures give one white cell.
///
/// # Panics
///
/// If the grid would be more than 2^32 - 1 pixels wide or high.
///
/// ```
/// use ddpm_data::{Layout, PIXELS, grid};
///
/// let image = grid(&[[0; PIXELS]; 9], Layout::default());
/// assert_eq!(image.dimensions(), (8 * 66 + 2, 2 * 66 + 2));
/// ```
pub fn grid(pictures: &[[u8; PIXELS]], layout: Layout) -> RgbImage {
    let Layout { columns, scale, padding } = layout;
    let count = u32::try_from(pictures.len()).expect("fewer than 2^32 pictures").max(1);
    let columns = columns.get().min(count);
    let rows = count.div_ceil(columns);
    let cell = (SIDE as u32).checked_mul(scale.get()).and_then(|size| size.checked_add(padding));
    let extent = |cells: u32| {
        let size = cell.and_then(|cell| cell.checked_mul(cells)).and_then(|size| size.checked_add(padding));
        size.expect("a grid of fewer than 2^32 pixels a side")
    };
    let (width, height) = (extent(columns), extent(rows));
    let step = SIDE as u32 * scale.get() + padding;
    let mut image = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    for (index, picture) in (0..).zip(pictures) {
        let (left, top) = (padding + index % columns * step, padding + index / columns * step);
        for y in 0..step - padding {
            for x in 0..step - padding {
                let place = (y / scale) as usize * SIDE + (x / scale) as usize;
                let pixel = [0, 1, 2].map(|plane| picture[plane * SIDE * SIDE + place]);
                image.put_pixel(left + x, top + y, Rgb(pixel));
            }
        }
    }
    image
}

/// A picture as the bytes of a PNG file.
///
/// # Errors
///
/// The picture has no pixels.
///
/// ```
/// let image = ddpm_data::grid(&[], ddpm_data::Layout::default());
/// assert!(ddpm_data::png(&image)?.starts_with(b"\x89PNG"));
/// # Ok::<(), ddpm_data::DataError>(())
/// ```
pub fn png(image: &RgbImage) -> Result<Vec<u8>, DataError> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).map_err(|source| GridError::Encode { source })?;
    Ok(bytes.into_inner())
}

/// Why there is no PNG.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GridError {
    #[error("cannot encode a picture as PNG")]
    Encode { source: image::ImageError },
}

impl Explain for GridError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_round_trip() {
        for byte in 0..=255 {
            assert_eq!(to_u8(normalise(byte)), byte);
        }
        assert_eq!([f32::NAN, f32::NEG_INFINITY, f32::INFINITY].map(to_u8), [0, 0, 255]);
    }

    #[test]
    fn pictures_lie_row_by_row_with_white_between() {
        let mut pictures = [[10; PIXELS], [20; PIXELS], [30; PIXELS]];
        // Green of the second row, first column of the last picture.
        pictures[2][SIDE * SIDE + SIDE] = 99;
        let layout =
            Layout { columns: NonZeroU32::new(2).expect("not 0"), scale: NonZeroU32::MIN, padding: 1 };
        let image = grid(&pictures, layout);
        assert_eq!(image.dimensions(), (67, 67));
        let at = |x, y| image.get_pixel(x, y).0;
        assert_eq!([at(0, 0), at(33, 5), at(5, 33), at(66, 66)], [[255; 3]; 4]);
        assert_eq!([at(1, 1), at(32, 32), at(34, 1), at(1, 34)], [[10; 3], [10; 3], [20; 3], [30; 3]]);
        assert_eq!(at(1, 35), [30, 99, 30]);
        assert_eq!(at(40, 40), [255; 3], "the fourth cell is empty");
    }

    #[test]
    fn a_scaled_pixel_is_a_square() {
        let mut picture = [0; PIXELS];
        picture[1] = 200;
        let layout =
            Layout { columns: NonZeroU32::MIN, scale: NonZeroU32::new(3).expect("not 0"), padding: 0 };
        let image = grid(&[picture], layout);
        assert_eq!(image.dimensions(), (96, 96));
        let red: Vec<_> = image.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[0] == 200).collect();
        assert_eq!(red.len(), 9);
        assert!(red.iter().all(|(x, y, _)| (3..6).contains(x) && *y < 3));
    }
}
