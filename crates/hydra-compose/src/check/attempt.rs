//! One composition: composed from what was read, and judged.

use super::findings::{Findings, Severity};
use super::judge::{self, Validate};
use super::lists::Mentions;
use super::slots;
use super::variation::Variation;
use crate::arguments::Arguments;
use crate::compose::{Composer, RunMode};
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::source::Library;
use std::collections::HashSet;
use std::path::Path;

/// More compositions are not tried: options that bring new groups, each with such options, multiply.
const MOST_COMPOSITIONS: usize = 20_000;

/// An option may bring choices that must be made, whose options do the same; so often this is gone along with.
const MOST_ROUNDS: usize = 16;

/// A composition to be tried.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) asked: Variation,
    /// The file that it is tried for.
    pub(super) about: Option<String>,
    /// How many choices it is away from the primary config.
    pub(super) depth: usize,
}

impl Trial {
    pub(super) fn of(asked: Variation) -> Self {
        Self { asked, about: None, depth: 0 }
    }

    /// With one choice more.
    pub(super) fn with(&self, argument: String, about: String) -> Self {
        Self { asked: self.asked.with(argument), about: Some(about), depth: self.depth + 1 }
    }
}

/// What compositions are made from, and what has come of them so far.
pub(super) struct Bench<'a> {
    pub(super) composer: &'a Composer,
    pub(super) library: &'a Library,
    pub(super) mentions: &'a Mentions,
    pub(super) validate: &'a Validate<'a>,
    pub(super) findings: &'a mut Findings,
    pub(super) compositions: usize,
    /// The files that some composition took in.
    pub(super) reached: HashSet<String>,
}

impl Bench<'_> {
    /// Tries a composition, and notes what is wrong with it. None, if it does not compose.
    pub(super) fn attempt(&mut self, trial: &Trial) -> Option<Config> {
        if self.compositions >= MOST_COMPOSITIONS {
            self.findings.add(Severity::Warning, &too_many(), None);
            return None;
        }
        self.compositions += 1;
        let mut variation = trial.asked.clone();
        let config = match self.compose(&mut variation) {
            // A configuration may read where its run is.
            Ok(config) => config.with_output_dir(Path::new(".")),
            Err(error) => {
                self.findings.add(Severity::Error, &error, Some(&variation));
                return None;
            }
        };
        for entry in &config.defaults().entries {
            if !self.reached.contains(&entry.config_path) {
                self.reached.insert(entry.config_path.clone());
            }
        }
        // A part of other files may be whole only with them.
        let is_part = trial.about.as_ref().is_some_and(|path| self.mentions.is_part(path));
        let validate = variation.config_name.is_none().then_some(self.validate);
        for (severity, error) in judge::problems(&config, validate) {
            let severity = match error.code() {
                Code::MissingValue | Code::Interpolation if is_part => Severity::Note,
                _ => severity,
            };
            self.findings.add(severity, &error, Some(&variation));
        }
        Some(config)
    }

    /// Composes. Choices that must be made are made, and added to the variation.
    fn compose(&self, variation: &mut Variation) -> Result<Config> {
        let (other, other_library);
        let (composer, library) = match &variation.config_name {
            None => (self.composer, self.library),
            Some(name) => {
                other = self.composer.clone().config_name(name.as_str());
                let primary = self.library.load(name)?;
                // Only one that adds places to look in needs a library of its own.
                if primary.is_some_and(|file| file.body.get("hydra.searchpath").is_some()) {
                    other_library = other.library(&[])?;
                    (&other, &other_library)
                } else {
                    (&other, self.library)
                }
            }
        };
        for _ in 0..MOST_ROUNDS {
            let arguments = Arguments::parse(&variation.overrides)?;
            let chosen = composer.choose(library, &arguments.overrides)?;
            match slots::given(library, &chosen.defaults) {
                Some(given) if given.is_empty() => {
                    return composer.compose_chosen(library, arguments, chosen);
                }
                Some(given) => *variation = variation.with_all(&given),
                None => break,
            }
        }
        // As one job: this says what must be chosen.
        let composer = composer.clone().mode(RunMode::Run);
        composer.compose_from(library, Arguments::parse(&variation.overrides)?)
    }
}

fn too_many() -> Error {
    Error::new(Code::DefaultsList, format!("only the first {MOST_COMPOSITIONS} compositions were tried"))
}
