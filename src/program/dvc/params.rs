//! `ddpm dvc params`: the first stage of the pipeline, which depends on `conf/`.
//!
//! DVC composes `params.yaml` for `dvc exp run` and never for `dvc repro`, so an edit in `conf/` would go unnoticed.

use super::merge::{Merged, merged};
use super::{DEFAULTS, PARAMS, experiment};
use crate::program::{CONF, PROGRAM_NAME, validated};
use hydra_app::failure::{Failure, say};
use hydra_app::files::{Durability, replace};
use hydra_compose::tree::{Node, SourceFile};
use hydra_compose::{Composer, Config, typed, yaml};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Brings `params.yaml` in step with `conf/`, or, for an experiment, checks what DVC has composed.
///
/// # Errors
/// `conf/` or `params.yaml` is not a complete, valid configuration: all that is wrong with it. Or `conf/` and an experiment
/// have changed the same. Then nothing is written.
pub(super) fn update(reset: bool) -> Result<(), Failure> {
    // It may lack what an experiment has.
    let conf = composer(CONF, "config").compose()?;
    let now = conf.resolve()?;
    if experiment().is_some() {
        validated(&load()?)?;
        return put(DEFAULTS, &said_by_conf(now)?);
    }
    validated(&conf)?;
    let params = if reset { now.clone() } else { in_step(&now)? };
    valid(&params)?;
    put(PARAMS, &params)?;
    put(DEFAULTS, &now)
}

/// Valid, before it is written.
fn valid(params: &Node) -> Result<(), Failure> {
    let typed: ddpm_config::Config = typed::validate(params)?;
    match typed.conflicts().into_iter().next() {
        Some(conflict) => Err(Failure::Other(conflict.message)),
        None => Ok(()),
    }
}

/// What `params.yaml` was made from, if DVC has composed it: what `conf/` says now. With `--no-hydra` it has not; then what
/// `conf/` said before stays on record where `params.yaml` still says so, or it would look like the experiment's doing.
fn said_by_conf(now: Node) -> Result<Node, Failure> {
    let (Some(was), Some(params)) = (read(DEFAULTS)?, read(PARAMS)?) else { return Ok(now) };
    let mut said = now.clone();
    let mut stale = Vec::new();
    for (key, before) in was.as_map().into_iter().flat_map(|map| map.iter()) {
        let Some(name) = key.as_str() else { continue };
        let unchanged = params.get(name) == Some(before);
        if unchanged && now.get(name) != Some(before) {
            stale.push(name.to_owned());
            if let Some(map) = said.as_map_mut() {
                map.insert(key.clone(), before.origin.clone(), before.clone());
            }
        }
    }
    if !stale.is_empty() {
        let keys = stale.join(", ");
        say(&format!("warning: {PARAMS} is not what conf/ says now: {keys}"));
        say("help: an experiment without --no-hydra, or 'ddpm dvc params', brings it in step");
    }
    Ok(said)
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

/// What `conf/` says now, with what an experiment has changed.
fn in_step(now: &Node) -> Result<Node, Failure> {
    const RESET: &str =
        "help: 'ddpm dvc params --reset' makes it from conf/ alone; 'dvc exp run -S …' composes it anew";
    let Some(params) = read(PARAMS)? else { return Ok(now.clone()) };
    let Some(was) = read(DEFAULTS)? else {
        if params != *now {
            say(&format!(
                "warning: without {DEFAULTS} nobody knows what an experiment has changed in {PARAMS}"
            ));
            say(&format!("{PARAMS} is made from conf/ alone"));
        }
        return Ok(now.clone());
    };
    let Merged { node, kept, conflicts } = merged(&was, now, &params);
    if !conflicts.is_empty() {
        let keys = conflicts.join(", ");
        return Err(Failure::Other(format!(
            "conf/ and an experiment have both changed {keys} of {PARAMS}\n{RESET}"
        )));
    }
    if !kept.is_empty() {
        say(&format!("{PARAMS} keeps what an experiment has changed: {}", kept.join(", ")));
        say(RESET);
    }
    Ok(node)
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
