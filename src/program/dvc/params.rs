//! `ddpm dvc params`: the first stage of the pipeline, which depends on `conf/`.
//!
//! DVC composes `params.yaml` for `dvc exp run` and never for `dvc repro`, so an edit in `conf/` would go unnoticed.

use super::merge::merged;
use super::{DEFAULTS, PARAMS, experiment};
use crate::program::{CONF, PROGRAM_NAME, validated};
use hydra_app::failure::{Failure, say};
use hydra_app::files::{Durability, replace};
use hydra_compose::tree::{Node, SourceFile};
use hydra_compose::{Composer, Config, yaml};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Brings `params.yaml` in step with `conf/`, or, for an experiment, checks what DVC has composed.
///
/// # Errors
/// `conf/` or `params.yaml` is not a complete, valid configuration: all that is wrong with it.
pub(super) fn update(reset: bool) -> Result<(), Failure> {
    let conf = composer(CONF, "config").compose()?;
    let now = conf.resolve()?;
    if experiment().is_none() {
        validated(&conf)?;
        let params = if reset { None } else { in_step(&now)? };
        put(PARAMS, params.as_ref().unwrap_or(&now))?;
    }
    // An experiment may have a value that `conf/` lacks, so what DVC has composed is what counts.
    let params = load()?;
    validated(&params)?;
    put(DEFAULTS, &now)?;
    Ok(())
}

/// `params.yaml`, as a configuration.
pub(super) fn load() -> Result<Config, Failure> {
    if !Path::new(PARAMS).is_file() {
        let help = "'ddpm dvc params' makes it from conf/; dvc.yaml stands where it belongs";
        return Err(Failure::Other(format!("there is no {PARAMS} here\nhelp: {help}")));
    }
    Ok(composer(".", "params").compose()?)
}

pub(super) fn composer(folder: &str, name: &str) -> Composer {
    let composer = Composer::new(folder).config_name(name).job_name(PROGRAM_NAME);
    match std::env::current_dir() {
        Ok(cwd) => composer.cwd(cwd),
        Err(_) => composer,
    }
}

/// What `conf/` says now, with what an experiment has changed; nothing if nobody knows what that was.
fn in_step(now: &Node) -> Result<Option<Node>, Failure> {
    let (Some(was), Some(params)) = (read(DEFAULTS)?, read(PARAMS)?) else { return Ok(None) };
    let mut changed = Vec::new();
    let merged = merged(&was, now, &params, &mut changed);
    if !changed.is_empty() {
        say(&format!("{PARAMS} keeps what an experiment has changed: {}", changed.join(", ")));
        say("help: 'ddpm dvc params --reset' makes it from conf/ alone");
    }
    Ok(Some(merged))
}

fn read(path: &str) -> Result<Option<Node>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(yaml::load(&SourceFile::new(path, text))?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::Other(format!("{path}: {error}"))),
    }
}

/// Writes it, if it says anything else than before.
fn put(path: &str, node: &Node) -> Result<(), Failure> {
    let text = yaml::dump(node);
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    replace(Path::new(path), text.as_bytes(), Durability::Synced)
        .map_err(|error| Failure::Other(format!("cannot write {path}: {error}")))?;
    say(&format!("{path} written"));
    Ok(())
}
