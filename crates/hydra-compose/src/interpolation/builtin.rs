//! The resolvers that are there from the start: OmegaConf's `oc.…` and Hydra's.

use super::clock;
use super::item::Item;
use super::oc;
use super::resolvers::{Builtin, Caching, Call};
use super::select::Missing;
use crate::error::{Code, Error, Result};
use std::ops::RangeInclusive;

pub(super) struct Standard {
    pub(super) name: &'static str,
    pub(super) arguments: &'static str,
    pub(super) arity: RangeInclusive<usize>,
    pub(super) doc: &'static str,
    pub(super) caching: Caching,
    pub(super) run: Builtin,
}

/// All of them.
pub(super) const STANDARD: &[Standard] = &[
    Standard {
        name: "oc.create",
        arguments: "VALUE",
        arity: 1..=1,
        doc: "Makes a configuration of a dict, a list or YAML text, so that it can be looked into like any other part.",
        caching: Caching::Never,
        run: oc::create,
    },
    Standard {
        name: "oc.decode",
        arguments: "TEXT",
        arity: 1..=1,
        doc: "Reads text as an argument is read: '10' is a number, '[a, b]' a list. Null stays null.",
        caching: Caching::Never,
        run: oc::decode,
    },
    Standard {
        name: "oc.deprecated",
        arguments: "KEY[,MESSAGE]",
        arity: 1..=2,
        doc: "The value under another key, with a warning. $OLD_KEY and $NEW_KEY in the message are the two keys.",
        caching: Caching::Never,
        run: oc::deprecated,
    },
    Standard {
        name: "oc.env",
        arguments: "NAME[,DEFAULT]",
        arity: 1..=2,
        doc: "An environment variable, always as a string. So is the default, unless it is null.",
        caching: Caching::Never,
        run: oc::env,
    },
    Standard {
        name: "oc.select",
        arguments: "KEY[,DEFAULT]",
        arity: 1..=2,
        doc: "The value under a key; the default, else null, where there is none or it is ???.",
        caching: Caching::Never,
        run: oc::select,
    },
    Standard {
        name: "oc.dict.keys",
        arguments: "KEY",
        arity: 1..=1,
        doc: "The keys of the mapping under a key, as a list.",
        caching: Caching::Never,
        run: oc::dict_keys,
    },
    Standard {
        name: "oc.dict.values",
        arguments: "KEY",
        arity: 1..=1,
        doc: "The values of the mapping under a key, as a list of interpolations to them.",
        caching: Caching::Never,
        run: oc::dict_values,
    },
    Standard {
        name: "now",
        arguments: "PATTERN",
        arity: 1..=1,
        doc: "The time of composition as strftime writes it: ${now:%Y-%m-%d}. The same in every value and every job of a sweep.",
        caching: Caching::PerArguments,
        run: now,
    },
    Standard {
        name: "hydra",
        arguments: "KEY",
        arity: 1..=1,
        doc: "A value of Hydra's own configuration: ${hydra:runtime.output_dir}. Null where there is none or it is ???.",
        caching: Caching::Never,
        run: hydra,
    },
    Standard {
        name: "python_version",
        arguments: "[major|minor|micro]",
        arity: 0..=1,
        doc: "The version of Python, if the program names one: 3, 3.11 (the default), 3.11.7.",
        caching: Caching::Never,
        run: python_version,
    },
];

pub(super) fn error(message: impl Into<String>) -> Error {
    Error::new(Code::Interpolation, message)
}

pub(super) fn text<'i>(name: &str, what: &str, item: &'i Item<'_>) -> Result<&'i str> {
    item.as_str().ok_or_else(|| {
        error(format!("{name}: {what} must be a string, but `{}` is {}", item.to_str(), item.kind()))
    })
}

pub(super) fn or_default<'t>(found: Option<Item<'t>>, default: &[Item<'t>]) -> Item<'t> {
    match found {
        Some(item) if item.as_str() != Some("???") => item,
        _ => default.first().cloned().unwrap_or_else(Item::null),
    }
}

fn now<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let [pattern] = arguments else {
        return Ok(Item::null());
    };
    let pattern = text("now", "the pattern", pattern)?;
    Ok(Item::text(clock::strftime(call.now(), pattern)))
}

fn hydra<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let [key] = arguments else { return Ok(Item::null()) };
    let key = text("hydra", "the key", key)?;
    let hydra = call
        .session
        .hydra_node()
        .ok_or_else(|| error("HydraConfig was not set: there is no hydra node to read here"))?;
    let key = if key.starts_with('.') { key.to_owned() } else { format!(".{key}") };
    let found = call.session.seek(hydra, &key, Missing::Allow)?;
    Ok(or_default(found.map(|found| found.item), &[]))
}

fn python_version<'t>(arguments: &[Item<'t>], call: &Call<'_, 't>) -> Result<Item<'t>> {
    let Some([major, minor, micro]) = call.session.python_version() else {
        return Err(error("there is no Python here whose version could be told")
            .help("name one with Session::with_python_version"));
    };
    let level = arguments.first().map_or(Some("minor"), Item::as_str);
    Ok(match level {
        Some("major") => Item::text(format!("{major}")),
        Some("minor") => Item::text(format!("{major}.{minor}")),
        Some("micro") => Item::text(format!("{major}.{minor}.{micro}")),
        _ => Item::null(),
    })
}
