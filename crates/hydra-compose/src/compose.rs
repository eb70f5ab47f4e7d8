//! The whole way: search path, primary config and overrides to a [`Config`].

use crate::apply::apply_all;
use crate::arguments::Arguments;
use crate::config::Config;
use crate::defaults::{self, Choices, DefaultsList, EMPTY_CONFIG, MissingChoices, Sorted};
use crate::elsewhere;
use crate::error::{Code, Error, Result};
use crate::files::merge_files;
use crate::hydra_node;
use crate::interpolation::{Environment, Resolvers, Session};
use crate::overrides::Override;
use crate::source::{ConfigFile, Library, Place, Provider, SearchPath};
use crate::tree::{Node, Value};
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
pub(crate) struct Chosen {
    pub(crate) defaults: DefaultsList,
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
        let (library, arguments) = self.open()?;
        self.compose_from(&library, arguments)
    }

    /// The arguments, parsed, and the library that they and the primary config ask for.
    pub(crate) fn open(&self) -> Result<(Library, Arguments)> {
        let arguments = Arguments::parse_for(&self.overrides, self.mode)?;
        self.ensure_available()?;
        Ok((self.library(&arguments.overrides)?, arguments))
    }

    /// The files that a composition would merge, and how that came about. Overrides of values are parsed, not applied,
    /// and sweeps are left out whatever the mode.
    ///
    /// # Errors
    /// An override that does not parse, a file that is missing or does not load, a defaults list that does not fit
    /// together.
    pub fn defaults(&self) -> Result<DefaultsList> {
        let Arguments { overrides, .. } = Arguments::parse(&self.overrides)?;
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
        let Arguments { overrides, .. } = Arguments::parse(&self.overrides)?;
        Ok(self.library(&overrides)?.search_path().clone())
    }

    /// Which files a composition merges: its first half.
    pub(crate) fn choose(&self, library: &Library, overrides: &[Override]) -> Result<Chosen> {
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
    pub(crate) fn compose_from(&self, library: &Library, arguments: Arguments) -> Result<Config> {
        let chosen = self.choose(library, &arguments.overrides)?;
        self.compose_chosen(library, arguments, chosen)
    }

    /// Composes from the files that [`choose`](Self::choose) has found for the same arguments.
    pub(crate) fn compose_chosen(
        &self,
        library: &Library,
        arguments: Arguments,
        chosen: Chosen,
    ) -> Result<Config> {
        let Chosen { defaults, choices, values } = chosen;
        let mut root = merge_files(library, &defaults, &self.resolvers)?;
        apply_all(&mut root, &values, &self.resolvers)
            .map_err(|error| elsewhere::explain(error, library, &defaults, &values))?;
        let facts = hydra_node::Facts {
            job_name: &self.job_name,
            config_name: self.config_name.as_deref(),
            cwd: &self.cwd,
            arguments: &arguments,
            choices: &choices,
            search_path: library.search_path(),
        };
        let outside = hydra_node::Outside { resolvers: &self.resolvers, environment: &*self.environment };
        hydra_node::fill(&mut root, &facts, &outside)?;
        Ok(Config::new(
            root,
            defaults,
            arguments.overrides,
            library.search_path().clone(),
            Rc::clone(&self.resolvers),
        ))
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
        let Some(node) = node else { return Ok(library) };
        for folder in search_path_entries(&node)? {
            if let Some((scheme, _)) = folder.split_once("://")
                && !SCHEMES.contains(&scheme)
            {
                let message = format!("hydra.searchpath: nothing is registered for the scheme '{scheme}'");
                return Err(Error::new(Code::InvalidValue, message)
                    .label(&node.origin, "")
                    .help(format!("there are: {}; without one it is a folder", SCHEMES.join(", "))));
            }
            library.push(Provider::new(who, Place::at(&folder)));
        }
        Ok(library)
    }
}

/// What may stand before `://` in `hydra.searchpath`.
const SCHEMES: [&str; 3] = ["file", "pkg", "structured"];

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
