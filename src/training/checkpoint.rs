//! Checkpoints: everything that training would need to go on, in one safetensors file.

use super::Mean;
use super::identity::Settings;
use super::pace::exact;
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
    /// The losses of the epoch that is not done yet.
    pub losses: Mean,
    /// The least validation loss so far.
    pub best: Option<Best>,
    /// What of the configuration decides how it came about; empty: nobody knows.
    pub settings: Settings,
    /// Named float tensors on the CPU.
    pub tensors: Vec<(String, Tensor)>,
}

/// A validation loss, and after how many steps it was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Steps taken.
    pub step: u64,
    /// The loss.
    #[serde(with = "exact")]
    pub loss: f64,
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
    /// The state of the run could not be saved.
    #[error("cannot save {}: {source}\nhelp: {}", path.display(), remedy(path, source.kind()))]
    Unsaved {
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
    /// A file of weights is none, or of another network.
    #[error(
        "{} does not have the weights of this network: {reason}\nhelp: save them with safetensors.torch.save_file(model.state_dict(), …); docs/training.md has the names",
        path.display()
    )]
    Weights {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// It is of another network or optimizer, or of other pictures.
    #[error(
        "the checkpoint of step {step} does not fit the configuration: {reason}\nhelp: a run goes on only with the configuration and the pictures that it began with"
    )]
    Misfit {
        /// Its steps.
        step: u64,
        /// What does not fit.
        reason: String,
    },
    /// There are checkpoints, and none can be read.
    #[error("none of the checkpoints in {} can be read: {last}\nhelp: move them away to start over", folder.display())]
    AllDamaged {
        /// Where they are.
        folder: PathBuf,
        /// Why the last of them cannot.
        last: Box<CheckpointError>,
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

/// What to do about a checkpoint of a run that could not be written.
fn remedy(path: &Path, kind: io::ErrorKind) -> String {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let run_dir = path.parent().and_then(Path::parent).unwrap_or(path).display();
    let first = match kind {
        StorageFull | QuotaExceeded | FileTooLarge => "make room",
        _ => "mend that",
    };
    format!("{first}; 'ddpm --resume {run_dir}' goes on from the newest checkpoint")
}

/// How far a run had come.
#[derive(Serialize, Deserialize)]
struct Progress {
    format: String,
    step: u64,
    epoch: u64,
    #[serde(default)]
    losses: Mean,
    #[serde(default)]
    best: Option<Best>,
    #[serde(default)]
    settings: Settings,
    /// None: written before there was one.
    #[serde(default)]
    crc32: Option<u32>,
}

impl Checkpoint {
    /// Writes the file beside its place, syncs it and renames it into place: whoever reads it reads all of it.
    ///
    /// # Errors
    /// The disk is full, the folder is gone, …
    pub fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        let unsaved = |source| CheckpointError::Unsaved { path: path.to_owned(), source };
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
        let Self { step, epoch, losses, best, .. } = *self;
        let settings = self.settings.clone();
        let crc32 = Some(crc32(views.iter().map(|(name, view)| (*name, view.data()))));
        let progress = Progress { format: FORMAT.into(), step, epoch, losses, best, settings, crc32 };
        let progress = serde_json::to_string(&progress).map_err(|error| unsaved(error.into()))?;
        // One key: a map of several would be written in a new order each time, and equal states would differ.
        let metadata = HashMap::from([(METADATA.to_owned(), progress)]);
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(damaged)?;
        write_whole(path, &bytes).map_err(unsaved)
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
        let Some(Progress { format, step, epoch, losses, best, settings, crc32: expected }) = progress else {
            return Err(damaged("it was not written by this program".into()));
        };
        if format != FORMAT {
            return Err(damaged(format!("its format is {format}, and this program reads {FORMAT}")));
        }
        let parsed = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        let found = crc32(parsed.iter().map(|(name, view)| (name, view.data())));
        if expected.is_some_and(|expected| expected != found) {
            return Err(damaged("its checksum is wrong".into()));
        }
        let tensors =
            parsed.iter().map(|(name, view)| Ok((name.to_owned(), tensor_of(&view).map_err(damaged)?)));
        let tensors = tensors.collect::<Result<_, _>>()?;
        Ok(Self { step, epoch, losses, best, settings, tensors })
    }

    /// The number of steps of a checkpoint, from its header alone.
    pub(crate) fn read_step(path: &Path) -> Option<u64> {
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

    /// Copies the tensors whose name starts with `prefix` into those of the same name without it.
    ///
    /// # Errors
    /// A name or a shape is on one side only. Nothing is promised about what was copied before that was found.
    pub fn copy_to(
        &self,
        prefix: &str,
        targets: impl IntoIterator<Item = (String, Tensor)>,
    ) -> Result<(), CheckpointError> {
        let misfit = |reason| CheckpointError::Misfit { step: self.step, reason };
        let mut saved: HashMap<&str, &Tensor> = self.under(prefix).collect();
        for (name, mut target) in targets {
            let tensor = saved
                .remove(name.as_str())
                .ok_or_else(|| misfit(format!("it lacks the tensor {prefix}{name}")))?;
            if tensor.size() != target.size() {
                let (has, wants) = (tensor.size(), target.size());
                return Err(misfit(format!("{prefix}{name} is {has:?} instead of {wants:?}")));
            }
            tch::no_grad(|| target.copy_(tensor));
        }
        match saved.keys().min() {
            Some(name) => Err(misfit(format!("it has a tensor {prefix}{name} too many"))),
            None => Ok(()),
        }
    }
}

/// A checksum of all tensors, whatever their order: training would go on with any bits that a bad disk gives it.
fn crc32<'a>(tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> u32 {
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_unstable_by_key(|(name, _)| *name);
    let mut hasher = crc32fast::Hasher::new();
    for (name, data) in tensors {
        hasher.update(name.as_bytes());
        hasher.update(data);
    }
    hasher.finalize()
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

    /// Numbers that no decimal of a few digits is.
    fn losses() -> Mean {
        let mut losses = Mean::default();
        [0.1, 0.2, 1.0 / 3.0].into_iter().for_each(|loss| losses.add(loss));
        losses
    }

    fn checkpoint(step: u64) -> Checkpoint {
        let tensor = Tensor::from_slice(&[1.5f32, -0.25, f32::MIN_POSITIVE]).reshape([3, 1]);
        let best = Some(Best { step: 3, loss: 0.1 + 0.2 });
        let settings = Settings::from([("optimizer.lr".to_owned(), "0.001".to_owned())]);
        Checkpoint {
            step,
            epoch: 1,
            losses: losses(),
            best,
            settings,
            tensors: vec![("model.w".into(), tensor)],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("checkpoints/a.safetensors");
        checkpoint(7).write(&path).expect("written");
        let back = Checkpoint::read(&path).expect("read");
        assert_eq!((back.step, back.epoch, back.losses), (7, 1, losses()));
        assert_eq!((back.best, &back.settings), (checkpoint(7).best, &checkpoint(7).settings));
        let (name, tensor) = back.under("model.").next().expect("one tensor");
        assert_eq!((name, tensor.size()), ("w", vec![3, 1]));
        assert_eq!(bytes_of(tensor), bytes_of(&checkpoint(7).tensors[0].1));
    }

    #[test]
    fn a_file_cut_off_anywhere_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("checkpoints/a.safetensors");
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
    fn a_flipped_bit_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("checkpoints/a.safetensors");
        checkpoint(7).write(&path).expect("written");
        let whole = fs::read(&path).expect("read");
        // The tensor's twelve bytes are the end of the file.
        for place in whole.len() - 12..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            fs::write(&path, &bytes).expect("written");
            let error = Checkpoint::read(&path).expect_err("it is damaged").to_string();
            assert!(error.contains("its checksum is wrong"), "byte {place}: {error}");
        }
    }

    #[test]
    fn only_what_fits_is_copied() {
        let saved = checkpoint(7);
        let target = || Tensor::zeros([3, 1], (Kind::Float, Device::Cpu));
        let w = target();
        saved.copy_to("model.", [("w".to_owned(), w.shallow_clone())]).expect("it fits");
        assert_eq!(bytes_of(&w), bytes_of(&saved.tensors[0].1));
        for (targets, words) in [
            (vec![("w", target()), ("b", target())], "lacks the tensor model.b"),
            (vec![("w", target().reshape([1, 3]))], "model.w is [3, 1] instead of [1, 3]"),
            (vec![], "a tensor model.w too many"),
        ] {
            let targets = targets.into_iter().map(|(name, tensor)| (name.to_owned(), tensor));
            let error = saved.copy_to("model.", targets).expect_err("it does not fit").to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_saved_names_the_file_the_reason_and_the_remedy() {
        let error = CheckpointError::Unsaved {
            path: "run/checkpoints/epoch_0001.safetensors".into(),
            source: io::Error::from(io::ErrorKind::StorageFull),
        };
        assert_eq!(
            error.to_string(),
            "cannot save run/checkpoints/epoch_0001.safetensors: no storage space\nhelp: make room; 'ddpm --resume \
             run' goes on from the newest checkpoint"
        );
    }
}
