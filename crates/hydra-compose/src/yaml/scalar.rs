//! What a plain scalar means: the implicit resolvers of PyYAML (YAML 1.1), with OmegaConf's changes.
//!
//! Hand-written matchers of the regular expressions in PyYAML's `resolver.py` and in OmegaConf's
//! `get_yaml_loader`; each function names the language it accepts.

use super::tag::Tag;

/// The tag that the *loader* gives a plain scalar: OmegaConf's float rule added, no timestamps.
pub(super) fn loader_tag(text: &str) -> Tag {
    if is_yaml11_float(text) {
        Tag::Float
    } else if is_int(text) {
        Tag::Int
    } else if is_omegaconf_float(text) {
        Tag::Float
    } else if is_bool(text) {
        Tag::Bool
    } else if is_null(text) {
        Tag::Null
    } else {
        match text {
            "<<" => Tag::Merge,
            "=" => Tag::Value,
            // Only text in quotes can be these, under the tag `!`; PyYAML has a tag for them that nobody constructs.
            "!" | "&" | "*" => Tag::Other("!!yaml".into()),
            _ => Tag::Str,
        }
    }
}

/// Whether the *dumper's* resolver takes a plain scalar for something else than a string.
///
/// It is PyYAML's own: without OmegaConf's floats, with timestamps.
pub(super) fn dumper_sees_no_string(text: &str) -> bool {
    is_bool(text)
        || is_yaml11_float(text)
        || is_int(text)
        || is_null(text)
        || is_timestamp(text)
        || matches!(text, "<<" | "=")
}

