//! Every override in `overrides/goldens.jsonl` means here what it means to the real Hydra.
//! `overrides/make_goldens.py` asks it, and says what the lines hold.
//! `OVERRIDE_GOLDENS=file cargo test --test override_goldens` takes other answers.

use hydra_compose::Code;
use hydra_compose::overrides::{Override, OverrideKind, Sweep, parse};
use serde_json::{Value, json};

fn goldens() -> String {
    match std::env::var_os("OVERRIDE_GOLDENS") {
        Some(path) => std::fs::read_to_string(path).expect("the file named can be read"),
        None => include_str!("overrides/goldens.jsonl").to_owned(),
    }
}

/// Where we differ from Hydra, and why.
fn excused(golden: &Value, ours: &Value) -> Option<&'static str> {
    let input = golden["input"].as_str().unwrap_or_default();
    let is_parsed_alike = golden["parse"].is_array() && golden["parse"] == ours["parse"];
    let messages = [golden, ours]
        .map(|side| side["error"].as_str().and_then(|message| message.split_once(": Invalid arguments: (")));
    match () {
        // Hydra's next release hands jobs `x=[a]`, which replaces the list that was to be extended.
        () if golden["parse"][0] == "EXTEND_LIST" && is_parsed_alike => {
            Some("extend_list stays extend_list in jobs")
        }
        // Hydra fails on them with a TypeError.
        () if golden["jobs"].is_null()
            && golden["parse"][3] == "GLOB_CHOICE_SWEEP"
            && input.contains(['\'', '"'])
            && is_parsed_alike =>
        {
            Some("quoted patterns in a list of glob(…) are patterns")
        }
        // An accident: Hydra's class for it happens to be a dataclass, and becomes a mapping.
        () if golden["parse"][3] != "GLOB_CHOICE_SWEEP"
            && input.contains("glob")
            && ours["jobs"].is_null()
            && is_parsed_alike =>
        {
            Some("glob(…) inside of another value is refused as any other sweep there")
        }
        () if messages[0].is_some()
            && messages[0].map(|(call, _)| call) == messages[1].map(|(call, _)| call) =>
        {
            Some("arguments are shown as they are written, not as Python shows them")
        }
        () if golden["parse"].is_array() && input.contains(is_digit_of_another_script) => {
            Some("digits of other scripts are no digits")
        }
        () if is_parsed_alike && are_same_numbers(&golden["jobs"], &ours["jobs"]) => {
            Some("tree::float_repr rounds halves up, Python to even")
        }
        () => None,
    }
}

fn is_digit_of_another_script(character: char) -> bool {
    character.is_numeric() && !character.is_ascii()
}

/// Whether two lists of numbers differ at most in how these are written.
fn are_same_numbers(theirs: &Value, ours: &Value) -> bool {
    let numbers = |jobs: &Value| -> Option<Vec<f64>> {
        jobs.as_array()?.iter().map(|job| job.as_str()?.parse().ok()).collect()
    };
    numbers(theirs).is_some_and(|theirs| numbers(ours) == Some(theirs))
}

#[test]
fn overrides_mean_what_they_mean_to_hydra() {
    let text = goldens();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let options: Vec<String> = serde_json::from_value(lines.next().expect("a first line")["options"].take())
        .expect("the options of every group");

    let (mut disagreements, mut excuses, mut count) = (Vec::new(), Vec::new(), 0);
    for mut golden in lines {
        count += 1;
        let input = golden["input"].clone();
        if let Some(mut repaired) = golden.get_mut("next").map(Value::take) {
            repaired["input"] = input.clone();
            golden = repaired;
        }
        let ours = ours(input.as_str().expect("an override"), &options);
        if agree(&golden, &ours) {
            continue;
        }
        match excused(&golden, &ours) {
            Some(excuse) => excuses.push(format!("{input}: {excuse}")),
            None => disagreements.push(format!("{input}\n  Hydra: {golden}\n  here:  {ours}")),
        }
    }
    println!("{count} overrides, {} excused:\n{}", excuses.len(), excuses.join("\n"));
    assert!(
        disagreements.is_empty(),
        "{} of {count} differ:\n{}",
        disagreements.len(),
        disagreements.join("\n")
    );
}

fn ours(input: &str, options: &[String]) -> Value {
    let over = match parse(input, 0) {
        Ok(over) => over,
        Err(error) => {
            assert_eq!(error.code(), Code::OverrideSyntax, "{input}");
            assert_eq!(error.labels().len(), 1, "{input}: an error names its place");
            return json!({ "error": error.message() });
        }
    };
    let spelled = serde_json::to_string(&over).expect("an override is JSON");
    let spelled: Value = serde_json::from_str(&spelled).expect("what was written can be read");
    let parts = ["type", "key", "package", "value_type", "value"].map(|part| spelled[part].clone());
    json!({ "parse": parts, "jobs": jobs(&over, options) })
}

fn jobs(over: &Override, options: &[String]) -> Option<Vec<String>> {
    let mut jobs = over.expand(&|_| options.to_vec()).ok()?;
    let is_shuffled = match over.sweep() {
        Some(Sweep::Choice(choice)) => choice.order == hydra_compose::overrides::Order::Shuffled,
        Some(Sweep::Range(range)) => range.order == hydra_compose::overrides::Order::Shuffled,
        _ => false,
    };
    if is_shuffled {
        jobs.sort();
    }
    Some(jobs)
}

fn agree(golden: &Value, ours: &Value) -> bool {
    match (golden.get("error").and_then(Value::as_str), ours.get("error").and_then(Value::as_str)) {
        // A syntax error is worded here for a person; what a function says is Hydra's.
        (Some(""), Some(_)) => true,
        (Some(theirs), Some(ours)) => theirs == ours,
        (None, None) => {
            golden["parse"] == ours["parse"] && golden.get("jobs").is_none_or(|jobs| *jobs == ours["jobs"])
        }
        _ => false,
    }
}

#[test]
fn printing_back_settles() {
    for line in goldens().lines().skip(1) {
        let golden: Value = serde_json::from_str(line).expect("a line of JSON");
        let input = golden["input"].as_str().expect("an override");
        let Ok(over) = parse(input, 0) else { continue };
        let printed = over.to_string();
        // Printing loses what Hydra's loses: a text that looks like a number, an empty one, a character that only quotes
        // let through. Whatever is read again is the same from then on.
        let Ok(again) = parse(&printed, 0) else { continue };
        let settled = again.to_string();
        assert_eq!(again.key_element(), over.key_element(), "{input}");
        assert_eq!(again.kind == OverrideKind::ExtendList, over.kind == OverrideKind::ExtendList, "{input}");
        assert_eq!(parse(&settled, 0).map(|last| last.to_string()).ok(), Some(settled), "{input}");
    }
}
