//! What a node is said to be: the tags of YAML 1.1.

/// A tag after resolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    /// The key `<<`.
    Merge,
    /// The scalar `=`, which YAML 1.1 meant for default values; as a key it is the string.
    Value,
    Seq,
    Map,
    /// `!!omap` and `!!pairs`: a list of pairs, which OmegaConf takes for a list of lists.
    Pairs,
    /// A tag that no configuration may use, as a person would write it.
    Other(String),
}

const CORE: &str = "tag:yaml.org,2002:";

impl Tag {
    /// The tag of this full name, `tag:yaml.org,2002:str` or `!mine`.
    pub(super) fn named(name: &str) -> Self {
        let Some(core) = name.strip_prefix(CORE) else {
            return Self::Other(name.to_owned());
        };
        match core {
            "str" => Self::Str,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "null" => Self::Null,
            "binary" => Self::Binary,
            "merge" => Self::Merge,
            "value" => Self::Value,
            "seq" => Self::Seq,
            "map" => Self::Map,
            "omap" | "pairs" => Self::Pairs,
            _ => Self::Other(format!("!!{core}")),
        }
    }
}