/// `yes no true false on off`, each in lower case, upper case and capitalised.
pub(super) fn is_bool(text: &str) -> bool {
    bool_value(text).is_some_and(|_| {
        let rest_lower = text.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
        rest_lower || text.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

/// What a boolean word says, in whatever case.
pub(super) fn bool_value(text: &str) -> Option<bool> {
    let among = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if among(["yes", "true", "on"]) {
        Some(true)
    } else if among(["no", "false", "off"]) {
        Some(false)
    } else {
        None
    }
}

/// The empty text, `~`, `null`, `Null`, `NULL`.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Decimal, `0b`, `0x`, octal by a leading `0`, and sexagesimal `1:30`; `_` anywhere after the first digit.
pub(super) fn is_int(text: &str) -> bool {
    let digits = unsigned(text);
    if let Some(binary) = digits.strip_prefix("0b") {
        return !binary.is_empty() && all(binary, |byte| matches!(byte, b'0' | b'1' | b'_'));
    }
    if let Some(hex) = digits.strip_prefix("0x") {
        return !hex.is_empty() && all(hex, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    match digits.as_bytes().first() {
        Some(b'0') => all(digits, |byte| matches!(byte, b'0'..=b'7' | b'_')),
        Some(b'1'..=b'9') => {
            let rest = after(digits, is_digit_or_underscore);
            rest.is_empty() || after_sexagesimal(rest).is_some_and(str::is_empty)
        }
        _ => false,
    }
}

/// PyYAML's floats: a dot is required, and a sign in the exponent.
pub(super) fn is_yaml11_float(text: &str) -> bool {
    let number = unsigned(text);
    if is_infinity(number) || is_nan(text) {
        return true;
    }
    if let Some(fraction) = text.strip_prefix('.') {
        return starts_with_digit(fraction)
            && is_signed_exponent_or_end(after(fraction, is_digit_or_underscore));
    }
    if !starts_with_digit(number) {
        return false;
    }
    let rest = after(number, is_digit_or_underscore);
    if let Some(fraction) = rest.strip_prefix('.') {
        return is_signed_exponent_or_end(after(fraction, is_digit_or_underscore));
    }
    after_sexagesimal(rest)
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|fraction| after(fraction, is_digit_or_underscore).is_empty())
}

/// What OmegaConf adds: `1e3`, `1.5e3`, `1.e3`, `01e1`: an exponent needs neither a dot nor a sign.
pub(super) fn is_omegaconf_float(text: &str) -> bool {
    let number = unsigned(text);
    if !starts_with_digit(number) {
        return false;
    }
    // Unlike in PyYAML's own rule, an underscore must stand between digits before the dot.
    let rest = after(number, is_digit_or_underscore);
    let whole = &number[..number.len() - rest.len()];
    if whole.ends_with('_') || whole.contains("__") {
        return false;
    }
    match rest.strip_prefix('.') {
        Some(fraction) => {
            let rest = after(fraction, is_digit_or_underscore);
            rest.is_empty() || is_exponent(rest)
        }
        None => is_exponent(rest),
    }
}

/// `2001-01-01`, and a date with a time in one of several layouts. Only the dumper knows them.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let day_only = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    day_only || is_date_and_time(text).is_some()
}

fn is_date_and_time(text: &str) -> Option<()> {
    let rest = digits(text, 4, 4)?.strip_prefix('-')?;
    let rest = digits(rest, 1, 2)?.strip_prefix('-')?;
    let rest = digits(rest, 1, 2)?;
    let rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None => {
            let trimmed = rest.trim_start_matches([' ', '\t']);
            (trimmed.len() < rest.len()).then_some(trimmed)?
        }
    };
    let rest = digits(rest, 1, 2)?.strip_prefix(':')?;
    let rest = digits(rest, 2, 2)?.strip_prefix(':')?;
    let rest = digits(rest, 2, 2)?;
    let rest = rest.strip_prefix('.').map_or(rest, |fraction| after(fraction, |byte| byte.is_ascii_digit()));
    if rest.is_empty() {
        return Some(());
    }
    let zone = rest.trim_start_matches([' ', '\t']);
    if zone == "Z" {
        return Some(());
    }
    let rest = digits(zone.strip_prefix(['-', '+'])?, 1, 2)?;
    let rest = rest.strip_prefix(':').map_or(Some(rest), |minutes| digits(minutes, 2, 2))?;
    rest.is_empty().then_some(())
}

/// What follows `least` to `most` digits, as many as there are.
fn digits(text: &str, least: usize, most: usize) -> Option<&str> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (count >= least).then(|| &text[count..])
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all(text: &str, accept: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(accept)
}

/// What follows the longest run of accepted ASCII bytes.
fn after(text: &str, accept: impl Fn(u8) -> bool) -> &str {
    let count = text.bytes().take_while(|byte| byte.is_ascii() && accept(*byte)).count();
    &text[count..]
}

fn is_digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

fn starts_with_digit(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// What follows one or more `:59`.
fn after_sexagesimal(mut text: &str) -> Option<&str> {
    let mut groups = 0;
    while let Some(group) = text.strip_prefix(':') {
        let two = group.as_bytes();
        text = match two {
            [b'0'..=b'5', b'0'..=b'9', ..] => &group[2..],
            [b'0'..=b'9', ..] => &group[1..],
            _ => return None,
        };
        groups += 1;
    }
    (groups > 0).then_some(text)
}

fn is_signed_exponent_or_end(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(['e', 'E']).and_then(|rest| rest.strip_prefix(['-', '+'])).is_some_and(is_digits)
}

fn is_exponent(text: &str) -> bool {
    text.strip_prefix(['e', 'E']).is_some_and(|rest| is_digits(unsigned(rest)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && all(text, |byte| byte.is_ascii_digit())
}

fn is_infinity(unsigned: &str) -> bool {
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

fn is_nan(text: &str) -> bool {
    matches!(text, ".nan" | ".NaN" | ".NAN")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(words: &str) -> Vec<Tag> {
        words.split_whitespace().map(loader_tag).collect()
    }

    fn all_are(tag: Tag, words: &str) {
        for word in words.split_whitespace() {
            assert_eq!(loader_tag(word), tag, "{word}");
        }
    }

    #[test]
    fn yaml11_yes_is_true() {
        all_are(Tag::Bool, "yes Yes YES no No NO on On ON off Off OFF true True TRUE false False FALSE");
        all_are(Tag::Str, "yEs yES y n Y N tRue t f oN");
    }

    #[test]
    fn a_leading_zero_is_octal_only_with_octal_digits() {
        all_are(Tag::Int, "010 0 00 -017 0_7 0x1F 0b10 0b_ -0x_f 1_ 1__0 123456789012345678901234567890");
        all_are(Tag::Str, "08 0o17 0x 0b 0b2 0xg _1 - + --1");
    }

    #[test]
    fn colons_make_sexagesimal_numbers() {
        all_are(Tag::Int, "1:30 12:30:45 -1:5 1_0:00 190:20:30");
        all_are(Tag::Float, "1:30.5 12:30:45. 0:0.1");
        all_are(Tag::Str, "1:60 0:30 1: 1:100 :30 1:3:");
    }

    #[test]
    fn floats_are_those_of_omegaconf() {
        all_are(Tag::Float, "1e3 1E5 -1e-3 5. .5 1.e3 01.5 00e1 .5e+3 1_0.5 1_.5 .inf -.INF +.Inf .nan 1.5_");
        all_are(Tag::Str, "1e+ +.5 -.5 .5e3 1_2e1_0 inf nan -.nan . ._5 1_e5 e5 1.5e 1__0.e5");
    }

    #[test]
    fn nulls_and_dates() {
        assert_eq!(loader_tag(""), Tag::Null);
        all_are(Tag::Null, "~ null Null NULL");
        all_are(Tag::Str, "2001-01-01 nULL none ~~");
        assert_eq!(tags("<< ="), [Tag::Merge, Tag::Value]);
        assert_eq!(loader_tag("!"), Tag::Other("!!yaml".into()));
    }

    #[test]
    fn only_the_dumper_knows_timestamps() {
        for text in [
            "2001-01-01",
            "2001-1-1 1:00:00",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14 21:59:43.10 -5",
            "2001-12-15 2:59:43 Z",
        ] {
            assert!(dumper_sees_no_string(text), "{text}");
        }
        for text in [
            "2001-1-1",
            "2001-01-01x",
            "2001-01-01 1:0:0",
            "1e3",
            "2001-12-15 2:59:43 z",
            "2001-12-15 02:59:43 ",
        ] {
            assert!(!dumper_sees_no_string(text), "{text}");
        }
    }
}
