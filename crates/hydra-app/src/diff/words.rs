//! A composition in one argument, taken apart as a shell does.

/// The words of a text as a POSIX shell makes them: blanks part them, `'…'`, `"…"` and `\` keep them together. Nothing is
/// expanded, and a backslash before the end stands for itself. `Err` is the byte at which a quote opens that never closes.
///
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02>
pub(super) fn split(text: &str) -> Result<Vec<String>, usize> {
    let mut words = Vec::new();
    // `''` is a word, and a blank is none.
    let mut word: Option<String> = None;
    let mut rest = text.char_indices();
    while let Some((at, character)) = rest.next() {
        if character.is_ascii_whitespace() {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match character {
            '\'' => loop {
                match rest.next().ok_or(at)?.1 {
                    '\'' => break,
                    inside => word.push(inside),
                }
            },
            '"' => loop {
                match rest.next().ok_or(at)?.1 {
                    '"' => break,
                    '\\' => match rest.next().ok_or(at)?.1 {
                        '\n' => {}
                        escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                        other => word.extend(['\\', other]),
                    },
                    inside => word.push(inside),
                }
            },
            '\\' => match rest.next() {
                Some((_, '\n')) => {}
                Some((_, escaped)) => word.push(escaped),
                None => word.push('\\'),
            },
            character => word.push(character),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, words) in [
            ("a=1  b=2 ", &["a=1", "b=2"][..]),
            ("", &[]),
            (" \t\n", &[]),
            ("+note='a b' c=1", &["+note=a b", "c=1"]),
            (r#"a="b 'c'" d='e "f"'"#, &["a=b 'c'", "d=e \"f\""]),
            (r#"a="\"\\\$\n" b=\ c\'"#, &[r#"a="\$\n"#, "b= c'"]),
            ("a='' '' b=\"\"", &["a=", "", "b="]),
            ("a=[1,2] b={x:1}", &["a=[1,2]", "b={x:1}"]),
            ("é=ü\\", &["é=ü\\"]),
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(split(text), Ok(words), "{text}");
        }
    }

    #[test]
    fn an_open_quote_is_pointed_at() {
        for (text, at) in [("a='b", 2), ("a=1 b=\"'c", 6), ("\"\\", 0), ("'a' 'b", 4)] {
            assert_eq!(split(text), Err(at), "{text}");
        }
    }
}
