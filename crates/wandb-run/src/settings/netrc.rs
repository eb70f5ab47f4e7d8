//! `.netrc`, as Python's `netrc` reads it: that is what the stock client asks, and what `wandb login` writes for.

/// What stands in the file for a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) password: String,
    /// The machine was named; it is not the entry `default`, which is for all others.
    pub(super) named: bool,
}

/// A word that has no place there. Its text may be a secret, so only its line is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) line: usize,
}

/// The login for a machine, else the one for all machines.
pub(super) fn find(text: &str, machine: &str) -> Result<Option<Login>, Broken> {
    let mut words = Words { rest: text, line: 1 };
    let mut exact = None;
    let mut default = None;
    let mut next = words.next();
    while let Some(word) = next {
        let named = match word.text.as_str() {
            "machine" => Some(words.next().ok_or(Broken { line: word.line })?.text),
            "default" => None,
            "macdef" => {
                words.skip_macro();
                next = words.next();
                continue;
            }
            _ if word.text.starts_with('#') => {
                words.skip_comment(&word);
                next = words.next();
                continue;
            }
            _ => return Err(Broken { line: word.line }),
        };
        let password;
        (password, next) = entry(&mut words)?;
        // The last entry of a name counts.
        match named {
            Some(name) if name == machine => exact = Some(Login { password, named: true }),
            Some(name) if name == "default" => default = Some(Login { password, named: false }),
            Some(_) => {}
            None => default = Some(Login { password, named: false }),
        }
    }
    Ok(exact.or(default))
}

/// The password of an entry, and the word after it.
fn entry(words: &mut Words<'_>) -> Result<(String, Option<Word>), Broken> {
    let mut password = String::new();
    loop {
        let Some(word) = words.next() else { return Ok((password, None)) };
        match word.text.as_str() {
            "machine" | "default" | "macdef" => return Ok((password, Some(word))),
            "login" | "user" | "account" => drop(words.next()),
            "password" => password = words.next().map(|word| word.text).unwrap_or_default(),
            _ if word.text.starts_with('#') => words.skip_comment(&word),
            _ => return Err(Broken { line: word.line }),
        }
    }
}

struct Word {
    text: String,
    line: usize,
    /// A line ended right after it.
    ends_line: bool,
}

struct Words<'a> {
    rest: &'a str,
    line: usize,
}

impl Words<'_> {
    /// Words are separated by white space; one in double quotes may have some, and a backslash takes the next character as
    /// it is.
    fn next(&mut self) -> Option<Word> {
        while self.rest.starts_with([' ', '\t', '\r', '\n']) {
            self.take();
        }
        let line = self.line;
        let mut text = String::new();
        let quoted = self.rest.starts_with('"');
        if quoted {
            self.take();
        } else if self.rest.is_empty() {
            return None;
        }
        let mut ends_line = false;
        while let Some(character) = self.take() {
            match character {
                '"' if quoted => break,
                ' ' | '\t' | '\r' | '\n' if !quoted => {
                    ends_line = character == '\n';
                    break;
                }
                '\\' => text.extend(self.take()),
                character => text.push(character),
            }
        }
        Some(Word { text, line, ends_line })
    }

    fn take(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        self.line += usize::from(character == '\n');
        Some(character)
    }

    fn skip_comment(&mut self, word: &Word) {
        if !word.ends_line {
            while self.take().is_some_and(|character| character != '\n') {}
        }
    }

    /// A macro ends with an empty line, or with the file.
    fn skip_macro(&mut self) {
        let end = self.rest.find("\n\n").map_or(self.rest.len(), |end| end + 2);
        self.line += self.rest[..end].matches('\n').count();
        self.rest = &self.rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str, machine: &str) -> Option<String> {
        find(text, machine).expect("a netrc").map(|login| login.password)
    }

    #[test]
    fn entries_comments_quotes_and_macros() {
        let text = "# a comment\n#another, with words\nmachine one login me password first # trailing\n\
                    macdef init\nmachine one password no\ncd /\n\n\
                    machine two:8080\n  user me\n  account x\n  password \"a \\\"b\\\" c\"\n\
                    machine three login me password #hash\nmachine four password a\\ b\ndefault login x password rest";
        assert_eq!(password(text, "one").as_deref(), Some("first"));
        assert_eq!(password(text, "two:8080").as_deref(), Some("a \"b\" c"));
        assert_eq!(password(text, "three").as_deref(), Some("#hash"));
        assert_eq!(password(text, "four").as_deref(), Some("a b"));
        assert_eq!(find(text, "two"), Ok(Some(Login { password: "rest".into(), named: false })));
        assert_eq!(password("machine one password x", "two"), None);
        assert_eq!(password("", "two"), None);
        assert_eq!(password("machine one password x\nmachine one password y", "one").as_deref(), Some("y"));
    }

    #[test]
    fn what_has_no_place_there_is_named_by_its_line() {
        assert_eq!(find("machine one\n  password a\n  secret b\n", "one"), Err(Broken { line: 3 }));
        assert_eq!(find("\nsecret", "one"), Err(Broken { line: 2 }));
        assert_eq!(find("machine", "one"), Err(Broken { line: 1 }));
    }
}
