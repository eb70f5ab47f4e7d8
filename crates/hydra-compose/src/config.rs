//! A composed configuration.

use crate::defaults::DefaultsList;
use crate::error::{Code, Error, Result};
use crate::interpolation::{Resolvers, Session, ToMissing};
use crate::overrides::Override;
use crate::source::SearchPath;
use crate::tree::Node;
use crate::{hydra_node, typed, yaml};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::Path;
use std::rc::Rc;

/// A composed configuration: the tree, and how it came about.
///
/// Interpolations stay as they are written until they are asked for.
#[derive(Clone)]
pub struct Config {
    root: Node,
    job: Node,
    defaults: DefaultsList,
    overrides: Vec<Override>,
    search_path: SearchPath,
    resolvers: Rc<Resolvers>,
    now: jiff::Zoned,
}

impl Config {
    pub(crate) fn new(
        root: Node,
        defaults: DefaultsList,
        overrides: Vec<Override>,
        search_path: SearchPath,
        resolvers: Rc<Resolvers>,
    ) -> Self {
        let mut job = root.clone();
        if let Some(map) = job.as_map_mut() {
            map.remove("hydra");
        }
        // One time for the whole configuration: `${now:…}` says the same wherever it stands.
        Self { root, job, defaults, overrides, search_path, resolvers, now: jiff::Zoned::now() }
    }

    /// The whole tree, with the node `hydra`.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// What the application sees: everything but the node `hydra`.
    pub fn job(&self) -> &Node {
        &self.job
    }

    /// The files it was merged from.
    pub fn defaults(&self) -> &DefaultsList {
        &self.defaults
    }

    /// The overrides it was composed with.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// Where its files were looked for.
    pub fn search_path(&self) -> &SearchPath {
        &self.search_path
    }

    /// The application's configuration as Hydra prints it (`--cfg job`), interpolations as written.
    pub fn to_yaml(&self) -> String {
        yaml::dump(&self.job)
    }

    /// The application's configuration with every interpolation resolved; what is `???` stays so.
    ///
    /// # Errors
    /// An interpolation leads nowhere, or its resolver fails.
    pub fn resolve(&self) -> Result<Node> {
        self.resolve_node(&self.job)
    }

    /// A part of this configuration, cut out, with every interpolation in it resolved.
    ///
    /// # Errors
    /// As [`Config::resolve`].
    pub fn resolve_node(&self, tree: &Node) -> Result<Node> {
        let mut resolved = self.session(tree).resolve_all_with(ToMissing::Keep)?;
        // What an interpolation gives the node `hydra` is converted as if it had been written there.
        hydra_node::conform(&mut resolved)?;
        Ok(resolved)
    }

    /// With `hydra.runtime.output_dir`, which is known once a run directory is.
    #[must_use]
    pub fn with_output_dir(mut self, folder: &Path) -> Self {
        hydra_node::set_output_dir(&mut self.root, folder);
        self
    }

    /// The value at a dotted key as a Rust type. Keys under `hydra.` are found too.
    ///
    /// # Errors
    /// There is nothing, it is `???`, or it is of another type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        let missing = || Error::new(Code::UnknownKey, format!("'{key}' is not set"));
        let node = self.session(&self.root).select_all(key)?.ok_or_else(missing)?;
        typed::deserialize(&node, key)
    }

    /// The application's resolved configuration as a Rust type, without a schema: what the type's `Deserialize` says.
    ///
    /// # Errors
    /// The first value that does not fit, with its place.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        typed::deserialize(&self.resolve()?, "")
    }

    /// The resolved configuration as a Rust type that is its schema too.
    ///
    /// # Errors
    /// Every key that is missing, unknown, of the wrong type or out of range, in one error.
    pub fn validate<T: DeserializeOwned + JsonSchema>(&self) -> Result<T> {
        typed::validate(&self.resolve()?)
    }

    /// The node at a dotted key of `tree`, a part of this configuration; an interpolation is followed, what is in the
    /// node is left as it is. `None` if there is nothing, or `???`.
    ///
    /// # Errors
    /// An interpolation on the way leads nowhere.
    pub fn select_in(&self, tree: &Node, key: &str) -> Result<Option<Node>> {
        self.session(tree).select(key)
    }

    /// The node at a dotted key, of Hydra's part too, with every interpolation in it resolved. `None` if there is nothing,
    /// or `???`.
    ///
    /// # Errors
    /// An interpolation leads nowhere.
    pub fn resolve_at(&self, key: &str) -> Result<Option<Node>> {
        self.session(&self.root).select_all(key)
    }

    pub(crate) fn resolvers(&self) -> Rc<Resolvers> {
        Rc::clone(&self.resolvers)
    }

    /// As a job of the sweep that `master` starts: with its number, and the time that the sweep started.
    pub(crate) fn into_job(mut self, num: usize, master: &Self) -> Self {
        hydra_node::set_job(&mut self.root, num);
        self.now = master.now.clone();
        self
    }

    /// What reads `tree`, a part of this configuration.
    pub(crate) fn session<'t>(&'t self, tree: &'t Node) -> Session<'t> {
        Session::new(tree, &self.resolvers).with_hydra(&self.root).with_time(self.now.clone())
    }
}

/// The configuration as YAML: a tree with all its origins would bury it.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({:?})", yaml::dump(&self.root))
    }
}
