//! A run of Weights & Biases for a run directory: its settings, its configuration, its artifact.

use super::FROZEN;
use crate::tracking::{Wandb, WandbOptions};
use crate::training::Signals;
use ddpm_config::{Config, WandbMode};
use hydra_compose::tree::SourceFile;
use hydra_compose::{typed, yaml};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use wandb_run::settings::{Folders, Level, Notice, Overrides};
use wandb_run::{About, Artifact, Mode, Resume, Run, Settings, without_password};

/// Where each value of the configuration came from, and what was asked for, as the launcher wrote it.
const PROVENANCE: &str = "provenance.json";
const JOB: &str = "job.json";
/// What is remembered of the run, so that a resumed one goes on with it.
const FILE: &str = "wandb.json";

#[derive(Serialize, Deserialize)]
struct Remembered {
    run_id: String,
    /// The artifact is in the record; until then every start tries again.
    #[serde(default)]
    artifact: bool,
}

impl Remembered {
    fn load(run_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(run_dir.join(FILE)).ok()?).ok()
    }

    fn save(&self, run_dir: &Path) -> Result<(), Box<dyn Error>> {
        Ok(crate::files::write_whole(&run_dir.join(FILE), serde_json::to_string(self)?.as_bytes())?)
    }
}

/// Whether there is a record to go on with.
pub(super) fn is_recorded(run_dir: &Path) -> bool {
    Remembered::load(run_dir).is_some()
}

/// A record, and what is to be said about it.
pub(super) struct Started {
    pub(super) wandb: Wandb,
    pub(super) notices: Vec<Notice>,
}

/// Starts a record, or goes on with that of an earlier start; nothing, if it is disabled.
///
/// # Errors
/// A setting is wrong, or the record cannot be written. Training goes on without it.
pub(super) fn start(
    run_dir: &Path,
    config: &Config,
    signals: Signals,
) -> Result<Option<Started>, Box<dyn Error>> {
    let remembered = Remembered::load(run_dir);
    let loaded =
        Settings::load(overrides(run_dir, config, remembered.as_ref()), &set, &Folders::of_process()?)?;
    let (settings, mut notices) = (loaded.settings, loaded.notices);
    if settings.mode == Mode::Disabled {
        return Ok(None);
    }
    let silent = settings.silent;
    let path = run_dir.join(FROZEN);
    let frozen = yaml::load(&SourceFile::new(&path, fs::read_to_string(&path)?))?;
    let git = Git::of(&env::current_dir()?);
    let about = About {
        program: Some("ddpm".into()),
        git_commit: git.commit.clone(),
        git_remote: git.remote.clone(),
        ..About::default()
    };
    let mut run = Run::start(settings, typed::to_json(&frozen), about)?;
    // From here on there is a record, whatever of it is missing.
    let mut remembered = remembered.unwrap_or(Remembered { run_id: run.id().to_owned(), artifact: false });
    if let Err(error) = first_records(&mut run, run_dir, &git, &mut remembered) {
        let text = format!("the record for Weights & Biases is not complete: {error}");
        notices.push(Notice { level: Level::Warning, text });
    }
    let options = WandbOptions {
        every: config.wandb.log_every,
        images: config.wandb.images,
        finish_timeout: Duration::from_secs(config.wandb.finish_timeout),
        silent,
    };
    // With the run, unless somebody keeps them elsewhere.
    let records = set("WANDB_DIR").map_or_else(|| run_dir.to_owned(), PathBuf::from);
    Ok(Some(Started { wandb: Wandb::new(run, run_dir, &records, options, signals), notices }))
}

fn first_records(
    run: &mut Run,
    run_dir: &Path,
    git: &Git,
    remembered: &mut Remembered,
) -> Result<(), Box<dyn Error>> {
    remembered.save(run_dir)?;
    if !remembered.artifact {
        run.log_artifact(artifact(run.id(), run_dir, git)?)?;
        remembered.artifact = true;
        remembered.save(run_dir)?;
    }
    Ok(run.define_metric("epoch/*", "epoch")?)
}

/// A variable that is set to something: W&B takes an empty one for none.
fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn overrides(run_dir: &Path, config: &Config, remembered: Option<&Remembered>) -> Overrides {
    let wandb = config.wandb.clone();
    Overrides {
        mode: wandb.mode.map(|mode| match mode {
            WandbMode::Online => Mode::Online,
            WandbMode::Offline => Mode::Offline,
            WandbMode::Disabled => Mode::Disabled,
        }),
        project: wandb.project,
        entity: wandb.entity,
        name: wandb.name.or_else(|| set("WANDB_NAME").is_none().then(|| set("DVC_EXP_NAME")).flatten()),
        notes: wandb.notes,
        tags: wandb.tags,
        group: wandb.group.or_else(|| set("WANDB_RUN_GROUP").is_none().then(group).flatten()),
        job_type: wandb.job_type,
        run_id: remembered.map(|remembered| remembered.run_id.clone()),
        resume: remembered.map(|_| Resume::Allow),
        // As `records` above.
        dir: set("WANDB_DIR").is_none().then(|| run_dir.to_owned()),
        ..Overrides::default()
    }
}

/// Jobs of a sweep share its name: the last two folders, as in `2026-11-23/09-50-00`.
fn group() -> Option<String> {
    let sweep = PathBuf::from(env::var_os("HYDRA_SWEEP_DIR")?);
    let parts: Vec<String> = sweep
        .components()
        .rev()
        .take(2)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    Some(parts.into_iter().rev().collect::<Vec<_>>().join("/"))
}

/// The resolved configuration, and beside it how it came about. Never code.
fn artifact(run_id: &str, run_dir: &Path, git: &Git) -> Result<Artifact, Box<dyn Error>> {
    let mut files = vec![(FROZEN.to_owned(), fs::read(run_dir.join(FROZEN))?)];
    // A run that was started by hand has no plan beside it.
    if let Ok(bytes) = fs::read(run_dir.join(PROVENANCE)) {
        files.push((PROVENANCE.to_owned(), bytes));
    }
    let job: serde_json::Value = fs::read(run_dir.join(JOB))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    files.push(("overrides.json".to_owned(), format!("{:#}\n", job["overrides"]).into_bytes()));
    files.push((
        "git.json".to_owned(),
        format!("{:#}\n", json!({"commit": git.commit, "remote": git.remote})).into_bytes(),
    ));
    Ok(Artifact {
        name: format!("config-{run_id}"),
        kind: "config".into(),
        files,
        description: Some("The resolved configuration of the run, and where each value came from.".into()),
        ..Artifact::default()
    })
}

/// What git says of the folder that the run was asked for in.
struct Git {
    commit: Option<String>,
    remote: Option<String>,
}

impl Git {
    fn of(folder: &Path) -> Self {
        let ask = |args: &[&str]| {
            let output = Command::new("git").current_dir(folder).args(args).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
        };
        // It goes into the artifact, too.
        let remote = ask(&["config", "--get", "remote.origin.url"]).map(|url| without_password(&url));
        Self { commit: ask(&["rev-parse", "HEAD"]), remote }
    }
}
