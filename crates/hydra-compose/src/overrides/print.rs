//! Printing back: what parses to the same value again. Hydra hands jobs their overrides in this form.

use super::parsed::{Override, OverrideKind};
use super::value::{ChoiceForm, Element, ElementKind, IntervalSweep, Number, Order, Quote, Sweep};
use crate::tree::float_repr;
use std::collections::BTreeSet;
use std::fmt;

/// As Hydra prints a value: no blanks, booleans capital, quotes of the same kind, other texts escaped.
/// A sweep, which Hydra refuses to print, is printed as the call that makes it.
///
/// ```
/// let over = hydra_compose::overrides::parse("x={a: [yes, true, 1e3], b: 'it is'}", 0)?;
/// assert_eq!(over.to_string(), "x={a:[yes,True,1000.0],b:'it is'}");
/// # Ok::<(), hydra_compose::Error>(())
/// ```
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        print(self, &mut out);
        f.write_str(&out)
    }
}

/// The argument as Hydra prints it back; `~key` becomes `~key=null`.
impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key_element(), self.printed_value())
    }
}

impl Override {
    /// What follows the `=`, printed back.
    pub(super) fn printed_value(&self) -> String {
        let mut out = String::new();
        match &self.value {
            None => out.push_str("null"),
            Some(Element { kind: ElementKind::List(items), .. }) if self.kind == OverrideKind::ExtendList => {
                print_between("extend_list(", items, ")", &mut out);
            }
            Some(value) => print(value, &mut out),
        }
        out
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => f.write_str(&float_repr(*float)),
        }
    }
}

// Onto a text, because nested formatters take several times as much of the stack.
fn print(element: &Element, out: &mut String) {
    match &element.kind {
        ElementKind::Null => out.push_str("null"),
        ElementKind::Bool(true) => out.push_str("True"),
        ElementKind::Bool(false) => out.push_str("False"),
        ElementKind::Int(int) => out.push_str(&int.to_string()),
        ElementKind::Float(float) => out.push_str(&float_repr(*float)),
        ElementKind::Str(text) => print_escaped(text, out),
        ElementKind::Quoted { text, quote } => out.push_str(&quoted(text, *quote)),
        ElementKind::List(items) => print_between("[", items, "]", out),
        ElementKind::Map(entries) => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                print(key, out);
                out.push(':');
                print(value, out);
            }
            out.push('}');
        }
        ElementKind::Sweep(sweep) => print_sweep(sweep, out),
    }
}

fn print_between(open: &str, items: &[Element], close: &str, out: &mut String) {
    out.push_str(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        print(item, out);
    }
    out.push_str(close);
}

fn print_sweep(sweep: &Sweep, out: &mut String) {
    let no_tags = BTreeSet::new();
    let (order, tags) = match sweep {
        Sweep::Choice(choice) => (choice.order, &choice.tags),
        Sweep::Range(range) => (range.order, &range.tags),
        Sweep::Interval(interval) => (Order::Given, &interval.tags),
        Sweep::Glob(_) | Sweep::Seeds(_) | Sweep::Zip(_) => (Order::Given, &no_tags),
    };
    let is_plain = order == Order::Given && tags.is_empty();
    if !tags.is_empty() {
        out.push_str("tag(");
        for tag in tags {
            print_escaped(tag, out);
            out.push(',');
        }
    }
    if order == Order::Shuffled {
        out.push_str("shuffle(");
    }
    match sweep {
        Sweep::Choice(choice) if is_plain && choice.form == ChoiceForm::Simple => {
            print_between("", &choice.list, "", out)
        }
        Sweep::Choice(choice) => print_between("choice(", &choice.list, ")", out),
        Sweep::Range(range) => out.push_str(&format!("range({},{},{})", range.start, range.stop, range.step)),
        Sweep::Interval(IntervalSweep { start: Number::Int(start), end, .. }) => {
            out.push_str(&format!("int(interval({start},{end}))"));
        }
        Sweep::Interval(interval) => out.push_str(&format!("interval({},{})", interval.start, interval.end)),
        Sweep::Glob(glob) => {
            print_between("glob([", &glob.include, "],", out);
            print_between("[", &glob.exclude, "])", out);
        }
        Sweep::Seeds(seeds) => out.push_str(&format!("seeds({},{})", seeds.count, seeds.root)),
        Sweep::Zip(zip) => {
            out.push_str("zip(");
            for (at, column) in zip.columns.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                match column.sweep() {
                    // Only a list can be empty.
                    Some(Sweep::Choice(choice)) if choice.list.is_empty() => out.push_str("[]"),
                    _ => out.push_str(&column.printed_value()),
                }
            }
            out.push(')');
        }
    }
    if order == Order::Shuffled {
        out.push(')');
    }
    if !tags.is_empty() {
        out.push(')');
    }
}

fn print_escaped(text: &str, out: &mut String) {
    for character in text.chars() {
        if r"\()[]{}:=, ".contains(character) || character == '\t' {
            out.push('\\');
        }
        out.push(character);
    }
}

/// In quotes of the kind that needs fewer backslashes.
pub(crate) fn in_quotes(text: &str) -> String {
    quoted(text, if text.contains('"') && !text.contains('\'') { Quote::Single } else { Quote::Double })
}

/// In quotes. Backslashes are doubled only directly before a quote of this kind, the closing one included.
pub(super) fn quoted(text: &str, quote: Quote) -> String {
    let quote = quote.as_char();
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    let mut backslashes = 0;
    for character in text.chars() {
        if character == quote {
            out.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if character == '\\' { backslashes + 1 } else { 0 };
        out.push(character);
    }
    out.extend(std::iter::repeat_n('\\', backslashes));
    out.push(quote);
    out
}
