//! Settings files, as Python's `configparser` reads them: that is what writes them.

use std::collections::BTreeMap;

/// The section that counts.
const SECTION: &str = "default";
/// The section whose values all others have, too.
const INHERITED: &str = "DEFAULT";

/// A value, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A line that is none of a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) line: usize,
    pub(super) message: &'static str,
}

type Section = BTreeMap<String, Entry>;

/// The values of the section `[default]`, by their keys in small letters.
pub(super) fn parse(text: &str) -> Result<Section, Broken> {
    let mut sections: BTreeMap<&str, Section> = BTreeMap::new();
    let mut section: Option<&str> = None;
    // The key that indented lines go on with.
    let mut open: Option<String> = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, whole) in text.lines().enumerate() {
        let line = index + 1;
        let content = whole.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let (Some(name), Some(key)) = (section, &open)
            && whole.starts_with([' ', '\t'])
        {
            if let Some(entry) = sections.entry(name).or_default().get_mut(key) {
                entry.text.push('\n');
                entry.text.push_str(content);
            }
            continue;
        }
        open = None;
        if let Some(rest) = content.strip_prefix('[') {
            let (name, _) =
                rest.rsplit_once(']').ok_or(Broken { line, message: "a section's ']' is missing" })?;
            if sections.insert(name, Section::new()).is_some() {
                return Err(Broken { line, message: "this section stands here a second time" });
            }
            section = Some(name);
            continue;
        }
        let name = section.ok_or(Broken { line, message: "a value stands before the first section" })?;
        let (key, value) =
            content.split_once(['=', ':']).ok_or(Broken { line, message: "'key = value' is expected" })?;
        let key = key.trim().to_lowercase();
        if key.is_empty() {
            return Err(Broken { line, message: "'key = value' is expected" });
        }
        let entry = Entry { text: value.trim().to_owned(), line };
        if sections.entry(name).or_default().insert(key.clone(), entry).is_some() {
            return Err(Broken { line, message: "this key stands here a second time" });
        }
        open = Some(key);
    }
    // Without the section its inherited values are nobody's.
    let Some(own) = sections.remove(SECTION) else { return Ok(Section::new()) };
    let mut all = sections.remove(INHERITED).unwrap_or_default();
    all.extend(own);
    let raw = all.clone();
    for entry in all.values_mut() {
        entry.text = interpolated(&entry.text, &raw, 10)
            .ok_or(Broken { line: entry.line, message: "'%' is written '%%'" })?;
    }
    Ok(all)
}

/// `%%` is a percent sign, `%(key)s` another value of the section.
fn interpolated(text: &str, section: &Section, depth: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        rest = if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            after
        } else {
            let (key, after) = after.strip_prefix('(')?.split_once(")s")?;
            let entry = section.get(&key.to_lowercase()).filter(|_| depth > 0)?;
            out.push_str(&interpolated(&entry.text, section, depth - 1)?);
            after
        };
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String, usize)> {
        let entries = parse(text).expect("a settings file").into_iter();
        entries.map(|(key, entry)| (key, entry.text, entry.line)).collect()
    }

    #[test]
    fn it_is_read_as_python_does() {
        let text = "# note\n[DEFAULT]\nentity: us\nmode = online\n[other]\nproject = no\n[default]\n; note\n\
                    Project = a # b\nMODE=offline\nrun_notes = one\n  two\n\n  three\nrun_name = 5%% of %(entity)s\n";
        let expected = [
            ("entity", "us", 3),
            ("mode", "offline", 10),
            ("project", "a # b", 9),
            ("run_name", "5% of us", 15),
            ("run_notes", "one\ntwo\nthree", 11),
        ];
        let found = pairs(text);
        let found: Vec<_> =
            found.iter().map(|(key, text, line)| (key.as_str(), text.as_str(), *line)).collect();
        assert_eq!(found, expected);
        assert!(pairs("[DEFAULT]\nproject = x\n").is_empty());
        assert!(pairs("").is_empty());
    }

    #[test]
    fn a_broken_line_is_named() {
        for (text, line) in [
            ("project = x\n", 1),
            ("[default]\nproject\n", 2),
            ("[default]\na=1\nb=2\nA=3\n", 4),
            ("[default]\n[default]\n", 2),
            ("[default\n", 1),
            ("[default]\nproject = 5%\n", 2),
            ("[default]\na = %(b)s\nb = %(a)s\n", 2),
            ("[default]\n= x\n", 2),
        ] {
            assert_eq!(parse(text).expect_err(text).line, line, "{text}");
        }
    }
}
