//! The questions one asks of a tree with interpolations.

use super::item::Item;
use super::names::Names;
use super::place::Place;
use super::resolvers::Resolvers;
use super::select::{Found, Missing};
use crate::error::Result;
use crate::tree::{Key, Node, Origin, Value};
use jiff::Zoned;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// One tree, read with its interpolations resolved.
///
/// What it has resolved it remembers, so all of a session's answers agree, and the time is the same in all of them.
pub struct Session<'t> {
    root: Rc<Place<'t>>,
    hydra: Option<Rc<Place<'t>>>,
    resolvers: &'t Resolvers,
    environment: Option<&'t Environment<'t>>,
    now: OnceCell<Zoned>,
    python_version: Option<[u32; 3]>,
    pub(super) known: RefCell<HashMap<*const Node, Item<'t>>>,
    cache: RefCell<HashMap<(String, Vec<String>), Item<'t>>>,
    pub(super) under_way: RefCell<Vec<Rc<Place<'t>>>>,
    pub(super) depth: Cell<usize>,
    pub(super) copied: Cell<usize>,
    warnings: RefCell<Vec<Warning>>,
    names: OnceCell<Names>,
}

/// What reads an environment variable, as `&|name| std::env::var(name).ok()` does.
pub type Environment<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// Something that works and should be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What it is.
    pub message: String,
    /// Where it stands.
    pub origin: Origin,
}

/// What becomes of an interpolation that leads to `???`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToMissing {
    /// An error, as with `OmegaConf.to_container(resolve=True)`.
    Refuse,
    /// It is `???` itself, as with `OmegaConf.resolve`.
    Keep,
}

impl<'t> Session<'t> {
    /// A session on the tree `root`, with the process's environment and the time of its first use.
    pub fn new(root: &'t Node, resolvers: &'t Resolvers) -> Self {
        Self {
            root: Place::root(root),
            hydra: None,
            resolvers,
            environment: None,
            now: OnceCell::new(),
            python_version: None,
            known: RefCell::default(),
            cache: RefCell::default(),
            under_way: RefCell::default(),
            depth: Cell::new(0),
            copied: Cell::new(0),
            warnings: RefCell::default(),
            names: OnceCell::new(),
        }
    }

    /// With the configuration whose `hydra` key `${hydra:…}` reads. The tree itself need not have one any more.
    #[must_use]
    pub fn with_hydra(mut self, config: &'t Node) -> Self {
        self.hydra = Place::root(config).under_key(&Key::from("hydra"));
        self
    }

    /// With the time that `${now:…}` tells.
    #[must_use]
    pub fn with_time(mut self, now: Zoned) -> Self {
        self.now = OnceCell::from(now);
        self
    }

    /// With another environment for `${oc.env:…}` than the process's.
    #[must_use]
    pub fn with_environment(mut self, environment: &'t Environment<'t>) -> Self {
        self.environment = Some(environment);
        self
    }

    /// With a version for `${python_version:…}` to tell: major, minor, micro.
    #[must_use]
    pub fn with_python_version(mut self, version: [u32; 3]) -> Self {
        self.python_version = Some(version);
        self
    }

    /// The node under a dotted key (`a.b[0].c`; `""` is the tree), followed if it is an interpolation; what is *in* it
    /// is left as it is. `None` if there is nothing, or `???`. As `OmegaConf.select`.
    ///
    /// # Errors
    /// [`Code::Interpolation`](crate::Code::Interpolation) or [`Code::MissingValue`](crate::Code::MissingValue) if an interpolation on the way fails.
    pub fn select(&self, key: &str) -> Result<Option<Node>> {
        let Some(found) = self.below_root(key)? else {
            return Ok(None);
        };
        Ok(Some(self.shallow(&found.place, &found.item)?).filter(|node| !node.is_missing()))
    }

    /// As [`select`](Self::select), with everything in it resolved too.
    ///
    /// # Errors
    /// As [`resolve_all`](Self::resolve_all), for this part of the tree.
    pub fn select_all(&self, key: &str) -> Result<Option<Node>> {
        let Some(found) = self.below_root(key)? else {
            return Ok(None);
        };
        Ok(Some(self.in_depth(&found.place, ToMissing::Refuse)?).filter(|node| !node.is_missing()))
    }

