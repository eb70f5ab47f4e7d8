//! `ddpm eval`: what is measured is the worker's; here the run's configuration gets its overrides.

use super::args::{Eval, words};
use super::launch::worker_does;
use super::{dataset, validated};
use hydra_app::failure::Failure;
use hydra_app::job::JobRecord;
use hydra_app::run_dir::FROZEN;
use hydra_compose::Composer;
use std::ffi::OsString;
use std::path::PathBuf;

/// What may differ from what was trained.
const FREE: [&str; 2] = ["eval.", "sampling."];

pub(super) fn eval(args: &Eval) -> Result<(), Failure> {
    if !args.run_dir.join(FROZEN).is_file() {
        return Err(Failure::Other(format!(
            "{} is not a run directory: it has no {FROZEN}\nhelp: runs are under outputs/, for instance outputs/2026-11-23/05-28-01",
            args.run_dir.display()
        )));
    }
    if let Some(other) = args.overrides.iter().find(|text| !FREE.iter().any(|free| text.starts_with(free))) {
        return Err(Failure::Other(format!(
            "'{other}' cannot be changed: the run was trained with its own value\nhelp: eval.KEY=VALUE and sampling.KEY=VALUE can"
        )));
    }
    let name = FROZEN.trim_end_matches(".yaml");
    let composer = Composer::new(&args.run_dir).config_name(name).overrides(args.overrides.clone());
    let config = validated(&composer.compose()?)?;
    // Where the run was asked for: a relative folder of pictures is relative to that.
    let folder = JobRecord::read(&args.run_dir).map_or_else(|_| PathBuf::new(), |record| record.cwd);
    if folder.as_os_str().is_empty() || std::env::current_dir().is_ok_and(|here| here == folder) {
        dataset::prepare(&config.dataset)?;
    }
    let path = |path: &PathBuf| path.clone().into_os_string();
    let mut rest = words([
        ("--checkpoint=", args.checkpoint.as_ref().map(path)),
        ("--samples=", Some(config.eval.samples.to_string().into())),
        ("--steps=", Some(config.sampling.steps.to_string().into())),
        ("--seed=", args.seed.map(|seed| seed.to_string().into())),
        ("--inception=", config.eval.inception.as_ref().map(path)),
        ("--device=", args.device.as_ref().map(OsString::from)),
        ("--folder=", Some(folder.into_os_string())),
    ]);
    rest.extend(["--".into(), args.run_dir.clone().into_os_string()]);
    worker_does("eval", rest)
}
