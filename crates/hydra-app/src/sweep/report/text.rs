//! Text from outside, as it may be shown.

use crate::job::hash;

/// Characters of a value that are shown.
pub(super) const VALUE: usize = 240;
/// Characters of a key that are shown.
pub(super) const KEY: usize = 120;
/// Characters of a line of a log, of a cause, of a path that are shown.
pub(super) const LINE: usize = 400;

/// The text on one line, control characters as escapes, and of a long one its beginning. Two long texts that differ stay
/// different: what is left out is named by its length and its hash.
pub(super) fn shown(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => escaped(text),
        Some((end, _)) => {
            let hash = &hash(text.as_bytes())[..8];
            let count = text.chars().count();
            format!("{}… ({count} characters, SHA-256 {hash}…)", escaped(&text[..end]))
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            character if character.is_control() || is_invisible(character) => {
                out.extend(character.escape_unicode());
            }
            character => out.push(character),
        }
    }
    out
}

/// What reorders the text around it, or takes no room at all: a value could pass for another one. Joiners stay, emoji and
/// several scripts need them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_the_text_around_it() {
        assert_eq!(shown("a\nb\u{1b}[31m\u{202e}c\u{9b}", 99), r"a\nb\u{1b}[31m\u{202e}c\u{9b}");
        assert_eq!(shown("naïve 👩‍🔬 日本", 99), "naïve 👩‍🔬 日本");
    }

    #[test]
    fn long_texts_that_differ_stay_different() {
        let (first, second) = (format!("{}a", "x".repeat(10_000)), format!("{}b", "x".repeat(10_000)));
        let of = |text: &str| shown(text, 5);
        assert!(of(&first).starts_with("xxxxx… (10001 characters, SHA-256 "), "{}", of(&first));
        assert_ne!(of(&first), of(&second));
    }
}
