//! Shell patterns as Python's `fnmatch` has them.

/// The patterns of one `glob(…)`.
pub(super) struct Patterns {
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
}

impl Patterns {
    /// Whether a name matches one of those to include and none of those to exclude.
    pub(super) fn take(&self, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        any(&self.include) && !any(&self.exclude)
    }
}

/// Whether the whole name matches: `*` any text, `?` one character, `[a-z]` one of these, `[!a-z]` none of these.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let parts = parts(pattern);
    let name: Vec<char> = name.chars().collect();
    let (mut part, mut at) = (0, 0);
    // Where the last `*` stands and what it has eaten so far. An earlier one never has to eat more.
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                star = Some((part, at));
                part += 1;
                continue;
            }
            Some(one) if one.matches(name[at]) => {
                part += 1;
                at += 1;
                continue;
            }
            _ => {}
        }
        let Some((after, eaten)) = star else { return false };
        star = Some((after, eaten + 1));
        part = after + 1;
        at = eaten + 1;
    }
    parts[part..].iter().all(|part| matches!(part, Part::Any))
}

enum Part {
    Any,
    One,
    Exactly(char),
    Within(Vec<(char, char)>),
    Without(Vec<(char, char)>),
}

impl Part {
    fn matches(&self, character: char) -> bool {
        let within = |set: &[(char, char)]| set.iter().any(|(low, high)| (*low..=*high).contains(&character));
        match self {
            Self::Any | Self::One => true,
            Self::Exactly(expected) => *expected == character,
            Self::Within(set) => within(set),
            Self::Without(set) => !within(set),
        }
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let pattern: Vec<char> = pattern.chars().collect();
    let last_close = pattern.iter().rposition(|&character| character == ']').unwrap_or(0);
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(&character) = pattern.get(at) {
        at += 1;
        parts.push(match character {
            '*' => Part::Any,
            '?' => Part::One,
            // A `[` that nothing closes is itself.
            '[' if at < last_close => match set(&pattern, at) {
                Some((part, end)) => {
                    at = end;
                    part
                }
                None => Part::Exactly('['),
            },
            _ => Part::Exactly(character),
        });
    }
    parts
}

/// The set whose first character is at `start`, and where it ends. A `]` in first place is one of the set.
fn set(pattern: &[char], start: usize) -> Option<(Part, usize)> {
    let negated = pattern.get(start) == Some(&'!');
    let first = start + usize::from(negated);
    let close = first + 1 + pattern.get(first + 1..)?.iter().position(|&character| character == ']')?;
    let mut ranges = Vec::new();
    let mut members = &pattern[first..close];
    while let [low, rest @ ..] = members {
        members = match rest {
            ['-', high, rest @ ..] => {
                ranges.push((*low, *high));
                rest
            }
            rest => {
                ranges.push((*low, *low));
                rest
            }
        };
    }
    Some((if negated { Part::Without(ranges) } else { Part::Within(ranges) }, close + 1))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_in_fnmatch() {
        let yes = ["*", "a*", "*m", "a?am", "[a-c]dam", "[!b]dam", "a*a*", "**m", "[]a]dam", "[!]]dam"];
        let no = ["", "ada", "adamw", "[!a]*", "[b-a]*", "a[", "*x*", "?", "[^b]dam"];
        assert!(yes.iter().all(|pattern| matches(pattern, "adam")));
        assert!(no.iter().all(|pattern| !matches(pattern, "adam")));
        assert!(
            matches("[", "[")
                && matches("a[b", "a[b")
                && matches("[!z-a]", "x")
                && matches("[]", "[]")
                && matches("[^a]dam", "adam")
        );
        assert!(!matches(&"*a".repeat(500), &"a".repeat(300)));
    }
}
