//! A configuration that was frozen, as the start of another run.

use crate::apply::apply_all;
use crate::arguments::Arguments;
use crate::compose::{Composer, RunMode};
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::hydra_node;
use crate::interpolation::escape_all;
use crate::tree::{Map, Node, Origin, Value};

impl Composer {
    /// Starts from a frozen configuration instead of files: its values, with this composer's overrides applied to them and
    /// nothing else changed. `hydra` is the file with the node `hydra` of that run; without it, Hydra's defaults hold.
    ///
    /// What the frozen configuration had resolved stays as it was: a value that was `${seed}` does not follow `seed=1`.
    ///
    /// # Errors
    /// An override that does not parse or cannot be applied, or one that chooses an option of a group: a frozen
    /// configuration has no groups.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use hydra_compose::{Composer, tree::SourceFile, yaml};
    /// let frozen = yaml::load(&SourceFile::new("run/config.yaml", "seed: 0\nlr: 0.1\n"))?;
    /// let config = Composer::new(folder.path()).overrides(["lr=0.2"]).rerun(frozen, None)?;
    /// assert_eq!(config.to_yaml(), "seed: 0\nlr: 0.2\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rerun(self, mut frozen: Node, hydra: Option<Node>) -> Result<Config> {
        escape_all(&mut frozen);
        let texts = self.override_texts().to_vec();
        let overrides = Arguments::parse_for(&texts, RunMode::Run)?.overrides;
        let base = self.without_overrides().without_config_name().mode(RunMode::Run).compose()?;
        let mut root = Map::new();
        let node = hydra.as_ref().and_then(|file| file.get("hydra")).or(base.root().get("hydra"));
        if let Some(node) = node {
            root.insert("hydra".into(), Origin::Builtin("the run"), node.clone());
        }
        for (key, entry) in frozen.as_map().into_iter().flat_map(|map| map.entries()) {
            root.insert(key.clone(), entry.key_origin.clone(), entry.node.clone());
        }
        let mut root = Node::new(Value::Map(root), frozen.origin.clone());
        let choices = chosen_groups(&root);
        let refused = overrides.iter().filter(|over| choices.contains(&over.key.as_str())).map(|over| {
            let message = format!("'{}' chooses an option, and a frozen configuration has none", over.argument.text);
            Error::new(Code::OverrideInvalid, message)
                .label(&over.key_origin(), "a config group")
                .help("change single values, or start a new run with the overrides of the old one (see its job.json)")
        });
        if let Some(error) = Error::several(refused.collect()) {
            return Err(error);
        }
        let resolvers = base.resolvers();
        apply_all(&mut root, &overrides, &resolvers)?;
        hydra_node::set_rerun(&mut root, &base);
        Ok(Config::new(root, base.defaults().clone(), overrides, base.search_path().clone(), resolvers))
    }
}

/// The groups that the run had chosen options of.
fn chosen_groups(root: &Node) -> Vec<&str> {
    let choices = root.get("hydra.runtime.choices").and_then(Node::as_map);
    choices.into_iter().flat_map(Map::keys).filter_map(|key| key.as_str()).collect()
}
