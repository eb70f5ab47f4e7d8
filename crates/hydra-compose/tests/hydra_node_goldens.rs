//! The node `hydra` as the real Hydra makes it: `hydra_node/make_goldens.py` asks it, and says what the lines hold.

use hydra_compose::{Code, Composer, Error, yaml};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::fs;

/// A way in which we differ on purpose.
struct Difference {
    why: &'static str,
    /// Whether a case may show it.
    touches: fn(&Json) -> bool,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        why: "hydra.sweeper.params, which is null, can be filled from the command line; Hydra fails with an AssertionError \
              or an AttributeError",
        touches: |case| {
            overrides(case, "hydra.sweeper.params") && crashes(case, &["AssertionError", "AttributeError"])
        },
    },
    Difference {
        why: "`defaults` under `hydra` is an unknown key; Hydra takes it for its own defaults list, and drops it",
        touches: |case| has(&case["files"], "hydra: {defaults:"),
    },
    Difference {
        why: "what an option of hydra/output sets is checked in depth; Hydra lets a mapping pass where text belongs",
        touches: |case| has(&case["files"], "run: {dir: {a: 1}}") && overrides(case, "hydra/output"),
    },
    Difference {
        why: "the key below a value is the first thing that is wrong; Hydra finds that the value cannot be a mapping",
        touches: |case| overrides(case, "hydra.job.name.x"),
    },
    Difference {
        why: "env_copy cannot write into an interpolation: an invalid value here, an unknown key to Hydra",
        touches: |case| overrides(case, "hydra.job.env_set='${e}'"),
    },
];

/// Whether an override starts with `start`, whatever its prefix.
fn overrides(case: &Json, start: &str) -> bool {
    let texts = case["overrides"].as_array().into_iter().flatten().filter_map(Json::as_str);
    texts.into_iter().any(|text| text.trim_start_matches('+').starts_with(start))
}

/// Whether Hydra falls over its own feet, with such an exception.
fn crashes(case: &Json, classes: &[&str]) -> bool {
    case["error"][0].as_str().is_some_and(|class| classes.contains(&class))
}

fn has(json: &Json, part: &str) -> bool {
    match json {
        Json::String(text) => text.contains(part),
        Json::Object(entries) => entries.values().any(|value| has(value, part)),
        _ => false,
    }
}

/// Texts of the node's sections by key, and the keys in order.
type Sections = (HashMap<String, String>, Vec<String>);

#[test]
fn the_node_is_what_hydra_makes_of_it() {
    let text = include_str!("hydra_node/goldens.jsonl");
    let mut lines = text.lines().map(|line| serde_json::from_str::<Json>(line).expect("a line of JSON"));
    let base = lines.next().expect("a first line")["base"].take();
    let (mut count, mut excused, mut wrong) = (0, 0, Vec::new());
    for case in lines {
        count += 1;
        let Err(how) = compare(&base, &case) else { continue };
        match DIFFERENCES.iter().find(|difference| (difference.touches)(&case)) {
            Some(_) => excused += 1,
            None => wrong.push(format!("{} {}\n{how}", case["overrides"], case["files"])),
        }
    }
    println!("{count} cases, {excused} excused");
    for difference in DIFFERENCES {
        println!("  excused: {}", difference.why);
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

fn compare(base: &Json, case: &Json) -> Result<(), String> {
    match (ours(case), case.get("error")) {
        (Ok((sections, order)), None) => same_sections(base, case, &sections, &order),
        (Err(error), Some(class)) => {
            let codes: Vec<Code> = error.each().iter().map(|error| error.code()).collect();
            let wanted = codes_of(class);
            if wanted.is_empty() || codes.iter().any(|code| wanted.contains(code)) {
                Ok(())
            } else {
                Err(format!("  Hydra: {class}\n  here:  {codes:?} {error}"))
            }
        }
        (Ok(_), Some(class)) => Err(format!("  Hydra: {class}\n  here:  composes")),
        (Err(error), None) => Err(format!("  Hydra: composes\n  here:  {error}")),
    }
}

/// What an exception of Hydra and its cause are called here; empty: any error will do.
fn codes_of(class: &Json) -> &'static [Code] {
    match (class[0].as_str(), class[1].as_str()) {
        (Some("MissingConfigException"), _) => &[Code::MissingConfig],
        // A list meeting a mapping is a matter of merging here, before it is one of types.
        (_, Some("ValidationError" | "KeyValidationError")) => &[Code::InvalidValue, Code::Merge],
        (_, Some("ConfigKeyError" | "ConfigAttributeError" | "ConfigIndexError")) => &[Code::UnknownKey],
        (Some("KeyError"), _) => &[Code::MissingValue],
        _ => &[],
    }
}

fn same_sections(
    base: &Json,
    case: &Json,
    sections: &HashMap<String, String>,
    order: &[String],
) -> Result<(), String> {
    let base = base.as_object().expect("the base is a mapping");
    let mut want: HashMap<&str, &str> =
        base.iter().map(|(key, text)| (key.as_str(), text.as_str().unwrap_or_default())).collect();
    for (key, text) in case["changed"].as_object().expect("changes") {
        match text.as_str() {
            Some(text) => _ = want.insert(key, text),
            None => _ = want.remove(key.as_str()),
        }
    }
    let keys: Vec<&str> = match case["order"].as_array() {
        Some(keys) => keys.iter().filter_map(Json::as_str).collect(),
        None => base.keys().map(String::as_str).collect(),
    };
    if keys != order {
        return Err(format!("  Hydra's order: {keys:?}\n  order here:    {order:?}"));
    }
    for (key, want) in want {
        let got = sections.get(key).map_or("", String::as_str);
        if want != got {
            return Err(format!("  Hydra:\n{want}  here:\n{got}"));
        }
    }
    Ok(())
}

fn ours(case: &Json) -> Result<Sections, Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = serde_json::json!({ "config.yaml": "lr: 1\n" });
    let files = case.get("files").unwrap_or(&plain).as_object().expect("files");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text.as_str().expect("text")).expect("written");
    }
    let environment = case["env"].clone();
    let composer = Composer::new(folder.path())
        .job_name("app")
        .cwd("/cwd")
        .overrides(case["overrides"].as_array().expect("overrides").iter().filter_map(Json::as_str))
        .environment(move |name| environment[name].as_str().map(str::to_owned));
    let composer = match case.get("name") {
        None => composer.config_name("config"),
        Some(Json::Null) => composer.without_config_name(),
        Some(name) => composer.config_name(name.as_str().expect("a name")),
    };
    let config = composer.compose()?;
    let hydra = config.root().get("hydra").expect("the node");
    let text = yaml::dump(hydra)
        .replace(&folder.path().display().to_string(), "DIR")
        .replace("/cwd", "CWD")
        .replace("version: 1.3.8\n", "version: VERSION\n");
    Ok(sections(&text))
}

/// As in `make_goldens.py`; Hydra's help is its own prose, and is left out.
fn sections(text: &str) -> Sections {
    let (mut parts, mut order): Sections = Default::default();
    for line in text.split_inclusive('\n') {
        if !line.starts_with([' ', '-', '\n']) {
            order.push(line.split(':').next().unwrap_or_default().to_owned());
        }
        let key = order.last().expect("a key comes first");
        parts.entry(key.clone()).or_default().push_str(line);
    }
    order.retain(|key| key != "help" && key != "hydra_help");
    (parts, order)
}
