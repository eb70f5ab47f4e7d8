//! What A and B may be, and how each is read.

use super::DiffArgs;
use super::place::Place;
use super::words::split;
use crate::job::{JOB, JobRecord, PROVENANCE};
use crate::run_dir::FROZEN;
use hydra_compose::interpolation::{Resolvers, Session};
use hydra_compose::source::read_text;
use hydra_compose::tree::{Argument, Node, Origin, Span, Value};
use hydra_compose::{Code, Error, Result, yaml};
use jiff::Zoned;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// How each of the three is written.
const HOW: &str = "name a run directory (outputs/2026-11-23/05-28-01), a file (other.yaml), or overrides in quotes \
                   ('optimizer=sgd seed=1'; '' for the primary config as it is)";

/// Where Hydra itself keeps a run's configuration, and its own.
const OF_HYDRA: [&str; 2] = [".hydra/config.yaml", ".hydra/hydra.yaml"];

/// The places of a run's values, by their dotted keys.
type Places = serde_json::Map<String, serde_json::Value>;

/// One of the two configurations.
pub(super) struct Side {
    /// Resolved as far as it can be.
    pub(super) tree: Node,
    recorded: Option<Places>,
}

/// What is the same for both sides.
pub(super) struct Reader<'a> {
    pub(super) args: &'a DiffArgs,
    pub(super) program: &'a str,
    pub(super) conf: &'a str,
    pub(super) now: &'a Zoned,
}

impl Side {
    /// Where a value of this side was set.
    pub(super) fn place(&self, key: &str, node: &Node) -> Place {
        let recorded = self.recorded.as_ref().and_then(|places| places.get(&first(key, node))?.as_str());
        match recorded {
            Some(text) => Place::Recorded(text.to_owned()),
            None => Place::Known(set_last(node).unwrap_or(&node.origin).clone()),
        }
    }
}

/// The last argument that has changed a list's item, if one has: it made the list what it is.
fn set_last(node: &Node) -> Option<&Origin> {
    let Value::List(items) = &node.value else { return None };
    let of_item = |item| match set_last(item) {
        Some(origin) => Some(origin),
        None => Some(&item.origin).filter(|origin| index_of(origin).is_some()),
    };
    let last = items.iter().filter_map(of_item).max_by_key(|origin| index_of(origin))?;
    (index_of(last) > index_of(&node.origin)).then_some(last)
}

/// The place of an argument among the overrides.
fn index_of(origin: &Origin) -> Option<usize> {
    match origin {
        Origin::Override { argument, .. } => Some(argument.index),
        _ => None,
    }
}

/// The key that a run has written down for a value. Of a list it wrote where each item is: its first stands for it.
fn first(key: &str, node: &Node) -> String {
    let (mut key, mut node) = (key.to_owned(), node);
    loop {
        let (name, below) = match &node.value {
            Value::List(items) if !items.is_empty() => ("0".to_owned(), &items[0]),
            Value::Map(map) => match map.iter().next() {
                Some((name, below)) => (name.to_string(), below),
                None => return key,
            },
            _ => return key,
        };
        key = if key.is_empty() { name } else { format!("{key}.{name}") };
        node = below;
    }
}

impl Reader<'_> {
    /// Reads what an argument names: a directory or a file if there is one, else a composition.
    pub(super) fn read(&self, argument: &str, index: usize) -> Result<Side> {
        let path = Path::new(argument);
        if path.is_dir() {
            self.directory(path)
        } else if path.exists() {
            // A shell's `<(command)` is no regular file, and welcome.
            let tree = self.resolved(&load(path)?, None);
            Ok(Side { tree, recorded: None })
        } else {
            let config = self.args.composing(overrides(argument, index)?);
            let config = config.composer(self.program, self.conf).compose()?;
            Ok(Side { tree: config.resolve_where_possible(self.now), recorded: None })
        }
    }

    fn directory(&self, folder: &Path) -> Result<Side> {
        let frozen = folder.join(FROZEN);
        let [config, hydra] = OF_HYDRA.map(|name| folder.join(name));
        let is_job = folder.join(JOB).is_file();
        // What another program calls `config.yaml`, in the directory that Hydra gave it, is its own affair.
        if frozen.is_file() && (is_job || !config.is_file()) {
            let tree = load(&frozen)?;
            if let Some(defaults) = tree.get("defaults").filter(|_| !is_job) {
                return Err(not_composed(folder, defaults));
            }
            // In what was frozen by us, a `${` that is left is text.
            let tree = if is_job { tree } else { self.resolved(&tree, None) };
            return Ok(Side { tree, recorded: recorded(folder) });
        }
        if config.is_file() {
            let hydra = if hydra.is_file() { Some(load(&hydra)?) } else { None };
            return Ok(Side { tree: self.resolved(&load(&config)?, hydra.as_ref()), recorded: None });
        }
        let folder = folder.display();
        let message = format!(
            "the directory '{folder}' is no run directory: neither {FROZEN} nor {} is in it",
            OF_HYDRA[0]
        );
        Err(Error::new(Code::MissingConfig, message).help(HOW))
    }

    fn resolved(&self, tree: &Node, hydra: Option<&Node>) -> Node {
        let resolvers = Resolvers::standard();
        let mut session = Session::new(tree, &resolvers).with_time(self.now.clone());
        if let Some(hydra) = hydra {
            session = session.with_hydra(hydra);
        }
        session.resolve_where_possible()
    }
}

/// The overrides in an argument that is no path.
fn overrides(argument: &str, index: usize) -> Result<Vec<String>> {
    let label = |error: Error, start: usize, text: &str| {
        let argument = Arc::new(Argument { text: argument.to_owned(), index });
        error.label(&Origin::argument(&argument, Span::new(start, argument.text.len())), text)
    };
    match split(argument) {
        Ok(words) if words.iter().all(|word| word.contains('=') || word.starts_with('~')) => Ok(words),
        Err(at) if argument.contains('=') => {
            let error = Error::new(Code::OverrideSyntax, "a quote is not closed");
            Err(label(error, at, "it opens here")
                .help("overrides are parted as in a shell: \"+note='a b' seed=1\""))
        }
        _ => {
            let message = format!("'{argument}' is no run directory, no file and no overrides");
            let error = Error::new(Code::MissingConfig, message);
            Err(label(error, 0, "nothing is at this path, and an override would be 'key=value' or '~key'")
                .help(HOW))
        }
    }
}

/// A configuration directory has a `config.yaml`, too.
fn not_composed(folder: &Path, defaults: &Node) -> Error {
    let folder = folder.display();
    let message =
        format!("'{folder}' is a configuration directory and no run: its {FROZEN} is to be composed");
    Error::new(Code::DefaultsList, message)
        .label(&defaults.origin, "a defaults list")
        .help(format!("to compose it: '' or overrides in quotes, with --config-path {folder}"))
}

/// What a run wrote down of where its values came from, unless its configuration is another by now.
fn recorded(folder: &Path) -> Option<Places> {
    if JobRecord::read(folder).is_ok_and(|record| record.ensure_frozen(folder).is_err()) {
        return None;
    }
    serde_json::from_str(&fs::read_to_string(folder.join(PROVENANCE)).ok()?).ok()
}

fn load(path: &Path) -> Result<Node> {
    yaml::load(&read_text(path)?)
}
