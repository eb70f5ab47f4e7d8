//! Whole compositions against the answers of the real Hydra: `compose/make_goldens.py` makes the trees and asks.
//! `COMPOSE_GOLDENS=file cargo test --test compose_goldens` takes other answers.

use hydra_compose::Composer;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;

/// Accidents of Hydra 1.3 that are not shared; each has its line in docs/differences.md. `make_goldens.py` says when a
/// case has one.
const NOT_SHARED: [&str; 5] = ["aliased", "empty-key", "delete-null", "delete-item", "base-twice"];

#[test]
fn composes_as_hydra() {
    let text = match std::env::var_os("COMPOSE_GOLDENS") {
        Some(path) => fs::read_to_string(path).expect("goldens"),
        None => include_str!("compose/goldens.jsonl").to_owned(),
    };
    let (mut reports, mut left_out) = (Vec::new(), BTreeMap::<&str, usize>::new());
    let mut count = 0;
    for line in text.lines() {
        count += 1;
        let case: Json = serde_json::from_str(line).expect("JSON");
        let tags = case["tags"].as_array().expect("tags");
        if let Some(tag) = NOT_SHARED.iter().find(|tag| tags.iter().any(|found| found == *tag)) {
            *left_out.entry(tag).or_default() += 1;
            continue;
        }
        reports.extend(difference(&case));
    }
    println!("{count} cases; left out: {left_out:?}");
    assert!(reports.is_empty(), "{} of {count} differ:\n\n{}", reports.len(), reports.join("\n\n"));
}

/// How our answer differs from Hydra's, if it does.
fn difference(case: &Json) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in case["files"].as_object().expect("files") {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text.as_str().expect("a text")).expect("written");
    }
    let overrides =
        case["overrides"].as_array().expect("overrides").iter().map(|over| over.as_str().expect("text"));
    let ours = Composer::new(folder.path())
        .config_name(case["config_name"].as_str().expect("a name"))
        .overrides(overrides)
        .compose()
        .map(|config| config.to_yaml());
    match (case["expected"]["yaml"].as_str(), &ours) {
        (Some(theirs), Ok(ours)) if theirs == ours => None,
        (None, Err(_)) => None,
        (theirs, ours) => {
            let files = serde_json::to_string_pretty(&case["files"]).expect("JSON").replace("\\n", "\n    ");
            let theirs = theirs.map_or_else(|| case["expected"].to_string(), str::to_owned);
            let ours = ours.as_ref().map_or_else(ToString::to_string, String::clone);
            Some(format!("{}: {}\n{files}\ntheirs:\n{theirs}\nours:\n{ours}", case["id"], case["overrides"]))
        }
    }
}
