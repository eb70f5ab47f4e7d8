//! What candidates are, in a few words, for shells that show them.

use super::candidates::{Found, Subject, written};
use crate::cli::HydraArgs;
use crate::keys;
use clap::Args;
use hydra_compose::source::SearchPath;
use hydra_compose::tree::{Node, Value};
use hydra_compose::{Config, yaml};

/// More is cut off: a shell shows a line for each candidate.
const LONGEST: usize = 100;

/// The flags that begin with `word`, each with its help.
pub(super) fn flags(word: &str) -> Vec<(String, Option<String>)> {
    let command = HydraArgs::augment_args(clap::Command::new("flags"));
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let named = shown.filter_map(|arg| {
        let help = arg.get_help().map(|help| line(&help.to_string()));
        Some((format!("--{}", arg.get_long()?), help))
    });
    let mut found: Vec<_> = named.filter(|(flag, _)| flag.starts_with(word)).collect();
    found.sort();
    found
}

/// What a candidate is, as far as that is known.
pub(super) fn subject(
    subject: &Subject,
    found: &Found,
    schema: Option<&serde_json::Value>,
) -> Option<String> {
    let said = match subject {
        Subject::File => None,
        Subject::Group(names) => (!names.is_empty()).then(|| names.join(", ")),
        Subject::Option(path) => option(found.sources.as_ref()?, path),
        Subject::Key(key) => Some(of_key(found.config.as_ref()?, key, schema)),
        Subject::Value { key, value } => of_value(found.config.as_ref()?, key, value, schema),
    };
    said.map(|text| line(&text)).filter(|text| !text.is_empty())
}

/// What the file says of itself at its top; else where it is.
fn option(sources: &SearchPath, path: &str) -> Option<String> {
    let file = sources.file(path).ok()??;
    Some(first_comment(&file.text).map_or_else(|| file.path.display().to_string(), str::to_owned))
}

/// The first comment before any content, but for those that programs read: Hydra's headers, and modelines of editors.
fn first_comment(text: &str) -> Option<&str> {
    const FOR_PROGRAMS: [&str; 5] = ["@", "!", "yaml-language-server:", "vim:", "-*-"];
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
    let comments = lines.map_while(|line| line.strip_prefix('#'));
    let mut comments = comments.map(|line| line.trim_start_matches('#').trim());
    comments.find(|line| !line.is_empty() && !FOR_PROGRAMS.iter().any(|start| line.starts_with(start)))
}

/// `[0.001] Learning rate.`
fn of_key(config: &Config, key: &str, schema: Option<&serde_json::Value>) -> String {
    let root = config.root();
    let now = root.get(key).map(|node| format!("[{}]", shown(node)));
    let help = schema.and_then(|schema| keys::help(root, key, schema));
    [now, help].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `[now] Arithmetic in 32 bits.`
fn of_value(config: &Config, key: &str, value: &str, schema: Option<&serde_json::Value>) -> Option<String> {
    let root = config.root();
    let node = config.select_in(root, key).ok().flatten();
    let is_now = node.as_ref().and_then(written).is_some_and(|now| now == value);
    let help = schema.and_then(|schema| keys::help_of_value(root, key, value, schema));
    match (is_now, help) {
        (true, Some(help)) => Some(format!("[now] {help}")),
        (true, None) => Some("[now]".to_owned()),
        (false, help) => help,
    }
}

/// A value in a few letters: of a mapping its keys.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::Map(map) => map.keys().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Value::List(items) if items.len() == 1 => "1 item".to_owned(),
        Value::List(items) => format!("{} items", items.len()),
        _ => {
            let text = yaml::dump(node);
            // Three dots end a document that is nothing but a plain value.
            let mut lines = text.lines().filter(|line| *line != "...");
            let first = cut(lines.next().unwrap_or_default(), LONGEST / 2);
            if lines.next().is_some() { format!("{first} …") } else { first }
        }
    }
}

/// One line, and not too long a one.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    cut(&words.join(" ").replace(char::is_control, ""), LONGEST)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_is_at_its_top() {
        for (text, said) in [
            ("# A server.\nport: 1\n", Some("A server.")),
            ("\u{feff}# @package _global_\n\n## A server.\n# More.\nport: 1\n", Some("A server.")),
            ("# yaml-language-server: $schema=x.json\n#\n# A server.\n", Some("A server.")),
            ("# vim: ft=yaml\nport: 1\n# Not this.\n", None),
            ("port: 1  # Nor this.\n", None),
            ("", None),
        ] {
            assert_eq!(first_comment(text), said, "{text:?}");
        }
    }

    #[test]
    fn a_description_is_one_line_of_some_length() {
        assert_eq!(line(" a\n\tb\u{1b}[1m  c "), "a b[1m c");
        assert_eq!(line(&"é".repeat(LONGEST)).chars().count(), LONGEST);
        let long = line(&"é".repeat(LONGEST + 1));
        assert!(long.ends_with("é…") && long.chars().count() == LONGEST, "{long}");
    }

    #[test]
    fn flags_come_with_their_help() {
        let found = flags("--conf");
        let names: Vec<&str> = found.iter().map(|(flag, _)| flag.as_str()).collect();
        assert_eq!(names, ["--config-dir", "--config-name", "--config-path"]);
        assert_eq!(found[1].1.as_deref(), Some("Name of the primary config (-cn)"));
        assert!(flags("-").iter().all(|(_, help)| help.is_some()));
    }
}
