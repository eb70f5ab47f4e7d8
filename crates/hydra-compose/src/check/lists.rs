//! What defaults lists say by themselves, without a composition.

use super::files::{group_of, join};
use super::findings::{Findings, Severity};
use super::packages;
use crate::defaults::{Choice, Item, ItemKind, Placed};
use crate::error::{Code, Error};
use crate::near;
use crate::source::{Library, leads_out};
use std::collections::{BTreeMap, HashSet};

/// What all defaults lists together name.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Groups that can be chosen from, with the files whose lists have them.
    groups: BTreeMap<String, Vec<String>>,
    /// Files that are chosen as options.
    chosen: HashSet<String>,
    /// Files that are included as they are.
    included: HashSet<String>,
}

impl Mentions {
    pub(super) fn gather<'p>(library: &Library, paths: impl Iterator<Item = &'p str>) -> Self {
        let mut mentions = Self::default();
        // Hydra's own list has groups, too.
        for path in paths.chain(["hydra/config"]) {
            let Ok(Some(file)) = library.load(path) else { continue };
            file.defaults.iter().for_each(|item| mentions.add(path, &placed(path, item)));
        }
        mentions
    }

    fn add(&mut self, path: &str, placed: &Placed) {
        match &placed.item.kind {
            ItemKind::SelfItem => {}
            ItemKind::Config { .. } => _ = self.included.insert(placed.config_path()),
            ItemKind::Group { .. } => {
                if !placed.item.is_override() {
                    self.groups.entry(placed.group_path()).or_default().push(path.to_owned());
                }
                self.chosen.extend(targets(placed));
            }
        }
    }

    /// Whether some list has the group.
    pub(super) fn has(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// The files whose lists have the group.
    pub(super) fn files_with(&self, group: &str) -> &[String] {
        self.groups.get(group).map_or(&[][..], Vec::as_slice)
    }

    /// Whether some list names the file.
    pub(super) fn names(&self, path: &str) -> bool {
        self.chosen.contains(path) || self.included.contains(path)
    }

    /// Whether the file is only ever included by others: what several options have in common, for instance.
    pub(super) fn is_part(&self, path: &str) -> bool {
        self.included.contains(path) && !self.chosen.contains(path)
    }
}

/// Notes packages that are none, in the defaults list and in the header of a file.
pub(super) fn check_packages(library: &Library, path: &str, findings: &mut Findings) {
    let Ok(Some(file)) = library.load(path) else { return };
    let asked = file.defaults.iter().filter_map(|item| Some((item.package.as_deref()?, &item.origin)));
    for (package, origin) in asked {
        if let Some((severity, error)) = packages::in_item(package) {
            findings.add(severity, &error.label(origin, "in this item"), None);
        }
    }
    if let Some((severity, error)) = packages::in_header(&file) {
        findings.add(severity, &error, None);
    }
}

/// Notes items that lead nowhere. For lists that no composition took in: of the others it is known that they lead
/// somewhere, and they may do so only together with what includes them.
pub(super) fn check_items(library: &Library, mentions: &Mentions, path: &str, findings: &mut Findings) {
    let Ok(Some(file)) = library.load(path) else { return };
    for item in &file.defaults {
        let placed = placed(path, item);
        let is_open = placed.is_missing() || placed.is_nothing() || placed.interpolation().is_some();
        if item.is_self() || placed.is_optional() || is_open {
            continue;
        }
        if item.is_override() && !mentions.has(&placed.group_path()) {
            findings.add_unless_told(Severity::Error, &no_match(mentions, path, &placed));
            continue;
        }
        for target in targets(&placed).into_iter().filter(|target| !target.contains("${")) {
            if leads_out(&target) {
                let message = format!("In '{path}': '{target}' is no path of a configuration");
                let error = Error::new(Code::DefaultsList, message).label(&item.origin, "here");
                findings.add_unless_told(Severity::Error, &error);
            } else if matches!(library.load(&target), Ok(None)) {
                findings.add_unless_told(Severity::Error, &not_found(library, path, &target, item));
            }
        }
    }
}

fn placed(path: &str, item: &Item) -> Placed {
    Placed::new(item.clone(), group_of(path), "")
}

/// The files that an item names.
fn targets(placed: &Placed) -> Vec<String> {
    match placed.choice() {
        Some(Choice::Nothing) => Vec::new(),
        Some(Choice::Options(names)) => names.iter().map(|name| join(&placed.group_path(), name)).collect(),
        Some(Choice::Option(_)) | None => vec![placed.config_path()],
    }
}

fn no_match(mentions: &Mentions, path: &str, placed: &Placed) -> Error {
    let group = placed.group_path();
    let groups: Vec<&String> = mentions.groups.keys().collect();
    let near = near::among(&group, &groups).map(|near| format!("did you mean 'override /{near}'?"));
    let message = format!("In '{path}': Could not override '{group}'. No defaults list has this group.");
    Error::new(Code::DefaultsList, message).label(&placed.item.origin, "no such entry").maybe_help(near)
}

fn not_found(library: &Library, path: &str, target: &str, item: &Item) -> Error {
    let options = library.options(group_of(target));
    let name = target.rsplit_once('/').map_or(target, |(_, name)| name);
    let near = near::among(name, &options).map(|near| format!("did you mean '{near}'?"));
    let known = (!options.is_empty()).then(|| format!("there are: {}", options.join(", ")));
    Error::new(Code::MissingConfig, format!("In '{path}': Could not find '{target}'"))
        .label(&item.origin, "not found")
        .maybe_help(near.or(known))
}
