//! What `hydra.sweeper` says.

use super::axes::MOST_JOBS;
use super::params::params;
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::interpolation::{Session, python_str};
use crate::near;
use crate::overrides::{Directive, Exclusion, Override};
use crate::tree::{Int, Key, Node, Origin, Value};
use num_traits::{Signed, ToPrimitive};
use std::num::NonZeroUsize;

/// A sweeper that there is.
struct Sweeper {
    /// The option of `hydra/sweeper`.
    name: &'static str,
    /// The `_target_` that its file gives.
    target: &'static str,
    /// Its settings, besides those that say what to call.
    keys: &'static [&'static str],
}

const SWEEPERS: [Sweeper; 3] = [
    Sweeper {
        name: "basic",
        target: "hydra._internal.core_plugins.basic_sweeper.BasicSweeper",
        keys: &["max_batch_size", "params"],
    },
    Sweeper {
        name: "grid",
        target: "hydra_app.sweeper.Grid",
        keys: &["max_batch_size", "params", "exclude", "repeat"],
    },
    Sweeper {
        name: "random",
        target: "hydra_app.sweeper.Random",
        keys: &["n_trials", "seed", "max_batch_size", "params", "exclude", "repeat"],
    },
];

/// Trials of the random sweeper, unless it says.
const TRIALS: usize = 10;

/// Settings of a sweep, of its sweeper and of the command line together.
pub(super) struct Settings {
    pub(super) method: Method,
    /// `hydra.sweeper.params`, as overrides.
    pub(super) params: Vec<Override>,
    /// `hydra.sweeper.exclude`, and each `exclude(…)`.
    pub(super) exclusions: Vec<Given>,
    /// The last `repeat(…)`, or `hydra.sweeper.repeat`.
    pub(super) repeat: usize,
    /// How many jobs are launched together; all of them, if it is `None`.
    pub(super) max_batch_size: Option<NonZeroUsize>,
}

/// An exclusion, and where it stands if that is a file.
pub(super) struct Given {
    pub(super) exclusion: Exclusion,
    pub(super) place: Option<Origin>,
}

/// How values become jobs.
#[derive(Clone, Copy)]
pub(super) enum Method {
    /// Every combination.
    Grid,
    /// So many draws.
    Random { seed: u64, n_trials: usize },
}

impl Settings {
    /// Reads the node of the configuration that the sweep starts from, and what the command line says beside it.
    pub(super) fn read(master: &Config, directives: &[Directive]) -> Result<Self> {
        let session = master.session(master.root());
        let Some(node) = session.select("hydra.sweeper")? else {
            return Err(Error::new(Code::MissingValue, "there is no sweeper: hydra.sweeper is not set"));
        };
        let sweeper = sweeper(&node)?;
        let setting = |name: &str| match sweeper.keys.contains(&name) {
            true => at(&session, name, &[]),
            false => Ok(None),
        };
        let max_batch_size = match setting("max_batch_size")? {
            Some(node) => batch_size(&node)?,
            None => None,
        };
        let index = master.overrides().len() + directives.len();
        let params = match setting("params")? {
            Some(node) => params(&session, &node, index)?,
            None => Vec::new(),
        };
        let mut exclusions = match setting("exclude")? {
            Some(node) => exclusions(&session, &node, index + params.len())?,
            None => Vec::new(),
        };
        let mut repeat = whole(setting("repeat")?, "repeat", 1, 1, MOST_JOBS as u64)? as usize;
        for directive in directives {
            match directive {
                Directive::Exclude(exclusion) => {
                    exclusions.push(Given { exclusion: exclusion.clone(), place: None })
                }
                Directive::Repeat(given) => repeat = given.count,
            }
        }
        let method = if sweeper.name == "random" {
            let n_trials = whole(setting("n_trials")?, "n_trials", TRIALS as u64, 1, MOST_JOBS as u64)?;
            Method::Random {
                seed: whole(setting("seed")?, "seed", 0, 0, u64::MAX)?,
                n_trials: n_trials as usize,
            }
        } else {
            Method::Grid
        };
        Ok(Self { method, params, exclusions, repeat, max_batch_size })
    }
}

/// A setting, or what is under keys in it, followed if it is an interpolation.
pub(super) fn at(session: &Session<'_>, setting: &str, keys: &[&Key]) -> Result<Option<Node>> {
    let way = ["hydra", "sweeper", setting].map(Key::from);
    let path: Vec<Key> = way.into_iter().chain(keys.iter().map(|key| (*key).clone())).collect();
    session.at(&path)
}

