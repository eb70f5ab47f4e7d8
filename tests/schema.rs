//! The schemas that editors check `conf/` by, `conf/.schema/*.json`: they are what `ddpm schema --group …` prints, each file
//! of `conf/` names its own, and they say yes and no where they should. `UPDATE_DOCS=1 cargo test --test schema` writes them
//! anew, and the line that names them.

mod common;

use common::Place;
use hydra_compose::tree::SourceFile;
use hydra_compose::typed::to_json;
use hydra_compose::yaml;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

const CONF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conf");
/// What a line that names a schema begins with: <https://github.com/redhat-developer/yaml-language-server>.
const MODELINE: &str = "# yaml-language-server: $schema=";

/// The files of `conf/`, named as configurations are: `config`, `optimizer/sgd`.
fn configs() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(CONF)];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                let name = path.strip_prefix(CONF).expect("inside").with_extension("");
                found.push(name.to_str().expect("UTF-8").to_owned());
            }
        }
    }
    found.sort();
    assert!(found.len() > 15, "{found:?}");
    found
}

fn file(config: &str) -> PathBuf {
    Path::new(CONF).join(format!("{config}.yaml"))
}

fn text(config: &str) -> String {
    fs::read_to_string(file(config)).expect(config)
}

/// One schema serves all options of a group; it knows variants by their tags.
fn schema_of(config: &str) -> &str {
    config.rsplit_once('/').map_or(config, |(group, _)| group)
}

/// Flat names: the folder must not look like groups.
fn schema_file(name: &str) -> PathBuf {
    Path::new(CONF).join(".schema").join(name.replace('/', ".") + ".json")
}

fn printed(group: &str) -> String {
    let ran = Place::new().ddpm(["schema", "--group", group]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{group}");
    ran.stdout
}

fn schema(group: &str) -> Value {
    serde_json::from_str(&printed(group)).expect("JSON")
}

/// Everything as it should be, if that is asked for: once, before any test looks.
fn updated() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if env::var_os("UPDATE_DOCS").is_none() {
            return;
        }
        let folder = Path::new(CONF).join(".schema");
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("removed");
        }
        fs::create_dir(&folder).expect("a folder");
        for config in configs() {
            fs::write(schema_file(schema_of(&config)), printed(schema_of(&config))).expect("written");
            fs::write(file(&config), with_modeline(&config, &text(&config))).expect("written");
        }
    });
}

/// The line belongs at the top, but below Hydra's header, which ends at the first line that does not begin with `# @`.
fn with_modeline(config: &str, text: &str) -> String {
    let lines = || text.lines().filter(|line| !line.starts_with(MODELINE));
    let is_header = |line: &&str| line.starts_with("# @");
    let header: Vec<&str> = lines().take_while(is_header).collect();
    let modeline = modeline(config);
    let rest = lines().skip(header.len());
    header.iter().copied().chain([modeline.as_str()]).chain(rest).map(|line| format!("{line}\n")).collect()
}

fn modeline(config: &str) -> String {
    let up = "../".repeat(config.matches('/').count());
    let name = schema_file(schema_of(config));
    format!("{MODELINE}{up}.schema/{}", name.file_name().expect("a name").display())
}

#[test]
fn the_committed_schemas_are_what_the_program_prints() {
    updated();
    let names: BTreeSet<String> = configs().iter().map(|config| schema_of(config).to_owned()).collect();
    for name in &names {
        let found = fs::read_to_string(schema_file(name)).unwrap_or_default();
        assert!(
            found == printed(name),
            "conf/.schema is not of this program; UPDATE_DOCS=1 writes {name} anew"
        );
    }
    let there = fs::read_dir(Path::new(CONF).join(".schema")).expect("a folder");
    let there: BTreeSet<PathBuf> = there.map(|entry| entry.expect("an entry").path()).collect();
    let wanted: BTreeSet<PathBuf> = names.iter().map(|name| schema_file(name)).collect();
    assert_eq!(there, wanted, "one that is of nothing");
}

#[test]
fn every_file_names_its_schema() {
    updated();
    for config in configs() {
        let wanted = with_modeline(&config, &text(&config));
        assert!(text(&config) == wanted, "conf/{config}.yaml has no line '{}'", modeline(&config));
        assert!(schema_file(schema_of(&config)).is_file(), "{config}");
    }
}

/// The content of a file, defaults list and all.
fn content(config: &str) -> Value {
    to_json(&yaml::load(&SourceFile::new(config, text(config))).expect("YAML"))
}

fn problems(schema: &Value, content: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let problem =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path().as_str());
    validator.iter_errors(content).map(problem).collect()
}

