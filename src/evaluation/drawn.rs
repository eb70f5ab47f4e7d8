//! Drawing pictures and comparing them with real ones.

use super::{Evaluation, EvaluationError, Inception, evaluate};
use crate::drawing::Artist;
use crate::pictures;
use crate::random::{self, Purpose};
use ddpm_config::Sampling;
use ddpm_data::Records;
use tch::Tensor;

/// Pictures that are drawn at once: more take memory, and no less time.
const AT_ONCE: usize = 64;

/// What pictures are compared with, and how many.
pub struct Comparison<'a> {
    /// Pictures that were not trained on.
    pub held_out: &'a Records,
    /// Other real pictures: those that were trained on.
    pub real: &'a Records,
    /// Pictures to draw, and real ones of each kind to take, where there are so many.
    pub samples: usize,
    /// For the FID.
    pub inception: Option<&'a Inception>,
}

/// Whether there are pictures enough to compare, which is better known before training than after it.
///
/// # Errors
/// [`EvaluationError::TooFew`]
pub fn check_sizes(held_out: Option<&Records>, real: &Records) -> Result<(), EvaluationError> {
    for (set, count) in [("held-out", held_out.map_or(0, Records::len)), ("real", real.len())] {
        if count < 2 {
            return Err(EvaluationError::TooFew { set, count: count as i64 });
        }
    }
    Ok(())
}

/// At most `count` of `all` indices, evenly spread: datasets may be sorted, and the first ones would not stand for all.
fn spread(all: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(all);
    (0..count).map(move |index| index * all / count)
}

/// Draws pictures, always from the same noise for a seed, and measures how far they are from held-out ones. None: `go_on`
/// said no.
///
/// # Errors
/// As those of [`evaluate`].
pub fn evaluate_drawn(
    artist: &mut Artist<'_>,
    settings: &Sampling,
    seed: u64,
    comparison: &Comparison<'_>,
    mut go_on: impl FnMut() -> bool,
) -> Result<Option<Evaluation>, EvaluationError> {
    let settings = Sampling { strip: false, animation: false, ..settings.clone() };
    let mut drawn = Vec::new();
    for (batch, start) in (0..comparison.samples).step_by(AT_ONCE).enumerate() {
        random::reseed(seed, Purpose::Evaluation, batch as u64);
        let count = AT_ONCE.min(comparison.samples - start) as i64;
        let Some(drawing) = artist.draw(&settings, count, &mut go_on) else { return Ok(None) };
        drawn.push(drawing.pictures);
    }
    let device = artist.device;
    let [held_out, real] = [comparison.held_out, comparison.real].map(|records| {
        pictures::of_records(records, spread(records.len(), comparison.samples)).to_device(device)
    });
    evaluate(&Tensor::cat(&drawn, 0), &held_out, &real, comparison.inception).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_pictures_are_taken_from_all_over_the_set() {
        assert_eq!(spread(10, 4).collect::<Vec<_>>(), [0, 2, 5, 7]);
        assert_eq!(spread(3, 4).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
