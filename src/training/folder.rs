//! The checkpoints of a run directory: their names, which is the newest, which can go.

use super::{Checkpoint, CheckpointError};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const SUFFIX: &str = "safetensors";
const WITHIN_EPOCH: &str = "step_";
const DIVERGED: &str = "diverged_";
const BEST: &str = "best";

/// The folder `checkpoints` of a run directory.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

/// A checkpoint's file, as far as its header tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// None: not even the header can be read.
    step: Option<u64>,
    path: PathBuf,
}

impl Checkpoints {
    /// Those of a run directory; nothing has to be there yet.
    pub fn of(run_dir: &Path) -> Self {
        Self { folder: run_dir.join("checkpoints") }
    }

    /// Where the checkpoint after an epoch stands.
    pub fn after_epoch(&self, epoch: u64) -> PathBuf {
        self.folder.join(format!("epoch_{epoch:04}.{SUFFIX}"))
    }

    /// Where a checkpoint within an epoch stands: of an interrupted run, or after so many steps.
    pub fn within_epoch(&self, step: u64) -> PathBuf {
        self.folder.join(format!("{WITHIN_EPOCH}{step:08}.{SUFFIX}"))
    }

    /// Where the state of a run whose loss is no longer a number stands. Nobody goes on from it.
    pub fn diverged(&self, step: u64) -> PathBuf {
        self.folder.join(format!("{DIVERGED}{step:08}.{SUFFIX}"))
    }

    /// Where that with the least validation loss stands.
    pub fn best(&self) -> PathBuf {
        self.folder.join(format!("{BEST}.{SUFFIX}"))
    }

    /// Whether the best is that of `step`.
    pub(super) fn has_best(&self, step: u64) -> bool {
        Checkpoint::read_step(&self.best()) == Some(step)
    }

