//! What `--cfg` prints.

use crate::annotate::annotated;
use crate::cli::{Cfg, HydraArgs};
use hydra_compose::tree::{Map, Node, Value};
use hydra_compose::{Code, Config, Error, Result, interpolation, yaml};

/// The text that `--cfg`, `--resolve` and `--package` ask for.
///
/// # Errors
/// An interpolation leads nowhere, or there is no such package.
pub fn cfg(config: &Config, what: Cfg, args: &HydraArgs) -> Result<String> {
    let node = selected(config, what, args)?;
    if args.annotate && matches!(node.value, Value::Map(_) | Value::List(_)) {
        return annotated(&node);
    }
    Ok(match args.package.as_deref() {
        None | Some("_global_") => yaml::dump(&node),
        Some(package) if matches!(node.value, Value::Map(_) | Value::List(_)) => {
            format!("# @package {package}\n{}", yaml::dump(&node))
        }
        Some(_) => format!("{}\n", interpolation::python_str(&node.value)),
    })
}

/// The tree, or the part of it that `--package` names.
pub(crate) fn selected(config: &Config, what: Cfg, args: &HydraArgs) -> Result<Node> {
    let tree = part(config, what);
    let tree = if args.resolve { config.resolve_node(&tree)? } else { tree };
    let package = match args.package.as_deref() {
        None | Some("_global_") => return Ok(tree),
        Some(package) => package,
    };
    // What is resolved is final: what looks like an interpolation in it is text.
    let found = match tree.get(package).filter(|_| args.resolve) {
        Some(node) => Some(node.clone()),
        None => config.select_in(&tree, package)?,
    };
    let found = found.filter(|node| node.value != Value::Null && !node.is_missing());
    found.ok_or_else(|| Error::new(Code::UnknownKey, format!("package '{package}' not found in config")))
}

/// The application's part, Hydra's without its help, or all of Hydra's before the application's, as in Hydra.
fn part(config: &Config, what: Cfg) -> Node {
    if what == Cfg::Job {
        return config.job().clone();
    }
    let mut parts = Map::new();
    if let Some(hydra) = config.root().get("hydra") {
        let mut hydra = hydra.clone();
        if what == Cfg::Hydra
            && let Some(map) = hydra.as_map_mut()
        {
            map.remove("help");
            map.remove("hydra_help");
        }
        parts.insert("hydra".into(), hydra.origin.clone(), hydra);
    }
    if what == Cfg::All
        && let Some(job) = config.job().as_map()
    {
        for (key, entry) in job.entries() {
            parts.insert(key.clone(), entry.key_origin.clone(), entry.node.clone());
        }
    }
    Node::new(Value::Map(parts), config.root().origin.clone())
}
