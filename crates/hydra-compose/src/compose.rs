//! The whole way: search path, primary config and overrides to a [`Config`].

use crate::apply::apply_all;
use crate::config::Config;
use crate::defaults::{self, Choices, DefaultsList, EMPTY_CONFIG, Entry, MissingChoices, Sorted};
use crate::error::{Code, Error, Result};
use crate::hydra_node;
use crate::interpolation::{Environment, Resolvers, Session};
use crate::merge::merge;
use crate::overrides::{self, Override, ValueType};
use crate::source::{ConfigFile, Library, Place, Provider, SearchPath};
use crate::tree::{Map, Node, Origin, Value};
use std::path::PathBuf;
use std::rc::Rc;

/// Composes a configuration.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
/// let error = hydra_compose::Composer::new(folder.path()).overrides(["sed=1"]).compose().unwrap_err();
/// assert_eq!(error.code().as_str(), "unknown-key");
/// assert!(error.help_text().unwrap().starts_with("did you mean seed?"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Composer {
    search_path: SearchPath,
    config_name: Option<String>,
    overrides: Vec<String>,
    job_name: String,
    cwd: PathBuf,
    mode: RunMode,
    resolvers: Rc<Resolvers>,
    environment: Rc<Environment<'static>>,
}

/// What the composition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// One job: sweeps are refused.
    Run,
    /// What a sweep starts from: swept overrides are left out, and choices may be missing.
    Multirun,
}

/// The files of a composition, and what is left to be done with the overrides.
struct Chosen {
    defaults: DefaultsList,
    choices: Choices,
    values: Vec<Override>,
}

impl Composer {
    /// Composes from the folder `conf`, with the primary config `config`.
    pub fn new(conf: impl Into<PathBuf>) -> Self {
        Self {
            search_path: SearchPath::new(conf),
            config_name: Some("config".into()),
            overrides: Vec::new(),
            job_name: "app".into(),
            cwd: PathBuf::from("."),
            mode: RunMode::Run,
            resolvers: Rc::new(Resolvers::standard()),
            environment: Rc::new(|name| std::env::var(name).ok()),
        }
    }

    /// With this primary config, named without `.yaml`.
    #[must_use]
    pub fn config_name(mut self, name: impl Into<String>) -> Self {
        self.config_name = Some(name.into());
        self
    }

    /// Without a primary config: Hydra's own configuration and what overrides add.
    #[must_use]
    pub fn without_config_name(mut self) -> Self {
        self.config_name = None;
        self
    }

