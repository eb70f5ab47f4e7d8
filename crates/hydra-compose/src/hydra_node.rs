//! What Hydra itself writes into the node `hydra`: what was asked for, and where things are.
//! <https://hydra.cc/docs/configure_hydra/intro/>

use crate::defaults::Choices;
use crate::error::{Code, Error, Result};
use crate::overrides::Override;
use crate::source::{Place, SearchPath};
use crate::tree::{Map, Node, Origin, Value};
use std::path::Path;

/// The release of Hydra whose behaviour this is.
const HYDRA_VERSION: &str = "1.3.8";
/// Its `version_base`.
const VERSION_BASE: &str = "1.3";

/// What a composition knows about itself.
pub(crate) struct Facts<'a> {
    pub(crate) job_name: &'a str,
    pub(crate) config_name: Option<&'a str>,
    pub(crate) cwd: &'a Path,
    pub(crate) overrides: &'a [Override],
    pub(crate) choices: &'a Choices,
    pub(crate) search_path: &'a SearchPath,
}

/// Fills in the node `hydra`.
pub(crate) fn complete(root: &mut Node, facts: &Facts<'_>) -> Result<()> {
    let (hydra, task): (Vec<&Override>, Vec<&Override>) =
        facts.overrides.iter().partition(|over| over.is_hydra());
    let lines = |list: &[&Override]| Value::List(list.iter().map(|over| argument(over)).collect());
    set(root, "hydra.overrides.hydra", lines(&hydra))?;
    set(root, "hydra.overrides.task", lines(&task))?;

    let mut choices = Map::new();
    for (key, option) in facts.choices.known() {
        let value = option.map_or(Value::Null, text);
        choices.insert(key.into(), here(), Node::new(value, here()));
    }
    set(root, "hydra.runtime.choices", Value::Map(choices))?;
    set(root, "hydra.runtime.version", text(HYDRA_VERSION))?;
    set(root, "hydra.runtime.version_base", text(VERSION_BASE))?;
    set(root, "hydra.runtime.cwd", text(&facts.cwd.display().to_string()))?;
    set(root, "hydra.runtime.config_sources", sources(facts.search_path))?;
    if root.get("hydra.job.name").is_none_or(Node::is_missing) {
        set(root, "hydra.job.name", text(facts.job_name))?;
    }
    let dirname = override_dirname(root, &task);
    set(root, "hydra.job.override_dirname", text(&dirname))?;
    set(root, "hydra.job.config_name", facts.config_name.map_or(Value::Null, text))
}

/// `hydra.runtime.output_dir`, which the launch decides.
pub(crate) fn set_output_dir(root: &mut Node, folder: &Path) {
    if let Some(map) =
        root.as_map_mut().and_then(|map| map.get_mut("hydra")?.as_map_mut()?.get_mut("runtime")?.as_map_mut())
    {
        map.insert("output_dir".into(), here(), Node::new(text(&folder.display().to_string()), here()));
    }
}

/// `hydra.job.num` and `hydra.job.id`, which a sweep counts.
pub(crate) fn set_job(root: &mut Node, num: usize) {
    if let Some(map) =
        root.as_map_mut().and_then(|map| map.get_mut("hydra")?.as_map_mut()?.get_mut("job")?.as_map_mut())
    {
        map.insert("id".into(), here(), Node::new(text(&num.to_string()), here()));
        map.insert("num".into(), here(), Node::new(Value::Int(num.into()), here()));
    }
}

fn here() -> Origin {
    Origin::Builtin("the composition")
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

fn argument(over: &Override) -> Node {
    Node::new(Value::Str(over.argument.text.clone()), over.origin())
}

fn set(root: &mut Node, path: &str, value: Value) -> Result<()> {
    let (way, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut node = root;
    for part in way.split('.') {
        let kind = node.value.kind();
        let origin = node.origin.clone();
        let map = node.as_map_mut().ok_or_else(|| {
            Error::new(
                Code::InvalidValue,
                format!("'{way}' must be a mapping; on the way to '{part}' there is {kind}"),
            )
            .label(&origin, "")
        })?;
        if map.get(part).is_none_or(|child| child.as_map().is_none()) {
            map.insert(part.into(), here(), Node::new(Value::Map(Map::new()), here()));
        }
        node = map.get_mut(part).ok_or_else(|| Error::new(Code::UnknownKey, part))?;
    }
    if let Some(map) = node.as_map_mut() {
        map.insert(last.into(), here(), Node::new(value, here()));
    }
    Ok(())
}

fn sources(search_path: &SearchPath) -> Value {
    let source = |provider: &crate::source::Provider| {
        let (schema, path) = match &provider.place {
            Place::Folder(folder) => ("file", folder.display().to_string()),
            Place::Builtin => ("pkg", "hydra.conf".to_owned()),
            Place::Structured => ("structured", String::new()),
        };
        let mut map = Map::new();
        for (key, value) in [("path", path.as_str()), ("schema", schema), ("provider", &provider.name)] {
            map.insert(key.into(), here(), Node::new(text(value), here()));
        }
        Node::new(Value::Map(map), here())
    };
    Value::List(search_path.providers().iter().map(source).collect())
}

/// The task's overrides as one name: sorted, joined, with `=` replaced.
fn override_dirname(root: &Node, task: &[&Override]) -> String {
    const SETTINGS: &str = "hydra.job.config.override_dirname";
    let setting = |name: &str, default: &str| {
        let node = root.get(&format!("{SETTINGS}.{name}"));
        node.and_then(Node::as_str).unwrap_or(default).to_owned()
    };
    let excluded: Vec<&str> = match root.get(&format!("{SETTINGS}.exclude_keys")).map(|node| &node.value) {
        Some(Value::List(items)) => items.iter().filter_map(Node::as_str).collect(),
        _ => Vec::new(),
    };
    let mut lines: Vec<&str> = task
        .iter()
        .filter(|over| !excluded.contains(&over.key.as_str()))
        .map(|over| over.argument.text.as_str())
        .collect();
    lines.sort_unstable();
    lines.join(&setting("item_sep", ",")).replace('=', &setting("kv_sep", "="))
}
