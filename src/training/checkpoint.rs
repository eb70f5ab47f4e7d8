//! Checkpoints: everything that training would need to go on, in one safetensors file.

use crate::files::write_whole;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// State of a run after a step.
///
/// Names in the file: `model.…` the weights, `ema.…` their average, `optimizer.….first` and `.second` the moments.
#[derive(Debug)]
pub struct Checkpoint {
    /// Steps taken.
    pub step: u64,
    /// Whole epochs done.
    pub epoch: u64,
    /// Named float tensors on the CPU.
    pub tensors: Vec<(String, Tensor)>,
}

/// A checkpoint that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is not a complete checkpoint.
    #[error("{} is not a complete checkpoint: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is none.
    #[error("no checkpoint in {}\nhelp: the run saves one after each epoch and when it is interrupted", folder.display())]
    None {
        /// Where it was looked for.
        folder: PathBuf,
    },
}

const FORMAT: &str = "ddpm-checkpoint-1";
/// The key of the file's metadata that holds a [`Progress`] as JSON.
const METADATA: &str = "ddpm";
const SUFFIX: &str = "safetensors";
const DIVERGED: &str = "diverged_";

/// How far a run had come.
#[derive(Serialize, Deserialize)]
struct Progress {
    format: String,
    step: u64,
    epoch: u64,
}

impl Checkpoint {
    /// Writes the file beside its place, syncs it and renames it into place: whoever reads it reads all of it.
    ///
    /// # Errors
    /// The disk is full, the folder is gone, …
    pub fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        let io_error = |source| CheckpointError::Io { path: path.to_owned(), source };
        let buffers: Vec<Vec<u8>> = self.tensors.iter().map(|(_, tensor)| bytes_of(tensor)).collect();
        let views = self.tensors.iter().zip(&buffers).map(|((name, tensor), bytes)| {
            let shape = tensor.size().iter().map(|&side| side as usize).collect();
            TensorView::new(Dtype::F32, shape, bytes).map(|view| (name.as_str(), view))
        });
        let damaged = |error: safetensors::SafeTensorError| CheckpointError::Damaged {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let views = views.collect::<Result<Vec<_>, _>>().map_err(damaged)?;
        let progress = Progress { format: FORMAT.into(), step: self.step, epoch: self.epoch };
        let progress = serde_json::to_string(&progress).map_err(|error| io_error(error.into()))?;
        // One key: a map of several would be written in a new order each time, and equal states would differ.
        let metadata = HashMap::from([(METADATA.to_owned(), progress)]);
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(damaged)?;
        write_whole(path, &bytes).map_err(io_error)
    }

