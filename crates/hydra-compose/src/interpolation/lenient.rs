//! OmegaConf's shortcut when it loads text: what looks simple to a regular expression is not parsed.
//! Its `\s` knows more blanks than the grammar and its resolver's name may be empty, so some text that the grammar
//! refuses, such as a shell's `${:-default}`, passes unless somebody reads it.

/// Whether every `${…}` in `text` looks simple.
pub(super) fn passes(text: &str) -> bool {
    text.split("${").skip(1).all(|after| match after.split_once('}') {
        Some((inside, _)) => is_node(inside) || is_resolver(inside),
        None => false,
    })
}

/// Python's `\s` in ASCII mode.
fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

fn is_node(inside: &str) -> bool {
    let key = |text: &str| {
        text.find(|c: char| !c.is_ascii_alphanumeric() && !"_$".contains(c)).unwrap_or(text.len())
    };
    let mut rest = inside.trim_matches(is_space).trim_start_matches('.');
    let mut first = true;
    while first || !rest.is_empty() {
        let (open, close) = match rest.chars().next() {
            Some('[') => (1, 1),
            Some('.') if !first => (1, 0),
            Some(_) if first => (0, 0),
            _ => return false,
        };
        let length = key(&rest[open..]);
        let after = &rest[open + length..];
        if length == 0 || (close == 1 && !after.starts_with(']')) {
            return false;
        }
        rest = &after[close..];
        first = false;
    }
    true
}

fn is_resolver(inside: &str) -> bool {
    let Some((name, arguments)) = inside.split_once(':') else {
        return false;
    };
    let is_id = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    let is_argument = |argument: &str| {
        let argument = argument.trim_matches(is_space);
        !argument.is_empty()
            && argument.chars().all(|c| c.is_ascii_alphanumeric() || "_/-+.$%*@?|".contains(c))
    };
    let name = name.trim_matches(is_space);
    let arguments = arguments.trim_matches(is_space);
    (name.is_empty() || name.split('.').all(is_id)) && arguments.split(',').all(is_argument)
}

#[cfg(test)]
mod tests {
    use super::passes;

    #[test]
    fn shell_default_passes_until_read() {
        assert!(passes("${:-default}"));
        assert!(passes("a ${b.c[d]} $x ${f:\n1, 2}"));
        assert!(!passes("${f:a b}"));
        assert!(!passes("${a"));
        assert!(!passes("${}"));
        assert!(!passes("${:}"));
        assert!(passes("${ [a]\n}") && passes("${..[a][b].c}"));
        assert!(!passes("${a.[b]}") && !passes("${[a]b}") && !passes("${a.}"));
    }
}
