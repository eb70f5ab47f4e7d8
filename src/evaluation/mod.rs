//! Evaluation: how far drawn pictures are from real ones.
//!
//! A distance alone says little: its size depends on the dataset and on how many pictures there are. So the same
//! distance is taken three times from the same held-out pictures: of the drawn pictures, of other real pictures
//! (nothing drawn should be expected to come nearer), and of pure noise (where a sampler starts).
//!
//! - [`sliced_wasserstein`]: of pixels.
//! - [`kernel_distance`]: of features; those of [`RandomFeatures`] need no download.
//! - [`frechet_distance`]: of features; those of [`Inception`], a file that the user has, make it the FID.
//! - [`evaluate`]: all of them, beside their anchors, as an [`Evaluation`].

mod anchors;
mod drawn;
mod features;
mod frechet;
mod inception;
mod kernel;
mod report;
mod sliced;

pub use anchors::{EvaluationError, evaluate};
pub use drawn::{Comparison, check_sizes, evaluate_drawn};
pub use features::RandomFeatures;
pub use frechet::frechet_distance;
pub use inception::{Inception, InceptionError};
pub use kernel::kernel_distance;
pub use report::{Distances, Evaluation, Measure};
pub use sliced::sliced_wasserstein;

/// What evaluation draws at random.
#[derive(Clone, Copy, Debug)]
enum Draw {
    /// The directions that pictures are projected on.
    Directions = 1,
    /// The weights of the random features.
    Weights = 2,
    /// The pictures of pure noise.
    Noise = 3,
}

/// The seeds of evaluation are those after this one, whatever the seed of the run: distances of two runs can be
/// compared only if both were measured by the same draws. With another number every distance would change.
const SEED: i64 = 271_828_182;

/// Sets libtorch's generator, which the whole process shares, for one kind of draw.
fn reseed(draw: Draw) {
    tch::manual_seed(SEED + draw as i64);
}
