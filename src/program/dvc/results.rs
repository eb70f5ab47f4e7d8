//! What of a run is the same each time, in a folder that DVC hashes: no times, no paths, no names.
//!
//! | file | for |
//! |---|---|
//! | `metrics.json` | `dvc metrics show`, `dvc exp show` |
//! | `steps.csv`, `epochs.csv` | `dvc plots show` |
//! | `samples/epoch_0001.png`, … | `dvc plots show` |
//! | `checkpoints/epoch_0008.safetensors`, `config.yaml` | `ddpm sample RESULTS` |

use hydra_app::failure::Failure;
use hydra_app::files::sync_all_under;
use hydra_app::run_dir::FROZEN;
use serde::Deserialize;
use serde_json::json;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A line of `metrics.jsonl`, as far as it is the same each time. (An enum by its tag would not do: where a crate turns on
/// serde_json's `arbitrary_precision`, numbers are lost in those.)
#[derive(Deserialize)]
struct Line {
    event: String,
    step: Option<u64>,
    epoch: Option<u64>,
    loss: Option<f64>,
    lr: Option<f64>,
}

/// Puts the results of a run that is done into a folder, whole, in the place of whatever was there.
///
/// # Errors
/// Something of the run is missing, or the folder cannot be written.
pub(super) fn put(run_dir: &Path, results: &Path) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::Other(format!("cannot write {}: {error}", results.display()));
    let parent = results.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(cannot)?;
    let part = tempfile::Builder::new().prefix(".results-").tempdir_in(parent).map_err(cannot)?;
    fill(run_dir, part.path()).map_err(cannot)?;
    sync_all_under(part.path()).map_err(cannot)?;
    // What was there goes when the other is in its place; it goes with the value.
    let old = tempfile::Builder::new().prefix(".results-").tempdir_in(parent).map_err(cannot)?;
    if results.exists() {
        fs::rename(results, old.path().join("old")).map_err(cannot)?;
    }
    // It is the folder's own from here on.
    fs::rename(part.keep(), results).map_err(cannot)
}

fn fill(run_dir: &Path, folder: &Path) -> io::Result<()> {
    // A temporary folder is private; this one is for whoever may read the run.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(run_dir)?.permissions().mode();
        fs::set_permissions(folder, fs::Permissions::from_mode(mode))?;
    }
    let text = fs::read_to_string(run_dir.join("metrics.jsonl"))?;
    // A disk that was full may have left a line that is none.
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    let (mut steps, mut epochs) = ("step,epoch,loss,lr\n".to_owned(), "epoch,step,loss\n".to_owned());
    let (mut losses, mut held_out) = (Vec::new(), Vec::new());
    let mut of_steps = Vec::new();
    let mut last = 0;
    for line in lines {
        let (Some(step), Some(epoch), Some(loss)) = (line.step, line.epoch, line.loss) else { continue };
        last = last.max(step);
        match (line.event.as_str(), line.lr) {
            ("step", Some(lr)) => {
                steps += &format!("{step},{epoch},{loss},{lr}\n");
                of_steps.push(loss);
            }
            ("epoch", _) => {
                epochs += &format!("{epoch},{step},{loss}\n");
                losses.push(loss);
            }
            ("validation", _) => held_out.push(loss),
            _ => {}
        }
    }
    let epochs_done = losses.len();
    // Time may be up before the first epoch is.
    if losses.is_empty() {
        losses = of_steps;
    }
    let Some((&final_loss, &first_loss)) = losses.last().zip(losses.first()) else {
        return Err(io::Error::other(format!("{} has no step", run_dir.join("metrics.jsonl").display())));
    };
    let least = |losses: &[f64]| losses.iter().copied().fold(f64::INFINITY, f64::min);
    let mut metrics = json!({
        "steps": last,
        "epochs": epochs_done,
        "loss": {"first": first_loss, "last": final_loss, "best": least(&losses)},
    });
    if let Some(last) = held_out.last() {
        metrics["validation"] = json!({"last": last, "best": least(&held_out)});
    }
    // What `eval.after_training=true` has found.
    if let Ok(text) = fs::read(run_dir.join("evaluation.json")) {
        metrics["eval"] = serde_json::from_slice(&text)?;
        // `dvc metrics` would compare how it was measured as if that were found.
        metrics["eval"].as_object_mut().map(|found| found.remove("conditions"));
    }
    fs::write(folder.join("steps.csv"), steps)?;
    fs::write(folder.join("epochs.csv"), epochs)?;
    fs::write(folder.join("metrics.json"), format!("{metrics:#}\n"))?;
    fs::copy(run_dir.join(FROZEN), folder.join(FROZEN))?;
    for (from, keep) in [("samples", usize::MAX), ("checkpoints", 1)] {
        fs::create_dir(folder.join(from))?;
        let mut files = made(&run_dir.join(from))?;
        files.drain(..files.len().saturating_sub(keep));
        for file in files {
            fs::copy(&file, folder.join(from).join(file.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// What training made there, in order: of each epoch, and last what was saved within one; `ddpm sample` may have added
/// pictures of its own. Nothing, where there is no such folder: a run may draw no samples.
fn made(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let within = name.strip_prefix("step_");
        let number = name.strip_prefix("epoch_").or(within).and_then(|rest| rest.split('.').next());
        // As numbers: the ten thousandth has a digit more.
        if let Some(Ok(number)) = number.map(str::parse::<u64>) {
            files.push((within.is_some(), number, path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(.., path)| path).collect())
}
