//! Drawing pictures with a network, and the way that they came.

use crate::diffusion::{Process, Sampler};
use crate::model::{Engine, UNet};
use crate::pictures::{self, WriteError};
use ddpm_config::Sampling;
use std::path::{Path, PathBuf};
use tch::{Device, Tensor};

/// Columns of a strip, noise and finished pictures included.
const STRIP_STAGES: usize = 10;
/// Pictures of a strip.
const STRIP_ROWS: i64 = 8;
/// Frames of an animation.
const FRAMES: usize = 31;

/// What draws.
pub struct Artist<'a> {
    /// The process that the network was trained to undo.
    pub process: &'a Process,
    /// The network.
    pub model: &'a UNet,
    /// What computes it.
    pub engine: Engine,
    /// Where.
    pub device: Device,
}

/// Pictures, and stages of the way to them.
#[derive(Debug)]
pub struct Drawing {
    /// `[N, 3, 32, 32]` in [-1, 1]
    pub pictures: Tensor,
    /// As `pictures` each, the finished ones last; empty: not asked for.
    strip: Vec<Tensor>,
    frames: Vec<Tensor>,
}

impl Artist<'_> {
    /// Draws `count` pictures from libtorch's generator: seed it for the same ones. None: `go_on`, which is asked before
    /// each step, said no.
    pub fn draw(
        &mut self,
        settings: &Sampling,
        count: i64,
        mut go_on: impl FnMut() -> bool,
    ) -> Option<Drawing> {
        let sampler = Sampler::new(settings, self.process.schedule().timesteps());
        let steps = sampler.timesteps().len();
        let wanted = |asked: bool, stages| if asked { pictures::stages(steps, stages) } else { Vec::new() };
        let in_strip = wanted(settings.strip, STRIP_STAGES);
        let in_frames = wanted(settings.animation, FRAMES);
        let (mut strip, mut frames) = (Vec::new(), Vec::new());
        let mut step = 0;
        let watch = |noisy: &Tensor| {
            for (kept, wanted) in [(&mut strip, &in_strip), (&mut frames, &in_frames)] {
                if wanted.contains(&step) {
                    kept.push(noisy.copy());
                }
            }
            step += 1;
            go_on()
        };
        let Self { process, model, engine, device } = self;
        let predict = |x: &Tensor, t: &Tensor| engine.predict(model, x, t);
        let pictures = sampler.sample(process, predict, [count, 3, 32, 32], *device, watch)?;
        for (kept, wanted) in [(&mut strip, &in_strip), (&mut frames, &in_frames)] {
            if !wanted.is_empty() {
                kept.push(pictures.shallow_clone());
            }
        }
        Some(Drawing { pictures, strip, frames })
    }
}

impl Drawing {
    /// Writes the grid to `path`, and what else was asked for beside it first: who sees the grid sees all.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        if !self.strip.is_empty() {
            pictures::write_strip(&self.strip, STRIP_ROWS, &beside(path, "strip"))?;
        }
        if !self.frames.is_empty() {
            pictures::write_animation(&self.frames, &beside(path, "animation"))?;
        }
        pictures::write_grid(&self.pictures, path)
    }
}

/// `samples/epoch_0001.png` -> `samples/epoch_0001_strip.png`
fn beside(path: &Path, what: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}_{what}.png"))
}