    /// With another folder to look in after the main one (`--config-dir`).
    #[must_use]
    pub fn config_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.search_path.push(Provider::new("command-line", Place::Folder(folder.into())));
        self
    }

    /// With these overrides, as they would stand on the command line.
    #[must_use]
    pub fn overrides<S: Into<String>>(mut self, overrides: impl IntoIterator<Item = S>) -> Self {
        self.overrides.extend(overrides.into_iter().map(Into::into));
        self
    }

    /// With this default for `hydra.job.name`: the program's name.
    #[must_use]
    pub fn job_name(mut self, name: impl Into<String>) -> Self {
        self.job_name = name.into();
        self
    }

    /// With this value of `hydra.runtime.cwd`.
    #[must_use]
    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = cwd.into();
        self
    }

    /// For one job, or as the start of a sweep.
    #[must_use]
    pub fn mode(mut self, mode: RunMode) -> Self {
        self.mode = mode;
        self
    }

    /// With resolvers of one's own beside Hydra's.
    #[must_use]
    pub fn resolvers(mut self, resolvers: Resolvers) -> Self {
        self.resolvers = Rc::new(resolvers);
        self
    }

    /// With another environment than the process's for `hydra.job.env_copy`.
    #[must_use]
    pub fn environment(mut self, environment: impl Fn(&str) -> Option<String> + 'static) -> Self {
        self.environment = Rc::new(environment);
        self
    }

    pub(crate) fn override_texts(&self) -> &[String] {
        &self.overrides
    }

    pub(crate) fn without_overrides(mut self) -> Self {
        self.overrides.clear();
        self
    }

    /// Composes.
    ///
    /// # Errors
    /// An override that does not parse, a file that is missing or does not load, a defaults list that does not fit
    /// together, an override that cannot be applied. Independent ones are reported together.
    pub fn compose(self) -> Result<Config> {
        let (library, overrides) = self.open()?;
        self.compose_from(&library, overrides)
    }

    /// The overrides, parsed, and the library that they and the primary config ask for.
    pub(crate) fn open(&self) -> Result<(Library, Vec<Override>)> {
        let overrides = parse_all(&self.overrides, self.mode)?;
        self.ensure_available()?;
        Ok((self.library(&overrides)?, overrides))
    }

    /// The files that a composition would merge, and how that came about. Overrides of values are parsed, not applied,
    /// and sweeps are left out whatever the mode.
    ///
    /// # Errors
    /// An override that does not parse, a file that is missing or does not load, a defaults list that does not fit
    /// together.
    pub fn defaults(&self) -> Result<DefaultsList> {
        let overrides = parsed(&self.overrides)?;
        self.ensure_available()?;
        let library = self.library(&overrides)?;
        Ok(self.choose(&library, &overrides)?.defaults)
    }

    /// Where a composition would look for files, with the places that `hydra.searchpath` adds. Whether they exist is not
    /// asked.
    ///
    /// # Errors
    /// An override that does not parse, a primary config that does not load.
    pub fn sources(&self) -> Result<SearchPath> {
        let overrides = parsed(&self.overrides)?;
        Ok(self.library(&overrides)?.search_path().clone())
    }

    fn choose(&self, library: &Library, overrides: &[Override]) -> Result<Chosen> {
        let Sorted { mut choices, values } = Choices::sort(library, overrides)?;
        let missing = match self.mode {
            RunMode::Run => MissingChoices::Refused,
            RunMode::Multirun => MissingChoices::LeftOut,
        };
        let name = self.config_name.as_deref().unwrap_or(EMPTY_CONFIG);
        let trees = defaults::build(library, name, &mut choices, missing, &self.resolvers)?;
        let defaults = DefaultsList::new(trees)?;
        Ok(Chosen { defaults, choices, values })
    }

    fn ensure_available(&self) -> Result<()> {
        match self.search_path.providers().iter().find(|provider| !provider.is_available()) {
            Some(provider) => Err(unavailable(provider)),
            None => Ok(()),
        }
    }

    /// Composes from a library that other compositions may have read from. Jobs of one sweep share theirs: they are
    /// composed from the same texts, and no file is read twice.
    pub(crate) fn compose_from(&self, library: &Library, overrides: Vec<Override>) -> Result<Config> {
        let Chosen { defaults, choices, values } = self.choose(library, &overrides)?;
        let mut root = merge_files(library, &defaults, &self.resolvers)?;
        apply_all(&mut root, &values, &self.resolvers)?;
        let facts = hydra_node::Facts {
            job_name: &self.job_name,
            config_name: self.config_name.as_deref(),
            cwd: &self.cwd,
            overrides: &overrides,
            choices: &choices,
            search_path: library.search_path(),
        };
        let outside = hydra_node::Outside { resolvers: &self.resolvers, environment: &*self.environment };
        hydra_node::fill(&mut root, &facts, &outside)?;
        Ok(Config::new(root, defaults, overrides, library.search_path().clone(), Rc::clone(&self.resolvers)))
    }

    /// The library of the search path, with the places that `hydra.searchpath` adds.
    pub(crate) fn library(&self, overrides: &[Override]) -> Result<Library> {
        let mut library = Library::new(self.search_path.clone());
        let primary = match &self.config_name {
            Some(name) => library.load(name)?,
            None => None,
        };
        if let (Some(file), Some(name)) = (&primary, &self.config_name)
            && file.body.as_map().is_none()
        {
            let message =
                format!("primary config '{name}' must be a mapping, and is {}", file.body.value.kind());
            return Err(Error::new(Code::Merge, message).label(&file.body.origin, ""));
        }
        let from_command_line = overrides.iter().find(|over| over.key_element() == "hydra.searchpath");
        let (who, node) = match from_command_line {
            Some(over) => ("hydra.searchpath in command-line", Some(over.value_node()?)),
            None => {
                let select = |file: &ConfigFile| {
                    Session::new(&file.body, &self.resolvers).select_all("hydra.searchpath")
                };
                ("hydra.searchpath in main", primary.as_deref().map_or(Ok(None), select)?)
            }
        };
        for folder in node.map_or(Ok(Vec::new()), |node| search_path_entries(&node))? {
            library.push(Provider::new(who, place(&folder)));
        }
        Ok(library)
    }
}

/// Parses overrides, and refuses those sweeps that the mode has no place for.
pub(crate) fn parse_all(texts: &[String], mode: RunMode) -> Result<Vec<Override>> {
    let parsed = parsed(texts)?;
    let refused = match mode {
        RunMode::Run => refused_in_a_run(&parsed),
        RunMode::Multirun => refused_in_a_sweep(&parsed),
    };
    Error::several(refused).map_or(Ok(parsed), Err)
}

fn parsed(texts: &[String]) -> Result<Vec<Override>> {
    let (mut parsed, mut errors) = (Vec::new(), Vec::new());
    for (index, text) in texts.iter().enumerate() {
        match overrides::parse(text, index) {
            Ok(over) => parsed.push(over),
            Err(error) => errors.push(error),
        }
    }
    Error::several(errors).map_or(Ok(parsed), Err)
}

/// One job has one value for each key.
fn refused_in_a_run(overrides: &[Override]) -> Vec<Error> {
    let refused = overrides.iter().filter(|over| over.is_sweep()).map(|over| {
        let (text, key) = (&over.argument.text, &over.key);
        if over.value_type() == Some(ValueType::SimpleChoiceSweep) {
            let values = text.split_once('=').map_or("", |(_, values)| values);
            Error::new(Code::OverrideInvalid, format!("Ambiguous value for argument '{text}'"))
                .label(&over.origin(), "several values")
                .help(format!("for a list: '{key}=[{values}]'; for a string: '{key}=\"{values}\"'; to sweep over it: --multirun"))
        } else {
            Error::new(Code::OverrideInvalid, format!("Sweep parameters '{text}' requires --multirun"))
                .label(&over.origin(), "a sweep")
                .help("add --multirun to the command line")
        }
    });
    refused.collect()
}