    fn below_root(&self, key: &str) -> Result<Option<Found<'t>>> {
        self.copied.set(0);
        let key = if key.starts_with('.') { key.to_owned() } else { format!(".{key}") };
        self.seek(&self.root, &key, Missing::Allow)
    }

    /// The node at a path of keys, followed if it is an interpolation; what is in it is left as it is.
    /// Unlike a dotted key this reaches keys of every kind. `None` if there is nothing.
    ///
    /// # Errors
    /// [`Code::Interpolation`](crate::Code::Interpolation) or [`Code::MissingValue`](crate::Code::MissingValue) if an interpolation on the way fails.
    pub fn at(&self, path: &[Key]) -> Result<Option<Node>> {
        self.copied.set(0);
        let Some(place) = self.walk(path)? else {
            return Ok(None);
        };
        let item = self.resolve(&place)?;
        self.shallow(&place, &item).map(Some)
    }

    /// The value of a text as if it stood at the top of the tree.
    ///
    /// # Errors
    /// [`Code::Interpolation`](crate::Code::Interpolation) or [`Code::MissingValue`](crate::Code::MissingValue) if it fails.
    pub fn interpolate(&self, text: &str, origin: Origin) -> Result<Node> {
        self.copied.set(0);
        let place = Place::made(Node::new(Value::Str(text.to_owned()), origin), &self.root);
        let item = self.resolve(&place)?;
        self.shallow(&place, &item)
    }

    /// The whole tree without interpolations. A resolved node keeps the origin of its interpolation and remembers it
    /// as what it [`replaced`](Node::replaced). Plain `???` stays.
    ///
    /// Text that escaped an interpolation (`\${x}`) is `${x}` afterwards: the result is not to be resolved again.
    ///
    /// # Errors
    /// [`Code::Interpolation`](crate::Code::Interpolation) and [`Code::MissingValue`](crate::Code::MissingValue), all of them under [`Code::Several`](crate::Code::Several) if there are more.
    pub fn resolve_all(&self) -> Result<Node> {
        self.resolve_all_with(ToMissing::Refuse)
    }

    /// As [`resolve_all`](Self::resolve_all), with a say in what becomes of interpolations to `???`.
    ///
    /// # Errors
    /// As [`resolve_all`](Self::resolve_all).
    pub fn resolve_all_with(&self, to_missing: ToMissing) -> Result<Node> {
        self.copied.set(0);
        self.in_depth(&self.root, to_missing)
    }

    /// What should be changed, as far as it was read. Each is told once.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.borrow().clone()
    }

    pub(super) fn root(&self) -> &Rc<Place<'t>> {
        &self.root
    }

    pub(super) fn hydra_node(&self) -> Option<&Rc<Place<'t>>> {
        self.hydra.as_ref()
    }

    pub(super) fn resolvers(&self) -> &'t Resolvers {
        self.resolvers
    }

    pub(super) fn environment(&self, name: &str) -> Option<String> {
        match self.environment {
            Some(environment) => environment(name),
            None => std::env::var(name).ok(),
        }
    }

    pub(super) fn time(&self) -> &Zoned {
        self.now.get_or_init(Zoned::now)
    }

    pub(super) fn python_version(&self) -> Option<[u32; 3]> {
        self.python_version
    }

    /// Where the keys of the tree are. Only errors ask for it.
    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(self.root.node()))
    }

    pub(super) fn warn(&self, message: String, node: &Node) {
        let warning = Warning { message, origin: node.origin.clone() };
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    pub(super) fn cached(&self, key: &(String, Vec<String>)) -> Option<Item<'t>> {
        self.cache.borrow().get(key).cloned()
    }

    pub(super) fn cache(&self, key: (String, Vec<String>), item: &Item<'t>) {
        self.cache.borrow_mut().insert(key, item.clone());
    }
}
