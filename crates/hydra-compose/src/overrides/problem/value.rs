//! What can be wrong after the first `=`.

use super::Problem;
use crate::overrides::lexer::{Kind, Token, tokens};
use crate::overrides::print;
use crate::overrides::value::Quote;
use crate::tree::Span;

/// After a whole value, something follows.
pub(in crate::overrides) fn after(text: &str, previous: Token, token: Token) -> Problem {
    let span = token.span;
    match token.kind {
        Kind::Blank if span.end == text.len() => Problem::new("a blank at the end of the value", span)
            .label("only text without quotes may end so")
            .remove(span),
        Kind::ParenClose | Kind::BracketClose | Kind::BraceClose => nested_interpolation(text)
            .unwrap_or_else(|| {
                let message = format!("'{}' closes nothing", text[span.start..span.end].trim());
                Problem::new(message, span).quote(span).remove(span)
            }),
        _ => unexpected(text, previous, token),
    }
}

/// Where a value should be, there is none.
pub(in crate::overrides) fn missing(text: &str, previous: Token, token: Token) -> Problem {
    let span = token.span;
    let place = match token.kind {
        Kind::End => "at the end".to_owned(),
        Kind::Comma | Kind::ParenClose | Kind::BracketClose | Kind::BraceClose => {
            format!("before '{}'", text[span.start..span.end].trim())
        }
        _ => return unexpected(text, previous, token),
    };
    let mut problem = Problem::new(format!("a value is missing {place}"), span);
    for comma in [previous, token].into_iter().filter(|token| token.kind == Kind::Comma) {
        problem = problem.remove(comma.span);
    }
    if token.kind == Kind::End {
        problem = problem.close();
    }
    problem.quote(if token.kind == Kind::End { previous.span } else { span })
}

/// Where the key of a mapping should be, there is none.
pub(in crate::overrides) fn map_key(text: &str, previous: Token, token: Token) -> Problem {
    let span = token.span;
    match token.kind {
        Kind::Quoted => Problem::new("a key in quotes", span)
            .label("keys of mappings take no quotes")
            .replace(span, &text[span.start + 1..span.end - 1])
            .help("write every key without quotes: {a:1,b:2}"),
        _ => missing(text, previous, token),
    }
}

/// After the key of a mapping, something else than a colon.
pub(in crate::overrides) fn no_colon(text: &str, key: Span, token: Token) -> Problem {
    let name = text[key.start..key.end].trim();
    match token.kind {
        Kind::Comma | Kind::BraceClose | Kind::End => {
            Problem::new(format!("no ':' after '{name}'"), token.span)
                .label("a mapping is {key:value,…}")
                .quote(key)
        }
        Kind::Equal => Problem::new(format!("'=' after '{name}'"), token.span)
            .label("a mapping has ':' here")
            .replace(token.span, ":"),
        _ => unexpected(text, token, token),
    }
}

/// After an item, neither a comma nor the end.
pub(in crate::overrides) fn not_closed(text: &str, open: Span, previous: Token, token: Token) -> Problem {
    let opening = text[open.start..open.end].trim();
    let close = match opening {
        "[" => "]",
        "{" => "}",
        _ => ")",
    };
    match token.kind {
        Kind::End => Problem::new(format!("'{opening}' is never closed"), open)
            .close()
            .help(format!("close it with '{close}'")),
        Kind::ParenClose | Kind::BracketClose | Kind::BraceClose => nested_interpolation(text)
            .unwrap_or_else(|| {
                let found = text[token.span.start..token.span.end].trim();
                Problem::new(format!("'{found}' does not close '{opening}'"), token.span)
                    .insert(token.span.start, close)
                    .replace(token.span, close)
            }),
        _ => unexpected(text, previous, token),
    }
}

/// Any other token that does not belong into a value.
fn unexpected(text: &str, previous: Token, token: Token) -> Problem {
    let span = token.span;
    let found = &text[span.start..span.end];
    let problem = match token.kind {
        Kind::Equal => Problem::new("'=' in a value without quotes", span).label("the second '='"),
        Kind::OpenQuote => {
            let before_closing = text.trim_end_matches([')', ']', '}']).len();
            Problem::new("a quote that is never closed", Span::new(span.start, span.start + 1))
                .label("starts here")
                .insert(text.len(), &found[..1])
                .insert(before_closing.max(span.end.min(span.start + 1)), &found[..1])
        }
        Kind::Unknown if found.trim().is_empty() => {
            Problem::new("a line break, or a blank that is none, outside of quotes", span)
        }
        Kind::Unknown => {
            Problem::new(format!("'{found}' in a value without quotes"), span).label("this character")
        }
        Kind::BraceOpen if text[..span.start].ends_with('$') => {
            let is_empty = text[span.end..].trim_start().starts_with('}');
            let what = if is_empty {
                "an interpolation of nothing"
            } else {
                "an interpolation that is never closed"
            };
            // In quotes it would be wrong, too.
            return Problem::new(what, Span::new(span.start - 1, span.end)).label("starts here");
        }
        Kind::ParenOpen => Problem::new("'(' after something that is no function name", span),
        _ if token.kind == Kind::Quoted || previous.kind == Kind::Quoted => {
            Problem::new("a quoted text touches another", span)
                .label("a value is quoted as a whole or not at all")
        }
        _ => Problem::new(format!("'{}' cannot stand here", found.trim()), span),
    };
    problem.quote(span)
}

/// The first interpolation with braces inside, if there is one: it ended too early.
fn nested_interpolation(text: &str) -> Option<Problem> {
    let is_cut = |token: &Token| {
        token.kind == Kind::Interpolation && text[token.span.start + 2..token.span.end].contains('{')
    };
    let start = tokens(text, Span::new(0, text.len())).into_iter().find(is_cut)?.span.start;
    let mut depth = 0;
    let (length, _) = text[start..].char_indices().find(|(_, character)| {
        depth += match character {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0 && *character == '}'
    })?;
    let whole = Span::new(start, start + length + 1);
    let inner = &text[whole.start..whole.end];
    let quote = if inner.contains('"') { Quote::Single } else { Quote::Double };
    let problem = Problem::new("an interpolation with braces inside, without quotes", whole)
        .label("it ends at the first '}'");
    Some(problem.replace(whole, print::quoted(inner, quote)).quote(whole))
}
