//! What may stand in the node `hydra`: one table, from which come the check of unknown keys, the conversion of values,
//! and what the messages say is allowed. It is Hydra's `HydraConf`; the defaults are in `builtin/hydra/config.yaml`.

use crate::tree::Node;

/// What a place takes.
#[derive(Debug)]
pub(super) enum Type {
    /// Anything.
    Any,
    /// Text. Numbers and booleans become text.
    Text,
    /// An integer, or text that spells one.
    Integer,
    /// A boolean, an integer, or a word for one.
    Boolean,
    /// One of [`MODES`], by name or number.
    Mode,
    /// That, or null.
    OrNull(&'static Type),
    /// A list of such.
    List(&'static Type),
    /// Any keys that are text, with such values.
    Dict(&'static Type),
    /// These keys and no others.
    Struct(&'static Struct),
    /// Anything; but a mapping that one of these builtin files makes keeps to its keys.
    Plugin(&'static [Plugin]),
}

/// A builtin file, and the keys of the mapping that it makes.
pub(super) type Plugin = (&'static str, &'static Struct);

/// The keys of a mapping, in order.
#[derive(Debug)]
pub(super) struct Struct {
    pub(super) fields: &'static [(&'static str, Type)],
}

/// Values of `hydra.mode`, numbered from 1.
pub(super) const MODES: [&str; 2] = ["RUN", "MULTIRUN"];

/// The key of the node.
pub(super) const HYDRA: &str = "hydra";

const TEXTS: Type = Type::List(&Type::Text);
const ANYTHING_BY_NAME: Type = Type::Dict(&Type::Any);

/// The node `hydra`.
pub(super) const NODE: Type = Type::Struct(&Struct {
    fields: &[
        ("mode", Type::OrNull(&Type::Mode)),
        ("searchpath", TEXTS),
        ("run", Type::Struct(&Struct { fields: &[("dir", Type::Text)] })),
        ("sweep", Type::Struct(&Struct { fields: &[("dir", Type::Text), ("subdir", Type::Text)] })),
        ("hydra_logging", ANYTHING_BY_NAME),
        ("job_logging", ANYTHING_BY_NAME),
        (
            "sweeper",
            Type::Plugin(&[
                ("structured://hydra/sweeper/basic.yaml", &BASIC_SWEEPER),
                ("structured://hydra/sweeper/grid.yaml", &GRID_SWEEPER),
                ("structured://hydra/sweeper/random.yaml", &RANDOM_SWEEPER),
            ]),
        ),
        ("launcher", Type::Plugin(&[("structured://hydra/launcher/basic.yaml", &BASIC_LAUNCHER)])),
        ("callbacks", ANYTHING_BY_NAME),
        ("help", Type::Struct(&HELP)),
        ("hydra_help", Type::Struct(&HYDRA_HELP)),
        ("output_subdir", Type::OrNull(&Type::Text)),
        ("overrides", Type::Struct(&Struct { fields: &[("hydra", TEXTS), ("task", TEXTS)] })),
        ("job", Type::Struct(&JOB)),
        ("runtime", Type::Struct(&RUNTIME)),
        ("verbose", Type::Any),
    ],
});

const HELP: Struct = Struct {
    fields: &[
        ("app_name", Type::Text),
        ("header", Type::Text),
        ("footer", Type::Text),
        ("template", Type::Text),
    ],
};

const HYDRA_HELP: Struct = Struct { fields: &[("hydra_help", Type::Text), ("template", Type::Text)] };

const JOB: Struct = Struct {
    fields: &[
        ("name", Type::Text),
        ("chdir", Type::OrNull(&Type::Boolean)),
        ("override_dirname", Type::Text),
        ("id", Type::Text),
        ("num", Type::Integer),
        ("config_name", Type::OrNull(&Type::Text)),
        ("env_set", Type::Dict(&Type::Text)),
        ("env_copy", TEXTS),
        (
            "config",
            Type::Struct(&Struct { fields: &[("override_dirname", Type::Struct(&OVERRIDE_DIRNAME))] }),
        ),
    ],
};

const OVERRIDE_DIRNAME: Struct =
    Struct { fields: &[("kv_sep", Type::Text), ("item_sep", Type::Text), ("exclude_keys", TEXTS)] };

const RUNTIME: Struct = Struct {
    fields: &[
        ("version", Type::Text),
        ("version_base", Type::Text),
        ("cwd", Type::Text),
        ("config_sources", Type::List(&Type::Struct(&CONFIG_SOURCE))),
        ("output_dir", Type::Text),
        ("choices", ANYTHING_BY_NAME),
    ],
};

const CONFIG_SOURCE: Struct =
    Struct { fields: &[("path", Type::Text), ("schema", Type::Text), ("provider", Type::Text)] };

const BASIC_LAUNCHER: Struct = Struct { fields: &[("_target_", Type::Text)] };

const BASIC_SWEEPER: Struct = Struct {
    fields: &[
        ("_target_", Type::Text),
        ("max_batch_size", Type::OrNull(&Type::Integer)),
        ("params", Type::OrNull(&Type::Dict(&Type::Text))),
    ],
};

const GRID_SWEEPER: Struct = Struct {
    fields: &[
        ("_target_", Type::Text),
        ("max_batch_size", Type::OrNull(&Type::Integer)),
        ("params", Type::OrNull(&Type::Dict(&Type::Text))),
        ("exclude", TEXTS),
        ("repeat", Type::Integer),
    ],
};

const RANDOM_SWEEPER: Struct = Struct {
    fields: &[
        ("_target_", Type::Text),
        ("n_trials", Type::Integer),
        ("seed", Type::Integer),
        ("max_batch_size", Type::OrNull(&Type::Integer)),
        ("params", Type::OrNull(&Type::Dict(&Type::Text))),
        ("exclude", TEXTS),
        ("repeat", Type::Integer),
    ],
};

impl Struct {
    /// The type of a key; a key that is no field, which `+` can add, takes anything.
    pub(super) fn field(&self, key: &str) -> &'static Type {
        self.fields.iter().find(|(name, _)| *name == key).map_or(&Type::Any, |(_, kind)| kind)
    }
}

impl Type {
    /// The type itself, without the leave to be null.
    pub(super) fn unwrapped(&self) -> &Type {
        match self {
            Self::OrNull(inner) => inner,
            other => other,
        }
    }

    /// The keys that the mapping `node` of this type keeps to, if it does.
    pub(super) fn closed(&self, node: &Node) -> Option<&'static Struct> {
        match self.unwrapped() {
            Type::Struct(fields) => Some(fields),
            Type::Plugin(plugins) => plugin_of(node, plugins),
            _ => None,
        }
    }

    /// The type of what stands under `key` in the mapping `node` of this type.
    pub(super) fn under(&self, node: &Node, key: &str) -> &'static Type {
        match self.unwrapped() {
            Type::Dict(value) => value,
            Type::List(item) => item,
            _ => self.closed(node).map_or(&Type::Any, |fields| fields.field(key)),
        }
    }
}

