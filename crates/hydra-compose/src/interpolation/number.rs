//! Numbers as the grammar writes them: `1_000`, `.5`, `1e3`, `-inf`, never `007` or `0x10`.

use crate::tree::Int;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Int,
    Float,
}

/// The longest number at the start of `text`, and its length.
pub(super) fn longest(text: &str) -> Option<(Number, usize)> {
    let bytes = text.as_bytes();
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    if let Some(word) = bytes.get(start..start + 3)
        && (word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan"))
    {
        return Some((Number::Float, start + 3));
    }
    let whole = unsigned(bytes, start);
    let point = match (whole, bytes.get(whole.unwrap_or(start))) {
        (Some(end), Some(b'.')) => Some(digits(bytes, end + 1).unwrap_or(end + 1)),
        (None, Some(b'.')) => digits(bytes, start + 1),
        _ => None,
    };
    let mantissa = point.or(whole)?;
    if let Some(b'e' | b'E') = bytes.get(mantissa) {
        let sign = usize::from(matches!(bytes.get(mantissa + 1), Some(b'+' | b'-')));
        if let Some(end) = digits(bytes, mantissa + 1 + sign) {
            return Some((Number::Float, end));
        }
    }
    Some((if point.is_some() { Number::Float } else { Number::Int }, mantissa))
}

/// The end of `0` or of digits that do not start with 0, from `start`.
fn unsigned(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'0' => Some(start + 1),
        b'1'..=b'9' => digits(bytes, start),
        _ => None,
    }
}

/// The end of digits with single underscores between them, from `start`.
fn digits(bytes: &[u8], start: usize) -> Option<usize> {
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    if !is_digit(start) {
        return None;
    }
    let mut end = start + 1;
    loop {
        match bytes.get(end) {
            Some(b'0'..=b'9') => end += 1,
            Some(b'_') if is_digit(end + 1) => end += 2,
            _ => return Some(end),
        }
    }
}

/// The value of an integer token, or of Python's `int(text)` where that is more generous:
/// blanks around, leading zeros.
pub(super) fn int(text: &str) -> Option<Int> {
    let text = text.trim();
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits(unsigned.as_bytes(), 0) != Some(unsigned.len()) {
        return None;
    }
    let magnitude: Int = unsigned.replace('_', "").parse().ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// The value of a float token.
pub(super) fn float(text: &str) -> f64 {
    // Every float token is one that Rust reads too, once the underscores are out.
    text.replace('_', "").parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_number_wins() {
        let read = |text| longest(text);
        assert_eq!(read("1_000_"), Some((Number::Int, 5)));
        assert_eq!(read("007"), Some((Number::Int, 1)));
        assert_eq!(read("1.2.3"), Some((Number::Float, 3)));
        assert_eq!(read("1."), Some((Number::Float, 2)));
        assert_eq!(read("-.2"), Some((Number::Float, 3)));
        assert_eq!(read("1e"), Some((Number::Int, 1)));
        assert_eq!(read("1.e-3x"), Some((Number::Float, 5)));
        assert_eq!(read("-InF"), Some((Number::Float, 4)));
        assert_eq!(read("."), None);
        assert_eq!(read("-"), None);
    }

    #[test]
    fn int_reads_as_python() {
        assert_eq!(int(" 0_1 "), Some(Int::from(1)));
        assert_eq!(int("-1"), Some(Int::from(-1)));
        assert_eq!(int("1__0"), None);
        assert_eq!(int(""), None);
        assert_eq!(int("+-1"), None);
    }
}
