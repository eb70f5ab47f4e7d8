//! Each distinct problem once, with the compositions in which it shows.

use super::variation::Variation;
use crate::error::{Code, Error, Label};
use crate::tree::{Origin, Span};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing: it may be right elsewhere.
    Note,
    /// It works, and hardly as it was meant.
    Warning,
    /// It does not work.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One problem of a directory.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, and where.
    pub error: Error,
    /// The compositions in which it shows, in the order in which they were tried; none, if it is seen in a file by itself.
    pub variations: Vec<Variation>,
}

/// Findings, being gathered.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    known: HashMap<Identity, usize>,
    /// What kinds of error have been told of which place.
    places: HashSet<(Code, PathBuf, Span)>,
}

/// What makes two errors one: the same words on the same places in files. The arguments that lead there differ.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    code: Code,
    message: String,
    places: Vec<(PathBuf, Span)>,
}

impl Identity {
    pub(super) fn of(error: &Error) -> Self {
        let places = error.labels().iter().filter_map(place).collect();
        Self { code: error.code(), message: error.message().to_owned(), places }
    }
}

impl Findings {
    /// Notes an error, or each that it stands for.
    pub(super) fn add(&mut self, severity: Severity, error: &Error, variation: Option<&Variation>) {
        for error in error.each() {
            let next = self.all.len();
            let index = *self.known.entry(Identity::of(error)).or_insert(next);
            if index == next {
                self.places.extend(key(error));
                self.all.push(Finding { severity, error: error.clone(), variations: Vec::new() });
            }
            let finding = &mut self.all[index];
            finding.severity = finding.severity.max(severity);
            if let Some(variation) = variation
                && finding.variations.last() != Some(variation)
            {
                finding.variations.push(variation.clone());
            }
        }
    }

    /// Notes an error that is seen in a file by itself, unless a composition has found the same fault in other words.
    pub(super) fn add_unless_told(&mut self, severity: Severity, error: &Error) {
        let is_told = key(error).is_some_and(|key| self.places.contains(&key));
        if !is_told {
            self.add(severity, error, None);
        }
    }

    /// By file and line.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.all.sort_by_cached_key(|finding| {
            finding.error.labels().first().and_then(place).map(|(path, span)| (path, span.start))
        });
        self.all
    }
}

fn key(error: &Error) -> Option<(Code, PathBuf, Span)> {
    let (path, span) = error.labels().first().and_then(place)?;
    Some((error.code(), path, span))
}

fn place(label: &Label) -> Option<(PathBuf, Span)> {
    match &label.origin {
        Origin::File { file, span } => Some((file.path.clone(), *span)),
        _ => None,
    }
}
