//! From a 72×72 picture with an alpha channel to 32×32 opaque pixels.
//!
//! Both steps are averages of light, so both are done on linear light, not on the sRGB codes: averaging codes
//! makes thin bright strokes too dark. The filter is the exact average over the area that a small pixel
//! covers. A sharper one (Lanczos) rings, which would give the flat colours that these pictures are drawn in
//! dozens of near misses, all of which a model would have to learn. Sums are integers, so every machine
//! computes the same bytes.

use crate::{CHANNELS, PIXELS, SIDE};
use image::{Rgba, RgbaImage};

/// Height and width of what comes in.
const LARGE: usize = 72;

// 32 small pixels and 72 large ones meet on a grid of 288 units: 9 to a small pixel, 4 to a large one.
const SMALL_UNITS: usize = 9;
const LARGE_UNITS: usize = 4;

/// Linear light that stands for 1.
const ONE: u64 = 65_535;

/// The sum that an area of pure white gives.
const WHITE: u64 = (SMALL_UNITS * SMALL_UNITS) as u64 * 255 * ONE;

/// Scales pictures; holds the table of the sRGB curve.
pub(super) struct Renderer {
    linear: [u64; 256],
}

impl Renderer {
    pub(super) fn new() -> Self {
        Self { linear: std::array::from_fn(|code| (decode(code as f64 / 255.0) * ONE as f64).round() as u64) }
    }

    /// Red, green and blue planes of the picture on white; `None` unless it is 72×72.
    pub(super) fn picture(&self, image: &RgbaImage) -> Option<[u8; PIXELS]> {
        if image.dimensions() != (LARGE as u32, LARGE as u32) {
            return None;
        }
        let mut pixels = [0; PIXELS];
        for y in 0..SIDE {
            for x in 0..SIDE {
                for (channel, sum) in self.area(image, x, y).into_iter().enumerate() {
                    let code = encode(sum as f64 / WHITE as f64) * 255.0;
                    pixels[channel * SIDE * SIDE + y * SIDE + x] = code.round() as u8;
                }
            }
        }
        Some(pixels)
    }

    /// The light in the area of one small pixel, for each channel, from 0 to [`WHITE`].
    fn area(&self, image: &RgbaImage, x: usize, y: usize) -> [u64; CHANNELS] {
        let mut sums = [0; CHANNELS];
        for (row, height) in covered(y) {
            for (column, width) in covered(x) {
                let Rgba([red, green, blue, alpha]) = *image.get_pixel(column as u32, row as u32);
                let alpha = u64::from(alpha);
                for (sum, code) in sums.iter_mut().zip([red, green, blue]) {
                    let light = self.linear[usize::from(code)] * alpha + ONE * (255 - alpha);
                    *sum += light * (width * height) as u64;
                }
            }
        }
        sums
    }
}

/// The large pixels that a small one covers, along one axis, each with the units of it that are covered.
fn covered(small: usize) -> impl Iterator<Item = (usize, usize)> {
    let (start, end) = (small * SMALL_UNITS, (small + 1) * SMALL_UNITS);
    (start / LARGE_UNITS..end.div_ceil(LARGE_UNITS)).map(move |large| {
        let from = start.max(large * LARGE_UNITS);
        let to = end.min((large + 1) * LARGE_UNITS);
        (large, to - from)
    })
}

/// The sRGB curve (IEC 61966-2-1), from codes in [0, 1] to light in [0, 1].
fn decode(code: f64) -> f64 {
    if code <= 0.04045 { code / 12.92 } else { ((code + 0.055) / 1.055).powf(2.4) }
}

/// The inverse of [`decode`].
fn encode(light: f64) -> f64 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(colour: [u8; 4]) -> [u8; PIXELS] {
        let image = RgbaImage::from_pixel(72, 72, Rgba(colour));
        Renderer::new().picture(&image).expect("72×72")
    }

    #[test]
    fn a_plain_colour_comes_out_unchanged() {
        for code in 0..=255 {
            let pixels = plain([code, 255 - code, 7, 255]);
            let (red, rest) = pixels.split_at(SIDE * SIDE);
            let (green, blue) = rest.split_at(SIDE * SIDE);
            assert!(red.iter().all(|value| *value == code), "{code}");
            assert!(green.iter().all(|value| *value == 255 - code), "{code}");
            assert!(blue.iter().all(|value| *value == 7), "{code}");
        }
    }

    #[test]
    fn what_is_transparent_is_white() {
        assert_eq!(plain([10, 20, 30, 0]), [255; PIXELS]);
    }

    /// Half the light is code 188, not 128.
    #[test]
    fn half_covering_black_on_white_is_mid_light() {
        let pixels = plain([0, 0, 0, 128]);
        assert!(pixels.iter().all(|value| *value == 187 || *value == 188), "{}", pixels[0]);
    }

    #[test]
    fn every_large_pixel_counts_with_its_whole_width() {
        let mut units = [0; LARGE];
        for small in 0..SIDE {
            assert_eq!(covered(small).map(|(_, width)| width).sum::<usize>(), SMALL_UNITS);
            for (large, width) in covered(small) {
                units[large] += width;
            }
        }
        assert_eq!(units, [LARGE_UNITS; LARGE]);
    }

    /// The left half black: the border falls between small pixels 15 and 16, so nothing may bleed over it.
    #[test]
    fn a_border_between_pixels_stays_sharp_and_in_place() {
        let image = RgbaImage::from_fn(72, 72, |x, _| Rgba(if x < 36 { [0, 0, 0, 255] } else { [255; 4] }));
        let pixels = Renderer::new().picture(&image).expect("72×72");
        for row in pixels.chunks_exact(SIDE) {
            assert_eq!(row[..16], [0; 16]);
            assert_eq!(row[16..], [255; 16]);
        }
    }

    #[test]
    fn another_size_is_refused() {
        assert!(Renderer::new().picture(&RgbaImage::new(71, 72)).is_none());
    }
}
