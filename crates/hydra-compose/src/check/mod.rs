//! A whole configuration directory, looked through without running anything.
//!
//! Every file is read once. Then the primary config is composed, and everything that differs from it in one choice:
//! each option of each group in its defaults lists (`group=option`), and each of the other groups (`+group=option`). Each
//! composition must resolve, and the program's schema must take it. A group that only some option brings is varied on top
//! of that option, where its own options are meant to stand.
//!
//! - `files`: which files there are, and which can never be chosen
//! - `lists`: what a defaults list says by itself: groups and options; `packages`: those that are none
//! - `variation`: a composition, as it would be typed
//! - `slots`: where a composed configuration leaves a choice
//! - `explore`: which compositions are tried
//! - `attempt`: one of them; `judge`: what is wrong with it
//! - `findings`: each distinct problem once

mod attempt;
mod explore;
mod files;
mod findings;
mod judge;
mod lists;
mod packages;
mod slots;
mod variation;

pub use findings::{Finding, Severity};
pub use judge::Validate;
pub use variation::Variation;

use crate::compose::{Composer, RunMode};
use crate::error::Result;
use attempt::Bench;
use explore::Explorer;
use files::Files;
use findings::Findings;
use lists::Mentions;
use std::collections::HashSet;

/// What a directory came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many YAML files there are.
    pub files: usize,
    /// How many compositions were tried.
    pub compositions: usize,
    /// By file and line; what has no place comes first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Looks through the composer's folder (and that of [`Composer::config_dir`]) with `primary` as its primary config.
/// `validate` is what the program's schema says of a configuration; what it says of values that are `???` is left out,
/// because those are for the user to give. Other files at the top of the folder are taken for primary configs too, unless
/// a defaults list includes them; whether they are meant for the same schema is not known, so it is not asked about them.
///
/// What needs an environment variable that may be set elsewhere is a note, not an error.
///
/// # Errors
/// The folder is not there. All that is wrong in it is in the report.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::create_dir(folder.path().join("db"))?;
/// # std::fs::write(folder.path().join("config.yaml"), "defaults:\n- db: mysql\n- _self_\nurl: ${db.host}\n")?;
/// # std::fs::write(folder.path().join("db/mysql.yaml"), "host: localhost\n")?;
/// # std::fs::write(folder.path().join("db/sqlite.yaml"), "file: data.db\n")?;
/// use hydra_compose::{Composer, check};
/// let report = check::directory(&Composer::new(folder.path()), "config", &|_| Ok(()))?;
/// assert_eq!((report.files, report.compositions), (3, 2));
/// assert_eq!(report.findings[0].error.message(), "Interpolation key 'db.host' not found");
/// assert_eq!(report.findings[0].variations[0].to_string(), "db=sqlite");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn directory(composer: &Composer, primary: &str, validate: &Validate<'_>) -> Result<Report> {
    let primary = primary.strip_suffix(".yaml").unwrap_or(primary);
    // As the start of a sweep: a choice that must be made is left open, and made in `attempt`. What this machine's
    // environment lacks (`hydra.job.env_copy`) is no mistake of the directory.
    let composer = composer.clone().mode(RunMode::Multirun).environment(|_| Some(String::new()));
    let (bare, arguments) = composer.clone().without_config_name().open()?;
    let composer = composer.config_name(primary);
    let mut findings = Findings::default();
    let library = match composer.library(&arguments.overrides) {
        Ok(library) => library,
        // Without what a broken primary config may add to the search path, the other files can still be looked at.
        Err(error) => {
            findings.add(Severity::Error, &error, None);
            bare
        }
    };
    let files = Files::read(&library, &mut findings);
    let mentions = Mentions::gather(&library, files.paths());
    let start = Variation { config_name: None, overrides: composer.override_texts().to_vec() };
    let mut bench = Bench {
        composer: &composer,
        library: &library,
        mentions: &mentions,
        validate,
        findings: &mut findings,
        compositions: 0,
        reached: HashSet::new(),
    };
    Explorer::new(&mut bench, &files).run(start, primary);
    let Bench { compositions, reached, .. } = bench;
    for path in files.paths() {
        lists::check_packages(&library, path, &mut findings);
        // A list that was composed with is right, whatever it may look like by itself.
        if !reached.contains(path) {
            lists::check_items(&library, &mentions, path, &mut findings);
        }
    }
    Ok(Report { files: files.count, compositions, findings: findings.sorted() })
}
