//! Which compositions are tried, and in which order.

use super::attempt::{Bench, Trial};
use super::files::{Files, group_of, join};
use super::findings::Severity;
use super::slots::{self, Slot, Slots};
use super::variation::{Variation, choosing};
use crate::config::Config;
use crate::error::{Code, Error};
use std::collections::{HashSet, VecDeque};

/// So many choices are made on top of one another. A group whose options bring it again would go on for ever.
const DEEPEST: usize = 8;

/// So many other options of a group are tried to find one that composes where the primary config does not.
const MOST_INSTEAD: usize = 2;

/// The way through all compositions.
pub(super) struct Explorer<'a, 'b> {
    bench: &'b mut Bench<'a>,
    files: &'a Files,
    slots: Slots<'a>,
    /// The groups in defaults lists whose options have been tried, by override key.
    varied: HashSet<String>,
    /// The files that have been tried as options.
    tried: HashSet<String>,
}

impl<'a, 'b> Explorer<'a, 'b> {
    pub(super) fn new(bench: &'b mut Bench<'a>, files: &'a Files) -> Self {
        let slots = Slots::new(bench.library);
        Self { bench, files, slots, varied: HashSet::new(), tried: HashSet::new() }
    }

    /// Tries everything, from `start` on, which is the primary config as it stands.
    pub(super) fn run(mut self, start: Variation, primary: &str) {
        let (files, mentions) = (self.files, self.bench.mentions);
        let (named, unnamed): (Vec<&str>, Vec<&str>) =
            files.groups().filter(|group| !group.is_empty()).partition(|group| mentions.has(group));
        let ground = self.ground(Trial::of(start), primary);
        if let Some((ground, config)) = &ground {
            self.explore(ground, config);
            self.append(ground, &unnamed);
        }
        for name in self.other_primaries(primary) {
            let trial = Trial::of(Variation { config_name: Some(name), overrides: Vec::new() });
            if let Some(config) = self.bench.attempt(&trial) {
                self.explore(&trial, &config);
            }
        }
        // What is left are groups of lists that no composition took in. Where such a list failed, it is to be repaired
        // first: its options are meant to stand beside it.
        let named: Vec<&str> = named.into_iter().filter(|group| !self.has_failed(group)).collect();
        if let Some((ground, _)) = &ground {
            self.append(ground, &named);
        }
    }

    /// What the other compositions start from: the primary config. If what it chooses is broken, another option in its
    /// place, so that this one mistake does not hide all others.
    fn ground(&mut self, start: Trial, primary: &str) -> Option<(Trial, Config)> {
        if let Some(config) = self.bench.attempt(&start) {
            return Some((start, config));
        }
        let file = self.bench.library.load(primary).ok()??;
        for slot in slots::of_list(&file.defaults, group_of(primary), "") {
            for trial in self.trials(&start, &slot).into_iter().take(MOST_INSTEAD) {
                if let Some(config) = self.bench.attempt(&trial) {
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
            if let Some(config) = self.bench.attempt(&trial) {
                queue.extend(self.vary(&trial, &config));
            }
        }
    }

    fn vary(&mut self, from: &Trial, config: &Config) -> Vec<Trial> {
        let mut trials = Vec::new();
        if from.depth < DEEPEST {
            for slot in self.slots.of_config(config, &self.varied) {
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
        let (files, mentions) = (self.files, self.bench.mentions);
        let mut due: Vec<(&str, &str, String)> = Vec::new();
        for group in groups {
            due.extend(files.names(group).iter().map(|name| (*group, name.as_str(), join(group, name))));
        }
        // Parts come last: the files that include them may show them where they belong.
        due.sort_by_key(|(_, _, path)| mentions.is_part(path));
        for (group, name, path) in due {
            if self.bench.reached.contains(&path) || !self.tried.insert(path.clone()) {
                continue;
            }
            match choosing(&format!("+{group}"), name) {
                Some(argument) => {
                    let trial = ground.with(argument, path);
                    if let Some(config) = self.bench.attempt(&trial) {
                        self.explore(&trial, &config);
                    }
                }
                None if mentions.names(&path) => {}
                None => self.bench.findings.add(Severity::Warning, &cannot_be_typed(&path), None),
            }
        }
    }

    /// The other files at the top that no defaults list includes: there is nothing else that they could be.
    fn other_primaries(&self, primary: &str) -> Vec<String> {
        let is_one = |name: &&String| {
            name.as_str() != primary
                && !self.bench.mentions.names(name)
                && matches!(self.bench.library.load(name), Ok(Some(file)) if file.body.as_map().is_some())
        };
        self.files.names("").iter().filter(is_one).cloned().collect()
    }

    /// Whether a file that has the group in its defaults list was tried and did not compose.
    fn has_failed(&self, group: &str) -> bool {
        let mut files = self.bench.mentions.files_with(group).iter();
        files.any(|file| self.tried.contains(file) && !self.bench.reached.contains(file))
    }
}

fn cannot_be_typed(path: &str) -> Error {
    let message =
        format!("'{path}' can never be chosen: no defaults list names it, and no override can spell it");
    Error::new(Code::MissingConfig, message)
        .help("names of groups are letters, digits, '_' and '-', and begin with a letter")
}