#[test]
fn every_file_is_as_its_schema_says() {
    for config in configs() {
        let content = content(&config);
        for schema in [schema(schema_of(&config)), schema(&config)] {
            assert_eq!(problems(&schema, &content), [""; 0], "{config}");
        }
    }
}

/// A key and its value in others' places.
type Change<'a> = dyn Fn(&str, &Value) -> Vec<(String, Value)> + 'a;

/// Every change of one thing: `change` makes others of a key and its value. What is Hydra's is left alone.
fn changes(content: &Value, change: &Change<'_>) -> Vec<Value> {
    let Some(map) = content.as_object() else { return Vec::new() };
    let mut all = Vec::new();
    for (key, value) in map {
        let with = |new: (String, Value)| {
            let entry = |(old, value): (&String, &Value)| match old == key {
                true => new.clone(),
                false => (old.clone(), value.clone()),
            };
            Value::Object(map.iter().map(entry).collect())
        };
        if !["defaults", "hydra"].contains(&key.as_str()) {
            all.extend(change(key, value).into_iter().map(with));
            all.extend(changes(value, change).into_iter().map(|inner| with((key.clone(), inner))));
        }
    }
    all
}

#[test]
fn mistyped_keys_and_wrong_types_are_underlined() {
    let wrong = |key: &str, value: &Value| {
        let other = match value {
            Value::Object(_) => json!(1),
            Value::Number(_) => json!("fast"),
            _ => json!({"no": "such"}),
        };
        vec![(format!("{key}x"), value.clone()), (key.to_owned(), other)]
    };
    let mut count = 0;
    for config in configs() {
        let schema = schema(schema_of(&config));
        for changed in changes(&content(&config), &wrong) {
            assert!(!problems(&schema, &changed).is_empty(), "{config}: {changed}");
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

#[test]
fn what_is_not_resolved_may_stand_anywhere() {
    let later = |key: &str, _: &Value| {
        ["${a.b}", "x ${oc.env:HOME,3}", "???"].map(|text| (key.to_owned(), json!(text))).to_vec()
    };
    for config in configs() {
        let schema = schema(schema_of(&config));
        for changed in changes(&content(&config), &later) {
            assert_eq!(problems(&schema, &changed), [""; 0], "{config}: {changed}");
        }
    }
}

#[test]
fn a_file_is_held_to_the_variant_that_it_names() {
    let (group, sgd) = (schema("optimizer"), schema("optimizer/sgd"));
    let fits = |schema: &Value, content: Value| problems(schema, &content).is_empty();
    assert!(fits(&group, json!({"name": "sgd", "momentum": 0.5})));
    assert!(!fits(&group, json!({"name": "sgd", "betas": [0.9, 0.99]})));
    assert!(!fits(&group, json!({"name": "sdg", "momentum": 0.5})));
    assert!(fits(&group, json!({"defaults": ["sgd", "_self_"], "nesterov": true})));
    assert!(!fits(&group, json!({"defaults": {"optimizer": "adam"}})));
    assert!(!fits(&sgd, json!({"betas": [0.9, 0.99]})));
    let experiment = schema("experiment/smoke");
    assert!(fits(&experiment, json!({"diffusion": {"schedule": {"name": "linear", "beta_end": 0.1}}})));
    assert!(!fits(&experiment, json!({"diffusion": {"schedule": {"name": "linear", "offset": 0.1}}})));
}

#[test]
fn the_whole_schema_is_that_of_the_composed_configuration() {
    let place = Place::new();
    let whole: Value = serde_json::from_str(&place.ddpm(["schema"]).stdout).expect("JSON");
    assert_eq!(whole["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(whole["title"], "Configuration of ddpm");
    let composed = place.ddpm(["--cfg", "job", "--resolve", "--format", "json", "optimizer=sgd"]).stdout;
    let composed: Value = serde_json::from_str(&composed).expect("JSON");
    assert_eq!(problems(&whole, &composed), [""; 0]);
    let incomplete = json!({"seed": 1});
    assert!(problems(&whole, &incomplete).iter().any(|problem| problem.contains("optimizer")));
}

#[test]
fn a_file_that_is_not_there_names_those_that_are() {
    let place = Place::new();
    for (group, wanted, help) in [
        ("optimizer/sdg", "Available options in 'optimizer':", "did you mean optimizer/sgd?"),
        ("optimiser/sgd", "Available groups and files:", "did you mean optimizer/sgd?"),
        ("confg", "Available groups and files:", "did you mean config?"),
    ] {
        let ran = place.ddpm(["schema", "--group", group]);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""), "{group}");
        assert!(ran.stderr.contains(wanted) && ran.stderr.contains(help), "{}", ran.stderr);
        assert!(!ran.stderr.contains(".schema"), "{}", ran.stderr);
    }
}
