//! Python's `strftime` on jiff's.

use jiff::Zoned;

/// The directives that Python's C library knows, and `f`, which is Python's own. jiff knows others.
const KNOWN: &str = "aAbBcCdDeFfgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%";

/// `now.strftime(pattern)` as a naive `datetime` in the C locale has it. What is no directive stays as it is.
pub(super) fn strftime(now: &Zoned, pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let directive = directive(&rest[at..]);
        rest = &rest[at + directive.len()..];
        match &directive[1..] {
            // The three that jiff writes in its own way.
            "c" => out.push_str(&strftime(now, "%a %b %e %H:%M:%S %Y")),
            "x" => out.push_str(&strftime(now, "%m/%d/%y")),
            "X" => out.push_str(&strftime(now, "%H:%M:%S")),
            "r" => out.push_str(&strftime(now, "%I:%M:%S %p")),
            "f" => out.push_str(&format!("{:06}", now.subsec_nanosecond() / 1000)),
            // A datetime that does not know its time zone prints none.
            "z" | "Z" => {}
            _ if directive == "%%" => out.push('%'),
            _ if !directive.ends_with(|letter| KNOWN.contains(letter)) => out.push_str(directive),
            _ => match jiff::fmt::strtime::format(directive, now) {
                Ok(text) => out.push_str(&text),
                Err(_) => out.push_str(directive),
            },
        }
    }
    out + rest
}

/// The directive at the start: `%`, flags, a width, a letter.
fn directive(text: &str) -> &str {
    let length = text[1..].find(|c: char| !"-_0^#".contains(c) && !c.is_ascii_digit());
    match length
        .and_then(|flags| text[1 + flags..].chars().next().map(|letter| 1 + flags + letter.len_utf8()))
    {
        Some(length) => &text[..length],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::strftime;

    #[test]
    fn directives_as_python_prints_them() {
        let now = jiff::civil::date(2024, 3, 5)
            .at(7, 8, 9, 1_234_000)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .expect("a time");
        let read = |pattern| strftime(&now, pattern);
        assert_eq!(read("%Y-%m-%d/%H-%M-%S"), "2024-03-05/07-08-09");
        assert_eq!(read("%f|%j|%y|%p|%%|%e|%-d"), "001234|065|24|AM|%| 5|5");
        assert_eq!(read("%c"), "Tue Mar  5 07:08:09 2024");
        assert_eq!(read("%z%Z."), ".");
        assert_eq!(read("100%"), "100%");
        assert_eq!(read("%q %Q %é"), "%q %Q %é");
        assert_eq!(read("%a %A %b %B %U %W %w %G-W%V-%u"), "Tue Tuesday Mar March 09 10 2 2024-W10-2");
    }
}