    /// Keeps the checkpoint at `path` as the best, too: as a second name of the file, or as a copy where the file system has
    /// no such thing. What was kept before may be damaged, so it is replaced whatever its header says.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep_as_best(&self, path: &Path) -> Result<(), CheckpointError> {
        let best = self.best();
        let unsaved = |source| CheckpointError::Unsaved { path: best.clone(), source };
        // Beside its place first, under a name that is swept away if this is as far as it gets.
        let part = self.folder.join(format!("{}{BEST}", crate::files::UNFINISHED));
        let _ = fs::remove_file(&part);
        if fs::hard_link(path, &part).is_err() {
            fs::copy(path, &part).and_then(|_| fs::File::open(&part)?.sync_all()).map_err(unsaved)?;
        }
        fs::rename(&part, &best).map_err(unsaved)?;
        // Of two names of one file, renaming does nothing, and says that it is done.
        let _ = fs::remove_file(&part);
        Ok(())
    }

    /// The newest that can be read, and its file; none where there is no checkpoint at all. `warn` is told of damaged
    /// ones that were passed over.
    ///
    /// # Errors
    /// There are checkpoints, and none can be read.
    pub fn newest(
        &self,
        mut warn: impl FnMut(String),
    ) -> Result<Option<(PathBuf, Checkpoint)>, CheckpointError> {
        let mut unreadable = None;
        for Entry { path, .. } in self.entries()? {
            match Checkpoint::read(&path) {
                Ok(checkpoint) => {
                    return Ok(Some((path, checkpoint)));
                }
                // Another process has just removed it.
                Err(CheckpointError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    warn(format!("{error}; taking the one before"));
                    unreadable = Some(error);
                }
            }
        }
        match unreadable {
            Some(last) => {
                Err(CheckpointError::AllDamaged { folder: self.folder.clone(), last: Box::new(last) })
            }
            None => Ok(None),
        }
    }

    /// Checkpoints within an epoch that one at `step` takes the place of.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn superseded_within_epoch(&self, step: u64) -> Result<Vec<PathBuf>, CheckpointError> {
        let within = |entry: &Entry| file_name(&entry.path).starts_with(WITHIN_EPOCH);
        let earlier = |entry: &Entry| entry.step.is_some_and(|found| found < step);
        Ok(self
            .entries()?
            .into_iter()
            .filter(|entry| within(entry) && earlier(entry))
            .map(|entry| entry.path)
            .collect())
    }

    /// What a run that has saved an epoch at `step` has no more use for: checkpoints within earlier epochs, and
    /// whatever is beyond the newest `keep`. Checkpoints of later steps are damaged ones: they are not counted, and
    /// training writes them anew.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn superseded(&self, step: u64, keep: Option<usize>) -> Result<Vec<PathBuf>, CheckpointError> {
        let mut epochs = 0;
        let until_now =
            self.entries()?.into_iter().filter(|entry| entry.step.is_some_and(|found| found <= step));
        let superseded = until_now.filter(|entry| {
            if file_name(&entry.path).starts_with(WITHIN_EPOCH) {
                return true;
            }
            epochs += 1;
            keep.is_some_and(|keep| epochs > keep)
        });
        Ok(superseded.map(|entry| entry.path).collect())
    }

    /// Removes what a worker that was killed while it saved has left. Only for who holds the run's lock.
    pub fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            if file_name(&path).starts_with(crate::files::UNFINISHED) {
                // It costs space and nothing else.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Those to go on from, unreadable ones first, then most steps first.
    fn entries(&self) -> Result<Vec<Entry>, CheckpointError> {
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(CheckpointError::Io { path: self.folder.clone(), source }),
        };
        let mut found: Vec<Entry> = files
            .filter_map(|file| Some(file.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == SUFFIX))
            .filter(|path| !file_name(path).starts_with(DIVERGED) && *path != self.best())
            .map(|path| Entry { step: Checkpoint::read_step(&path), path })
            .collect();
        found.sort_by_key(|entry| std::cmp::Reverse((entry.step.unwrap_or(u64::MAX), entry.path.clone())));
        Ok(found)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::Mean;
    use crate::training::identity::Settings;
    use tch::Tensor;

    fn write(step: u64, path: &Path) {
        let tensors = vec![("model.w".into(), Tensor::from_slice(&[1.5f32, -0.25]))];
        let (losses, best, settings) = (Mean::default(), None, Settings::new());
        Checkpoint { step, epoch: 1, losses, best, settings, tensors }.write(path).expect("written");
    }

    fn run() -> (tempfile::TempDir, Checkpoints) {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::of(folder.path());
        write(100, &checkpoints.after_epoch(9));
        write(150, &checkpoints.within_epoch(150));
        write(900, &checkpoints.after_epoch(10));
        write(950, &checkpoints.within_epoch(950));
        (folder, checkpoints)
    }

    fn newest(checkpoints: &Checkpoints) -> (u64, Vec<String>) {
        let mut warnings = Vec::new();
        let found = checkpoints.newest(|warning| warnings.push(warning)).expect("readable");
        (found.expect("one").1.step, warnings)
    }

    fn names(paths: Vec<PathBuf>) -> Vec<String> {
        paths.iter().map(|path| file_name(path)).collect()
    }

    #[test]
    fn the_newest_has_most_steps_and_nothing_half_written_counts() {
        let (folder, checkpoints) = run();
        fs::write(folder.path().join("checkpoints/.writing-x"), b"half").expect("written");
        write(999, &checkpoints.diverged(999));
        assert_eq!(newest(&checkpoints), (950, Vec::new()));
    }

    #[test]
    fn damaged_ones_are_passed_over_with_a_warning_each() {
        let (_folder, checkpoints) = run();
        let whole = fs::read(checkpoints.within_epoch(950)).expect("read");
        fs::write(checkpoints.within_epoch(950), &whole[..whole.len() - 1]).expect("cut off");
        // Not even a header, and so without a number of steps.
        fs::write(checkpoints.after_epoch(10), b"").expect("emptied");
        let (step, warnings) = newest(&checkpoints);
        assert_eq!((step, warnings.len()), (150, 2), "{warnings:?}");
    }

    #[test]
    fn none_at_all_is_no_error_and_none_whole_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::of(folder.path());
        assert!(checkpoints.newest(|_| ()).expect("readable").is_none());
        fs::create_dir(folder.path().join("checkpoints")).expect("made");
        fs::write(checkpoints.after_epoch(1), b"").expect("written");
        let error = checkpoints.newest(|_| ()).expect_err("none is whole");
        assert!(matches!(error, CheckpointError::AllDamaged { .. }), "{error}");
    }

    #[test]
    fn an_epoch_supersedes_interruptions_and_old_epochs() {
        let (_folder, checkpoints) = run();
        let superseded = |step, keep| names(checkpoints.superseded(step, keep).expect("readable"));
        assert_eq!(superseded(900, None), ["step_00000150.safetensors"]);
        assert_eq!(superseded(900, Some(1)), ["step_00000150.safetensors", "epoch_0009.safetensors"]);
        // One that is newer than the run is damaged, and takes no other's place.
        assert!(superseded(100, Some(1)).is_empty());
    }

    #[test]
    fn the_best_outlives_its_epoch_and_nobody_goes_on_from_it() {
        let (_folder, checkpoints) = run();
        checkpoints.keep_as_best(&checkpoints.after_epoch(9)).expect("kept");
        checkpoints.keep_as_best(&checkpoints.after_epoch(10)).expect("replaced");
        fs::remove_file(checkpoints.after_epoch(10)).expect("removed");
        assert_eq!(Checkpoint::read(&checkpoints.best()).expect("whole").step, 900);
        assert_eq!(newest(&checkpoints).0, 950);
        fs::remove_file(checkpoints.within_epoch(950)).expect("removed");
        assert_eq!(newest(&checkpoints).0, 150);
    }

    #[test]
    fn saving_within_an_epoch_supersedes_what_was_saved_within_one() {
        let (_folder, checkpoints) = run();
        let superseded = checkpoints.superseded_within_epoch(950).expect("readable");
        assert_eq!(names(superseded), ["step_00000150.safetensors"]);
    }

    #[test]
    fn sweeping_takes_only_what_was_being_written() {
        let (folder, checkpoints) = run();
        fs::write(folder.path().join("checkpoints/.writing-x"), b"half").expect("written");
        checkpoints.sweep();
        assert_eq!(fs::read_dir(folder.path().join("checkpoints")).expect("a folder").count(), 4);
    }
}
