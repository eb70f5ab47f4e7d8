//! The line so far: the word to be completed, the overrides before it, and the flags that decide what is composed.

use super::RunMode;
use std::path::PathBuf;

/// A line, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The override that is being written; empty behind a blank.
    pub(super) word: String,
    /// Those before it.
    pub(super) overrides: Vec<String>,
    pub(super) config_path: Option<PathBuf>,
    pub(super) config_name: Option<String>,
    pub(super) config_dir: Option<PathBuf>,
    pub(super) mode: RunMode,
}

/// How much of the line a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    /// The next word, if it is one of these.
    OneOf(&'static [&'static str]),
}

/// The flags of two words and of two spellings. Others take nothing.
const FLAGS: &[(&str, &str, Takes)] = &[
    ("--config-path", "-cp", Takes::Value),
    ("--config-name", "-cn", Takes::Value),
    ("--config-dir", "-cd", Takes::Value),
    ("--cfg", "-c", Takes::Value),
    ("--package", "-p", Takes::Value),
    ("--info", "-i", Takes::OneOf(&["all", "config", "defaults", "defaults-tree", "plugins", "searchpath"])),
    ("--multirun", "-m", Takes::Nothing),
    ("--format", "", Takes::Value),
    ("--why", "", Takes::Value),
    ("--rerun", "", Takes::Value),
    ("--resume", "", Takes::Value),
];

impl Line {
    /// Takes the line apart at blanks: quotes are not looked at, as in Hydra. `None` where an override cannot be meant:
    /// behind `--`, or where a flag waits for its value.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start();
        let rest = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        let is_new_word = rest.is_empty() || rest.ends_with(char::is_whitespace);
        let mut line = Self {
            word: String::new(),
            overrides: Vec::new(),
            config_path: None,
            config_name: None,
            config_dir: None,
            mode: RunMode::Run,
        };
        let mut words = rest.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                return None;
            }
            if !word.starts_with('-') {
                line.overrides.push(word.to_owned());
                continue;
            }
            let (name, attached) =
                word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let Some(&(long, _, takes)) =
                FLAGS.iter().find(|(long, short, _)| name == *long || name == *short)
            else {
                continue;
            };
            let value = match (attached, takes) {
                (Some(value), _) => value,
                (None, Takes::Nothing) => "",
                (None, Takes::Value) => words.next()?,
                (None, Takes::OneOf(known)) => words.next_if(|word| known.contains(word)).unwrap_or(""),
            };
            line.set(long, value);
        }
        // As in Hydra the last override is completed even if a flag follows it: the shell drops what does not fit.
        if !is_new_word {
            line.word = line.overrides.pop().unwrap_or_default();
        }
        Some(line)
    }

    fn set(&mut self, flag: &str, value: &str) {
        match flag {
            "--config-path" => self.config_path = Some(value.into()),
            "--config-name" => self.config_name = Some(value.to_owned()),
            "--config-dir" => self.config_dir = Some(value.into()),
            "--multirun" => self.mode = RunMode::Multirun,
            _ => {}
        }
    }
}

/// The flag that is being written at the end of a line, where one can be meant.
pub(super) fn flag(text: &str) -> Option<&str> {
    let (before, word) = text.trim_start().rsplit_once(char::is_whitespace)?;
    (word.starts_with('-') && Line::parse(before).is_some()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, Vec<String>)> {
        Line::parse(text).map(|line| (line.word, line.overrides))
    }

    fn expected(word: &str, overrides: &[&str]) -> Option<(String, Vec<String>)> {
        Some((word.to_owned(), overrides.iter().map(|text| (*text).to_owned()).collect()))
    }

    #[test]
    fn the_word_at_the_end_is_completed() {
        assert_eq!(parsed("app"), expected("", &[]));
        assert_eq!(parsed("  app "), expected("", &[]));
        assert_eq!(parsed("app a=1"), expected("a=1", &[]));
        assert_eq!(parsed("app a=1 "), expected("", &["a=1"]));
        assert_eq!(parsed("app a=1  -m b"), expected("b", &["a=1"]));
        assert_eq!(parsed("app -i defaults a=1 --cfg job b"), expected("b", &["a=1"]));
        assert_eq!(parsed("app -i a=1 "), expected("", &["a=1"]));
    }

    #[test]
    fn behind_two_dashes_and_where_a_flag_waits_there_is_nothing() {
        assert_eq!(parsed("app a=1 -- b"), None);
        assert_eq!(parsed("app --config-name "), None);
    }

    #[test]
    fn a_flag_at_the_end_is_completed_where_one_can_be_meant() {
        assert_eq!(flag("app a=1 --con"), Some("--con"));
        assert_eq!(flag("app -"), Some("-"));
        assert_eq!(flag("app --cfg job -m --dry"), Some("--dry"));
        for text in ["app", "app --cfg ", "app a=1", "app -- --con", "app --config-name --con"] {
            assert_eq!(flag(text), None, "{text}");
        }
    }

    #[test]
    fn flags_say_what_is_composed() {
        let line = Line::parse("app -cp=x --config-name y a=1 -cd z --multirun ").expect("a line");
        assert_eq!(line.config_path, Some("x".into()));
        assert_eq!(line.config_name.as_deref(), Some("y"));
        assert_eq!(line.config_dir, Some("z".into()));
        assert_eq!(line.mode, RunMode::Multirun);
    }
}
