//! YAML that a reader of YAML 1.1 takes as it is meant: Python's does not take `1e-5` for a number.

use crate::json::Json;
use std::fmt::Write;

/// A value as a document, its keys sorted, as the stock client writes it.
pub(super) fn document(value: &Json) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text
}

/// A value that starts on a line of its own.
fn block(out: &mut String, value: &Json, indent: usize) {
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            for (key, value) in entries {
                let _ = write!(out, "{:indent$}{}:", "", string(key));
                below(out, value, indent);
            }
        }
        Json::Array(values) if !values.is_empty() => {
            for value in values {
                let _ = write!(out, "{:indent$}-", "");
                below(out, value, indent);
            }
        }
        value => {
            let _ = writeln!(out, "{:indent$}{}", "", scalar(value));
        }
    }
}

/// A value after its key or its dash.
fn below(out: &mut String, value: &Json, indent: usize) {
    let nested = match value {
        Json::Object(entries) => !entries.is_empty(),
        Json::Array(values) => !values.is_empty(),
        _ => false,
    };
    if nested {
        out.push('\n');
        block(out, value, indent + 4);
    } else {
        let _ = writeln!(out, " {}", scalar(value));
    }
}

/// Plain where nothing else can be meant, by readers of YAML 1.1 too.
fn string(text: &str) -> String {
    const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || (' '..='~').contains(&c))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A string of JSON is one of YAML, but for characters that YAML wants escaped.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Json::Text(text.to_owned()).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn scalar(value: &Json) -> String {
    match value {
        Json::Float(value) if value.is_nan() => ".nan".to_owned(),
        Json::Float(value) if value.is_infinite() => if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Json::Float(value) => {
            let text = format!("{value:?}");
            match text.split_once('e') {
                // The point and the sign are not optional in YAML 1.1.
                Some((digits, exponent)) => {
                    let point = if digits.contains('.') { "" } else { ".0" };
                    let sign = if exponent.starts_with('-') { "" } else { "+" };
                    format!("{digits}{point}e{sign}{exponent}")
                }
                None => text,
            }
        }
        Json::Text(text) => string(text),
        Json::Object(_) => "{}".to_owned(),
        Json::Array(_) => "[]".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_in_blocks() {
        let value = Json::parse(
            r#"{"lr":{"value":1e-5},"a/é":{"value":[1,[2],{}, NaN]},"yes":{"value":"no"},"t":{"value":"ü \"x\", y"},"u":{"value":"a: b"},"big":{"value":1e300}}"#,
        )
        .expect("JSON");
        let expected = [
            "a/é:",
            "    value:",
            "        - 1",
            "        -",
            "            - 2",
            "        - {}",
            "        - .nan",
            "big:",
            "    value: 1.0e+300",
            "lr:",
            "    value: 1.0e-5",
            "t:",
            "    value: ü \"x\", y",
            "u:",
            "    value: \"a: b\"",
            "\"yes\":",
            "    value: \"no\"",
            "",
        ];
        assert_eq!(document(&value), expected.join("\n"));
    }
}
