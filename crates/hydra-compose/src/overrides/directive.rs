//! Arguments that concern a sweep as a whole, and set no key: `exclude(…)` and `repeat(…)`.

use super::lexer::{Kind, Token, value_tokens};
use super::parsed::{Override, OverrideKind};
use super::parser::{Parsed, parse_part};
use super::primitive;
use super::problem::{self, Problem};
use super::value::{ChoiceForm, ElementKind, Sweep};
use crate::error::Result;
use crate::tree::{Argument, Origin, Span};
use num_traits::ToPrimitive;
use std::fmt;
use std::sync::Arc;

pub(super) const EXCLUDE: &str = "exclude";
pub(super) const REPEAT: &str = "repeat";
/// The most that `repeat(…)` takes: as many jobs as a sweep may have.
const MOST: usize = super::expand::MOST;

/// An argument about the sweep itself. Hydra has no `(` in a key, so it refuses all that is spelled so.
#[derive(Clone, Debug)]
pub enum Directive {
    /// `exclude(KEY=VALUE,…)`
    Exclude(Exclusion),
    /// `repeat(N)`
    Repeat(Repeat),
}

/// Jobs to leave out: those that fulfil all the conditions.
#[derive(Clone, Debug)]
pub struct Exclusion {
    /// The argument it was read from.
    pub argument: Arc<Argument>,
    /// The conditions: a key, and the values that are meant.
    pub conditions: Vec<Override>,
}

/// How often each job runs.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// The argument it was read from.
    pub argument: Arc<Argument>,
    /// From 1 to 1,000,000.
    pub count: usize,
}

/// What a directive is a call of.
pub(super) struct Call {
    name: &'static str,
    /// The name and the bracket.
    pub(super) span: Span,
}

impl Directive {
    /// Parses an argument, if it is spelled as a directive: a call where overrides have a key. `index` is its place
    /// among the arguments.
    ///
    /// # Errors
    /// [`Code::OverrideSyntax`](crate::Code::OverrideSyntax), as of an override.
    ///
    /// ```
    /// use hydra_compose::overrides::Directive;
    /// let parsed = Directive::parse("exclude(optimizer=sgd, lr=interval(0.1,1))", 0).expect("it is one")?;
    /// assert_eq!(parsed.to_string(), "exclude(optimizer=sgd,lr=interval(0.1,1.0))");
    /// let error = Directive::parse("repeat(0)", 0).expect("it is one").unwrap_err();
    /// assert_eq!(error.message(), "repeat(…) takes a whole number from 1 to 1000000");
    /// assert!(Directive::parse("repeat=3", 0).is_none());
    /// # Ok::<(), hydra_compose::Error>(())
    /// ```
    pub fn parse(text: &str, index: usize) -> Option<Result<Self>> {
        let call = call(text)?;
        let argument = Arc::new(Argument { text: text.to_owned(), index });
        Some(read(&argument, &call).map_err(|wrong| problem::error(wrong, &argument)))
    }

    /// The argument it was read from.
    pub fn argument(&self) -> &Arc<Argument> {
        match self {
            Self::Exclude(exclusion) => &exclusion.argument,
            Self::Repeat(repeat) => &repeat.argument,
        }
    }

    /// The whole argument as an origin.
    pub fn origin(&self) -> Origin {
        Origin::argument(self.argument(), Span::new(0, self.argument().text.len()))
    }
}

/// Printed back, without blanks.
impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exclude(exclusion) => {
                let conditions: Vec<String> = exclusion.conditions.iter().map(Override::to_string).collect();
                write!(f, "{EXCLUDE}({})", conditions.join(","))
            }
            Self::Repeat(repeat) => write!(f, "{REPEAT}({})", repeat.count),
        }
    }
}

/// The call that an argument starts with, if it is one of a directive.
pub(super) fn call(text: &str) -> Option<Call> {
    [EXCLUDE, REPEAT].into_iter().find_map(|name| {
        let bracket = text.strip_prefix(name)?.trim_start_matches([' ', '\t']);
        let inner = bracket.strip_prefix('(')?.trim_start_matches([' ', '\t']);
        Some(Call { name, span: Span::new(0, text.len() - inner.len()) })
    })
}

pub(super) fn is_valid(text: &str, call: Call) -> bool {
    match call.name {
        REPEAT => count(text, &call).is_ok(),
        _ => conditions(text, &call).is_ok(),
    }
}

fn read(argument: &Arc<Argument>, call: &Call) -> std::result::Result<Directive, Problem> {
    let text = &argument.text;
    if call.name == REPEAT {
        let count = count(text, call)?;
        return Ok(Directive::Repeat(Repeat { argument: Arc::clone(argument), count }));
    }
    let conditions =
        conditions(text, call)?.into_iter().map(|parsed| Override::new(argument, parsed)).collect();
    Ok(Directive::Exclude(Exclusion { argument: Arc::clone(argument), conditions }))
}

fn count(text: &str, call: &Call) -> std::result::Result<usize, Problem> {
    let tokens = value_tokens(text, Span::new(call.span.end, text.len()));
    let number = match tokens.as_slice() {
        [number @ Token { kind: Kind::Int, .. }, Token { kind: Kind::ParenClose, .. }, end]
            if end.kind == Kind::End =>
        {
            primitive::integer(&text[number.span.start..number.span.end])
        }
        _ => None,
    };
    let count = number.and_then(|number| number.to_usize()).filter(|count| (1..=MOST).contains(count));
    count.ok_or_else(|| problem::directive::no_count(text, MOST))
}

