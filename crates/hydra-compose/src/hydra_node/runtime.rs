//! What Hydra itself writes into the node: what was asked for, and where things are.

use super::dirname;
use crate::arguments::Arguments;
use crate::config::Config;
use crate::defaults::Choices;
use crate::error::{Code, Error, Result};
use crate::interpolation::{Environment, Resolvers, Session};
use crate::overrides::Override;
use crate::source::{Place, Provider, SearchPath};
use crate::tree::{Map, Node, Origin, Value};
use std::path::{Component, Path, PathBuf};

/// The release of Hydra whose behaviour this is.
const HYDRA_VERSION: &str = "1.3.8";
/// Its `version_base`.
const VERSION_BASE: &str = "1.3";

/// What a composition knows about itself.
pub(crate) struct Facts<'a> {
    pub(crate) job_name: &'a str,
    pub(crate) config_name: Option<&'a str>,
    pub(crate) cwd: &'a Path,
    pub(crate) arguments: &'a Arguments,
    pub(crate) choices: &'a Choices,
    pub(crate) search_path: &'a SearchPath,
}

/// What settings of the node are read with.
pub(crate) struct Outside<'a> {
    pub(crate) resolvers: &'a Resolvers,
    pub(crate) environment: &'a Environment<'a>,
}

/// Fills in the node `hydra`.
///
/// # Errors
/// A setting that this reads cannot be read, or a variable of `hydra.job.env_copy` is not set.
pub(crate) fn fill(root: &mut Node, facts: &Facts<'_>, outside: &Outside<'_>) -> Result<()> {
    append(root, "hydra.overrides.hydra", facts.arguments.hydra())?;
    append(root, "hydra.overrides.task", facts.arguments.task())?;
    let mut known = facts.choices.known().peekable();
    if known.peek().is_some() {
        let choices = entered(root, "hydra.runtime.choices")?;
        for (key, option) in known {
            choices.insert(key.into(), here(), Node::new(option.map_or(Value::Null, text), here()));
        }
    }
    copy_environment(root, outside)?;
    set(root, "hydra.runtime.version", text(HYDRA_VERSION))?;
    set(root, "hydra.runtime.version_base", text(VERSION_BASE))?;
    set(root, "hydra.runtime.cwd", text(&facts.cwd.display().to_string()))?;
    set(root, "hydra.runtime.config_sources", sources(facts))?;
    if root.get("hydra.job.name").is_none_or(Node::is_missing) {
        set(root, "hydra.job.name", text(facts.job_name))?;
    }
    let task = facts.arguments.overrides.iter().filter(|over| !over.is_hydra());
    let dirname = override_dirname(root, outside, task)?;
    set(root, "hydra.job.override_dirname", text(&dirname))?;
    set(root, "hydra.job.config_name", facts.config_name.map_or(Value::Null, text))
}

/// `hydra.runtime.output_dir`, which the launch decides.
pub(crate) fn set_output_dir(root: &mut Node, folder: &Path) {
    set_if_mapping(root, "runtime", "output_dir", text(&folder.display().to_string()));
}

/// `hydra.job.id` and `hydra.job.num`, which a sweep counts.
pub(crate) fn set_job(root: &mut Node, num: usize) {
    set_if_mapping(root, "job", "id", text(&num.to_string()));
    set_if_mapping(root, "job", "num", Value::Int(num.into()));
}

/// What a run that repeats another does not take over from it: its number in a sweep, and where it was.
pub(crate) fn set_rerun(root: &mut Node, base: &Config) {
    for (part, key) in [("job", "id"), ("job", "num"), ("runtime", "cwd"), ("runtime", "output_dir")] {
        let now = base.root().get(&format!("hydra.{part}.{key}"));
        set_if_mapping(root, part, key, now.map_or(Value::Null, |node| node.value.clone()));
    }
}

/// What was composed has these mappings: they are typed, and `fill` wrote into them.
fn set_if_mapping(root: &mut Node, part: &str, key: &str, value: Value) {
    let hydra = root.as_map_mut().and_then(|map| map.get_mut("hydra")?.as_map_mut());
    if let Some(map) = hydra.and_then(|map| map.get_mut(part)?.as_map_mut()) {
        map.insert(key.into(), here(), Node::new(value, here()));
    }
}

fn here() -> Origin {
    Origin::Builtin("the composition")
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

/// Arguments as they were typed go after what a configuration has put there.
fn append<'a>(root: &mut Node, path: &str, arguments: impl Iterator<Item = (&'a str, Origin)>) -> Result<()> {
    let mut arguments = arguments.peekable();
    if arguments.peek().is_none() {
        return Ok(());
    }
    let (way, last) = path.rsplit_once('.').unwrap_or(("", path));
    let list = entered(root, way)?.get_mut(last);
    match list.map(|node| (&mut node.value, &node.origin)) {
        Some((Value::List(items), _)) => {
            items.extend(arguments.map(|(argument, origin)| Node::new(text(argument), origin)));
            Ok(())
        }
        Some((value, origin)) => Err(not_a(path, "a list", value, origin)),
        None => Err(Error::new(Code::UnknownKey, format!("'{path}' is not there"))),
    }
}

fn set(root: &mut Node, path: &str, value: Value) -> Result<()> {
    let (way, last) = path.rsplit_once('.').unwrap_or(("", path));
    entered(root, way)?.insert(last.into(), here(), Node::new(value, here()));
    Ok(())
}

