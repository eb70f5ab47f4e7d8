//! `ddpm eval`: what is measured is the worker's; here the run's configuration gets its overrides.

use super::args::{Eval, words};
use super::dataset;
use super::launch::worker_does;
use ddpm_config::Config;
use hydra_app::failure::Failure;
use hydra_app::job::JobRecord;
use hydra_app::run_dir::FROZEN;
use hydra_compose::overrides::{self, OverrideKind};
use hydra_compose::tree::{Node, SourceFile};
use hydra_compose::{Code, Error, typed, yaml};
use serde_json::json;
use std::env;
use std::ffi::OsString;
use std::fs;

/// What may differ from what was trained.
const FREE: [&str; 2] = ["eval", "sampling"];

pub(super) fn eval(args: &Eval) -> Result<(), Failure> {
    let frozen = args.run_dir.join(FROZEN);
    if !frozen.is_file() {
        return Err(Failure::Other(format!(
            "{} is not a run directory: it has no {FROZEN}\nhelp: runs are under outputs/, for instance outputs/2026-11-23/05-28-01",
            args.run_dir.display()
        )));
    }
    let text = fs::read_to_string(&frozen).map_err(Failure::io)?;
    let mut tree = yaml::load(&SourceFile::new(frozen, text))?;
    // Where the run was asked for: what is relative in its configuration is relative to that.
    let here = env::current_dir().map_err(Failure::io)?;
    let folder = JobRecord::read(&args.run_dir).map_or_else(|_| here.clone(), |record| record.cwd);
    let own: Config = typed::validate(&tree)?;
    for (index, text) in args.overrides.iter().enumerate() {
        change(&mut tree, text, index)?;
    }
    let mut config: Config = typed::validate(&tree)?;
    let from = if config.eval.inception == own.eval.inception { &folder } else { &here };
    config.eval.inception = config.eval.inception.map(|path| from.join(path));
    if folder == here {
        dataset::prepare(&config.dataset)?;
    }
    let settings = json!({"eval": config.eval, "sampling": config.sampling}).to_string();
    let mut rest = words([
        ("--settings=", Some(settings.into())),
        ("--checkpoint=", args.checkpoint.as_ref().map(|path| path.clone().into_os_string())),
        ("--seed=", args.seed.map(|seed| seed.to_string().into())),
        ("--device=", args.device.as_ref().map(OsString::from)),
        ("--folder=", Some(folder.into_os_string())),
    ]);
    rest.extend(["--".into(), args.run_dir.clone().into_os_string()]);
    worker_does("eval", rest)
}

/// Applies one override to a frozen configuration, whose texts are final: nothing in it is interpolated again.
fn change(tree: &mut Node, text: &str, index: usize) -> Result<(), Failure> {
    let parsed = overrides::parse(text, index)?;
    let parts: Vec<&str> = parsed.key.split('.').collect();
    let (Some(section), true) = (parts.first(), parts.len() > 1) else { return Err(not_free(&parsed.key)) };
    if !FREE.contains(section) {
        return Err(not_free(&parsed.key));
    }
    if parsed.is_sweep() || !matches!(parsed.kind, OverrideKind::Change | OverrideKind::ForceAdd) {
        let error = Error::new(Code::InvalidValue, format!("'{text}' is more than one value for a key"));
        return Err(error.label(&parsed.origin(), "KEY=VALUE is expected").into());
    }
    let value = parsed.value_node()?;
    let mut node = tree;
    for part in &parts {
        let unknown = || {
            let error = Error::new(Code::UnknownKey, format!("there is no key '{}'", parsed.key));
            Failure::from(error.label(&parsed.key_origin(), "unknown key"))
        };
        node = node.as_map_mut().and_then(|map| map.get_mut(part)).ok_or_else(unknown)?;
    }
    *node = value;
    Ok(())
}

fn not_free(key: &str) -> Failure {
    Failure::Other(format!(
        "'{key}' cannot be changed: the run was trained with its own value\nhelp: eval.KEY=VALUE and sampling.KEY=VALUE can"
    ))
}
