//! A line of JSON as programs write it. Python's `json` writes `NaN` and `Infinity`, which no other reader takes.

use serde_json::Value;
use std::borrow::Cow;

/// What stands for a number that is none; no real text has it.
const MARK: &str = "\u{1}not finite: ";

/// The object on a line, if there is one. Of numbers that are not finite, [`not_finite`] knows which they were.
pub(super) fn object(line: &str) -> Option<serde_json::Map<String, Value>> {
    let parsed = serde_json::from_str(line).or_else(|_| serde_json::from_str(&marked(line)));
    match parsed {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// `NaN`, `Infinity` or `-Infinity`, if that stood there.
pub(super) fn not_finite(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(MARK)
}

/// The line with its bare words `NaN`, `Infinity` and `-Infinity` as texts.
fn marked(line: &str) -> Cow<'_, str> {
    if !line.contains("NaN") && !line.contains("Infinity") {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 64);
    let mut rest = line;
    while !rest.is_empty() {
        // Alternately what stands outside of texts, and a text with its quotes.
        let (outside, text) = rest.split_at(rest.find('"').unwrap_or(rest.len()));
        out.push_str(&words_marked(outside));
        let (text, after) = text.split_at(end_of_text(text));
        out.push_str(text);
        rest = after;
    }
    Cow::Owned(out)
}

fn words_marked(outside: &str) -> String {
    let mark = MARK.replace('\u{1}', "\\u0001");
    // The sign goes with the word: `-Infinity` is looked for before `Infinity`.
    let negative = outside.replace("-Infinity", "\u{2}");
    let others = negative.replace("NaN", &format!("\"{mark}NaN\""));
    let others = others.replace("Infinity", &format!("\"{mark}Infinity\""));
    others.replace('\u{2}', &format!("\"{mark}-Infinity\""))
}

/// Where the text ends that a piece begins with.
fn end_of_text(piece: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in piece.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    piece.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_are_read_as_python_writes_them() {
        let line =
            r#"{"loss": NaN, "lr": -Infinity, "top": [Infinity], "note": "NaN \" -Infinity", "step": 3}"#;
        let object = object(line).expect("an object");
        assert_eq!(not_finite(&object["loss"]), Some("NaN"));
        assert_eq!(not_finite(&object["lr"]), Some("-Infinity"));
        assert_eq!(not_finite(&object["top"][0]), Some("Infinity"));
        assert_eq!(object["note"], "NaN \" -Infinity");
        assert_eq!(object["step"], 3);
    }

    #[test]
    fn what_is_no_object_is_none() {
        for line in ["", "[1]", "NaN", "{\"loss\": 1", "{\"a\": \"NaN}", "Epoch 3, loss NaN"] {
            assert_eq!(object(line), None, "{line}");
        }
    }
}
