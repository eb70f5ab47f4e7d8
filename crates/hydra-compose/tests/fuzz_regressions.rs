//! Inputs that fuzzing found to break something once, and seeds of each kind: `fuzz/regressions/`.

use hydra_compose::interpolation::check;
use hydra_compose::overrides::parse;
use hydra_compose::tree::{SourceFile, Value};
use hydra_compose::yaml::{dump, load};
use std::fs;

fn inputs(kind: &str) -> Vec<String> {
    let folder = format!("{}/../../fuzz/regressions/{kind}", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(folder).expect("a folder").flatten();
    let texts: Vec<String> =
        files.filter_map(|file| String::from_utf8(fs::read(file.path()).expect("a file")).ok()).collect();
    assert!(!texts.is_empty(), "no inputs of kind {kind}");
    texts
}

#[test]
fn overrides() {
    for text in inputs("overrides") {
        if let Ok(over) = parse(&text, 0) {
            let printed = over.to_string();
            if let Ok(again) = parse(&printed, 0) {
                assert_eq!(again.to_string(), printed, "{text:?}");
            }
        }
    }
}

#[test]
fn yaml() {
    for text in inputs("yaml") {
        let Ok(node) = load(&SourceFile::new("fuzz.yaml", text.as_str())) else { continue };
        let line_breaks = ['\u{85}', '\u{2028}', '\u{2029}'];
        if matches!(node.value, Value::Map(_))
            && !dump(&node).contains(line_breaks)
            && let Ok(again) = load(&SourceFile::new("dumped.yaml", dump(&node)))
        {
            assert_eq!(dump(&again), dump(&node), "{text:?}");
        }
    }
}

#[test]
fn interpolation() {
    for text in inputs("interpolation") {
        let _ = check(&text);
    }
}
