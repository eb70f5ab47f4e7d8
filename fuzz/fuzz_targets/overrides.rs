//! The override parser: never panics, and printing settles: what is printed and read again prints as the same.
#![no_main]

use hydra_compose::overrides::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(over) = parse(text, 0) else { return };
    let printed = over.to_string();
    // Hydra escapes what it prints; an interpolation with control characters in it is none afterwards, and cannot be read.
    if let Ok(again) = parse(&printed, 0) {
        assert_eq!(again.to_string(), printed, "{text:?}");
    }
    let _ = over.value_node();
});
