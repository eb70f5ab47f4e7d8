//! The order of the pictures, and that nothing but the seed and the epoch decides it.

use ddpm_data::{Batch, BatchOptions, Batches, Flip, LastBatch, PIXELS, RECORD, Records, SIDE};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Pictures of which no two are alike, and none is its own mirror image.
fn records(count: usize) -> Arc<Records> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("some.bin");
    let bytes: Vec<u8> = (0..count * RECORD)
        .map(|place| {
            let (picture, byte) = (place / RECORD, place % RECORD);
            (picture * 41 + byte * 7 + byte / SIDE) as u8
        })
        .collect();
    std::fs::write(&path, bytes).expect("a temporary file");
    // The mapping outlives the name.
    Arc::new(Records::open(&path).expect("records"))
}

fn options(batch_size: usize) -> BatchOptions {
    BatchOptions { seed: 3, batch_size: size(batch_size), flip: Flip::Horizontal, ..BatchOptions::default() }
}

fn size(size: usize) -> NonZeroUsize {
    NonZeroUsize::new(size).expect("not 0")
}

fn epoch(records: &Arc<Records>, options: BatchOptions, epoch: u64) -> Vec<Batch> {
    Batches::new(Arc::clone(records), options).epoch(epoch, 0).expect("threads").collect()
}

fn order(batches: &[Batch]) -> Vec<u32> {
    batches.iter().flat_map(|batch| batch.indices.iter().copied()).collect()
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let records = records(50);
    let options = BatchOptions { passes: size(2), ..options(7) };
    let expected = epoch(&records, options, 1);
    assert_eq!(expected.len(), 15);
    assert!(expected.iter().map(|batch| batch.index).eq(0..15));
    for workers in [1, 2, 4, 64] {
        assert!(epoch(&records, BatchOptions { workers, ..options }, 1) == expected, "{workers} workers");
    }
}

#[test]
fn each_epoch_has_every_picture_once_in_an_order_of_its_own() {
    let records = records(50);
    let orders: Vec<Vec<u32>> = (0..3).map(|number| order(&epoch(&records, options(8), number))).collect();
    for order in &orders {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..50));
    }
    assert!(orders[0] != orders[1] && orders[1] != orders[2]);
    assert_eq!(
        order(&epoch(&records, options(50), 0)),
        orders[0],
        "the batch size does not change the order"
    );
    assert_ne!(order(&epoch(&records, BatchOptions { seed: 4, ..options(8) }, 0)), orders[0]);
}

#[test]
fn each_pass_of_an_epoch_has_every_picture_once() {
    let records = records(10);
    let order = order(&epoch(&records, BatchOptions { passes: size(3), ..options(4) }, 0));
    assert_eq!((order.len(), records.len(), records.is_empty()), (30, 10, false));
    for pass in order.chunks_exact(10) {
        let mut sorted = pass.to_vec();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..10));
    }
    assert_ne!(order[..10], order[10..20]);
}

#[test]
fn a_resumed_epoch_is_the_tail_of_the_whole_one() {
    let records = records(50);
    for workers in [0, 1, 3] {
        let batches =
            Batches::new(Arc::clone(&records), BatchOptions { workers, passes: size(2), ..options(8) });
        let whole: Vec<Batch> = batches.epoch(4, 0).expect("threads").collect();
        for from in [1, 5, 12, 13, 100] {
            let resumed: Vec<Batch> = batches.epoch(4, from).expect("threads").collect();
            assert!(resumed == whole[from.min(whole.len())..], "from {from} with {workers} workers");
        }
    }
}

#[test]
fn a_picture_is_as_it_is_or_mirrored_and_both_happen() {
    let records = records(40);
    let (mut plain, mut mirrored) = (0, 0);
    for batch in epoch(&records, options(40), 0) {
        for (image, index) in batch.images.chunks_exact(PIXELS).zip(&batch.indices) {
            let pixels = records.pixels(*index as usize);
            let value = |place: usize| f32::from(pixels[place]) / 127.5 - 1.0;
            let mirror = |place: usize| value(place - place % SIDE + SIDE - 1 - place % SIDE);
            if (0..PIXELS).all(|place| image[place] == value(place)) {
                plain += 1;
            } else {
                assert!((0..PIXELS).all(|place| image[place] == mirror(place)));
                mirrored += 1;
            }
        }
    }
    assert_eq!(plain + mirrored, 40);
    assert!(plain > 5 && mirrored > 5, "{plain} plain, {mirrored} mirrored");
}

#[test]
fn without_flips_the_order_is_the_same_and_no_picture_is_mirrored() {
    let records = records(40);
    let flipped = epoch(&records, options(40), 0);
    let plain = epoch(&records, BatchOptions { flip: Flip::None, ..options(40) }, 0);
    assert_eq!(order(&flipped), order(&plain));
    assert_ne!(flipped[0].images, plain[0].images);
    for (image, index) in plain[0].images.chunks_exact(PIXELS).zip(&plain[0].indices) {
        let pixels = records.pixels(*index as usize);
        assert!(image.iter().zip(pixels).all(|(value, byte)| ddpm_data::to_u8(*value) == *byte));
    }
    let values = &plain[0].images;
    assert_eq!(values.iter().copied().fold(f32::INFINITY, f32::min), -1.0);
    assert_eq!(values.iter().copied().fold(f32::NEG_INFINITY, f32::max), 1.0);
}

#[test]
fn the_last_batch_is_kept_or_dropped() {
    let records = records(10);
    let sizes = |batch_size, last| {
        let options = BatchOptions { last, ..options(batch_size) };
        let batches = Batches::new(Arc::clone(&records), options);
        let epoch = batches.epoch(0, 0).expect("threads");
        assert_eq!(epoch.len(), batches.per_epoch());
        epoch.map(|batch| batch.indices.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(4, LastBatch::Keep), [4, 4, 2]);
    assert_eq!(sizes(4, LastBatch::Drop), [4, 4]);
    assert_eq!(sizes(5, LastBatch::Drop), [5, 5]);
    assert_eq!(sizes(11, LastBatch::Keep), [10]);
    assert_eq!(sizes(11, LastBatch::Drop), [0; 0]);
}

#[test]
fn dropping_an_epoch_in_the_middle_ends_its_threads() {
    let records = records(100);
    let batches = Batches::new(Arc::clone(&records), BatchOptions { workers: 3, ..options(2) });
    let before = Arc::strong_count(&records);
    for taken in [0, 1, 7] {
        let mut epoch = batches.epoch(0, 0).expect("threads");
        assert_eq!(epoch.by_ref().take(taken).count(), taken);
        assert!(Arc::strong_count(&records) > before, "the threads hold the records");
        drop(epoch);
        assert_eq!(Arc::strong_count(&records), before);
    }
}

#[test]
fn a_limit_leaves_only_the_first_pictures() {
    let records = Arc::into_inner(records(20)).expect("the only owner").with_limit(size(5));
    let mut order = order(&epoch(&Arc::new(records), options(2), 0));
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2, 3, 4]);
}
