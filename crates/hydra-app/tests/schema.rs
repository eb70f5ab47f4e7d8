//! `hydra-compose --schema FILE.json`: a schema without Rust, and the same errors.

mod common;

use common::{Place, names};
use hydra_app::cli::ConfigArgs;
use hydra_app::schema::SchemaArgs;
use schemars::JsonSchema;
use serde_json::Value;

const SCHEMA: &str = r##"{
  "$defs": {
    "Db": {
      "oneOf": [
        {
          "properties": {"kind": {"const": "mysql"}, "port": {"type": "integer", "minimum": 1}},
          "required": ["kind", "port"],
          "additionalProperties": false
        },
        {
          "properties": {"kind": {"const": "sqlite"}, "file": {"type": "string"}},
          "required": ["kind", "file"],
          "additionalProperties": false
        }
      ]
    }
  },
  "properties": {
    "db": {"$ref": "#/$defs/Db"},
    "lr": {"type": "number", "exclusiveMinimum": 0},
    "seed": {"type": "integer"}
  },
  "required": ["db", "lr"],
  "additionalProperties": false
}
"##;

fn place() -> Place {
    let place = Place::new();
    place.write("serve.json", SCHEMA);
    place.write("conf/db/mysql.yaml", "kind: mysql\nport: 3306\n");
    place.write("conf/db/sqlite.yaml", "kind: sqlite\nflie: a.db\n");
    place
}

/// The errors, each as its code and its first place.
fn errors(place: &Place, args: &[&str]) -> Vec<(String, String)> {
    let ran = place.run(&[&["--schema", "serve.json", "--format", "json"][..], args].concat());
    assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""), "{args:?}: {}", ran.err);
    let json: Value = serde_json::from_str(&ran.err).expect("JSON");
    let error = &json["error"];
    let related = error["related"].as_array().expect("a list");
    let each = if related.is_empty() { std::slice::from_ref(error) } else { related.as_slice() };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = each.iter().map(|error| {
        let label = &error["labels"][0];
        let place = match &label["file"] {
            Value::String(file) => format!("{file}:{}:{}", label["line"], label["column"]),
            _ => text(&label["text"]),
        };
        (text(&error["code"]), place)
    });
    found.collect()
}

#[test]
fn what_fits_is_printed_and_run() {
    let place = place();
    let yaml = "db:\n  kind: mysql\n  port: 3306\nlr: 0.1\nseed: 0\n";
    assert_eq!(place.done(&["--schema", "serve.json"]).out, yaml);
    assert_eq!(
        place.done(&["--cfg", "job", "--schema", "serve.json", "seed=1"]).out,
        yaml.replace("seed: 0", "seed: 1")
    );
    place.done(&["--schema", "serve.json", "hydra.run.dir=out", "--", "touch", "done"]);
    assert!(place.path("done").exists());
    let plan = place.done(&["--schema", "serve.json", "-m", "--dry-run", "seed=1,2"]).out;
    assert_eq!(plan, "#0 : seed=1\n#1 : seed=2\n");
}

#[test]
fn everything_that_does_not_fit_is_told_with_its_place() {
    let place = place();
    let found = errors(&place, &["db=sqlite", "lr=0", "seed=???", "+sede=1"]);
    let wanted = [
        ("missing-value", "argument 'seed=???'"),
        ("missing-value", "conf/db/sqlite.yaml:1:1"),
        ("unknown-key", "conf/db/sqlite.yaml:2:1"),
        ("invalid-value", "argument 'lr=0'"),
        ("unknown-key", "argument '+sede=1'"),
    ];
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (code, start) in wanted {
        let is_told = |(found, place): &(String, String)| found == code && place.starts_with(start);
        assert!(found.iter().any(is_told), "{code} at {start}: {found:?}");
    }
    let err = place.run(&["--schema", "serve.json", "db=sqlite"]).err;
    assert!(err.contains("did you mean 'file'?"), "{err}");
}

#[test]
fn check_tries_every_option_against_it() {
    let place = place();
    let ran = place.run(&["check", "conf", "--schema", "serve.json"]);
    assert_eq!(ran.status, Some(1), "{}", ran.err);
    assert!(ran.out.contains("conf/db/sqlite.yaml:2:1") && ran.out.contains("db=sqlite"), "{}", ran.out);
    place.done(&["check", "conf"]);
    let help = place.done(&["--schema", "serve.json", "--help", "--package", "db"]).out;
    assert!(help.contains("port: 3306"), "{help}");
    // It would be without effect.
    for args in [
        &["diff", "seed=1", "seed=2", "--schema", "serve.json"][..],
        &["parse", "a=1", "--schema=serve.json"],
    ] {
        let ran = place.run(args);
        assert!(ran.status == Some(2) && ran.err.contains("--schema goes with"), "{}", ran.err);
    }
}

#[test]
fn what_does_not_fit_is_not_run() {
    let place = place();
    let before = names(&place.path("."));
    assert_eq!(errors(&place, &["lr=no", "--", "touch", "done"]).len(), 1);
    assert_eq!(errors(&place, &["-m", "lr=1,0", "--", "touch", "done"]).len(), 1);
    assert_eq!(errors(&place, &["-m", "--dry-run", "lr=1,0"]).len(), 1);
    assert_eq!(names(&place.path(".")), before, "something was made");
}

#[test]
fn a_schema_that_is_none_is_named() {
    let place = place();
    place.write("broken.json", "{\n  \"type\": \"object\"\n  \"properties\": {}\n}\n");
    place.write("wrong.json", "{\"properties\": {\"lr\": {\"type\": \"numbr\"}}}");
    for (file, wanted) in [
        ("nowhere.json", "cannot read nowhere.json: "),
        ("broken.json", "broken.json is not JSON: expected `,` or `}`"),
        ("wrong.json", "wrong.json is no JSON Schema: at /properties/lr/type, "),
    ] {
        for args in [&["--cfg", "job"][..], &["--", "true"]] {
            let ran = place.run(&[&["--schema", file][..], args].concat());
            assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""), "{file}");
            assert!(ran.err.contains(wanted), "{}", ran.err);
        }
    }
    assert!(place.run(&["--schema", "broken.json"]).err.contains("broken.json:3:3"));
    assert!(place.run(&["--schema", "wrong.json"]).err.contains("wrong.json:1:32"));
    assert_eq!(place.run(&["--schema"]).status, Some(2));
}

#[test]
fn files_in_places_that_another_primary_config_adds_have_schemas() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is asked for")]
    struct Config {
        extra: Extra,
    }
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is asked for")]
    struct Extra {
        speed: u32,
    }
    let place = place();
    let more = place.path("more");
    place.write("more/extra/fast.yaml", "speed: 2\n");
    place.write("conf/main.yaml", &format!("hydra:\n  searchpath: ['{}']\n", more.display()));
    let asked = |config_name: Option<&str>| {
        let config = ConfigArgs {
            config_path: Some(place.path("conf")),
            config_name: config_name.map(str::to_owned),
            config_dir: None,
        };
        let args = SchemaArgs { group: Some("extra/fast".into()), config, ..SchemaArgs::default() };
        args.text::<Config>("app", "conf")
    };
    let schema: Value = serde_json::from_str(&asked(Some("main")).expect("a schema")).expect("JSON");
    assert!(schema["properties"].get("speed").is_some(), "{schema}");
    asked(None).expect_err("that primary config adds no place");
}
