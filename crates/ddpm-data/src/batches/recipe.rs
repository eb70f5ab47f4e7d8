//! One batch, from its number alone.

use super::order::{Order, is_mirrored};
use super::{Batch, Flip};
use crate::grid::normalise;
use crate::records::Records;
use crate::{PIXELS, SIDE};
use std::sync::Arc;

/// Every byte as the model sees it: looking up is faster than computing, and gives the same bits.
static VALUES: [f32; 256] = {
    let mut values = [0.0; 256];
    let mut byte = 0;
    while byte < 256 {
        values[byte] = normalise(byte as u8);
        byte += 1;
    }
    values
};

/// All that decides the batches of an epoch. Each worker has its own copy; the records are shared.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub(super) records: Arc<Records>,
    pub(super) order: Order,
    pub(super) seed: u64,
    pub(super) epoch: u64,
    pub(super) batch_size: usize,
    /// Pictures dealt out in the epoch.
    pub(super) positions: usize,
    pub(super) flip: Flip,
}

impl Recipe {
    /// The batch with this number; the last one may be smaller than the others.
    pub(super) fn make(&mut self, index: usize) -> Batch {
        let start = index * self.batch_size;
        let end = start.saturating_add(self.batch_size).min(self.positions);
        let mut images = Vec::with_capacity((end - start) * PIXELS);
        let mut indices = Vec::with_capacity(end - start);
        for position in start..end {
            let picture = self.order.picture(position);
            let pixels = self.records.pixels(picture as usize);
            match self.flip {
                Flip::Horizontal if is_mirrored(self.seed, self.epoch, position) => {
                    append_mirrored(&mut images, pixels)
                }
                Flip::Horizontal | Flip::None => append(&mut images, pixels),
            }
            indices.push(picture);
        }
        Batch { index, images, indices }
    }
}

fn append(images: &mut Vec<f32>, pixels: &[u8; PIXELS]) {
    images.extend(pixels.iter().map(|byte| VALUES[usize::from(*byte)]));
}

/// Each row from right to left.
fn append_mirrored(images: &mut Vec<f32>, pixels: &[u8; PIXELS]) {
    for row in pixels.chunks_exact(SIDE) {
        images.extend(row.iter().rev().map(|byte| VALUES[usize::from(*byte)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_values_from_minus_one_to_one() {
        let mut pixels = [0; PIXELS];
        pixels[1] = 255;
        let mut images = Vec::new();
        append(&mut images, &pixels);
        assert_eq!(images.len(), PIXELS);
        assert_eq!(images[..3], [-1.0, 1.0, -1.0]);
    }

    #[test]
    fn a_mirrored_picture_has_its_columns_in_reverse_and_its_rows_and_planes_in_place() {
        // Each byte tells its column, and the plane and row it is in by an offset.
        let pixels: [u8; PIXELS] = std::array::from_fn(|place| ((place % SIDE) + (place / SIDE)) as u8);
        let (mut plain, mut mirrored) = (Vec::new(), Vec::new());
        append(&mut plain, &pixels);
        append_mirrored(&mut mirrored, &pixels);
        for (place, value) in mirrored.iter().enumerate() {
            let (row, column) = (place / SIDE, place % SIDE);
            assert_eq!(*value, plain[row * SIDE + SIDE - 1 - column]);
        }
        assert_ne!(plain, mirrored);
    }
}
