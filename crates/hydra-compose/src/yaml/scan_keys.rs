//! Keys without `?`: a token may turn out to be one when a `:` follows it.

use super::scanner::Scanner;
use crate::error::{Error, Result};

/// A key without `?` has at most this many characters before its `:`, and stands on one line.
const SIMPLE_KEY_LENGTH: usize = 1024;

/// A token that is a key if a `:` follows in time.
pub(super) struct PossibleKey {
    pub(super) flow_level: usize,
    /// Its number among all tokens.
    pub(super) token: usize,
    /// Whether anything else than a key is an error: in a block mapping, at its column.
    pub(super) required: bool,
    pub(super) cursor_index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) at: usize,
}

impl Scanner<'_> {
    pub(super) fn drop_stale_keys(&mut self) -> Result<()> {
        let (line, index) = (self.cursor.line, self.cursor.index);
        let stale = |key: &PossibleKey| key.line != line || index - key.cursor_index > SIMPLE_KEY_LENGTH;
        if let Some(key) = self.possible_keys.iter().find(|key| key.required && stale(key)) {
            return Err(self.missing_colon(key));
        }
        self.possible_keys.retain(|key| !stale(key));
        Ok(())
    }

    pub(super) fn save_possible_key(&mut self) -> Result<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.remove_possible_key()?;
        let cursor = &self.cursor;
        self.possible_keys.push(PossibleKey {
            flow_level: self.flow_level,
            token: self.taken + self.tokens.len(),
            required: self.flow_level == 0 && self.indent == cursor.column as isize,
            cursor_index: cursor.index,
            line: cursor.line,
            column: cursor.column,
            at: cursor.at,
        });
        Ok(())
    }

    pub(super) fn take_possible_key(&mut self) -> Option<PossibleKey> {
        self.possible_keys.pop_if(|key| key.flow_level == self.flow_level)
    }

    pub(super) fn remove_possible_key(&mut self) -> Result<()> {
        match self.take_possible_key() {
            Some(key) if key.required => Err(self.missing_colon(&key)),
            _ => Ok(()),
        }
    }

    fn missing_colon(&self, key: &PossibleKey) -> Error {
        self.error("a ':' is missing behind this key", self.cursor.line_from(key.at))
            .help("in a mapping every line reads 'key: value'")
    }
}
