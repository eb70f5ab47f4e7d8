//! Several keys swept together: `a,b=zip(choice(1,2),choice(3,4))`.

use super::expand::MOST;
use super::lexer::Kind;
use super::parsed::{Override, OverrideKind};
use super::parser::{Head, Parser};
use super::problem::{self, Problem};
use super::value::{ChoiceForm, ChoiceSweep, Element, ElementKind, Sweep, ZipSweep};
use crate::error::{Code, Error, Result};
use crate::tree::{Origin, Span};
use std::collections::HashSet;

/// The function that pairs sweeps off. It is none of a single value, so it stands in no table of functions.
pub(super) const ZIP: &str = "zip";

/// What the argument says: a sweep for each of its keys.
#[derive(Debug)]
pub(super) struct Joint {
    /// All the keys, with the commas between.
    pub(super) key: Span,
    /// The call.
    pub(super) value: Span,
    pub(super) columns: Vec<(Head, Element)>,
}

/// Where the keys of `a,b=…` end. Hydra has no comma in a key, so none of its arguments looks so.
pub(super) fn end_of_keys(text: &str) -> Option<usize> {
    let end = text.find('=')?;
    let may_be_in_keys =
        |character: char| character.is_ascii_alphanumeric() || "_-$./@+~, \t".contains(character);
    (text[..end].contains(',') && text[..end].chars().all(may_be_in_keys)).then_some(end)
}

/// Reads the whole argument; the keys end at `end`.
pub(super) fn parse(text: &str, end: usize) -> std::result::Result<Joint, Problem> {
    let heads = heads(text, end)?;
    let mut parser = Parser::new(text, Span::new(end, text.len()));
    parser.accept(Kind::Equal);
    let call = parser.peek().span;
    let keys = Span::new(0, end);
    if &text[call.start..call.end] != ZIP || !parser.calls() {
        return Err(problem::joint::no_zip(text, keys));
    }
    let arguments = arguments(&mut parser)?;
    let value = Span::new(call.start, parser.last_end());
    parser.finish()?;
    if arguments.len() != heads.len() {
        return Err(problem::joint::uneven(value, heads.len(), arguments.len()));
    }
    let columns = heads.into_iter().zip(arguments).map(|(head, argument)| Ok((head, sweep(argument)?)));
    Ok(Joint { key: keys, value, columns: columns.collect::<std::result::Result<_, Problem>>()? })
}

fn heads(text: &str, end: usize) -> std::result::Result<Vec<Head>, Problem> {
    let mut heads: Vec<Head> = Vec::new();
    let mut known = HashSet::new();
    let mut start = 0;
    for key in text[..end].split(',') {
        let span = Span::new(start, start + key.len());
        start = span.end + 1;
        let mut parser = Parser::new(&text[..span.end], span);
        let head = parser.head()?;
        parser.end_of_head()?;
        if head.kind == OverrideKind::Delete {
            return Err(problem::joint::deletion(text, span));
        }
        if head.key.start == head.key.end {
            return Err(problem::joint::no_key(span));
        }
        if !known.insert(key) {
            return Err(problem::joint::twice(text, span));
        }
        heads.push(head);
    }
    Ok(heads)
}

/// What the call, which comes next, is given.
fn arguments(parser: &mut Parser<'_>) -> std::result::Result<Vec<Element>, Problem> {
    parser.next();
    let open = parser.next().span;
    let mut arguments = vec![parser.element()?];
    while parser.more(Kind::ParenClose, open)? {
        arguments.push(parser.element()?);
    }
    match parser.extension {
        Some(call) => Err(problem::call::partial_extension(call)),
        None => Ok(arguments),
    }
}

/// An argument of `zip(…)` as the sweep that it is.
fn sweep(mut argument: Element) -> std::result::Result<Element, Problem> {
    let span = argument.span;
    argument.kind = match argument.kind {
        ElementKind::List(items) => Sweep::Choice(ChoiceSweep::new(items, ChoiceForm::Explicit)).into(),
        ElementKind::Sweep(mut sweep) => {
            match &mut *sweep {
                Sweep::Interval(_) => return Err(problem::joint::interval(span)),
                // `int(1,2)` is a choice without the word, which could not be printed inside of the call.
                Sweep::Choice(choice) => choice.form = ChoiceForm::Explicit,
                _ => {}
            }
            ElementKind::Sweep(sweep)
        }
        _ => return Err(problem::joint::no_sweep(span)),
    };
    Ok(argument)
}