/// Hydra's own configuration is that of the whole sweep.
fn refused_in_a_sweep(overrides: &[Override]) -> Vec<Error> {
    let refused = overrides.iter().filter(|over| over.is_sweep() && over.is_hydra()).map(|over| {
        let message =
            format!("Sweeping over Hydra's configuration is not supported : '{}'", over.argument.text);
        Error::new(Code::OverrideInvalid, message)
            .label(&over.origin(), "several values")
            .help(format!("give '{}' one value, which holds for the whole sweep", over.key))
    });
    refused.collect()
}

/// Files in the order of the defaults list, each at its package.
fn merge_files(library: &Library, defaults: &DefaultsList, resolvers: &Resolvers) -> Result<Node> {
    let mut root = Node::new(Value::Map(Map::new()), Origin::Builtin("the configuration"));
    let mut is_typed = false;
    for entry in &defaults.entries {
        let Some(file) = library.load(&entry.config_path)? else { continue };
        let content = embedded(file.body.clone(), &entry.package);
        if !entry.primary && entry.config_path != "hydra/config" && sets_search_path(&content) {
            let message = format!(
                "In '{}': Overriding hydra.searchpath is only supported from the primary config",
                entry.config_path
            );
            return Err(Error::new(Code::DefaultsList, message).label(&file.body.origin, ""));
        }
        if content.as_map().is_none() {
            let message = format!(
                "In '{}': {} cannot stand at the top of a configuration",
                entry.config_path,
                content.value.kind()
            );
            return Err(Error::new(Code::Merge, message)
                .label(&content.origin, "")
                .help(format!("give it a package: '{}@some.package'", item_of(entry))));
        }
        // Hydra's own files before `hydra/config` may set what they like; from then on the node has its types.
        if is_typed {
            hydra_node::refuse_unknown(&root, &content).map_err(|error| in_file(entry, error))?;
        }
        is_typed |= entry.config_path == "hydra/config";
        let sets_hydra = content.get("hydra").is_some();
        merge(&mut root, content, resolvers).map_err(|error| in_file(entry, error))?;
        if is_typed && sets_hydra {
            hydra_node::conform(&mut root).map_err(|error| in_file(entry, error))?;
        }
    }
    Ok(root)
}

fn item_of(entry: &Entry) -> &str {
    entry.override_key.as_deref().unwrap_or(&entry.config_path)
}

fn in_file(entry: &Entry, error: Error) -> Error {
    if let Some(several) =
        Error::several(error.related().iter().map(|error| in_file(entry, error.clone())).collect())
    {
        return several;
    }
    let mut named = Error::new(error.code(), format!("In '{}': {}", entry.config_path, error.message()));
    for label in error.labels() {
        named = named.label(&label.origin, label.text.clone());
    }
    named.maybe_help(error.help_text().map(str::to_owned))
}

/// Content under the mappings that a dotted package names.
fn embedded(content: Node, package: &str) -> Node {
    // `a[b]` is another spelling of `a.b`.
    let parts: Vec<&str> = package.split(['.', '[', ']']).filter(|part| !part.is_empty()).collect();
    parts.into_iter().rev().fold(content, |inner, part| {
        let origin = inner.origin.clone();
        let mut map = Map::new();
        map.insert(part.into(), origin.clone(), inner);
        Node::new(Value::Map(map), origin)
    })
}

fn sets_search_path(content: &Node) -> bool {
    content.get("hydra.searchpath").is_some_and(|node| node.value != Value::Null)
}

fn search_path_entries(node: &Node) -> Result<Vec<String>> {
    let wrong = || {
        let shown = crate::interpolation::python_str(&node.value);
        Error::new(Code::InvalidValue, format!("hydra.searchpath must be a list of strings. Got: {shown}"))
            .label(&node.origin, "")
    };
    match &node.value {
        Value::Null => Ok(Vec::new()),
        Value::List(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

/// A path without scheme, or with `file://`, is a folder.
fn place(path: &str) -> Place {
    match path.split_once("://") {
        Some(("pkg", "hydra.conf")) => Place::Builtin,
        Some(("structured", _)) => Place::Structured,
        Some(("file", folder)) => Place::Folder(folder.into()),
        _ => Place::Folder(path.into()),
    }
}

fn unavailable(provider: &Provider) -> Error {
    let Place::Folder(folder) = &provider.place else {
        return Error::new(Code::MissingConfig, format!("{provider} is not available"));
    };
    let folder = folder.display();
    if provider.name == "main" {
        Error::new(Code::MissingConfig, format!("Primary config directory not found: '{folder}'"))
            .help("name the folder of the configuration with --config-path")
    } else {
        Error::new(Code::MissingConfig, format!("Additional config directory '{folder}' not found"))
    }
}
