//! Packages: the names with dots between, after an `@` or in a header, that say where a file's content lands.
//! <https://hydra.cc/docs/advanced/overriding_packages/>

use super::findings::Severity;
use crate::error::{Code, Error};
use crate::source::ConfigFile;
use crate::tree::{Origin, Span};

/// What is wrong with the package of an item: what is written behind the `@`, where `_here_` alone has become nothing.
pub(super) fn in_item(package: &str) -> Option<(Severity, Error)> {
    malformed(package).or_else(|| literal(package, &["_name_", "_here_"]))
}

/// What is wrong with the package of a header.
pub(super) fn in_header(file: &ConfigFile) -> Option<(Severity, Error)> {
    // It was made absolute when it was read.
    let package = file.package.as_deref()?.strip_prefix("_global_.")?;
    let found = malformed(package).or_else(|| literal(package, &["_group_", "_name_", "_here_"]));
    found.map(|(severity, error)| (severity, error.label(&header_of(file), "in this header")))
}

/// What a part of it is, if that cannot be a key.
fn malformed(package: &str) -> Option<(Severity, Error)> {
    let error = |message: String| Error::new(Code::DefaultsList, message);
    // `a[b]` is another spelling of `a.b`.
    let spelled = package.replace('[', ".").replace(']', "");
    let is_key = |part: &str| part.chars().all(|letter| letter.is_alphanumeric() || "_-$".contains(letter));
    if let Some(part) = spelled.split('.').find(|part| !is_key(part)) {
        let error = error(format!("'{package}' is no package: '{part}' cannot be a key"));
        let error = match part.contains('/') {
            true => error.help(format!("a package has dots: '{}'", package.replace('/', "."))),
            false => error.help("a package is keys with dots between: 'model.encoder'"),
        };
        return Some((Severity::Error, error));
    }
    if !package.is_empty() && spelled.split('.').any(str::is_empty) {
        let error = error(format!("'{package}' is no package: a key is missing at a dot"));
        return Some((Severity::Error, error.help("a package is keys with dots between: 'model.encoder'")));
    }
    None
}

/// A word that meant something in old releases of Hydra, or means something elsewhere, and is a plain key here.
fn literal(package: &str, words: &[&str]) -> Option<(Severity, Error)> {
    let word = package.split('.').find(|part| words.contains(part))?;
    let message = format!("'{word}' has no meaning here: the content lands under a key of this name");
    let help = match word {
        "_group_" => "without a header the content lands under the group's name",
        "_here_" => "it means the package of the defaults list only where it stands alone behind an '@'",
        _ => "write the name itself",
    };
    Some((Severity::Warning, Error::new(Code::DefaultsList, message).help(help)))
}

/// The line of the header.
fn header_of(file: &ConfigFile) -> Origin {
    let Origin::File { file: source, .. } = &file.body.origin else { return file.body.origin.clone() };
    match source.text.find("@package") {
        Some(start) => {
            let line = source.text[start..].lines().next().unwrap_or_default().trim_end();
            Origin::file(source, Span::new(start, start + line.len()))
        }
        None => file.body.origin.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::SourceFile;

    #[test]
    fn packages_are_keys_with_dots_between() {
        for (package, severity) in [
            ("", None),
            ("a.b-c.0", None),
            ("a[b].c", None),
            ("_global_.a", None),
            ("x._group_", None),
            ("a/b", Some(Severity::Error)),
            ("a..b", Some(Severity::Error)),
            ("a.", Some(Severity::Error)),
            ("${a}", Some(Severity::Error)),
            ("a._here_", Some(Severity::Warning)),
            ("_name_", Some(Severity::Warning)),
        ] {
            assert_eq!(in_item(package).map(|(severity, _)| severity), severity, "{package}");
        }
    }

    #[test]
    fn headers_have_no_keywords_but_global() {
        for (header, severity) in [
            ("_global_", None),
            ("a.b", None),
            ("_global_.a", None),
            ("_group_", Some(Severity::Warning)),
            ("a/b", Some(Severity::Error)),
        ] {
            let text = format!("# @package {header}\na: 1\n");
            let file = ConfigFile::parse("x", &SourceFile::new("x.yaml", text)).expect("a file");
            let found = in_header(&file);
            assert_eq!(found.as_ref().map(|(severity, _)| *severity), severity, "{header}");
            if let Some((_, error)) = found {
                assert_eq!(error.labels()[0].origin.to_string(), "x.yaml:1:3", "{header}");
            }
        }
    }
}
