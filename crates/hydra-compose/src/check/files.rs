//! Which files there are, and which of them can never be chosen.

use super::findings::{Findings, Severity};
use crate::defaults::Choice;
use crate::error::{Code, Error};
use crate::source::{ConfigFile, Library, Place, Provider};
use crate::tree::{Origin, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The places whose files are looked through. Those that `hydra.searchpath` adds are somebody else's.
const OURS: [&str; 2] = ["main", "command-line"];

/// The files of a configuration directory.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Those that can be found, without `.yaml`: `db/mysql`.
    paths: BTreeSet<String>,
    /// Their names, by group.
    groups: BTreeMap<String, Vec<String>>,
    /// How many there are, also those that others hide.
    pub(super) count: usize,
}

impl Files {
    /// Reads every file, and notes those that do not load and those that are never found.
    pub(super) fn read(library: &Library, findings: &mut Findings) -> Self {
        let mut files = Self::default();
        let providers = library.search_path().providers();
        for (index, provider) in providers.iter().enumerate() {
            let Place::Folder(folder) = &provider.place else { continue };
            if !OURS.contains(&provider.name.as_str()) {
                continue;
            }
            let mut names = Vec::new();
            collect(folder, "", &mut Vec::new(), &mut names, findings);
            names.sort();
            for name in names {
                match name.strip_suffix(".yaml") {
                    Some(path) => files.add(path, provider, &providers[..index], library, findings),
                    None if name.ends_with(".yml") => {
                        findings.add(Severity::Warning, &never_found(folder, &name), None);
                    }
                    None => {}
                }
            }
        }
        for path in &files.paths {
            let name = path[group_of(path).len()..].trim_start_matches('/');
            files.groups.entry(group_of(path).to_owned()).or_default().push(name.to_owned());
        }
        files
    }

    fn add(
        &mut self,
        path: &str,
        provider: &Provider,
        earlier: &[Provider],
        library: &Library,
        findings: &mut Findings,
    ) {
        self.count += 1;
        let Some(first) = earlier.iter().find(|earlier| self.is_in(earlier, path)) else {
            self.paths.insert(path.to_owned());
            if let Err(error) = library.load(path) {
                findings.add(Severity::Error, &error, None);
            }
            return;
        };
        match provider.read(path) {
            Ok(Some(file)) => {
                let line = file.text.find('\n').unwrap_or(file.text.len());
                let message =
                    format!("'{path}' is never read: {} has it too, and is looked in first", first.place);
                let error = Error::new(Code::MissingConfig, message)
                    .label(&Origin::file(&file, Span::new(0, line)), "this file")
                    .help("give the file another name");
                findings.add(Severity::Warning, &error, None);
                if let Err(error) = ConfigFile::parse(path, &file) {
                    findings.add(Severity::Error, &error, None);
                }
            }
            Ok(None) => {}
            Err(error) => findings.add(Severity::Error, &error, None),
        }
    }

    /// Whether an earlier place has a file of that name. Of folders it is known: they have been walked through.
    fn is_in(&self, earlier: &Provider, path: &str) -> bool {
        match earlier.place {
            Place::Folder(_) => self.paths.contains(path),
            _ => earlier.read(path).is_ok_and(|file| file.is_some()),
        }
    }

    /// All that can be found, sorted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// The groups that have files, sorted. The first may be the top, `""`.
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str)
    }

    /// The names directly in a group.
    pub(super) fn names(&self, group: &str) -> &[String] {
        self.groups.get(group).map_or(&[][..], Vec::as_slice)
    }

    /// What can be chosen instead of `chosen` in a group. Where that is `folder/name`, what is beside it in the folder as
    /// well.
    pub(super) fn options(&self, group: &str, chosen: &Choice) -> Vec<String> {
        let mut options = self.names(group).to_vec();
        if let Choice::Option(chosen) = chosen
            && let Some((folder, _)) = chosen.rsplit_once('/')
        {
            let beside = self.names(&join(group, folder)).iter();
            options.extend(beside.map(|name| join(folder, name)));
        }
        options
    }
}

/// Paths of all files in a folder and below, relative to the first.
fn collect(
    folder: &Path,
    group: &str,
    above: &mut Vec<PathBuf>,
    names: &mut Vec<String>,
    findings: &mut Findings,
) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("cannot read {}: {error}", folder.display());
            return findings.add(Severity::Error, &Error::new(Code::Io, message), None);
        }
    };
    // A link to a folder that this one is in would go on for ever.
    let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if above.contains(&real) {
        return;
    }
    above.push(real);
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What editors, git and Python keep for themselves.
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let (path, place) = (join(group, &name), entry.path());
        if place.is_dir() {
            collect(&place, &path, above, names, findings);
        } else {
            names.push(path);
        }
    }
    above.pop();
}

fn never_found(folder: &Path, name: &str) -> Error {
    let path = folder.join(name);
    let renamed = path.with_extension("yaml");
    let message = format!("{} can never be chosen: configurations end in .yaml", path.display());
    Error::new(Code::MissingConfig, message).help(format!("rename it to {}", renamed.display()))
}

/// The group that a file is in: what stands before the last slash.
pub(super) fn group_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(group, _)| group)
}

/// A name in a group, which may be the top.
pub(super) fn join(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}/{name}") }
}
