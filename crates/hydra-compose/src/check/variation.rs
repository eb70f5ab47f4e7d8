//! A composition, as it would be typed.

use crate::overrides;
use crate::tree::Value;
use std::fmt;

/// What would be typed for a composition. Nothing, if it is the primary config as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    /// Another primary config than the one that the check is about.
    pub config_name: Option<String>,
    /// The overrides.
    pub overrides: Vec<String>,
}

impl Variation {
    /// What would be typed, word by word.
    ///
    /// ```
    /// use hydra_compose::check::Variation;
    /// let variation = Variation { config_name: Some("eval".into()), overrides: vec!["db=mysql".into()] };
    /// assert_eq!(variation.words(), ["--config-name", "eval", "db=mysql"]);
    /// ```
    pub fn words(&self) -> Vec<String> {
        let name = self.config_name.iter().flat_map(|name| ["--config-name".to_owned(), name.clone()]);
        name.chain(self.overrides.iter().cloned()).collect()
    }

    /// With one more override. One of the same key goes: two choices for one group would be hard to read.
    pub(super) fn with(&self, argument: String) -> Self {
        let key_of = |text: &str| text.split_once('=').map_or(text.len(), |(key, _)| key.len());
        let key = &argument[..key_of(&argument)];
        let others = self.overrides.iter().filter(|other| other[..key_of(other)] != *key);
        let mut overrides: Vec<String> = others.cloned().collect();
        overrides.push(argument);
        Self { config_name: self.config_name.clone(), overrides }
    }
}

/// As one line.
impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}

/// The override that chooses an option, in quotes where it needs them; none, if the key or the option cannot be typed at
/// all.
pub(super) fn choosing(key: &str, option: &str) -> Option<String> {
    let values = [option.to_owned(), format!("'{option}'"), format!("\"{option}\"")];
    let means_it = |text: &String| matches!(value_of(text), Some(Value::Str(name)) if name == option);
    values.into_iter().map(|value| format!("{key}={value}")).find(means_it)
}

/// The override that chooses several options at once.
pub(super) fn choosing_all(key: &str, options: &[String]) -> Option<String> {
    let value = |option: &String| Some(choosing("x", option)?["x=".len()..].to_owned());
    let values: Vec<String> = options.iter().map(value).collect::<Option<_>>()?;
    let text = format!("{key}=[{}]", values.join(","));
    value_of(&text).is_some().then_some(text)
}

fn value_of(text: &str) -> Option<Value> {
    let node = overrides::parse(text, 0).and_then(|over| over.value_node());
    node.ok().map(|node| node.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_spelled_as_they_must_be_typed() {
        for (key, option, argument) in [
            ("db", "mysql", Some("db=mysql")),
            ("+server/db@x", "1", Some("+server/db@x='1'")),
            ("db", "true", Some("db='true'")),
            ("db", "a,b", Some("db='a,b'")),
            ("db", "it's", Some("db=\"it's\"")),
            ("my group", "a", None),
            ("db", "it's \"x\"", None),
        ] {
            assert_eq!(choosing(key, option).as_deref(), argument, "{key} {option}");
        }
        let options = ["a".to_owned(), "1".to_owned()];
        assert_eq!(choosing_all("db", &options).as_deref(), Some("db=[a,'1']"));
    }

    #[test]
    fn another_choice_takes_the_place_of_the_first() {
        let typed = |overrides: &[&str]| Variation {
            config_name: None,
            overrides: overrides.iter().map(ToString::to_string).collect(),
        };
        let variation = typed(&["db=a", "db@x=a"]).with("db=b".into());
        assert_eq!(variation, typed(&["db@x=a", "db=b"]));
    }
}
