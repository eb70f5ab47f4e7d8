//! The YAML loader and dumper: never panic, and what is dumped is loaded as the same.
#![no_main]

use hydra_compose::tree::{SourceFile, Value};
use hydra_compose::yaml::{dump, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(node) = load(&SourceFile::new("fuzz.yaml", text)) else { return };
    if !matches!(node.value, Value::Map(_)) {
        return;
    }
    let dumped = dump(&node);
    // PyYAML writes these as they are between single quotes, and reads them as line breaks.
    if dumped.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return;
    }
    // Keys that become equal when they are printed, and numbers that are not equal to themselves, have no second life.
    if let Ok(again) = load(&SourceFile::new("dumped.yaml", dumped.as_str())) {
        assert_eq!(dump(&again), dumped, "{text:?}");
    }
});