    /// Reads a file that [`Checkpoint::write`] wrote.
    ///
    /// # Errors
    /// There is no such file, or it is cut off or not a checkpoint.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
        let bytes = fs::read(path).map_err(|source| CheckpointError::Io { path: path.to_owned(), source })?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
        let progress = metadata.metadata().as_ref().and_then(|metadata| metadata.get(METADATA));
        let progress: Option<Progress> = progress.and_then(|text| serde_json::from_str(text).ok());
        let Some(Progress { format, step, epoch }) = progress else {
            return Err(damaged("it was not written by this program".into()));
        };
        if format != FORMAT {
            return Err(damaged(format!("its format is {format}, and this program reads {FORMAT}")));
        }
        let parsed = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        let tensors =
            parsed.iter().map(|(name, view)| Ok((name.to_owned(), tensor_of(&view).map_err(damaged)?)));
        Ok(Self { step, epoch, tensors: tensors.collect::<Result<_, _>>()? })
    }

    /// Where the checkpoint after an epoch stands in a run directory.
    pub fn path(run_dir: &Path, epoch: u64) -> PathBuf {
        folder(run_dir).join(format!("epoch_{epoch:04}.{SUFFIX}"))
    }

    /// Where the checkpoint of an interrupted run stands.
    pub fn interrupted_path(run_dir: &Path, step: u64) -> PathBuf {
        folder(run_dir).join(format!("step_{step:08}.{SUFFIX}"))
    }

    /// Where the state of a run whose loss is no longer a number stands. [`Checkpoint::list`] leaves it out.
    pub fn diverged_path(run_dir: &Path, step: u64) -> PathBuf {
        folder(run_dir).join(format!("{DIVERGED}{step:08}.{SUFFIX}"))
    }

    /// The checkpoints of a run directory, most steps first.
    ///
    /// # Errors
    /// There are none, or the folder cannot be read.
    pub fn list(run_dir: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
        let folder = folder(run_dir);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CheckpointError::None { folder });
            }
            Err(source) => return Err(CheckpointError::Io { path: folder, source }),
        };
        let mut found: Vec<(u64, PathBuf)> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == SUFFIX))
            .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DIVERGED)))
            .filter_map(|path| Some((Self::read_step(&path)?, path)))
            .collect();
        found.sort();
        if found.is_empty() {
            return Err(CheckpointError::None { folder });
        }
        Ok(found.into_iter().rev().map(|(_, path)| path).collect())
    }

    /// The number of steps of a checkpoint, from its header alone.
    fn read_step(path: &Path) -> Option<u64> {
        use std::io::Read;
        let mut file = fs::File::open(path).ok()?;
        let mut length = [0u8; 8];
        file.read_exact(&mut length).ok()?;
        let mut header = Vec::new();
        file.take(u64::from_le_bytes(length).min(64 << 20)).read_to_end(&mut header).ok()?;
        let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
        let progress: Progress = serde_json::from_str(header["__metadata__"][METADATA].as_str()?).ok()?;
        Some(progress.step)
    }

    /// The tensors whose name starts with `prefix`, without it.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Tensor)> {
        self.tensors.iter().filter_map(move |(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)))
    }
}

fn folder(run_dir: &Path) -> PathBuf {
    run_dir.join("checkpoints")
}

/// Little-endian float32 bytes in row-major order.
fn bytes_of(tensor: &Tensor) -> Vec<u8> {
    let tensor = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Float).contiguous();
    let mut numbers = vec![0f32; tensor.numel()];
    tensor.copy_data(&mut numbers, tensor.numel());
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn tensor_of(view: &TensorView<'_>) -> Result<Tensor, String> {
    if view.dtype() != Dtype::F32 {
        return Err(format!("a tensor is {:?} instead of float32", view.dtype()));
    }
    let numbers: Vec<f32> = view
        .data()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let shape: Vec<i64> = view.shape().iter().map(|&side| side as i64).collect();
    Ok(Tensor::from_slice(&numbers).reshape(shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(step: u64) -> Checkpoint {
        let tensor = Tensor::from_slice(&[1.5f32, -0.25, f32::MIN_POSITIVE]).reshape([3, 1]);
        Checkpoint { step, epoch: 1, tensors: vec![("model.w".into(), tensor)] }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Checkpoint::path(folder.path(), 1);
        checkpoint(7).write(&path).expect("written");
        let back = Checkpoint::read(&path).expect("read");
        assert_eq!((back.step, back.epoch), (7, 1));
        let (name, tensor) = back.under("model.").next().expect("one tensor");
        assert_eq!((name, tensor.size()), ("w", vec![3, 1]));
        assert_eq!(bytes_of(tensor), bytes_of(&checkpoint(7).tensors[0].1));
    }

    #[test]
    fn a_file_cut_off_anywhere_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Checkpoint::path(folder.path(), 1);
        checkpoint(7).write(&path).expect("written");
        let whole = fs::read(&path).expect("read");
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("written");
            assert!(
                matches!(Checkpoint::read(&path), Err(CheckpointError::Damaged { .. })),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn the_newest_comes_first_and_nothing_half_written_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(Checkpoint::list(folder.path()), Err(CheckpointError::None { .. })));
        for (step, path) in [
            (100, Checkpoint::path(folder.path(), 9)),
            (900, Checkpoint::path(folder.path(), 10)),
            (950, Checkpoint::interrupted_path(folder.path(), 950)),
        ] {
            checkpoint(step).write(&path).expect("written");
        }
        fs::write(folder.path().join("checkpoints/.saving-x"), b"half").expect("written");
        let names: Vec<_> = Checkpoint::list(folder.path())
            .expect("three")
            .iter()
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["step_00000950", "epoch_0010", "epoch_0009"]);
    }
}
