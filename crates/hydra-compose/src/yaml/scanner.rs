//! From characters to tokens, as PyYAML's scanner: YAML 1.1 with its limits.
//!
//! Block structure comes from indentation, and a key is only known as one when its `:` is seen; so tokens wait in a
//! queue while one of them may still turn out to start a key.

use super::cursor::{Cursor, END, is_blank_or_end};
use super::scan_keys::PossibleKey;
use super::scan_scalar::Context;
use super::token::{Kind, Token};
use crate::error::{Error, Result};
use crate::tree::{SourceFile, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// A scanner; its parser takes tokens one by one.
pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) tokens: VecDeque<Token<'a>>,
    /// How many tokens were taken.
    pub(super) taken: usize,
    done: bool,
    /// How many `[` and `{` are open.
    pub(super) flow_level: usize,
    /// The column of the current block collection; -1 outside of any.
    pub(super) indent: isize,
    indents: Vec<isize>,
    /// Whether a key without `?` may start here; in block style also whether a collection may.
    pub(super) key_allowed: bool,
    /// The tokens that may be keys: at most one for each flow level, outer ones first.
    pub(super) possible_keys: Vec<PossibleKey>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(file: &'a Arc<SourceFile>) -> Result<Self> {
        Ok(Self {
            cursor: Cursor::new(file)?,
            tokens: VecDeque::new(),
            taken: 0,
            done: false,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            possible_keys: Vec::new(),
        })
    }

    /// The next token, which stays the next one. At the end it is `StreamEnd` again and again.
    pub(super) fn peek(&mut self) -> Result<&Token<'a>> {
        while self.needs_more()? {
            self.fetch()?;
        }
        let end = Span::new(self.cursor.at, self.cursor.at);
        if self.tokens.is_empty() {
            self.tokens.push_back(Token { kind: Kind::StreamEnd, span: end });
        }
        Ok(&self.tokens[0])
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>> {
        let token = self.peek()?.clone();
        self.tokens.pop_front();
        self.taken += 1;
        Ok(token)
    }

    /// An error at a place of the file.
    pub(super) fn error(&self, message: impl Into<String>, span: Span) -> Error {
        self.cursor.error(message, span)
    }

    fn needs_more(&mut self) -> Result<bool> {
        if self.done {
            return Ok(false);
        }
        self.drop_stale_keys()?;
        Ok(self.tokens.is_empty() || self.possible_keys.first().is_some_and(|key| key.token == self.taken))
    }

    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        self.close_blocks(self.cursor.column as isize);
        let character = self.cursor.peek();
        let in_flow = self.flow_level > 0;
        let before_blank = is_blank_or_end(self.cursor.peek_second());
        if self.cursor.column == 0 {
            match character {
                '%' => return self.fetch_directive(),
                '-' if self.cursor.is_marker("---") => return self.fetch_marker(Kind::DocumentStart),
                '.' if self.cursor.is_marker("...") => return self.fetch_marker(Kind::DocumentEnd),
                _ => {}
            }
        }
        match character {
            END => self.fetch_end(),
            '[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            '{' => self.fetch_flow_start(Kind::FlowMappingStart),
            ']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            ',' => self.fetch_flow_entry(),
            '-' if before_blank => self.fetch_block_entry(),
            '?' if in_flow || before_blank => self.fetch_key(),
            ':' if in_flow || before_blank => self.fetch_value(),
            '*' | '&' => self.fetch_possible_key(|cursor| cursor.anchor_or_alias()),
            '!' => self.fetch_possible_key(|cursor| cursor.tag()),
            '|' | '>' if !in_flow => self.fetch_block_scalar(),
            '\'' | '"' => self.fetch_possible_key(|cursor| cursor.quoted_scalar()),
            '#' | '%' | '@' | '`' | '|' | '>' | '\t' => Err(self.cannot_start(character)),
            _ => self.fetch_plain(),
        }
    }

    fn cannot_start(&self, character: char) -> Error {
        let message = format!("'{}' cannot start a value or a key", character.escape_debug());
        let help = if character == '\t' {
            "indent and separate with blanks, not with tabs"
        } else {
            "put the text in quotes"
        };
        self.error(message, self.cursor.next_span()).help(help)
    }

    fn skip_to_token(&mut self) {
        loop {
            self.cursor.skip_spaces();
            self.cursor.comment();
            if self.cursor.line_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn push(&mut self, kind: Kind<'a>, span: Span) {
        self.tokens.push_back(Token { kind, span });
    }

    /// Adds a token of the next `length` characters.
    fn push_next(&mut self, kind: Kind<'a>, length: usize) {
        let start = self.cursor.at;
        self.cursor.skip(length);
        let span = self.cursor.span_from(start);
        self.push(kind, span);
    }

    fn push_empty(&mut self, kind: Kind<'a>) {
        let span = self.cursor.span_from(self.cursor.at);
        self.push(kind, span);
    }

    // Blocks

    fn close_blocks(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
            self.push_empty(Kind::BlockEnd);
        }
    }

    /// Whether a block collection starts at this column.
    fn opens_block(&mut self, column: usize) -> bool {
        let opens = self.indent < column as isize;
        if opens {
            self.indents.push(self.indent);
            self.indent = column as isize;
        }
        opens
    }

    /// In block style: an indicator where it may not be is an error, and one further right opens a collection.
    fn enter_block(&mut self, start: Kind<'a>, refusal: &str) -> Result<()> {
        if self.flow_level > 0 {
            return Ok(());
        }
        if !self.key_allowed {
            let error = self.error(refusal, self.cursor.next_span());
            return Err(error.help("start it on a line of its own, or put text with ': ' in it in quotes"));
        }
        if self.opens_block(self.cursor.column) {
            self.push_empty(start);
        }
        Ok(())
    }

    // Tokens

    fn fetch_end(&mut self) -> Result<()> {
        self.close_all()?;
        self.push_empty(Kind::StreamEnd);
        self.done = true;
        Ok(())
    }

    fn close_all(&mut self) -> Result<()> {
        self.close_blocks(-1);
        self.remove_possible_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<()> {
        self.close_all()?;
        let token = self.cursor.directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_marker(&mut self, kind: Kind<'a>) -> Result<()> {
        self.close_all()?;
        self.push_next(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Result<()> {
        self.save_possible_key()?;
        self.flow_level += 1;
        self.key_allowed = true;
        self.push_next(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Result<()> {
        self.remove_possible_key()?;
        if self.flow_level == 0 {
            return Err(self
                .error(format!("{} without the bracket that opens", kind.words()), self.cursor.next_span()));
        }
        self.flow_level -= 1;
        self.key_allowed = false;
        self.push_next(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<()> {
        self.key_allowed = true;
        self.remove_possible_key()?;
        self.push_next(Kind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<()> {
        self.enter_block(Kind::BlockSequenceStart, "a list may not start here")?;
        self.key_allowed = true;
        self.remove_possible_key()?;
        self.push_next(Kind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<()> {
        self.enter_block(Kind::BlockMappingStart, "a mapping may not start here")?;
        self.key_allowed = self.flow_level == 0;
        self.remove_possible_key()?;
        self.push_next(Kind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<()> {
        match self.take_possible_key() {
            Some(key) => {
                let place = key.token - self.taken;
                let span = Span::new(key.at, key.at);
                self.tokens.insert(place, Token { kind: Kind::Key, span });
                if self.flow_level == 0 && self.opens_block(key.column) {
                    self.tokens.insert(place, Token { kind: Kind::BlockMappingStart, span });
                }
                self.key_allowed = false;
            }
            None => {
                self.enter_block(Kind::BlockMappingStart, "a mapping may not start here")?;
                self.key_allowed = self.flow_level == 0;
            }
        }
        self.push_next(Kind::Value, 1);
        Ok(())
    }

    fn fetch_possible_key(&mut self, scan: fn(&mut Cursor<'a>) -> Result<Token<'a>>) -> Result<()> {
        self.save_possible_key()?;
        self.key_allowed = false;
        let token = scan(&mut self.cursor)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self) -> Result<()> {
        self.key_allowed = true;
        self.remove_possible_key()?;
        let least = usize::try_from(self.indent + 1).unwrap_or(0).max(1);
        let token = self.cursor.block_scalar(least)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Result<()> {
        self.save_possible_key()?;
        let least = usize::try_from(self.indent + 1).unwrap_or(0);
        let context = if self.flow_level > 0 { Context::Flow } else { Context::Block };
        let (token, ended_line) = self.cursor.plain_scalar(least, context);
        self.key_allowed = ended_line;
        self.tokens.push_back(token);
        Ok(())
    }
}
