//! What `--info` prints, byte for byte as Hydra does: where files are looked for, which were taken, and why.
//!
//! - `table`: headings and tables
//! - `tree`: the defaults tree
//!
//! The defaults list and its tree need no composed configuration: overrides of values are parsed and not applied.

mod table;
mod tree;

pub use crate::cli::Info;
use hydra_compose::defaults::{DefaultsList, Entry};
use hydra_compose::tree::{Node, Value};
use hydra_compose::{Composer, Config, Result};
use serde::Serialize;
use table::Table;

/// What a program says of itself in `--info all` and `--info plugins`.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its name and version.
    pub version: &'a str,
    /// What it is made of: kinds, each with its names.
    pub plugins: &'a [(&'a str, &'a [&'a str])],
}

/// The parts that every program on this library has, under Hydra's names where Hydra has them.
pub const PLUGINS: &[(&str, &[&str])] = &[
    ("ConfigSource", &["BuiltinConfigSource", "FileConfigSource"]),
    ("CompletionPlugin", &["BashCompletion", "FishCompletion", "ZshCompletion"]),
    ("Launcher", &["BasicLauncher"]),
    ("Sweeper", &["BasicSweeper"]),
];

/// The text that `--info` prints.
///
/// ```
/// use hydra_app::info::{About, Info, PLUGINS, text};
/// # let conf = tempfile::tempdir()?;
/// # std::fs::write(conf.path().join("config.yaml"), "seed: 0\n")?;
/// let composer = hydra_compose::Composer::new(conf.path());
/// let about = About { version: "app 0.1.0", plugins: PLUGINS };
/// let tree = text(Info::DefaultsTree, composer, &about)?;
/// assert!(tree.starts_with("\nDefaults Tree\n*************\n<root>:\n  hydra/config:\n"));
/// assert!(tree.ends_with("\n  config\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The defaults list does not fit together; of `all`, `config` and `searchpath` also: the configuration does not compose.
pub fn text(what: Info, composer: Composer, about: &About<'_>) -> Result<String> {
    let mut out = String::new();
    match what {
        Info::Defaults => defaults_list(&composer.defaults()?, &mut out),
        Info::DefaultsTree => tree::print(&composer.defaults()?, &mut out),
        Info::Searchpath => search_path(&composer.compose()?, &mut out),
        Info::Plugins => plugins(about, &mut out),
        Info::Config => everything(&composer.compose()?, &mut out),
        Info::All => {
            let config = composer.compose()?;
            table::heading(about.version, '=', &mut out);
            plugins(about, &mut out);
            everything(&config, &mut out);
        }
    }
    Ok(out)
}

/// The same as one line of JSON; `None` for `all`, `config` and `plugins`, which have no form in JSON.
///
/// - `defaults`: `[{"config_path","package","parent","is_self","override_key"}…]` in merge order
/// - `defaults-tree`: `{"node","package","children":[…]}`; of `<root>`, and of each `_self_` to which Hydra gives no
///   package of its own, `package` is null
/// - `searchpath`: `[{"provider","path"}…]`
///
/// ```
/// use hydra_app::info::{Info, json};
/// # let conf = tempfile::tempdir()?;
/// # std::fs::write(conf.path().join("config.yaml"), "seed: 0\n")?;
/// let line = json(Info::Defaults, hydra_compose::Composer::new(conf.path()))?.unwrap();
/// let last = r#"{"config_path":"config","package":"","parent":"<root>","is_self":false,"override_key":null}]"#;
/// assert!(line.ends_with(&format!(",{last}\n")), "{line}");
/// assert_eq!(json(Info::Plugins, hydra_compose::Composer::new(conf.path()))?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`text`].
pub fn json(what: Info, composer: Composer) -> Result<Option<String>> {
    Ok(Some(match what {
        Info::Defaults => line(&composer.defaults()?.entries.iter().map(Row::of).collect::<Vec<_>>()),
        Info::DefaultsTree => line(&tree::Branch::root(&composer.defaults()?)),
        Info::Searchpath => {
            let sources = sources(&composer.compose()?);
            line(&sources.into_iter().map(|(provider, path)| Source { provider, path }).collect::<Vec<_>>())
        }
        Info::All | Info::Config | Info::Plugins => return Ok(None),
    }))
}

#[derive(Serialize)]
struct Row<'a> {
    config_path: &'a str,
    package: &'a str,
    parent: Option<&'a str>,
    is_self: bool,
    override_key: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            config_path: &entry.config_path,
            package: &entry.package,
            parent: entry.parent.as_deref(),
            is_self: entry.is_self,
            override_key: entry.override_key.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Source {
    provider: String,
    path: String,
}

fn line(value: &impl Serialize) -> String {
    // Texts and booleans under text keys: there is nothing that could fail.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

fn defaults_list(defaults: &DefaultsList, out: &mut String) {
    let mut table = Table::new(["Config path", "Package", "_self_", "Parent"]);
    for entry in &defaults.entries {
        let is_self = if entry.is_self { "True" } else { "False" };
        let parent = entry.parent.clone().unwrap_or_default();
        table.push([entry.config_path.clone(), entry.package.clone(), is_self.to_owned(), parent]);
    }
    out.push('\n');
    table::heading("Defaults List", '*', out);
    // Hydra prints a blank behind the header, and only there; the rules count it.
    table.print(" ", out);
}

fn search_path(config: &Config, out: &mut String) {
    let mut table = Table::new(["Provider", "Search path"]);
    for (provider, path) in sources(config) {
        table.push([provider, path]);
    }
    out.push('\n');
    table::heading("Config search path", '*', out);
    table.print("", out);
}

/// `hydra.runtime.config_sources`: what the composition itself says it used.
fn sources(config: &Config) -> Vec<(String, String)> {
    let Some(Value::List(items)) =
        config.root().get("hydra.runtime.config_sources").map(|node: &Node| &node.value)
    else {
        return Vec::new();
    };
    let text = |item: &Node, key: &str| item.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    items
        .iter()
        .map(|item| (text(item, "provider"), format!("{}://{}", text(item, "schema"), text(item, "path"))))
        .collect()
}

fn plugins(about: &About<'_>, out: &mut String) {
    table::heading("Installed Hydra Plugins", '*', out);
    for (kind, names) in about.plugins {
        table::indented_heading(&format!("{kind}:"), out);
        for name in *names {
            out.push_str(&format!("\t\t{name}\n"));
        }
    }
}

fn everything(config: &Config, out: &mut String) {
    search_path(config, out);
    tree::print(config.defaults(), out);
    defaults_list(config.defaults(), out);
    table::heading("Config", '*', out);
    out.push_str(&config.to_yaml());
    out.push('\n');
}
