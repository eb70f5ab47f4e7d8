//! `hydra.job.override_dirname`: the task's overrides as the name of a folder.
//! <https://hydra.cc/docs/configure_hydra/job/#hydrajoboverride_dirname>

/// The lines sorted and joined, with every `=` replaced by `kv_sep`.
///
/// Hydra replaces with `re.sub`, so `kv_sep` is one of its templates: a backslash escapes, and `\g<0>` is the `=`.
///
/// # Errors
/// What is wrong with `kv_sep`.
pub(super) fn override_dirname(mut lines: Vec<&str>, item_sep: &str, kv_sep: &str) -> Result<String, String> {
    let replacement = template(kv_sep)?;
    lines.sort_unstable();
    Ok(lines.join(item_sep).replace('=', &replacement))
}

/// What a template of `re.sub` puts in the place of a `=`. There is one group, 0, and it is the `=` itself.
fn template(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        let Some(escaped) = rest.next() else { return Err("bad escape (end of pattern)".into()) };
        match escaped {
            'g' => {
                let after: String = rest.by_ref().take_while(|next| *next != '>').collect();
                group(&after)?;
                out.push('=');
            }
            '0'..='9' => {
                let mut digits = String::from(escaped);
                let most = if escaped == '0' { 3 } else { 2 };
                while digits.len() < most
                    && let Some(digit) =
                        rest.next_if(|next| next.is_digit(if escaped == '0' { 8 } else { 10 }))
                {
                    digits.push(digit);
                }
                if escaped != '0' && digits.len() == 2 && octal(&digits).is_some() {
                    digits.extend(rest.next_if(|next| next.is_digit(8)));
                }
                let is_octal = escaped == '0' || digits.len() == 3;
                match octal(&digits).filter(|_| is_octal) {
                    Some(code @ 0..=0o377) => out.extend(char::from_u32(code)),
                    Some(_) => return Err(format!("octal escape value \\{digits} outside of range 0-0o377")),
                    None => return Err(format!("invalid group reference {digits}")),
                }
            }
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            '\\' => out.push('\\'),
            letter if letter.is_ascii_alphabetic() => return Err(format!("bad escape \\{letter}")),
            other => out.extend(['\\', other]),
        }
    }
    Ok(out)
}

fn octal(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 8).ok()
}

/// `<0>`, of which the closing bracket is already gone.
fn group(after: &str) -> Result<(), String> {
    let Some(name) = after.strip_prefix('<') else { return Err("missing <".into()) };
    match name.parse::<u32>() {
        Ok(0) => Ok(()),
        Ok(number) => Err(format!("invalid group reference {number}")),
        Err(_) => Err(format!("unknown group name '{name}'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_joined_and_replaced() {
        let lines = || vec!["b=2", "+a='x=y'", "Z=1"];
        assert_eq!(override_dirname(lines(), ",", "=").as_deref(), Ok("+a='x=y',Z=1,b=2"));
        assert_eq!(override_dirname(lines(), "=", "-").as_deref(), Ok("+a-'x-y'-Z-1-b-2"));
        assert_eq!(override_dirname(lines(), "__", r"\g<0>\\").as_deref(), Ok(r"+a=\'x=\y'__Z=\1__b=\2"));
        assert_eq!(override_dirname(vec![], ",", r"\q"), Err(r"bad escape \q".into()));
    }

    #[test]
    fn templates_are_those_of_re_sub() {
        for (text, want) in [
            (r"\0", Some("\0")),
            (r"\018", Some("\u{1}8")),
            (r"\101", Some("A")),
            (r"\1018", Some("A8")),
            (r"\-\.", Some(r"\-\.")),
            (r"\477", None),
            (r"\1", None),
            (r"\18", None),
            (r"\g<1>", None),
            (r"\g0", None),
            ("\\", None),
        ] {
            assert_eq!(template(text).ok().as_deref(), want, "{text}");
        }
    }
}