fn conditions(text: &str, call: &Call) -> std::result::Result<Vec<Parsed>, Problem> {
    let mut conditions = Vec::new();
    let (mut start, mut depth) = (call.span.end, 0_usize);
    // A key reads the same after a `=` as before it, as far as brackets, quotes and commas are concerned.
    for token in value_tokens(text, Span::new(start, text.len())) {
        match token.kind {
            Kind::ParenOpen | Kind::BracketOpen | Kind::BraceOpen => depth += 1,
            Kind::ParenClose if depth == 0 => {
                conditions.push(condition(text, Span::new(start, token.span.start))?);
                return match token.span.end == text.len() {
                    true => Ok(conditions),
                    false => Err(problem::directive::after(Span::new(token.span.end, text.len()))),
                };
            }
            Kind::ParenClose | Kind::BracketClose | Kind::BraceClose if depth > 0 => depth -= 1,
            Kind::Comma if depth == 0 => {
                conditions.push(condition(text, Span::new(start, token.span.start))?);
                start = token.span.end;
            }
            Kind::End => {
                return Err(problem::directive::not_closed(call.span));
            }
            Kind::Unknown | Kind::OpenQuote => {
                let rest = Span::new(start, text.len());
                return Err(match condition(text, rest) {
                    Err(problem) => problem,
                    Ok(_) => Problem::new("this cannot stand here", token.span),
                });
            }
            _ => {}
        }
    }
    Ok(conditions)
}

fn condition(text: &str, span: Span) -> std::result::Result<Parsed, Problem> {
    let written = &text[span.start..span.end];
    if written.starts_with('~') || !written.contains('=') {
        return Err(problem::directive::no_condition(span));
    }
    let mut condition = parse_part(text, span)?;
    if condition.kind == OverrideKind::ExtendList || condition.key.start == condition.key.end {
        return Err(problem::directive::no_condition(span));
    }
    // `int(1,2)` is a choice without the word, which could not be printed between other conditions.
    if let Some(value) = &mut condition.value
        && let ElementKind::Sweep(sweep) = &mut value.kind
        && let Sweep::Choice(choice) = &mut **sweep
    {
        choice.form = ChoiceForm::Explicit;
    }
    Ok(condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn printed(text: &str) -> String {
        Directive::parse(text, 0).expect("a directive").expect("it parses").to_string()
    }

    #[track_caller]
    fn refused(text: &str) -> (String, String) {
        let error = Directive::parse(text, 0).expect("a directive").expect_err("refused");
        (error.message().to_owned(), error.help_text().unwrap_or_default().to_owned())
    }

    #[test]
    fn conditions_are_overrides_of_their_own() {
        assert_eq!(printed("exclude(a=1)"), "exclude(a=1)");
        assert_eq!(
            printed("exclude ( +a.b=[1, {c: 2}] , d/e@f='x, (y' ,g=choice(1, 2))"),
            "exclude(+a.b=[1,{c:2}],d/e@f='x, (y',g=choice(1,2))"
        );
        assert_eq!(printed("exclude(a=int(1,2))"), "exclude(a=choice(1,2))");
        assert_eq!(printed("exclude(a=)"), "exclude(a=)");
        assert_eq!(printed("repeat( 1_000 )"), "repeat(1000)");
    }

    #[test]
    fn what_is_wrong_is_shown_in_its_place() {
        for (text, message) in [
            ("exclude()", "a condition is KEY=VALUE"),
            ("exclude(a)", "a condition is KEY=VALUE"),
            ("exclude(a=1,2)", "a condition is KEY=VALUE"),
            ("exclude(~a=1)", "a condition is KEY=VALUE"),
            ("exclude(=1)", "a condition is KEY=VALUE"),
            ("exclude(a=extend_list(1))", "a condition is KEY=VALUE"),
            ("exclude(a=1", "'(' is never closed"),
            ("exclude(a=1) b", "something follows the ')'"),
            ("exclude(a=b=c)", "'=' in a value without quotes"),
            ("exclude(a=b!c)", "'!' in a value without quotes"),
            ("exclude(a=nope(1))", "HydraException while evaluating 'nope(1)': Unknown function 'nope'"),
            ("repeat(0)", "repeat(…) takes a whole number from 1 to 1000000"),
            ("repeat(1000001)", "repeat(…) takes a whole number from 1 to 1000000"),
            ("repeat(2)x", "repeat(…) takes a whole number from 1 to 1000000"),
            ("repeat(1.0)", "repeat(…) takes a whole number from 1 to 1000000"),
        ] {
            assert_eq!(refused(text).0, message, "{text}");
        }
        assert_eq!(refused("exclude(a=1,2)").1, "several values of one key: exclude(a=choice(1,2))");
        assert_eq!(refused("exclude(a=1").1, "write 'exclude(a=1)'");
        assert_eq!(refused("exclude(a=1) b").1, "write 'exclude(a=1)'");
        let error = Directive::parse("exclude(a=1,bb=c=d)", 0).expect("one").expect_err("wrong");
        assert_eq!(error.labels()[0].origin.snippet().map(|(_, span)| span), Some(Span::new(16, 17)));
    }

    #[test]
    fn a_directive_is_no_override() {
        for text in ["exclude(a=1)", "repeat(3)", "exclude (", "repeat("] {
            let error = super::super::parse(text, 0).expect_err("no override");
            assert!(error.message().ends_with("(…) sets no key"), "{error}");
        }
        for text in ["exclude=1", "repeat=1", "excludes(a=1)", "+repeat(3)", "exclude.a=1"] {
            assert!(call(text).is_none(), "{text}");
        }
    }
}
