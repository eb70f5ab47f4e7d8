//! Anchors, aliases, tags and directives.

use super::cursor::{Cursor, END, is_blank_or_end, is_break};
use super::token::{Kind, Token};
use crate::error::Result;

impl<'a> Cursor<'a> {
    /// `&name` or `*name`.
    pub(super) fn anchor_or_alias(&mut self) -> Result<Token<'a>> {
        let start = self.at;
        let is_alias = self.peek() == '*';
        self.forward();
        let name = self.take_while(is_name_character);
        if name.is_empty() || !(is_blank_or_end(self.peek()) || "?:,]}%@`".contains(self.peek())) {
            let what = if is_alias { "an alias" } else { "an anchor" };
            let error = self.unexpected(format!("{what} is named with ASCII letters, digits, '-' and '_'"));
            return Err(error.help("put text that starts with '*' or '&' in quotes"));
        }
        let kind = if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) };
        Ok(Token { kind, span: self.span_from(start) })
    }

    /// `!!str`, `!mine`, `!handle!suffix`, `!<whole:tag>`, `!`.
    pub(super) fn tag(&mut self) -> Result<Token<'a>> {
        let start = self.at;
        let kind = if self.peek_second() == '<' {
            self.skip(2);
            let suffix = self.tag_text()?;
            if self.peek() != '>' {
                return Err(self.unexpected("in a tag: expected '>'".into()));
            }
            self.forward();
            Kind::Tag(None, suffix)
        } else if is_blank_or_end(self.peek_second()) {
            self.forward();
            Kind::Tag(None, "!".into())
        } else {
            let word = self.rest()[1..].split(|c| c == ' ' || is_break(c)).next().unwrap_or_default();
            let handle = if word.contains('!') { self.tag_handle()? } else { self.first_character() };
            Kind::Tag(Some(handle), self.tag_text()?)
        };
        if !(matches!(self.peek(), END | ' ') || is_break(self.peek())) {
            return Err(self.unexpected("a blank must follow a tag".into()));
        }
        Ok(Token { kind, span: self.span_from(start) })
    }

    fn first_character(&mut self) -> &'a str {
        let start = self.at;
        self.forward();
        self.since(start)
    }

    /// `!`, `!!` or `!name!`.
    fn tag_handle(&mut self) -> Result<&'a str> {
        let start = self.at;
        if self.peek() != '!' {
            return Err(self.unexpected("a tag's handle starts with '!'".into()));
        }
        self.forward();
        if self.peek() == ' ' {
            return Ok(self.since(start));
        }
        self.take_while(is_name_character);
        if self.peek() != '!' {
            return Err(self.unexpected("a tag's handle ends with '!'".into()));
        }
        self.forward();
        Ok(self.since(start))
    }

    /// The characters of a URI, escapes like `%20` resolved.
    fn tag_text(&mut self) -> Result<String> {
        let start = self.at;
        let is_uri = |c: char| c.is_ascii_alphanumeric() || "-;/?:@&=+$,_.!~*'()[]%".contains(c);
        let raw = self.take_while(is_uri);
        if raw.is_empty() {
            return Err(self.unexpected("in a tag: expected a name".into()));
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('%') {
            bytes.extend_from_slice(before.as_bytes());
            let code = after.get(..2).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
            let Some(byte) = byte else {
                return Err(self.error("in a tag: '%' needs two hexadecimal digits", self.span_from(start)));
            };
            bytes.push(byte);
            rest = &after[2..];
        }
        bytes.extend_from_slice(rest.as_bytes());
        String::from_utf8(bytes)
            .map_err(|_| self.error("in a tag: the escapes are no UTF-8", self.span_from(start)))
    }

    /// `%YAML 1.1`, `%TAG !e! tag:example.com,2000:`, or any other, which is ignored.
    pub(super) fn directive(&mut self) -> Result<Token<'a>> {
        let start = self.at;
        self.forward();
        let name = self.take_while(is_name_character);
        if name.is_empty() || !(matches!(self.peek(), END | ' ') || is_break(self.peek())) {
            let error = self.unexpected("a directive is named with letters and digits".into());
            return Err(error.help("put text that starts with '%' in quotes"));
        }
        let kind = match name {
            "YAML" => {
                self.skip_spaces();
                Kind::Version(self.version()?)
            }
            "TAG" => {
                self.skip_spaces();
                let handle = self.tag_handle()?;
                if self.peek() != ' ' {
                    return Err(self.unexpected("a blank must follow a tag's handle".into()));
                }
                self.skip_spaces();
                Kind::TagPrefix(handle, self.tag_text()?)
            }
            _ => {
                self.take_while(|character| !is_break(character));
                Kind::OtherDirective
            }
        };
        let span = self.span_from(start);
        self.rest_of_line("in a directive")?;
        Ok(Token { kind, span })
    }

    /// The major version of `1.1`.
    fn version(&mut self) -> Result<String> {
        let major = self.take_while(|character| character.is_ascii_digit());
        let dot = self.first_character();
        let minor = self.take_while(|character| character.is_ascii_digit());
        if major.is_empty() || dot != "." || minor.is_empty() || !is_blank_or_end(self.peek()) {
            return Err(self.unexpected("a version reads '1.1'".into()));
        }
        Ok(major.to_owned())
    }
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}
