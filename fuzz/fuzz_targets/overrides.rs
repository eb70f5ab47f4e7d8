//! The override parser: never panics, and what it prints it reads again as the same.
#![no_main]

use hydra_compose::overrides::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(over) = parse(text, 0) else { return };
    let printed = over.to_string();
    let again = parse(&printed, 0).unwrap_or_else(|error| panic!("{text:?} prints as {printed:?}: {error}"));
    assert_eq!(again.to_string(), printed, "{text:?}");
    let _ = over.value_node();
});
