//! The search path, and the library of files read through it.

use super::provider::Kind;
use super::{ConfigFile, Place, Provider, builtin};
use crate::error::Result;
use crate::tree::{Node, SourceFile};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// Where configurations are looked for, first match first.
///
/// ```
/// use hydra_compose::source::SearchPath;
/// let path = SearchPath::new("conf");
/// let names: Vec<_> = path.providers().iter().map(|provider| provider.name.as_str()).collect();
/// assert_eq!(names, ["hydra", "main", "schema"]);
/// ```
#[derive(Clone, Debug)]
pub struct SearchPath {
    providers: Vec<Provider>,
}

impl SearchPath {
    /// Hydra's own configuration, then the folder `main`, then the place of schemas.
    pub fn new(main: impl Into<PathBuf>) -> Self {
        Self {
            providers: vec![
                Provider::new("hydra", Place::Builtin),
                Provider::new("main", Place::Folder(main.into())),
                Provider::new("schema", Place::Structured),
            ],
        }
    }

    /// Adds a place; the place of schemas stays last.
    pub fn push(&mut self, provider: Provider) {
        let last = self.providers.len().saturating_sub(1);
        self.providers.insert(last, provider);
    }

    /// The places in order.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// Names of the options of a group, sorted, from all places together; `""` is the top.
    pub fn options(&self, group: &str) -> Vec<String> {
        self.names(group, Kind::Config)
    }

    /// Names of the groups directly in a group, sorted, from all places together; `""` is the top.
    pub fn groups(&self, group: &str) -> Vec<String> {
        self.names(group, Kind::Group)
    }

    /// A configuration (named without `.yaml`) as it is written, from the first place that has it.
    ///
    /// ```
    /// # let conf = tempfile::tempdir()?;
    /// # std::fs::create_dir(conf.path().join("db"))?;
    /// # std::fs::write(conf.path().join("db/mysql.yaml"), "# A server of its own.\nport: 3306\n")?;
    /// use hydra_compose::source::SearchPath;
    /// let file = SearchPath::new(conf.path()).file("db/mysql")?.expect("there is one");
    /// assert!(file.text.starts_with("# A server of its own."));
    /// assert!(SearchPath::new(conf.path()).file("db/pg")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// It is there and cannot be read, or is not UTF-8.
    pub fn file(&self, config_path: &str) -> Result<Option<Arc<SourceFile>>> {
        for provider in &self.providers {
            if let Some(file) = provider.read(config_path)? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    fn names(&self, group: &str, kind: Kind) -> Vec<String> {
        let mut names = BTreeSet::new();
        for provider in &self.providers {
            provider.list(group, kind, &mut names);
        }
        names.into_iter().collect()
    }
}

/// The search path with what was read so far.
#[derive(Debug)]
pub(crate) struct Library {
    path: SearchPath,
    /// What could not be read is not read again either.
    files: RefCell<HashMap<String, Result<Option<Rc<ConfigFile>>>>>,
    /// Whether groups are there, and their options, as it was when that was asked for.
    groups: RefCell<HashMap<String, bool>>,
    options: RefCell<HashMap<String, Vec<String>>>,
}

impl Library {
    pub(crate) fn new(path: SearchPath) -> Self {
        Self { path, files: RefCell::default(), groups: RefCell::default(), options: RefCell::default() }
    }

    pub(crate) fn search_path(&self) -> &SearchPath {
        &self.path
    }

    /// More places to look in; what was read stays read.
    pub(crate) fn push(&mut self, provider: Provider) {
        self.path.push(provider);
        self.groups.get_mut().clear();
        self.options.get_mut().clear();
    }

    /// The configuration at `config_path` (no `.yaml`), from the first place that has it.
    pub(crate) fn load(&self, config_path: &str) -> Result<Option<Rc<ConfigFile>>> {
        if let Some(known) = self.files.borrow().get(config_path) {
            return known.clone();
        }
        let found = self.read(config_path);
        self.files.borrow_mut().insert(config_path.to_owned(), found.clone());
        found
    }

    fn read(&self, config_path: &str) -> Result<Option<Rc<ConfigFile>>> {
        let file = self.path.file(config_path)?;
        file.map(|file| Ok(Rc::new(ConfigFile::parse(config_path, &file)?))).transpose()
    }

    /// What Hydra has under the name of a file that was found elsewhere. Hydra merges the file onto it.
    pub(crate) fn schema(&self, config_path: &str, file: &ConfigFile) -> Result<Option<Node>> {
        let schema = Place::Structured;
        if !builtin::is_hydras_schema(config_path)
            || file.body.origin.path().is_some_and(|path| path.starts_with(schema.to_string()))
        {
            return Ok(None);
        }
        let text = Provider::new("schema", schema).read(config_path)?;
        text.map(|text| Ok(ConfigFile::parse(config_path, &text)?.body)).transpose()
    }

    pub(crate) fn config_exists(&self, config_path: &str) -> bool {
        self.path.providers.iter().any(|provider| provider.has(config_path, Kind::Config))
    }

    pub(crate) fn group_exists(&self, group: &str) -> bool {
        if let Some(known) = self.groups.borrow().get(group) {
            return *known;
        }
        let is_there = self.path.providers.iter().any(|provider| provider.has(group, Kind::Group));
        self.groups.borrow_mut().insert(group.to_owned(), is_there);
        is_there
    }

    /// Names of the options of a group, sorted, from all places together.
    pub(crate) fn options(&self, group: &str) -> Vec<String> {
        if let Some(known) = self.options.borrow().get(group) {
            return known.clone();
        }
        let options = self.path.options(group);
        self.options.borrow_mut().insert(group.to_owned(), options.clone());
        options
    }
}
