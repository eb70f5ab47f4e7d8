//! The registry of resolvers: what `name` in `${name:arguments}` may be.

use super::builtin;
use super::item::Item;
use super::place::Place;
use super::select::Missing;
use super::session::Session;
use crate::error::{Code, Error, Result};
use crate::near;
use crate::tree::Value;
use indexmap::IndexMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

/// The resolvers that interpolations may call, each declared once with its documentation.
///
/// ```
/// use hydra_compose::interpolation::{Caching, Description, Resolvers, Session};
/// use hydra_compose::tree::{Map, Node, Origin, Value};
/// use hydra_compose::{Code, Error};
///
/// let mut resolvers = Resolvers::standard();
/// let about = Description { name: "twice".into(), arguments: "NUMBER".into(), doc: "Two times a number.".into() };
/// resolvers.register(about, Caching::Never, |arguments, _call| match arguments {
///     [Value::Float(number)] => Ok(Value::Float(2.0 * number)),
///     _ => Err(Error::new(Code::Interpolation, "twice takes one float")),
/// })?;
///
/// let root = Node::new(Value::Map(Map::new()), Origin::Builtin("an example"));
/// let session = Session::new(&root, &resolvers);
/// let node = session.interpolate("${twice:1.5}", Origin::Builtin("an example"))?;
/// assert_eq!(node.value, Value::Float(3.0));
/// # Ok::<(), Error>(())
/// ```
pub struct Resolvers {
    entries: IndexMap<String, Entry>,
}

/// What a resolver is for, as the reference prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name, possibly with dots: `oc.env`.
    pub name: String,
    /// Its arguments as a usage line has them: `NAME[,DEFAULT]`.
    pub arguments: String,
    /// What it does.
    pub doc: String,
}

/// Whether a resolver is called once for the same arguments or each time a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Called for every node that uses it.
    Never,
    /// Called once a session for the same arguments *as written*: `${f:${x}}` is called once, whatever `x` is.
    PerArguments,
}

struct Entry {
    about: Description,
    caching: Caching,
    run: Run,
}

enum Run {
    Builtin { run: Builtin, arity: RangeInclusive<usize> },
    User(Box<User>),
}

pub(super) type Builtin = for<'s, 't> fn(&[Item<'t>], &Call<'s, 't>) -> Result<Item<'t>>;
type User = dyn Fn(&[Value], &Call<'_, '_>) -> Result<Value> + Send + Sync;

impl Resolvers {
    /// A registry with nothing in it.
    pub fn empty() -> Self {
        Self { entries: IndexMap::new() }
    }

    /// OmegaConf's resolvers (`oc.env`, `oc.select`, …) and Hydra's (`now`, `hydra`, `python_version`).
    pub fn standard() -> Self {
        let mut resolvers = Self::empty();
        for builtin in builtin::STANDARD {
            let about = Description {
                name: builtin.name.to_owned(),
                arguments: builtin.arguments.to_owned(),
                doc: builtin.doc.to_owned(),
            };
            let run = Run::Builtin { run: builtin.run, arity: builtin.arity.clone() };
            resolvers.entries.insert(about.name.clone(), Entry { about, caching: builtin.caching, run });
        }
        resolvers
    }

    /// Adds a resolver. Its arguments arrive resolved in depth; what it returns is taken as it is,
    /// so an interpolation in it stays text.
    ///
    /// # Errors
    /// [`Code::Interpolation`] if the name is empty or taken.
    pub fn register(
        &mut self,
        about: Description,
        caching: Caching,
        resolver: impl Fn(&[Value], &Call<'_, '_>) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<()> {
        if about.name.is_empty() {
            return Err(Error::new(Code::Interpolation, "cannot use an empty resolver name"));
        }
        if self.entries.contains_key(&about.name) {
            return Err(Error::new(
                Code::Interpolation,
                format!("resolver '{}' is already registered", about.name),
            ));
        }
        self.entries.insert(about.name.clone(), Entry { about, caching, run: Run::User(Box::new(resolver)) });
        Ok(())
    }

    /// What each resolver is for, in the order of registration.
    pub fn descriptions(&self) -> impl Iterator<Item = &Description> {
        self.entries.values().map(|entry| &entry.about)
    }
}

/// One use of a resolver: where it stands, and what it may ask.
pub struct Call<'s, 't> {
    pub(super) session: &'s Session<'t>,
    /// The node with the interpolation.
    pub(super) place: &'s Rc<Place<'t>>,
    /// What holds that node; relative keys count from here.
    pub(super) container: Rc<Place<'t>>,
    /// Whether spans count in the node's own text, which `oc.decode`'s do not.
    pub(super) own_text: bool,
}

impl Call<'_, '_> {
    /// The name of the node that holds the interpolation: `train.schedule[0]`.
    pub fn full_key(&self) -> String {
        self.place.full_key()
    }

    /// The value under a key, resolved in depth; the key counts from the root or, with a leading dot, from the
    /// container of the node that holds the interpolation. `None` if there is nothing, or `???`.
    ///
    /// # Errors
    /// [`Code::Interpolation`] or [`Code::MissingValue`] if an interpolation on the way fails.
    pub fn select(&self, key: &str) -> Result<Option<Value>> {
        match self.session.seek(&self.container, key, Missing::Allow)? {
            Some(found) if found.item.as_str() != Some("???") => {
                self.session.value_of(&found.item, self).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// An environment variable, as the session sees it.
    pub fn environment(&self, name: &str) -> Option<String> {
        self.session.environment(name)
    }

    /// The session's time, the same for every call.
    pub fn now(&self) -> &jiff::Zoned {
        self.session.time()
    }
}

impl<'t> Session<'t> {
    /// Calls the resolver `name`. `written` are its arguments as text.
    pub(super) fn call_resolver(
        &self,
        name: &str,
        arguments: &[Item<'t>],
        written: impl FnOnce() -> Vec<String>,
        call: &Call<'_, 't>,
    ) -> Result<Item<'t>> {
        let entries = &self.resolvers().entries;
        let Some(entry) = entries.get(name) else {
            let names: Vec<&str> = entries.keys().map(String::as_str).collect();
            let help = match near::among(name, &names) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("known are: {}", names.join(", ")),
            };
            return Err(
                Error::new(Code::Interpolation, format!("Unsupported interpolation type {name}")).help(help)
            );
        };
        let key = (entry.caching == Caching::PerArguments).then(|| (name.to_owned(), written()));
        if let Some(key) = &key
            && let Some(item) = self.cached(key)
        {
            return Ok(item);
        }
        let item = match &entry.run {
            Run::Builtin { run, arity } => {
                if !arity.contains(&arguments.len()) {
                    return Err(wrong_arity(entry, arguments.len()));
                }
                run(arguments, call)?
            }
            Run::User(run) => {
                let values: Vec<Value> =
                    arguments.iter().map(|item| self.value_of(item, call)).collect::<Result<_>>()?;
                Item::from_value(run(&values, call)?)
            }
        };
        if let Some(key) = key {
            self.cache(key, &item);
        }
        Ok(item)
    }
}

fn wrong_arity(entry: &Entry, count: usize) -> Error {
    let Description { name, arguments, .. } = &entry.about;
    let given = if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") };
    Error::new(Code::Interpolation, format!("{name} cannot take {given}"))
        .help(format!("write ${{{name}:{arguments}}}"))
}
