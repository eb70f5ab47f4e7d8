//! Text to tokens. There are two sets of them: one up to the first `=`, one after it.

use crate::tree::Span;

/// What a token is. Blanks beside punctuation belong to it, as Hydra has it, so that `f (x)` is a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    // Before the first `=`:
    Tilde,
    Plus,
    At,
    Slash,
    /// A name with a `$` in it.
    SpecialName,
    /// Names and indices with dots between.
    DotPath,
    // On both sides:
    Equal,
    Colon,
    Name,
    // After it:
    ParenOpen,
    ParenClose,
    BracketOpen,
    BracketClose,
    BraceOpen,
    BraceClose,
    Comma,
    Float,
    Int,
    Bool,
    Null,
    /// A character that needs no quotes and is part of nothing longer.
    Character,
    /// Backslashes with the characters that they escape.
    Escape,
    Blank,
    Quoted,
    Interpolation,
    // What stops the reading:
    /// A quote that nothing closes.
    OpenQuote,
    /// A character that cannot stand here.
    Unknown,
    End,
}

/// A token and the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// The tokens of the part of a text that is an override. The last is `End`, or the one where reading stopped.
pub(super) fn tokens(text: &str, span: Span) -> Vec<Token> {
    read(&text[..span.end], span.start, Mode::Key)
}

/// The tokens of the part of a text that stands after a `=`.
pub(super) fn value_tokens(text: &str, span: Span) -> Vec<Token> {
    read(&text[..span.end], span.start, Mode::Value)
}

fn read(text: &str, start: usize, mode: Mode) -> Vec<Token> {
    let last_brace = text[start..].rfind('}').map(|at| start + at);
    let mut lexer = Lexer { bytes: text.as_bytes(), last_brace, mode };
    let mut tokens = Vec::new();
    let mut at = start;
    loop {
        let (kind, end) = lexer.token(at);
        let end = if kind == Kind::Unknown {
            at + text[at..].chars().next().map_or(0, char::len_utf8)
        } else {
            end
        };
        tokens.push(Token { kind, span: Span::new(at, end) });
        if matches!(kind, Kind::End | Kind::Unknown | Kind::OpenQuote) {
            return tokens;
        }
        at = end;
    }
}

enum Mode {
    Key,
    Value,
}

struct Lexer<'a> {
    bytes: &'a [u8],
    // Known beforehand, so that a row of `${` without an end is not searched again and again.
    last_brace: Option<usize>,
    mode: Mode,
}

