//! A composed configuration as a source of the crate `config`.

use crate::config::Config;
use crate::error::Result;
use crate::tree::{Node, Value};
use ::config::{ConfigError, Map, Value as Foreign, ValueKind};
use num_traits::ToPrimitive;

/// A composed, resolved configuration that a program built on the crate [`config`](::config) can layer with its other
/// sources. Each value's origin is its file, line and column.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "server: {port: 8080}\nhome: /srv\n")?;
/// # let conf = folder.path();
/// use hydra_compose::{Composer, Source};
/// let composed = Composer::new(conf).overrides(["server.port=9090"]).compose()?;
/// let settings = config::Config::builder()
///     .add_source(Source::new(&composed)?)
///     .set_override("home", "/home")?
///     .build()?;
/// assert_eq!(settings.get_int("server.port")?, 9090);
/// assert_eq!(settings.get_string("home")?, "/home");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Source {
    tree: Node,
}

impl Source {
    /// The application's part of a configuration, with its interpolations resolved.
    ///
    /// # Errors
    /// An interpolation leads nowhere.
    pub fn new(config: &Config) -> Result<Self> {
        Ok(Self { tree: config.resolve()? })
    }
}

impl ::config::Source for Source {
    fn clone_into_box(&self) -> Box<dyn ::config::Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> std::result::Result<Map<String, Foreign>, ConfigError> {
        let Value::Map(map) = &self.tree.value else { return Ok(Map::new()) };
        Ok(map.iter().map(|(key, node)| (key.to_string(), foreign(node))).collect())
    }
}

fn foreign(node: &Node) -> Foreign {
    let kind = match &node.value {
        Value::Null => ValueKind::Nil,
        Value::Bool(bool) => ValueKind::Boolean(*bool),
        Value::Int(int) => match (int.to_i64(), int.to_i128(), int.to_u128()) {
            (Some(int), _, _) => ValueKind::I64(int),
            (_, Some(int), _) => ValueKind::I128(int),
            (_, _, Some(int)) => ValueKind::U128(int),
            // Larger than the crate can hold as a number; no digit is lost.
            _ => ValueKind::String(int.to_string()),
        },
        Value::Float(float) => ValueKind::Float(*float),
        Value::Str(text) => ValueKind::String(text.clone()),
        Value::Bytes(bytes) => {
            ValueKind::Array(bytes.iter().map(|byte| Foreign::new(None, i64::from(*byte))).collect())
        }
        Value::List(items) => ValueKind::Array(items.iter().map(foreign).collect()),
        Value::Map(map) => {
            ValueKind::Table(map.iter().map(|(key, node)| (key.to_string(), foreign(node))).collect())
        }
    };
    Foreign::new(Some(&node.origin.to_string()), kind)
}