impl ZipSweep {
    /// The values of each column, as [`Override::expand`] gives them; all columns have as many.
    ///
    /// # Errors
    /// Those of [`Override::expand`]; [`Code::OverrideInvalid`] if one column has more values than another.
    ///
    /// ```
    /// use hydra_compose::overrides::{Sweep, parse};
    /// let over = parse("lr,+batch=zip(choice(1e-3,1e-4),[64,128])", 0)?;
    /// let Some(Sweep::Zip(zip)) = over.sweep() else { panic!("it is one") };
    /// assert_eq!(zip.expand(&|_group| Vec::new())?, [["0.001", "0.0001"], ["64", "128"]]);
    /// # Ok::<(), hydra_compose::Error>(())
    /// ```
    pub fn expand(&self, options: &dyn Fn(&str) -> Vec<String>) -> Result<Vec<Vec<String>>> {
        let mut values = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            values.push(column.expand(options)?);
        }
        let is_even = values.windows(2).all(|pair| pair[0].len() == pair[1].len());
        let cells = values.first().map_or(0, Vec::len).checked_mul(values.len());
        match (is_even, self.columns.first()) {
            (false, Some(first)) => Err(self.uneven(first, &values)),
            (true, Some(first)) if cells.is_none_or(|cells| cells > 10 * MOST) => {
                Err(Error::new(Code::OverrideInvalid, format!("a zip of more than {} values", 10 * MOST))
                    .label(&first.origin(), "this zip"))
            }
            _ => Ok(values),
        }
    }

    fn uneven(&self, first: &Override, values: &[Vec<String>]) -> Error {
        let counts: Vec<String> = self
            .columns
            .iter()
            .zip(values)
            .map(|(column, values)| format!("'{}' has {}", column.key_element(), values.len()))
            .collect();
        let message = format!("the sweeps of a zip differ in length: {}", counts.join(", "));
        let mut error = Error::new(Code::OverrideInvalid, message)
            .help("a zip takes one value of each sweep at a time, so all have the same number of values");
        for (column, values) in self.columns.iter().zip(values) {
            let span = column.value.as_ref().map_or(column.key_span, |value| value.span);
            let count = if values.len() == 1 { "1 value".into() } else { format!("{} values", values.len()) };
            error = error.label(&Origin::argument(&first.argument, span), count);
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use crate::overrides::parse;

    #[track_caller]
    fn refused(text: &str) -> (String, String) {
        let error = parse(text, 0).expect_err("refused");
        (error.message().to_owned(), error.help_text().unwrap_or_default().to_owned())
    }

    #[test]
    fn keys_keep_their_prefixes_and_packages() {
        let over = parse("+a,++b/c@d.e,$f=zip([1,x],range(2),int(1,2))", 0).expect("it parses");
        assert_eq!(over.to_string(), "+a,++b/c@d.e,$f=zip(choice(1,x),range(0,2,1),choice(1,2))");
        assert_eq!(over.key_element(), "+a,++b/c@d.e,$f");
        assert_eq!(parse(&over.to_string(), 0).expect("again").to_string(), over.to_string());
    }

    #[test]
    fn what_is_no_zip_is_refused_with_one_to_type() {
        for text in ["a,b=1", "a,b=1,2", "a,b=choice(1,2)", "a,b=", "a,b=zip", "a,b=[1,2]"] {
            let (message, help) = refused(text);
            assert_eq!(message, "several keys before the '='", "{text}");
            assert_eq!(help, "keys are swept together so: 'a,b=zip(choice(1,2),choice(3,4))'", "{text}");
        }
        assert_eq!(refused("a,b=zip([1])").0, "2 keys, and 1 sweep in zip(…)");
        assert_eq!(refused("a,b=zip(1,[2])").0, "zip(…) takes sweeps, and this is one value");
        assert_eq!(refused("a,b=zip(interval(0,1),[2])").0, "an interval has no values to pair off");
        assert_eq!(refused("a,a=zip([1],[2])").0, "'a' twice among the keys of a zip");
        assert_eq!(refused("a,~b=zip([1],[2])").0, "a key of a zip cannot be deleted");
        assert_eq!(refused("a,=zip([1],[2])").0, "a key is missing beside a comma");
        assert_eq!(refused("a, b=zip([1],[2])").1, "write 'a,b=zip([1],[2])'");
        assert_eq!(refused("a,b=zip([1],[2]").1, "write 'a,b=zip([1],[2])'");
        assert_eq!(refused("a,b=zip([1],[2])x").0, "'x' cannot stand here");
        assert!(refused("a=zip([1],[2])").1.starts_with("zip(…) goes with several keys"));
        assert!(refused("a,b").1.contains("zip("));
    }
}
