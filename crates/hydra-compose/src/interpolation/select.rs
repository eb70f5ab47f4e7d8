//! Finding a node by its key, following the interpolations on the way.

use super::item::Item;
use super::number;
use super::place::{Place, split_key};
use super::session::Session;
use crate::error::{Code, Error, Result};
use crate::tree::{Key, Value};
use num_traits::ToPrimitive as _;
use std::rc::Rc;

/// What a key leads to.
pub(super) struct Found<'t> {
    /// The node that was asked for, not followed.
    pub(super) place: Rc<Place<'t>>,
    /// What it holds, followed to the end.
    pub(super) item: Item<'t>,
}

/// What to make of `???` on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Refuse,
    Allow,
}

/// Why a key leads nowhere, other than that nothing is there.
pub(super) enum Stray {
    /// More dots in front than containers above.
    AboveRoot(String),
    /// The way leads through something that holds nothing.
    NotAContainer(String),
    /// A list is asked for a word.
    NotAnIndex(String),
    /// `???`, with its full name.
    Missing(String),
    /// An interpolation on the way fails.
    Failed(Error),
}

impl From<Error> for Stray {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Stray> for Error {
    fn from(stray: Stray) -> Self {
        let message = match stray {
            Stray::Failed(error) => return error,
            Stray::AboveRoot(key) => format!(
                "Error resolving key '{key}': it has more leading dots than there are levels above it"
            ),
            Stray::NotAContainer(message) | Stray::NotAnIndex(message) => message,
            Stray::Missing(key) => format!("Missing mandatory value: {key}"),
        };
        Self::new(Code::Interpolation, message)
    }
}

/// The container a key starts from, and the key without its leading dots.
pub(super) fn start<'t, 'k>(
    from: &Rc<Place<'t>>,
    key: &'k str,
) -> std::result::Result<(Rc<Place<'t>>, &'k str), Stray> {
    let Some(mut rest) = key.strip_prefix('.') else {
        return Ok((from.top(), key));
    };
    let mut container = Rc::clone(from);
    while let Some(further) = rest.strip_prefix('.') {
        container = container.container().cloned().ok_or_else(|| Stray::AboveRoot(key.to_owned()))?;
        rest = further;
    }
    Ok((container, rest))
}

impl<'t> Session<'t> {
    /// What stands under `key`, which counts from the top, or from `from` if it starts with a dot.
    pub(super) fn find(
        &self,
        from: &Rc<Place<'t>>,
        key: &str,
        missing: Missing,
    ) -> std::result::Result<Option<Found<'t>>, Stray> {
        let (container, key) = start(from, key)?;
        if key.is_empty() {
            return Ok(Some(Found { item: Item::Node(Rc::clone(&container)), place: container }));
        }
        let parts = split_key(key);
        let Some((last, before)) = parts.split_last() else {
            return Ok(None);
        };
        let mut container = container;
        for (index, part) in before.iter().enumerate() {
            let Some(place) = step(&container, part, missing)? else {
                return Ok(None);
            };
            container = match self.resolve(&place)? {
                Item::Node(target) if target.is_container() => target,
                _ => {
                    let (scalar, child) = (parts[..=index].join("."), parts[index + 1]);
                    return Err(Stray::NotAContainer(format!(
                        "Error trying to access {key}: node `{scalar}` is not a container and thus cannot contain `{child}`"
                    )));
                }
            };
        }
        let Some(place) = step(&container, last, missing)? else {
            return Ok(None);
        };
        let item = self.resolve(&place)?;
        Ok(Some(Found { place, item }))
    }

    /// As [`find`](Self::find), where a key that leads through a scalar leads to nothing: the way of `OmegaConf.select`.
    pub(super) fn seek(
        &self,
        from: &Rc<Place<'t>>,
        key: &str,
        missing: Missing,
    ) -> Result<Option<Found<'t>>> {
        match self.find(from, key, missing) {
            Err(Stray::NotAContainer(_)) => Ok(None),
            found => Ok(found?),
        }
    }

    /// What stands at a path of keys, as `config[a][b]` reads it; `None` if there is nothing.
    pub(super) fn walk(&self, path: &[Key]) -> Result<Option<Rc<Place<'t>>>> {
        let mut place = Rc::clone(self.root());
        for key in path {
            let Item::Node(container) = self.resolve(&place)? else {
                return Ok(None);
            };
            let next = match (key, &container.node().value) {
                (Key::Int(index), Value::List(_)) => {
                    index.to_usize().and_then(|index| container.at_index(index))
                }
                _ => container.under_key(key),
            };
            let Some(next) = next else { return Ok(None) };
            place = next;
        }
        Ok(Some(place))
    }
}

/// One step down, without following what is there.
fn step<'t>(
    container: &Rc<Place<'t>>,
    part: &str,
    missing: Missing,
) -> std::result::Result<Option<Rc<Place<'t>>>, Stray> {
    let place = match &container.node().value {
        Value::List(_) => {
            let index = number::int(part).ok_or_else(|| {
                Stray::NotAnIndex(format!("Index '{part}' is not an int, and {} is a list", name(container)))
            })?;
            index.to_usize().and_then(|index| container.at_index(index))
        }
        _ => container.under_key(&Key::from(part)),
    };
    match place {
        Some(place) if missing == Missing::Refuse && place.node().is_missing() => {
            Err(Stray::Missing(place.full_key()))
        }
        place => Ok(place),
    }
}

fn name(container: &Rc<Place<'_>>) -> String {
    let key = container.full_key();
    if key.is_empty() { "the configuration".to_owned() } else { format!("'{key}'") }
}