impl Lexer<'_> {
    /// The token at `at` and where it ends.
    fn token(&mut self, at: usize) -> (Kind, usize) {
        match (&self.mode, self.peek(at)) {
            (_, None) => (Kind::End, at),
            (Mode::Key, Some(first)) => self.key_token(at, first),
            (Mode::Value, Some(first)) => self.value_token(at, first),
        }
    }

    fn key_token(&mut self, at: usize, first: u8) -> (Kind, usize) {
        match first {
            b'=' => {
                self.mode = Mode::Value;
                (Kind::Equal, self.blanks(at + 1))
            }
            b'~' => (Kind::Tilde, at + 1),
            b'+' => (Kind::Plus, at + 1),
            b'@' => (Kind::At, at + 1),
            b':' => (Kind::Colon, at + 1),
            b'/' => (Kind::Slash, at + 1),
            _ => self.key_path(at).unwrap_or((Kind::Unknown, at)),
        }
    }

    fn key_path(&self, at: usize) -> Option<(Kind, usize)> {
        let first = self.key_part(at)?;
        let mut end = first;
        while self.peek(end) == Some(b'.')
            && let Some(next) = self.key_part(end + 1)
        {
            end = next;
        }
        let kind = match self.bytes[at] {
            _ if end > first => Kind::DotPath,
            b'0'..=b'9' => return None, // an index alone is no key
            _ if self.bytes[at..end].contains(&b'$') => Kind::SpecialName,
            _ => Kind::Name,
        };
        Some((kind, end))
    }

    fn key_part(&self, at: usize) -> Option<usize> {
        match self.peek(at)? {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => {
                Some(self.run(at, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$')))
            }
            _ => self.unsigned(at),
        }
    }

    fn value_token(&self, at: usize, first: u8) -> (Kind, usize) {
        match first {
            b' ' | b'\t' => {
                let end = self.blanks(at);
                match self.peek(end) {
                    Some(b'(' | b')' | b',' | b']' | b'}' | b':' | b'=') => self.punctuation(end),
                    _ => (Kind::Blank, end),
                }
            }
            b'(' | b')' | b',' | b'[' | b']' | b'{' | b'}' | b':' | b'=' => self.punctuation(at),
            b'"' | b'\'' => self.quoted(at, first),
            b'\\' => self.escape(at),
            b'$' => self.interpolation(at),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(at),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(at).unwrap_or((Kind::Character, at + 1)),
            b'/' | b'%' | b'*' | b'@' | b'?' | b'|' => (Kind::Character, at + 1),
            _ => (Kind::Unknown, at),
        }
    }

    /// The blanks before it are read already; those after an opening, a comma, a colon or a `=` belong to it.
    fn punctuation(&self, at: usize) -> (Kind, usize) {
        match self.bytes[at] {
            b'(' => (Kind::ParenOpen, self.blanks(at + 1)),
            b'[' => (Kind::BracketOpen, self.blanks(at + 1)),
            b'{' => (Kind::BraceOpen, self.blanks(at + 1)),
            b',' => (Kind::Comma, self.blanks(at + 1)),
            b':' => (Kind::Colon, self.blanks(at + 1)),
            b'=' => (Kind::Equal, self.blanks(at + 1)),
            b')' => (Kind::ParenClose, at + 1),
            b']' => (Kind::BracketClose, at + 1),
            _ => (Kind::BraceClose, at + 1),
        }
    }

    /// A quote with an even number of backslashes before it closes.
    fn quoted(&self, at: usize, quote: u8) -> (Kind, usize) {
        let mut backslashes = 0;
        for (offset, &byte) in self.bytes[at + 1..].iter().enumerate() {
            if byte == quote && backslashes % 2 == 0 {
                return (Kind::Quoted, at + offset + 2);
            }
            backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
        }
        (Kind::OpenQuote, self.bytes.len())
    }

    fn escape(&self, at: usize) -> (Kind, usize) {
        let mut end = at;
        while self.peek(end) == Some(b'\\')
            && self.peek(end + 1).is_some_and(|byte| b"\\()[]{}:=, \t".contains(&byte))
        {
            end += 2;
        }
        if end > at { (Kind::Escape, end) } else { (Kind::Character, at + 1) }
    }

    /// `${` up to the first `}`: an interpolation inside of another must be quoted.
    fn interpolation(&self, at: usize) -> (Kind, usize) {
        if self.peek(at + 1) == Some(b'{') && self.last_brace.is_some_and(|last| last > at + 2) {
            let end = self.run(at + 2, |byte| byte != b'}');
            if end > at + 2 {
                return (Kind::Interpolation, end + 1);
            }
        }
        (Kind::Character, at + 1)
    }

    fn word(&self, at: usize) -> (Kind, usize) {
        let end = self.run(at, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let is = |word: &[u8]| self.bytes[at..end].eq_ignore_ascii_case(word);
        let kind = if is(b"true") || is(b"false") {
            Kind::Bool
        } else if is(b"null") {
            Kind::Null
        } else if is(b"inf") || is(b"nan") {
            Kind::Float
        } else {
            Kind::Name
        };
        (kind, end)
    }

    /// The longest number at `at`, with its sign.
    fn number(&self, at: usize) -> Option<(Kind, usize)> {
        let start = if matches!(self.peek(at), Some(b'+' | b'-')) { at + 1 } else { at };
        if self
            .bytes
            .get(start..start + 3)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan"))
        {
            return Some((Kind::Float, start + 3));
        }
        let whole = self.unsigned(start);
        let fraction = (self.peek(whole.unwrap_or(start)) == Some(b'.'))
            .then(|| whole.unwrap_or(start) + 1)
            .and_then(|after_dot| self.digits(after_dot).or(whole.map(|_| after_dot)));
        let mantissa = fraction.or(whole)?;
        let exponent = matches!(self.peek(mantissa), Some(b'e' | b'E')).then(|| {
            let sign = mantissa + 1;
            self.digits(if matches!(self.peek(sign), Some(b'+' | b'-')) { sign + 1 } else { sign })
        });
        match (exponent.flatten(), fraction) {
            (Some(end), _) | (None, Some(end)) => Some((Kind::Float, end)),
            (None, None) => Some((Kind::Int, mantissa)),
        }
    }

    /// `0`, or digits without a leading zero, single `_` between them allowed.
    fn unsigned(&self, at: usize) -> Option<usize> {
        match self.peek(at)? {
            b'0' => Some(at + 1),
            b'1'..=b'9' => self.digits(at),
            _ => None,
        }
    }

    fn digits(&self, at: usize) -> Option<usize> {
        let is_digit = |at: usize| self.peek(at).is_some_and(|byte| byte.is_ascii_digit());
        if !is_digit(at) {
            return None;
        }
        let mut end = at + 1;
        loop {
            if is_digit(end) {
                end += 1;
            } else if self.peek(end) == Some(b'_') && is_digit(end + 1) {
                end += 2;
            } else {
                return Some(end);
            }
        }
    }

    fn blanks(&self, at: usize) -> usize {
        self.run(at, |byte| matches!(byte, b' ' | b'\t'))
    }

    fn run(&self, at: usize, belongs: impl Fn(u8) -> bool) -> usize {
        self.bytes[at..]
            .iter()
            .position(|&byte| !belongs(byte))
            .map_or(self.bytes.len(), |length| at + length)
    }

    fn peek(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn values(text: &str) -> Vec<(Kind, &str)> {
        let whole = tokens(text, Span::new(0, text.len()));
        whole[2..whole.len() - 1]
            .iter()
            .map(|token| (token.kind, &text[token.span.start..token.span.end]))
            .collect()
    }

    #[test]
    fn the_longest_token_wins_and_then_the_earlier_rule() {
        assert_eq!(values("x=007"), [(Kind::Int, "0"), (Kind::Int, "0"), (Kind::Int, "7")]);
        assert_eq!(values("x=1.2.3"), [(Kind::Float, "1.2"), (Kind::Float, ".3")]);
        assert_eq!(values("x=1e+"), [(Kind::Int, "1"), (Kind::Name, "e"), (Kind::Character, "+")]);
        assert_eq!(values("x=-infx"), [(Kind::Float, "-inf"), (Kind::Name, "x")]);
        assert_eq!(values("x=inf"), [(Kind::Float, "inf")]);
        assert_eq!(values("x=true_x"), [(Kind::Name, "true_x")]);
        assert_eq!(values("x=1__0"), [(Kind::Int, "1"), (Kind::Name, "__0")]);
    }

    #[test]
    fn blanks_belong_to_the_punctuation_beside_them() {
        assert_eq!(values("x=f ( a"), [(Kind::Name, "f"), (Kind::ParenOpen, " ( "), (Kind::Name, "a")]);
        assert_eq!(values("x=a , b"), [(Kind::Name, "a"), (Kind::Comma, " , "), (Kind::Name, "b")]);
        assert_eq!(values("x=a b"), [(Kind::Name, "a"), (Kind::Blank, " "), (Kind::Name, "b")]);
    }

    #[test]
    fn a_quote_after_an_even_number_of_backslashes_closes() {
        assert_eq!(values(r"x='a\\'"), [(Kind::Quoted, r"'a\\'")]);
        assert_eq!(values(r"x='a\'b'"), [(Kind::Quoted, r"'a\'b'")]);
        assert_eq!(tokens(r"x='a\'", Span::new(0, 6)).last().map(|token| token.kind), Some(Kind::OpenQuote));
    }

    #[test]
    fn an_interpolation_ends_at_the_first_brace() {
        assert_eq!(values("x=${a:${b}}"), [(Kind::Interpolation, "${a:${b}"), (Kind::BraceClose, "}")]);
        assert_eq!(
            values("x=${}"),
            [(Kind::Character, "$"), (Kind::BraceOpen, "{"), (Kind::BraceClose, "}")]
        );
    }
}