/// The sweeper that a node is of, if the node has nothing but its settings.
fn sweeper(node: &Node) -> Result<&'static Sweeper> {
    let target = node.get("_target_");
    let known =
        target.and_then(Node::as_str).and_then(|target| SWEEPERS.iter().find(|one| one.target == target));
    let Some(sweeper) = known else {
        let other = target.map_or("not named".to_owned(), |node| format!("'{}'", python_str(&node.value)));
        let message = format!("the sweeper is {other}; here only basic, grid and random run");
        return Err(Error::new(Code::InvalidValue, message)
            .label(&target.unwrap_or(node).origin, "")
            .help("choose one: hydra/sweeper=basic, hydra/sweeper=grid or hydra/sweeper=random"));
    };
    let unknown = node.as_map().into_iter().flat_map(|map| map.entries()).find_map(|(key, entry)| {
        let text = key.to_string();
        (!text.starts_with('_') && !sweeper.keys.contains(&text.as_str())).then_some((text, entry))
    });
    match unknown {
        None => Ok(sweeper),
        Some((key, entry)) => {
            let near =
                near::among(&key, sweeper.keys).map(|near| format!("did you mean hydra.sweeper.{near}?"));
            let message = format!("the {} sweeper has no setting '{key}'", sweeper.name);
            Err(Error::new(Code::UnknownKey, message)
                .label(&entry.key_origin, "unknown key")
                .maybe_help(near.or_else(|| Some(format!("its settings: {}", sweeper.keys.join(", "))))))
        }
    }
}

/// A whole number from `least` to `most`; `usual` where there is no setting.
fn whole(node: Option<Node>, name: &str, usual: u64, least: u64, most: u64) -> Result<u64> {
    let Some(node) = node else { return Ok(usual) };
    let number = match &node.value {
        Value::Int(number) => number.to_u64(),
        // A setting of type int takes text that spells one.
        Value::Str(text) => text.trim().parse::<Int>().ok().and_then(|number| number.to_u64()),
        _ => None,
    };
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        let shown = python_str(&node.value);
        Error::new(Code::InvalidValue, format!("hydra.sweeper.{name} is {shown}"))
            .label(&node.origin, "not such a number")
            .help(format!("it is a whole number from {least} to {most}"))
    })
}

/// Each item as the `exclude(…)` that it stands for.
fn exclusions(session: &Session<'_>, node: &Node, index: usize) -> Result<Vec<Given>> {
    let invalid = |message: &str, node: &Node| {
        Error::new(Code::InvalidValue, format!("hydra.sweeper.exclude must be a list of texts: {message}"))
            .label(&node.origin, "")
            .help("write what would stand inside of exclude(…): ['optimizer=sgd,lr=choice(0.1,1)']")
    };
    let items = match &node.value {
        Value::Null => return Ok(Vec::new()),
        Value::List(items) => items,
        other => return Err(invalid(&format!("this is {}", other.kind()), node)),
    };
    let (mut parsed, mut errors) = (Vec::new(), Vec::new());
    for (place, item) in items.iter().enumerate() {
        let item = at(session, "exclude", &[&Key::Int(place.into())])?.unwrap_or_else(|| item.clone());
        let Some(text) = item.as_str() else {
            errors.push(invalid(&format!("an item is {}", item.value.kind()), &item));
            continue;
        };
        match Directive::parse(&format!("exclude({text})"), index + place) {
            Some(Ok(Directive::Exclude(exclusion))) => {
                parsed.push(Given { exclusion, place: Some(item.origin) })
            }
            Some(Err(error)) => errors.push(error.label(&item.origin, "from here")),
            Some(Ok(Directive::Repeat(_))) | None => {}
        }
    }
    Error::several(errors).map_or(Ok(parsed), Err)
}

fn batch_size(node: &Node) -> Result<Option<NonZeroUsize>> {
    let size = match &node.value {
        Value::Null => return Ok(None),
        Value::Int(size) if size.is_positive() => Some(size.to_usize().unwrap_or(usize::MAX)),
        // A setting of type int takes text that spells one.
        Value::Str(text) => text.trim().parse().ok(),
        _ => None,
    };
    match size.and_then(NonZeroUsize::new) {
        Some(size) => Ok(Some(size)),
        None => {
            let shown = python_str(&node.value);
            Err(Error::new(Code::InvalidValue, format!("hydra.sweeper.max_batch_size is {shown}"))
                .label(&node.origin, "not a number of jobs")
                .help("it is a whole number from 1 on, or null for all jobs in one batch"))
        }
    }
}
