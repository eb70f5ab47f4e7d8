//! A place in a file that moves forward, counting as YAML does.

use super::yaml_error;
use crate::error::{Error, Result};
use crate::tree::{Origin, SourceFile, Span};
use std::sync::Arc;

/// What `peek` says at the end of the text. It cannot stand in it: see [`Cursor::new`].
pub(super) const END: char = '\0';

/// Where scanning stands.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    file: &'a Arc<SourceFile>,
    text: &'a str,
    /// The byte.
    pub(super) at: usize,
    /// The character, counted from the start of the text.
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl<'a> Cursor<'a> {
    /// The start of a file, behind its byte order mark.
    ///
    /// # Errors
    /// A control character in the text.
    pub(super) fn new(file: &'a Arc<SourceFile>) -> Result<Self> {
        let text = file.text.as_str();
        let mut cursor = Self { file, text, at: 0, index: 0, line: 0, column: 0 };
        if let Some((at, character)) = text.char_indices().find(|(_, character)| !is_allowed(*character)) {
            let message = format!("the character U+{:04X} is not allowed", u32::from(character));
            let error = cursor.error(message, Span::new(at, at + character.len_utf8()));
            return Err(error.help("write it as an escape in double quotes, as in \"\\x07\""));
        }
        if cursor.peek() == '\u{feff}' {
            cursor.forward();
        }
        Ok(cursor)
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The text from `start` to here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// The bytes from `start` to here.
    pub(super) fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }

    /// The next character.
    pub(super) fn peek(&self) -> char {
        self.rest().chars().next().unwrap_or(END)
    }

    /// The character after the next.
    pub(super) fn peek_second(&self) -> char {
        self.rest().chars().nth(1).unwrap_or(END)
    }

    /// Moves over one character.
    pub(super) fn forward(&mut self) {
        let mut rest = self.rest().chars();
        let Some(character) = rest.next() else { return };
        self.at += character.len_utf8();
        self.index += 1;
        if matches!(character, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
            || (character == '\r' && rest.next() != Some('\n'))
        {
            self.line += 1;
            self.column = 0;
        } else if character != '\u{feff}' {
            self.column += 1;
        }
    }

    /// Moves over the characters that are wanted, and hands them out.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.at < self.text.len() && wanted(self.peek()) {
            self.forward();
        }
        self.since(start)
    }

    /// Moves over `count` characters.
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.forward();
        }
    }

    pub(super) fn skip_spaces(&mut self) {
        self.take_while(|character| character == ' ');
    }

    /// Moves over one line break, if there is one: the text it stands for. Only the separators of
    /// Unicode stay what they are.
    pub(super) fn line_break(&mut self) -> Option<char> {
        let character = self.peek();
        if !is_break(character) {
            return None;
        }
        if self.rest().starts_with("\r\n") {
            self.forward();
        }
        self.forward();
        Some(if matches!(character, '\u{2028}' | '\u{2029}') { character } else { '\n' })
    }

    /// Moves over a comment, if there is one, up to the end of its line.
    pub(super) fn comment(&mut self) {
        if self.peek() == '#' {
            self.take_while(|character| !is_break(character));
        }
    }

    /// Moves over blanks and a comment to the next line; anything else is an error.
    pub(super) fn rest_of_line(&mut self, what: &str) -> Result<()> {
        self.skip_spaces();
        self.comment();
        if self.at < self.text.len() && self.line_break().is_none() {
            return Err(self.unexpected(format!("{what}: expected a comment or a line break")));
        }
        Ok(())
    }

    /// Whether `---` or `...` stands here, with a blank or the end behind it.
    pub(super) fn is_document_marker(&self) -> bool {
        self.is_marker("---") || self.is_marker("...")
    }

    pub(super) fn is_marker(&self, marker: &str) -> bool {
        self.rest().strip_prefix(marker).is_some_and(|rest| rest.chars().next().is_none_or(is_blank_or_end))
    }

    /// An error about the next character.
    pub(super) fn unexpected(&self, expectation: String) -> Error {
        let found = match self.peek() {
            END => "the end of the file".to_owned(),
            character => format!("'{}'", character.escape_debug()),
        };
        self.error(format!("{expectation}, but found {found}"), self.next_span())
    }

    /// The bytes of the next character.
    pub(super) fn next_span(&self) -> Span {
        Span::new(self.at, self.at + self.rest().chars().next().map_or(0, char::len_utf8))
    }

    /// The bytes from `start` to the end of its line.
    pub(super) fn line_from(&self, start: usize) -> Span {
        let line = self.text[start..].split(is_break).next().unwrap_or_default();
        Span::new(start, start + line.trim_end().len())
    }

    /// An error at a place of the file.
    pub(super) fn error(&self, message: impl Into<String>, span: Span) -> Error {
        yaml_error(message).label(&self.origin(span), "")
    }

    pub(super) fn origin(&self, span: Span) -> Origin {
        Origin::file(self.file, span)
    }
}

/// The line breaks of YAML 1.1.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A blank, a line break, or the end.
pub(super) fn is_blank_or_end(character: char) -> bool {
    matches!(character, END | ' ' | '\t') || is_break(character)
}

fn is_allowed(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
