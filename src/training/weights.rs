//! Weights of a network from a file that another program may have written.

use super::CheckpointError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use tch::{Kind, Tensor};

/// What names of a PyTorch module's weights may begin with: what wrapped it when its `state_dict` was taken
/// (`DistributedDataParallel`, `torch.compile`), or where one of our checkpoints has them. Averaged weights first: they draw
/// better pictures.
const PREFIXES: [&str; 4] = ["ema.", "model.", "module.", "_orig_mod."];

/// Copies the weights in the safetensors file at `path` to those of the same names: a checkpoint of ours (of which it takes
/// the averaged ones), or `safetensors.torch.save_file(model.state_dict(), path)` of the same network in PyTorch, in
/// float64, float32, float16 or bfloat16.
///
/// # Errors
/// The file cannot be read or is no safetensors file, or names or shapes are not those of the network.
pub fn load_weights(
    path: &Path,
    targets: impl IntoIterator<Item = (String, Tensor)>,
) -> Result<(), CheckpointError> {
    let damaged = |reason: String| CheckpointError::Weights { path: path.to_owned(), reason };
    let bytes = fs::read(path).map_err(|source| CheckpointError::Io { path: path.to_owned(), source })?;
    let file =
        SafeTensors::deserialize(&bytes).map_err(|error| damaged(format!("no safetensors file: {error}")))?;
    let names = file.names();
    let prefix = PREFIXES.iter().find(|prefix| names.iter().any(|name| name.starts_with(**prefix)));
    let prefix = prefix.copied().unwrap_or_default();
    let under = names.iter().filter_map(|name| Some((name.strip_prefix(prefix)?, *name)));
    let mut there: HashMap<&str, &str> = under.collect();
    let mut targets: Vec<_> = targets.into_iter().collect();
    targets.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, mut target) in targets {
        let full = there.remove(name.as_str()).ok_or_else(|| damaged(format!("it lacks {prefix}{name}")))?;
        let view = file.tensor(full).map_err(|error| damaged(error.to_string()))?;
        let tensor =
            tensor_of(&view).ok_or_else(|| damaged(format!("{full} is {:?}, no float", view.dtype())))?;
        if tensor.size() != target.size() {
            let (has, wants) = (tensor.size(), target.size());
            let reason = format!("{full} is {has:?} instead of {wants:?}; is model.hidden_size another?");
            return Err(damaged(reason));
        }
        tch::no_grad(|| target.copy_(&tensor));
    }
    match there.keys().min() {
        Some(name) => Err(damaged(format!("the network has nothing called {name}"))),
        None => Ok(()),
    }
}

fn tensor_of(view: &TensorView<'_>) -> Option<Tensor> {
    let kind = match view.dtype() {
        Dtype::F64 => Kind::Double,
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        _ => return None,
    };
    let shape: Vec<i64> = view.shape().iter().map(|&side| side as i64).collect();
    Some(Tensor::from_data_size(view.data(), &shape, kind))
}
