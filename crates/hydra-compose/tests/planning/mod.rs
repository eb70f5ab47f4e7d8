//! Sweeps of a small training, for tests.

use hydra_compose::sweep::Plan;
use hydra_compose::{Composer, Error};
use std::ops::Deref;
use tempfile::TempDir;

/// A folder with these files.
pub(crate) fn conf(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    folder
}

pub(crate) fn training() -> TempDir {
    conf(&[
        (
            "config.yaml",
            "defaults:\n- opt: adam\n- _self_\nlr: 0.1\nbatch: 64\nseed: 0\nname: x\nflag: false\n",
        ),
        ("opt/adam.yaml", "name: adam\nlr: 1e-3\n"),
        ("opt/sgd.yaml", "name: sgd\nlr: 0.1\nmomentum: 0.9\n"),
        ("db/pg.yaml", "port: 5432\n"),
        ("db/my.yaml", "port: 3306\n"),
    ])
}

pub(crate) fn composer(conf: &TempDir, arguments: &[&str]) -> Composer {
    Composer::new(conf.path()).overrides(arguments.iter().copied())
}

/// A plan, and the folder that its jobs are composed from.
pub(crate) struct Planned {
    plan: Plan,
    _conf: TempDir,
}

impl Deref for Planned {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.plan
    }
}

#[track_caller]
pub(crate) fn plan(arguments: &[&str]) -> Planned {
    let conf = training();
    let plan = composer(&conf, arguments).plan().unwrap_or_else(|error| panic!("{error}"));
    Planned { plan, _conf: conf }
}

pub(crate) fn listed(plan: &Plan) -> Vec<String> {
    plan.jobs().map(|job| job.overrides.join(" ")).collect()
}

#[track_caller]
pub(crate) fn jobs(arguments: &[&str]) -> Vec<String> {
    listed(&plan(arguments))
}

#[track_caller]
pub(crate) fn error(arguments: &[&str]) -> Error {
    composer(&training(), arguments).plan().expect_err("refused")
}

/// The first of the errors, if there are several.
#[track_caller]
pub(crate) fn message(arguments: &[&str]) -> (String, String) {
    let error = error(arguments);
    let first = error.each()[0];
    (first.message().to_owned(), first.help_text().unwrap_or_default().to_owned())
}