/// The keys of a mapping that was first made by one of these builtin files. Merging leaves a mapping its origin, so this
/// says what Hydra's class of the node says.
pub(super) fn plugin_of(node: &Node, plugins: &[Plugin]) -> Option<&'static Struct> {
    let path = node.as_map().and(node.origin.path())?.as_os_str();
    plugins.iter().find(|(file, _)| path == *file).map(|(_, fields)| *fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Place, Provider};
    use crate::tree::Value;

    #[test]
    fn the_table_and_the_defaults_name_the_same_keys() {
        let file = Provider::new("hydra", Place::Builtin).read("hydra/config").expect("read").expect("there");
        let mut node = crate::yaml::load(&file).expect("YAML");
        node.as_map_mut().and_then(|map| map.remove("defaults")).expect("a defaults list");
        same_keys(&node, &NODE, HYDRA);
    }

    fn same_keys(node: &Node, kind: &Type, path: &str) {
        let (Value::Map(map), Type::Struct(fields)) = (&node.value, kind) else { return };
        let keys: Vec<String> = map.keys().map(ToString::to_string).collect();
        let names: Vec<&str> = fields.fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(keys, names, "{path}");
        for (key, child) in map.iter() {
            let key = key.to_string();
            same_keys(child, fields.field(&key), &format!("{path}.{key}"));
        }
    }

    #[test]
    fn the_table_and_the_plugins_name_the_same_keys() {
        let Type::Struct(node) = &NODE else { panic!("no mapping") };
        for (_, kind) in node.fields.iter().filter(|(name, _)| ["sweeper", "launcher"].contains(name)) {
            let Type::Plugin(plugins) = kind else { panic!("no plugin") };
            for (file, fields) in *plugins {
                let name = file.strip_prefix("structured://").and_then(|name| name.strip_suffix(".yaml"));
                let name = name.expect("a file among the schemas");
                let text =
                    Provider::new("schema", Place::Structured).read(name).expect("read").expect("there");
                let node = crate::yaml::load(&text).expect("YAML");
                let keys: Vec<String> =
                    node.as_map().expect("a mapping").keys().map(ToString::to_string).collect();
                assert_eq!(keys, fields.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{file}");
            }
        }
    }
}
