//! A composition, as it would be typed.

use crate::overrides;
use crate::tree::Value;
use std::collections::HashSet;
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

    /// With one more override.
    pub(super) fn with(&self, argument: String) -> Self {
        self.with_all(&[argument])
    }

    /// With these overrides more, each of another key. Those of the same keys go: two choices for one group would be hard
    /// to read.
    pub(super) fn with_all(&self, arguments: &[String]) -> Self {
        let keys: HashSet<&str> = arguments.iter().map(|argument| key_of(argument)).collect();
        let others = self.overrides.iter().filter(|other| !keys.contains(key_of(other)));
        let overrides = others.chain(arguments).cloned().collect();
        Self { config_name: self.config_name.clone(), overrides }
    }
}

/// As one line.
impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}

fn key_of(argument: &str) -> &str {
    argument.split_once('=').map_or(argument, |(key, _)| key)
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
        let variation = variation.with_all(&["db@x=c".to_owned(), "server=a".to_owned()]);
        assert_eq!(variation, typed(&["db=b", "db@x=c", "server=a"]));
    }
}
