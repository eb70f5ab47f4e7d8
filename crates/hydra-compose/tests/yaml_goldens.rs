//! `yaml::load` and `yaml::dump` against the answers of the real OmegaConf: `yaml/make_goldens.py` asks for them.
//! `YAML_GOLDENS=file cargo test --test yaml_goldens` takes other answers.

use hydra_compose::tree::{Key, Node, SourceFile, Value, float_repr};
use hydra_compose::yaml::{dump, load};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// Texts on which we differ, each with the reason: `{"yaml": text, "why": reason}`.
const KNOWN_DIFFERENCES: &str = include_str!("yaml/known_differences.jsonl");

/// What one side says about a text.
#[derive(PartialEq)]
enum Answer {
    Loads { value: Json, dump: String },
    Fails(String),
}

#[test]
fn loads_and_dumps_as_omegaconf() {
    let elsewhere = std::env::var_os("YAML_GOLDENS");
    let goldens = match &elsewhere {
        Some(path) => std::fs::read_to_string(path).expect("the file named can be read"),
        None => include_str!("yaml/goldens.jsonl").to_owned(),
    };
    let mut known: HashMap<String, bool> =
        lines(KNOWN_DIFFERENCES).map(|difference| (text_of(&difference), false)).collect();
    let mut reports = Vec::new();
    let mut count = 0;
    for golden in lines(&goldens) {
        count += 1;
        let Some(report) = difference(&golden).or_else(|| difference_after_reading_back(&golden)) else {
            continue;
        };
        match known.get_mut(&text_of(&golden)) {
            Some(is_met) => *is_met = true,
            None => reports.push(report),
        }
    }
    let gone: Vec<_> = known.iter().filter(|(_, is_met)| !**is_met).map(|(text, _)| text).collect();
    assert!(reports.is_empty(), "{} of {count} differ:\n\n{}", reports.len(), reports.join("\n\n"));
    assert!(gone.is_empty() || elsewhere.is_some(), "no longer differences, or no longer asked: {gone:#?}");
}

fn lines(text: &str) -> impl Iterator<Item = Json> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON lines"))
}

fn text_of(golden: &Json) -> String {
    golden["yaml"].as_str().expect("each has a text").to_owned()
}

fn difference(golden: &Json) -> Option<String> {
    let text = text_of(golden);
    let (theirs, ours) = (theirs(golden), ours(&text));
    (!agree(&theirs, &ours)).then(|| report(&text, &theirs, &ours))
}

/// What OmegaConf dumps must be read back here too, unless it cannot do so itself.
fn difference_after_reading_back(golden: &Json) -> Option<String> {
    let (Some(dump), Some(value), None) =
        (golden["dump"].as_str(), golden.get("value"), golden.get("unreadable"))
    else {
        return None;
    };
    match load(&SourceFile::new("dumped.yaml", dump)) {
        Ok(node) if typed(&node) == *value => None,
        Ok(node) => Some(format!("{dump:?}\n  is read back as {}", typed(&node))),
        Err(error) => Some(format!("{dump:?}\n  is not read back: {error}")),
    }
}

fn agree(theirs: &Answer, ours: &Answer) -> bool {
    match (theirs, ours) {
        (Answer::Fails(_), Answer::Fails(_)) => true,
        _ => theirs == ours,
    }
}

fn theirs(golden: &Json) -> Answer {
    match golden["error"].as_str() {
        Some(class) => Answer::Fails(class.to_owned()),
        None => Answer::Loads {
            value: golden["value"].clone(),
            dump: golden["dump"].as_str().unwrap_or_default().to_owned(),
        },
    }
}

fn ours(text: &str) -> Answer {
    match load(&SourceFile::new("golden.yaml", text)) {
        Ok(node) => {
            check_spans(&node, text);
            Answer::Loads { value: typed(&node), dump: dump(&node) }
        }
        Err(error) => {
            assert!(!error.labels().is_empty(), "an error without a place: {error}\n{text:?}");
            let _ = error.to_string();
            Answer::Fails(error.to_string())
        }
    }
}

/// Every place is inside the text, at character boundaries, and inside its parent's unless an alias copied it.
fn check_spans(node: &Node, text: &str) {
    let (_, span) = node.origin.snippet().expect("every value has a place");
    assert!(text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| check_spans(item, text)),
        Value::Map(map) => map.entries().for_each(|(key, entry)| {
            let (_, span) = entry.key_origin.snippet().expect("every key has a place");
            let token = text.get(span.start..span.end);
            assert!(token.is_some(), "{key} at {span:?} of {text:?}");
            check_spans(&entry.node, text);
        }),
        _ => {}
    }
}

fn typed(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(bool) => json!(bool),
        Value::Int(int) => json!({"i": int.to_string()}),
        Value::Float(float) => json!({"f": float_repr(*float)}),
        Value::Str(text) => json!(text),
        Value::Bytes(bytes) => json!({"b": hex(bytes)}),
        Value::List(items) => items.iter().map(typed).collect(),
        Value::Map(map) => {
            let pairs: Vec<Json> =
                map.iter().map(|(key, node)| json!([typed_key(key), typed(node)])).collect();
            json!({"m": pairs})
        }
    }
}

fn typed_key(key: &Key) -> Json {
    match key {
        Key::Str(text) => json!(text),
        Key::Int(int) => json!({"i": int.to_string()}),
        Key::Float(float) => json!({"f": float_repr(*float)}),
        Key::Bool(bool) => json!(bool),
        Key::Bytes(bytes) => json!({"b": hex(bytes)}),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn report(text: &str, theirs: &Answer, ours: &Answer) -> String {
    let show = |answer: &Answer| match answer {
        Answer::Loads { value, dump } => format!("{value}\n  dump   {dump:?}"),
        Answer::Fails(message) => format!("fails: {message}"),
    };
    format!("{text:?}\n  theirs {}\n  ours   {}", show(theirs), show(ours))
}
