//! What can be wrong before the first `=`.

use super::Problem;
use crate::near;
use crate::overrides::directive::{EXCLUDE, REPEAT};
use crate::overrides::lexer::{Kind, Token};
use crate::tree::Span;

const SHAPE: &str = "parts of a key are joined with dots: a.b.c; those of a config group with slashes: a/b/c";

/// A token that does not belong into a key.
pub(in crate::overrides) fn unexpected(text: &str, token: Token) -> Problem {
    let span = token.span;
    let (before, found, rest) = (&text[..span.start], &text[span.start..span.end], &text[span.end..]);
    let blanks_after = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let with_blanks = Span::new(span.start, span.end + blanks_after);
    match (token.kind, found) {
        _ if text.is_empty() => {
            Problem::new("an empty override", span).help("write key=value, +key=value, ++key=value or ~key")
        }
        (Kind::End, _) => {
            let key = text.trim_start_matches('+');
            Problem::new(format!("no '=' in '{text}'"), span)
                .help(format!("to set it: {text}=VALUE; to delete it: ~{key}"))
        }
        (_, " " | "\t") if before.is_empty() || before.ends_with(',') => {
            blank("a blank before the key", with_blanks)
        }
        (_, " " | "\t") => blank("a blank after the key", with_blanks),
        (_, "-") if before.is_empty() => {
            Problem::new(format!("'{text}' is neither a flag nor an override"), span)
                .help("a key starts with a letter or with _")
        }
        (_, ",") => Problem::new("a comma in the key", span)
            .help("keys are swept together so: a,b=zip(choice(1,2),choice(3,4))"),
        (_, "(") => {
            let problem = Problem::new("'(' cannot stand here in a key", span)
                .help("the calls that are an argument of their own: exclude(a=1,b=choice(2,3)), repeat(3)");
            match near::among(before, &[EXCLUDE, REPEAT]) {
                Some(near) => problem.replace(Span::new(0, before.len()), near),
                None => problem,
            }
        }
        (_, "[") => {
            let (index, length) =
                rest.split_once(']').map_or((rest, rest.len()), |(index, _)| (index, index.len() + 1));
            let brackets = Span::new(span.start, span.end + length);
            Problem::new("an index in brackets", brackets)
                .label("indices are parts of the key, with dots between")
                .replace(brackets, format!(".{index}"))
        }
        (_, "\"" | "'") => {
            let problem = Problem::new("a quote in the key", span).label("keys take no quotes");
            match rest.split_once(found) {
                Some((inner, _)) => problem.replace(Span::new(span.start, span.end + inner.len() + 1), inner),
                None => problem.remove(span),
            }
        }
        (Kind::Colon, _) => match before.rfind('@') {
            Some(at) => Problem::new("a package is not renamed with ':' since Hydra 1.1", span)
                .label("name one package only")
                .remove(Span::new(at + 1, span.end)),
            None => Problem::new("':' after the key", span)
                .label("overrides have '=' here")
                .replace(with_blanks, "="),
        },
        (_, ".") => Problem::new("an empty part in the key", span)
            .label("nothing stands before or after this dot")
            .remove(span),
        (Kind::Plus | Kind::Tilde, _) => {
            Problem::new(format!("'{found}' after the start of the override"), span).remove(span).help(SHAPE)
        }
        (Kind::Slash, _) if before.contains('@') => {
            Problem::new("'/' in a package", span).label("packages have dots").replace(span, ".")
        }
        (Kind::Slash, _) => Problem::new("'/' after a part that is no config group", span).help(SHAPE),
        (Kind::DotPath | Kind::SpecialName, _) if before.ends_with('/') => {
            Problem::new("a config group with a '.' or a '$' in its name", span).help(SHAPE)
        }
        _ => Problem::new(format!("'{found}' cannot stand here in a key"), span).help(SHAPE),
    }
}

fn blank(message: &str, blanks: Span) -> Problem {
    Problem::new(message, blanks).label("nothing may stand here").remove(blanks)
}
