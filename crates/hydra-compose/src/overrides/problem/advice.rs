//! From a problem to an error, with a help line that can be typed as it stands.

use super::{Content, Problem, Repair};
use crate::error::{Code, Error};
use crate::overrides::lexer::{Kind, value_tokens};
use crate::overrides::{parsed, print};
use crate::tree::{Argument, Origin, Span};
use std::sync::Arc;

/// The error, with the first repair that parses as its help.
pub(in crate::overrides) fn error(problem: Problem, argument: &Arc<Argument>) -> Error {
    let Content { message, span, label, repairs, help } = *problem.0;
    let help = repairs.iter().find_map(|repair| repaired(&argument.text, repair)).or(help);
    Error::new(Code::OverrideSyntax, message).label(&Origin::argument(argument, span), label).maybe_help(help)
}

fn repaired(text: &str, repair: &Repair) -> Option<String> {
    let (candidates, lead) = match repair {
        Repair::Replace(span, with) => (vec![replaced(text, *span, with)], "write"),
        Repair::Close => (vec![closed(text)], "write"),
        Repair::Quote(span) => (quoted(text, *span), "quote the value:"),
    };
    let repaired = candidates.into_iter().find(|candidate| parsed::is_valid(candidate))?;
    Some(format!("{lead} {}", shell_word(&repaired)))
}

/// The value around a place in quotes: first as little as can be meant, up to the nearest commas, brackets and colons,
/// then without regard to colons, then all after the first `=`.
fn quoted(text: &str, around: Span) -> Vec<String> {
    let Some(value) = text.find('=').map(|at| at + 1).filter(|&value| value <= around.start) else {
        return Vec::new();
    };
    let inner = [',', '[', '{', '(', ']', '}', ')'];
    let before = |stops: &[char]| text[value..around.start].rfind(stops).map_or(value, |at| value + at + 1);
    let after = text[around.end..].find(inner).map_or(text.len(), |at| around.end + at);
    let starts = [(before(&[',', '[', '{', '(', ':']), after), (before(&inner), after), (value, text.len())];
    starts
        .into_iter()
        .map(|(start, end)| {
            let part = &text[start..end];
            let start = start + part.len() - part.trim_start().len();
            let part = part.trim();
            // Quotes around it that close too early are no part of what was meant.
            let bare = ['"', '\'']
                .into_iter()
                .find_map(|quote| part.strip_prefix(quote)?.strip_suffix(quote))
                .unwrap_or(part);
            replaced(text, Span::new(start, start + part.len()), &print::in_quotes(bare))
        })
        .collect()
}

/// With a closing bracket for each that is open.
fn closed(text: &str) -> String {
    let mut open = Vec::new();
    // In a key there are none; a bracket before the `=` starts a call that is an argument of its own.
    let start = text.find(['=', '(']).unwrap_or(text.len());
    for token in value_tokens(text, Span::new(start, text.len())) {
        match token.kind {
            Kind::BracketOpen => open.push(']'),
            Kind::BraceOpen => open.push('}'),
            Kind::ParenOpen => open.push(')'),
            Kind::BracketClose | Kind::BraceClose | Kind::ParenClose => {
                open.pop();
            }
            _ => {}
        }
    }
    text.chars().chain(open.into_iter().rev()).collect()
}

fn replaced(text: &str, span: Span, with: &str) -> String {
    format!("{}{with}{}", &text[..span.start], &text[span.end..])
}

/// A word that any shell hands over as this text.
fn shell_word(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-+=.,/:@%".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { shell_quoted(text) }
}

/// The same in quotes, whether or not it needs them.
pub(crate) fn shell_quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    if !text.contains(['$', '`', '\\', '!']) {
        return format!("\"{}\"", text.replace('"', "\\\""));
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::shell_word;
    use crate::overrides::parse;

    #[track_caller]
    fn help(text: &str) -> String {
        parse(text, 0).expect_err("it is wrong").help_text().unwrap_or_default().to_owned()
    }

    #[test]
    fn help_can_be_typed() {
        assert_eq!(help("x=a=b"), r#"quote the value: 'x="a=b"'"#);
        assert_eq!(help("x=[a,b!]"), r#"quote the value: 'x=[a,"b!"]'"#);
        assert_eq!(help("x={k:v#1}"), r#"quote the value: 'x={k:"v#1"}'"#);
        assert_eq!(help("x=it's"), r#"quote the value: "x=\"it's\"""#);
        assert_eq!(help("x =1"), "write x=1");
        assert_eq!(help("x: 1"), "write x=1");
        assert_eq!(help("a[0].b=1"), "write a.0.b=1");
        assert_eq!(help("\"a.b\"=1"), "write a.b=1");
        assert_eq!(help("db@src:dst=mysql"), "write db@dst=mysql");
        assert_eq!(help("x={a:[1,2"), "write 'x={a:[1,2]}'");
        assert_eq!(help("x=[1,2}"), "write 'x=[1,2]'");
        assert_eq!(help("x={\"a\":1}"), "write 'x={a:1}'");
        assert_eq!(help("x=[1,]"), "write 'x=[1]'");
        assert_eq!(help("x=chioce(1,2)"), "write 'x=choice(1,2)'");
        assert_eq!(help("x=[${a:${b}},c]"), r#"write 'x=["${a:${b}}",c]'"#);
        assert_eq!(help("x=[1] "), "write 'x=[1]'");
        assert_eq!(help("exlude(a=1)"), "write 'exclude(a=1)'");
        assert_eq!(help("a.b"), "to set it: a.b=VALUE; to delete it: ~a.b");
    }

    #[test]
    fn shells_hand_the_word_over_unchanged() {
        assert_eq!(shell_word("a.b=1"), "a.b=1");
        assert_eq!(shell_word("a=[1, 2]"), "'a=[1, 2]'");
        assert_eq!(shell_word("a=it's"), "\"a=it's\"");
        assert_eq!(shell_word("a=it's $5"), r"'a=it'\''s $5'");
    }
}
