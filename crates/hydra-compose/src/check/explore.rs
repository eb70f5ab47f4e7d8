//! Which compositions are tried, and in which order.

use super::files::{Files, group_of, join};
use super::findings::{Findings, Severity};
use super::lists::Mentions;
use super::slots::{self, Slot};
use super::trial::{self, Validate};
use super::variation::{Variation, choosing};
use crate::arguments::Arguments;
use crate::compose::{Composer, RunMode};
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::source::Library;
use std::collections::{HashSet, VecDeque};
use std::path::Path;

/// So many choices are made on top of one another. A group whose options bring it again would go on for ever.
const DEEPEST: usize = 8;

/// More compositions are not tried: options that bring new groups, each with such options, multiply.
const MOST_COMPOSITIONS: usize = 20_000;

/// An option may bring choices that must be made, whose options do the same; so often this is gone along with.
const MOST_ROUNDS: usize = 16;

/// So many other options of a group are tried to find one that composes where the primary config does not.
const MOST_INSTEAD: usize = 2;

/// A composition to be tried.
#[derive(Clone, Debug)]
struct Trial {
    asked: Variation,
    /// The file that it is tried for.
    about: Option<String>,
    /// How many choices it is away from the primary config.
    depth: usize,
}

impl Trial {
    fn of(asked: Variation) -> Self {
        Self { asked, about: None, depth: 0 }
    }

    fn with(&self, argument: String, about: String) -> Self {
        Self { asked: self.asked.with(argument), about: Some(about), depth: self.depth + 1 }
    }
}

/// What came of all of them.
pub(super) struct Explored {
    pub(super) compositions: usize,
    /// The files that some composition took in.
    pub(super) reached: HashSet<String>,
}

pub(super) struct Explorer<'a> {
    composer: &'a Composer,
    library: &'a Library,
    files: &'a Files,
    mentions: &'a Mentions,
    validate: &'a Validate<'a>,
    findings: &'a mut Findings,
    explored: Explored,
    /// The groups in defaults lists whose options have been tried, by override key.
    varied: HashSet<String>,
    /// The files that have been tried as options.
    tried: HashSet<String>,
}

impl<'a> Explorer<'a> {
    pub(super) fn new(
        composer: &'a Composer,
        library: &'a Library,
        files: &'a Files,
        mentions: &'a Mentions,
        validate: &'a Validate<'a>,
        findings: &'a mut Findings,
    ) -> Self {
        let explored = Explored { compositions: 0, reached: HashSet::new() };
        let (varied, tried) = (HashSet::new(), HashSet::new());
        Self { composer, library, files, mentions, validate, findings, explored, varied, tried }
    }

    /// Tries everything, from `start` on, which is the primary config as it stands.
    pub(super) fn run(mut self, start: Variation, primary: &str) -> Explored {
        let ground = self.ground(Trial::of(start), primary);
        let ground = ground.map(|(trial, config)| {
            self.explore(&trial, &config);
            trial
        });
        let (named, unnamed): (Vec<&str>, Vec<&str>) =
            self.files.groups().filter(|group| !group.is_empty()).partition(|group| self.mentions.has(group));
        if let Some(ground) = &ground {
            self.append(ground, &unnamed);
        }
        for name in self.other_primaries(primary) {
            let trial = Trial::of(Variation { config_name: Some(name), overrides: Vec::new() });
            if let Some(config) = self.attempt(&trial) {
                self.explore(&trial, &config);
            }
        }
        // What is left are groups of lists that no composition took in. Where such a list failed, it is to be repaired
        // first: its options are meant to stand beside it.
        let named: Vec<&str> = named.into_iter().filter(|group| !self.has_failed(group)).collect();
        if let Some(ground) = &ground {
            self.append(ground, &named);
        }
        self.explored
    }

    /// What the other compositions start from: the primary config. If what it chooses is broken, another option in its
    /// place, so that this one mistake does not hide all others.
    fn ground(&mut self, start: Trial, primary: &str) -> Option<(Trial, Config)> {
        if let Some(config) = self.attempt(&start) {
            return Some((start, config));
        }
        let file = self.library.load(primary).ok()??;
        for slot in slots::of_list(&file.defaults, group_of(primary), "") {
            for trial in self.trials(&start, &slot).into_iter().take(MOST_INSTEAD) {
                if let Some(config) = self.attempt(&trial) {
                    return Some((trial, config));
                }
            }
        }
        None
    }

    /// Tries the options of each group that a composition brings, and of those that they bring.
    fn explore(&mut self, start: &Trial, config: &Config) {
        let mut queue = VecDeque::from(self.vary(start, config));
        while let Some(trial) = queue.pop_front() {
            if let Some(config) = self.attempt(&trial) {
                queue.extend(self.vary(&trial, &config));
            }
        }
    }

