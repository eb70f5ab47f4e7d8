//! What is wrong with an argument: found by the parser, worded for a person, with a correction that can be typed.

mod advice;
pub(super) mod call;
pub(super) mod directive;
pub(super) mod joint;
pub(super) mod key;
pub(super) mod value;

pub(super) use advice::error;
pub(crate) use advice::shell_quoted;

use crate::tree::Span;

/// One thing that is wrong. Boxed, because every step of the parser, which calls itself, has room for one on the stack.
#[derive(Debug)]
pub(super) struct Problem(Box<Content>);

#[derive(Debug)]
struct Content {
    message: String,
    /// What is wrong.
    span: Span,
    /// What is to be said at that place; may be empty.
    label: String,
    /// Changes, any of which may put it right; `advice` takes the first that parses.
    repairs: Vec<Repair>,
    /// What to say if none does.
    help: Option<String>,
}

/// A change to an argument that may put it right.
#[derive(Clone, Debug)]
enum Repair {
    /// This text in the place of that.
    Replace(Span, String),
    /// The value around this place in quotes.
    Quote(Span),
    /// A closing bracket for each that is open at the end.
    Close,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, span: Span) -> Self {
        Self(Box::new(Content {
            message: message.into(),
            span,
            label: String::new(),
            repairs: Vec::new(),
            help: None,
        }))
    }

    fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = label.into();
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    fn replace(mut self, span: Span, text: impl Into<String>) -> Self {
        self.0.repairs.push(Repair::Replace(span, text.into()));
        self
    }

    fn insert(self, at: usize, text: &str) -> Self {
        self.replace(Span::new(at, at), text)
    }

    fn remove(self, span: Span) -> Self {
        self.replace(span, "")
    }

    fn quote(mut self, span: Span) -> Self {
        self.0.repairs.push(Repair::Quote(span));
        self
    }

    fn close(mut self) -> Self {
        self.0.repairs.push(Repair::Close);
        self
    }
}