/// The mapping at a path, made if there is nothing.
fn entered<'n>(root: &'n mut Node, path: &str) -> Result<&'n mut Map> {
    let mut node = root;
    let mut way = String::new();
    for part in path.split('.') {
        let map = in_mapping(node, &way)?;
        if map.get(part).is_none() {
            map.insert(part.into(), here(), Node::new(Value::Map(Map::new()), here()));
        }
        node = map.get_mut(part).ok_or_else(|| Error::new(Code::UnknownKey, part))?;
        way = if way.is_empty() { part.to_owned() } else { format!("{way}.{part}") };
    }
    in_mapping(node, &way)
}

fn in_mapping<'n>(node: &'n mut Node, path: &str) -> Result<&'n mut Map> {
    match &mut node.value {
        Value::Map(map) => Ok(map),
        value => Err(not_a(path, "a mapping", value, &node.origin)),
    }
}

fn not_a(path: &str, what: &str, value: &Value, origin: &Origin) -> Error {
    let is = match value {
        Value::Str(text) if text.contains("${") => "an interpolation",
        value => value.kind(),
    };
    Error::new(Code::InvalidValue, format!("'{path}' must be {what}, and is {is}"))
        .label(origin, "")
        .help(format!("Hydra writes into it; leave '{path}' {what}"))
}

/// The variables that `hydra.job.env_copy` names, into `hydra.job.env_set`.
fn copy_environment(root: &mut Node, outside: &Outside<'_>) -> Result<()> {
    let Some(names) = setting(root, outside, "hydra.job.env_copy")? else { return Ok(()) };
    let Value::List(items) = names.value else {
        return Err(not_a("hydra.job.env_copy", "a list", &names.value, &names.origin));
    };
    let mut errors = Vec::new();
    for item in items {
        let name = crate::interpolation::python_str(&item.value);
        match (outside.environment)(&name) {
            Some(value) => {
                let copied = Node::new(Value::Str(value), item.origin);
                entered(root, "hydra.job.env_set")?.insert(name.as_str().into(), here(), copied);
            }
            None => {
                let message = format!("hydra.job.env_copy: the environment variable '{name}' is not set");
                errors.push(
                    Error::new(Code::MissingValue, message)
                        .label(&item.origin, "to be copied")
                        .help(format!("set {name}, or give it a value in hydra.job.env_set instead")),
                );
            }
        }
    }
    Error::several(errors).map_or(Ok(()), Err)
}

/// A value of the node, interpolations resolved.
fn setting(root: &Node, outside: &Outside<'_>, path: &str) -> Result<Option<Node>> {
    let session = Session::new(root, outside.resolvers).with_environment(outside.environment);
    session.with_hydra(root).select_all(path)
}

fn sources(facts: &Facts<'_>) -> Value {
    let source = |provider: &Provider| {
        let (schema, path) = match &provider.place {
            Place::Folder(folder) => match folder.to_str().and_then(|path| path.split_once("://")) {
                Some((schema, path)) => (schema, path.to_owned()),
                None => ("file", shown(provider, folder, facts.cwd)),
            },
            Place::Builtin => ("pkg", "hydra.conf".to_owned()),
            Place::Structured => ("structured", String::new()),
        };
        let mut map = Map::new();
        for (key, value) in [("path", path.as_str()), ("schema", schema), ("provider", &provider.name)] {
            map.insert(key.into(), here(), Node::new(text(value), here()));
        }
        Node::new(Value::Map(map), here())
    };
    Value::List(facts.search_path.providers().iter().map(source).collect())
}

/// The program's folders are absolute, as in Hydra; those of `hydra.searchpath` are as they are written.
fn shown(provider: &Provider, folder: &Path, cwd: &Path) -> String {
    if !cwd.is_absolute() || provider.name.starts_with("hydra.searchpath") {
        return folder.display().to_string();
    }
    let mut path = PathBuf::new();
    for component in cwd.join(folder).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = path.pop(),
            other => path.push(other),
        }
    }
    path.display().to_string()
}

/// The task's overrides as one name, with the keys left out that the configuration excludes.
fn override_dirname<'o>(
    root: &Node,
    outside: &Outside<'_>,
    task: impl Iterator<Item = &'o Override>,
) -> Result<String> {
    const SETTINGS: &str = "hydra.job.config.override_dirname";
    let read = |name: &str| {
        let path = format!("{SETTINGS}.{name}");
        setting(root, outside, &path)?
            .ok_or_else(|| Error::new(Code::MissingValue, format!("'{path}' must be given")))
    };
    let (kv_sep, item_sep, excluded) = (read("kv_sep")?, read("item_sep")?, read("exclude_keys")?);
    let separator = |node: &Node| crate::interpolation::python_str(&node.value);
    let is_excluded = |key: &str| match &excluded.value {
        Value::List(items) => items.iter().any(|item| item.as_str() == Some(key)),
        // An interpolation to text: Python looks for the key in it.
        Value::Str(text) => text.contains(key),
        _ => false,
    };
    let lines = task.filter(|over| !is_excluded(&over.key)).map(|over| over.argument.text.as_str()).collect();
    dirname::override_dirname(lines, &separator(&item_sep), &separator(&kv_sep)).map_err(|problem| {
        Error::new(Code::InvalidValue, format!("{SETTINGS}.kv_sep: {problem}"))
            .label(&kv_sep.origin, "")
            .help("a backslash is special here, as in re.sub of Python: write two for one")
    })
}