    fn vary(&mut self, from: &Trial, config: &Config) -> Vec<Trial> {
        let mut trials = Vec::new();
        if from.depth < DEEPEST {
            for slot in slots::of_config(self.library, config) {
                if self.varied.insert(slot.key.clone()) {
                    trials.extend(self.trials(from, &slot));
                }
            }
        }
        trials
    }

    /// One for each option of a group but the one that is chosen.
    fn trials(&mut self, from: &Trial, slot: &Slot) -> Vec<Trial> {
        let mut trials = Vec::new();
        for option in self.files.options(&slot.group, &slot.choice) {
            if let Some(argument) = slot.choosing(&option).filter(|_| !slot.has(&option)) {
                let path = join(&slot.group, &option);
                self.tried.insert(path.clone());
                trials.push(from.with(argument, path));
            }
        }
        trials
    }

    /// Tries `+group=option` with what nothing has tried or taken in.
    fn append(&mut self, ground: &Trial, groups: &[&str]) {
        let options = groups.iter().flat_map(|group| self.files.names(group).iter().map(move |name| (group, name)));
        let mut due: Vec<(&&str, &String, String)> =
            options.map(|(group, name)| (group, name, join(group, name))).collect();
        // Parts come last: the files that include them may show them where they belong.
        due.sort_by_key(|(_, _, path)| self.mentions.is_part(path));
        for (group, name, path) in due {
            if self.explored.reached.contains(&path) || !self.tried.insert(path.clone()) {
                continue;
            }
            let Some(argument) = choosing(&format!("+{group}"), name) else {
                if !self.mentions.names(&path) {
                    self.findings.add(Severity::Warning, &cannot_be_typed(&path), None);
                }
                continue;
            };
            let trial = ground.with(argument, path);
            if let Some(config) = self.attempt(&trial) {
                self.explore(&trial, &config);
            }
        }
    }

    /// The other files at the top that no defaults list includes: there is nothing else that they could be.
    fn other_primaries(&self, primary: &str) -> Vec<String> {
        let is_one = |name: &&String| {
            name.as_str() != primary
                && !self.mentions.names(name)
                && matches!(self.library.load(name), Ok(Some(file)) if file.body.as_map().is_some())
        };
        self.files.names("").iter().filter(is_one).cloned().collect()
    }

    /// Whether a file that has the group in its defaults list was tried and did not compose.
    fn has_failed(&self, group: &str) -> bool {
        let mut files = self.mentions.files_with(group).iter();
        files.any(|file| self.tried.contains(file) && !self.explored.reached.contains(file))
    }

    /// Tries one composition, and notes what is wrong with it. None, if it does not compose.
    fn attempt(&mut self, trial: &Trial) -> Option<Config> {
        if self.explored.compositions >= MOST_COMPOSITIONS {
            self.findings.add(Severity::Warning, &too_many(), None);
            return None;
        }
        self.explored.compositions += 1;
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
            if !self.explored.reached.contains(&entry.config_path) {
                self.explored.reached.insert(entry.config_path.clone());
            }
        }
        // A part of other files may be whole only with them.
        let is_part = trial.about.as_ref().is_some_and(|path| self.mentions.is_part(path));
        let validate = variation.config_name.is_none().then_some(self.validate);
        for (severity, error) in trial::problems(&config, validate) {
            let severity = match error.code() {
                Code::MissingValue | Code::Interpolation if is_part => Severity::Note,
                _ => severity,
            };
            self.findings.add(severity, &error, Some(&variation));
        }
        Some(config)
    }

    /// Composes from what was read. Choices that must be made are made, and added to the variation.
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
            let config = composer.compose_from(library, Arguments::parse(&variation.overrides)?)?;
            match slots::given(library, &config) {
                Some(given) if given.is_empty() => return Ok(config),
                Some(given) => {
                    *variation = given.into_iter().fold(variation.clone(), |made, argument| made.with(argument));
                }
                None => break,
            }
        }
        // As one job: this says what must be chosen.
        let composer = composer.clone().mode(RunMode::Run);
        composer.compose_from(library, Arguments::parse(&variation.overrides)?)
    }
}

fn cannot_be_typed(path: &str) -> Error {
    let message =
        format!("'{path}' can never be chosen: no defaults list names it, and no override can spell it");
    Error::new(Code::MissingConfig, message)
        .help("names of groups are letters, digits, '_' and '-', and begin with a letter")
}

fn too_many() -> Error {
    Error::new(Code::DefaultsList, format!("only the first {MOST_COMPOSITIONS} compositions were tried"))
}
