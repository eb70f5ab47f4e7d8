//! Block scalars: the indented text behind `|` and `>`.

use super::cursor::{Cursor, END, is_blank_or_end, is_break};
use super::token::{Kind, Token};
use crate::error::Result;
use crate::tree::Span;

/// What becomes of the line breaks at the end of a block scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chomping {
    /// `-`: all are dropped.
    Strip,
    /// The first stays.
    Clip,
    /// `+`: all stay.
    Keep,
}

impl<'a> Cursor<'a> {
    /// A scalar of `|` or `>`, indented to column `least` or further.
    pub(super) fn block_scalar(&mut self, least: usize) -> Result<Token<'a>> {
        let start = self.at;
        let folds = self.peek() == '>';
        self.forward();
        let (chomping, increment) = self.block_header()?;
        self.rest_of_line("in the first line of a block scalar")?;
        let mut text = String::new();
        let (indent, mut breaks) = match increment {
            Some(increment) => (least + increment - 1, self.block_breaks(least + increment - 1)),
            None => {
                let (deepest, breaks) = self.block_indentation();
                (deepest.max(least), breaks)
            }
        };
        let mut end = self.at;
        let mut last_break = None;
        while self.column == indent && self.peek() != END {
            text.push_str(&breaks);
            let starts_blank = matches!(self.peek(), ' ' | '\t');
            text.push_str(self.take_while(|character| !is_break(character)));
            end = self.at;
            last_break = self.line_break();
            breaks = self.block_breaks(indent);
            if self.column != indent || self.peek() == END {
                break;
            }
            if folds && last_break == Some('\n') && !starts_blank && !matches!(self.peek(), ' ' | '\t') {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.extend(last_break);
            }
        }
        if chomping != Chomping::Strip {
            text.extend(last_break);
        }
        if chomping == Chomping::Keep {
            text.push_str(&breaks);
        }
        let span = Span::new(start, start + self.since(start)[..end - start].trim_end().len());
        Ok(Token { kind: Kind::Scalar { text, plain: false }, span })
    }

    /// `+` or `-`, and how far the text is indented, in either order.
    fn block_header(&mut self) -> Result<(Chomping, Option<usize>)> {
        let start = self.at;
        let header = self.take_while(|character| !is_blank_or_end(character) || character == '\t');
        let mut chomping = Chomping::Clip;
        let mut increment = None;
        for character in header.chars() {
            match character {
                '+' if chomping == Chomping::Clip => chomping = Chomping::Keep,
                '-' if chomping == Chomping::Clip => chomping = Chomping::Strip,
                '1'..='9' if increment.is_none() => {
                    increment = character.to_digit(10).map(|digit| digit as usize)
                }
                _ => {
                    let error = self.error(
                        "a block scalar starts with '|' or '>', then '+', '-' or a digit from 1 to 9",
                        self.span_from(start),
                    );
                    return Err(error.help("put text that starts with '|' or '>' in quotes"));
                }
            }
        }
        Ok((chomping, increment))
    }

    /// Empty lines before the text, and the deepest indentation among them and the text.
    fn block_indentation(&mut self) -> (usize, String) {
        let mut breaks = String::new();
        let mut deepest = 0;
        loop {
            self.skip_spaces();
            deepest = deepest.max(self.column);
            match self.line_break() {
                Some(character) => breaks.push(character),
                None => return (deepest, breaks),
            }
        }
    }

    /// Empty lines, and the indentation of the line behind them up to `indent`.
    fn block_breaks(&mut self, indent: usize) -> String {
        let mut breaks = String::new();
        loop {
            while self.column < indent && self.peek() == ' ' {
                self.forward();
            }
            match self.line_break() {
                Some(character) => breaks.push(character),
                None => return breaks,
            }
        }
    }
}
