//! A sweep, planned on disk: every job has its directory with its frozen configuration before the first one starts.

use super::settings::LauncherSettings;
use super::single::{cwd, shown};
use super::worker::Worker;
use crate::failure::{Failure, say};
use crate::files::{Durability, replace, sync_all_under};
use crate::job::{self, FORMAT, JobPlan, JobRecord};
use crate::run_dir::{self, RunDirError};
use crate::sweep::{MULTIRUN, SWEEP, Sweep, SweepJob, SweepRecord};
use hydra_compose::sweep::{Job, Plan};
use hydra_compose::{Config, yaml};
use jiff::Timestamp;
use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Who asks for a sweep.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The program's name.
    pub program: &'a str,
    /// Its version.
    pub version: &'a str,
    /// What it does with a job.
    pub worker: &'a dyn Worker,
    /// Whether the first failure keeps the other jobs from starting.
    pub fail_fast: bool,
}

/// Whether a plan could be written and launched, without writing anything: for `--dry-run`.
///
/// # Errors
/// As [`plan_on_disk`], but for what the disk says.
pub fn check(plan: &Plan) -> Result<(), Failure> {
    LauncherSettings::read(plan.master())?;
    let dir = run_dir::wanted_for_sweep(plan.master())?;
    for job in plan.jobs() {
        let config = plan.compose(&job)?;
        job::check(&wanted(&dir, &job, plan, &config)?, &config)?;
    }
    Ok(())
}

/// Writes the plan: the sweep's directory, each job's with its frozen configuration, and last of all `sweep.json`.
///
/// # Errors
/// A setting of the node `hydra` is wrong, what the jobs need cannot be had, or the disk is full. Then nothing of it is
/// left behind.
pub fn plan_on_disk(request: &Request<'_>, plan: &Plan) -> Result<Sweep, Failure> {
    let launcher = LauncherSettings::read(plan.master())?;
    let wanted = run_dir::wanted_for_sweep(plan.master())?;
    request.worker.command(&wanted)?;
    let cwd = cwd()?;
    let dir = run_dir::claim(&wanted)?;
    if dir != wanted {
        say(&format!("note: {} is there already", shown(&wanted)));
    }
    let record = SweepRecord {
        format: FORMAT,
        program: request.program.into(),
        version: request.version.into(),
        created: Timestamp::now(),
        cwd,
        launcher,
        max_batch_size: plan.max_batch_size(),
        fail_fast: request.fail_fast,
        jobs: Vec::new(),
    };
    let mut writer = Writer { request, plan, dir: &dir, record, outside: Vec::new(), taken: HashMap::new() };
    match writer.write() {
        Ok(()) => Ok(Sweep { record: writer.record, dir }),
        Err(failure) => {
            // All of it was made a moment ago, and nothing ran in it.
            for folder in writer.outside.iter().chain([&dir]) {
                let _ = fs::remove_dir_all(folder);
            }
            Err(failure)
        }
    }
}

struct Writer<'a> {
    request: &'a Request<'a>,
    plan: &'a Plan,
    dir: &'a Path,
    record: SweepRecord,
    /// Directories of jobs that are not in the sweep's own.
    outside: Vec<PathBuf>,
    /// The first job that asked for a directory.
    taken: HashMap<PathBuf, usize>,
}

impl Writer<'_> {
    fn write(&mut self) -> Result<(), Failure> {
        // Hydra's file, and the sign that a sweep was being planned here.
        let master = yaml::dump(self.plan.master().root());
        let put = |name: &str, text: &str| {
            let path = self.dir.join(name);
            replace(&path, text.as_bytes(), Durability::Soon).map_err(|error| io_failure(&path, error))
        };
        put(MULTIRUN, &master)?;
        for job in self.plan.jobs() {
            let planned = self.job(&job)?;
            self.record.jobs.push(planned);
        }
        let path = self.dir.join(SWEEP);
        let json = serde_json::to_string(&self.record).map_err(|error| io_failure(&path, error.into()))?;
        replace(&path, (json + "\n").as_bytes(), Durability::Synced)
            .map_err(|error| io_failure(&path, error))?;
        // The thousands of small files follow by themselves; waited for, they would take as long as whatever else the disk
        // has to write. What a power cut takes of them is noticed: the plan has the hash of each configuration.
        let dir = self.dir.to_owned();
        std::thread::spawn(move || sync_all_under(&dir));
        Ok(())
    }

    fn job(&mut self, job: &Job) -> Result<SweepJob, Failure> {
        let config = self.plan.compose(job)?;
        let wanted = wanted(self.dir, job, self.plan, &config)?;
        let config = config.with_output_dir(&wanted);
        self.request.worker.prepare(&config)?;
        let folder = run_dir::claim(&wanted)?;
        let has_up = |path: &&Path| !path.components().any(|part| part == Component::ParentDir);
        let inside = folder.strip_prefix(self.dir).ok().filter(has_up).map(Path::to_owned);
        if inside.is_none() {
            self.outside.push(folder.clone());
        }
        if folder != wanted {
            self.tell_taken(job, &wanted, &folder);
        }
        let config = config.with_output_dir(&folder);
        let plan = JobPlan {
            num: Some(job.num),
            cwd: self.record.cwd.clone(),
            command: self.request.worker.recorded(),
            ..JobPlan::default()
        };
        let record: JobRecord = job::write(&folder, &config, plan, Durability::Soon)?;
        self.taken.entry(wanted).or_insert(job.num);
        Ok(SweepJob {
            num: job.num,
            overrides: job.task_overrides().map(str::to_owned).collect(),
            config_hash: record.config_hash,
            dir: inside.unwrap_or(folder),
        })
    }

    /// In Hydra the later job would write over the earlier one.
    fn tell_taken(&self, job: &Job, wanted: &Path, folder: &Path) {
        let (num, place, got) = (job.num, shown(wanted), shown(folder));
        say(&match self.taken.get(wanted) {
            Some(other) => format!("note: jobs #{other} and #{num} both ask for {place}; #{num} gets {got}"),
            None => format!("note: {place} is taken; job #{num} gets {got}"),
        });
    }
}

/// The directory that a job asks for: `hydra.sweep.subdir` in the sweep's.
fn wanted(dir: &Path, job: &Job, plan: &Plan, config: &Config) -> Result<PathBuf, Failure> {
    const DIR: &str = "hydra.sweep.dir";
    const SUBDIR: &str = "hydra.sweep.subdir";
    let of_sweep = run_dir::text(config, DIR)?;
    if of_sweep != run_dir::text(plan.master(), DIR)? {
        let reason = format!(
            "job #{} would have it as the directory of its sweep, which is one for all jobs: what differs belongs into {SUBDIR}",
            job.num
        );
        return Err(RunDirError::Place { key: DIR, value: of_sweep, reason }.into());
    }
    let value = run_dir::text(config, SUBDIR)?;
    let path: PathBuf = dir.join(&value).components().collect();
    match path.components().next_back() {
        Some(Component::Normal(_)) if path != dir => Ok(path),
        _ => {
            let reason = format!("job #{} needs a directory of its own, with a name", job.num);
            Err(RunDirError::Place { key: SUBDIR, value, reason }.into())
        }
    }
}

fn io_failure(path: &Path, source: std::io::Error) -> Failure {
    RunDirError::Io { path: path.to_owned(), source }.into()
}
