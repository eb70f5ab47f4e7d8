//! `--format json`: what `--cfg` prints, and errors.

use hydra_app::cli::{Cfg, HydraArgs};
use hydra_app::json;
use hydra_compose::{Composer, Error};
use serde_json::Value;
use std::fs;

const CONFIG: &str = "
db: {port: 3306, hosts: [a, ~]}
copy: ${db}
rate: 1e16
whole: 123456789012345678901234567890
nothing: null
must: ???
2: x
'2': y
";

fn cfg(package: Option<&str>) -> hydra_compose::Result<String> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), CONFIG).expect("a file");
    let config = Composer::new(folder.path()).compose()?;
    let args = HydraArgs { package: package.map(str::to_owned), ..HydraArgs::default() };
    json::cfg(&config, Cfg::Job, &args)
}

#[test]
fn a_configuration_is_one_value() {
    let whole = r#"{"db":{"port":3306,"hosts":["a",null]},"copy":"${db}","rate":1e+16,"#.to_owned()
        + r#""whole":123456789012345678901234567890,"nothing":null,"must":"???","2":"x","2":"y"}"#
        + "\n";
    assert_eq!(cfg(None).expect("it composes"), whole);
    assert_eq!(cfg(Some("_global_")).expect("it composes"), whole);
}

#[test]
fn a_package_is_a_value_of_any_kind() {
    let text = |package| cfg(Some(package)).expect("it is there");
    assert_eq!(text("copy"), "{\"port\":3306,\"hosts\":[\"a\",null]}\n");
    assert_eq!(text("db.hosts"), "[\"a\",null]\n");
    assert_eq!(text("db.hosts[0]"), "\"a\"\n");
    assert_eq!(text("rate"), "1e+16\n");
}

#[test]
fn null_and_missing_packages_are_not_found() {
    for package in ["nothing", "must", "nowhere", "db.hosts.1", "db.port.deeper"] {
        let error = cfg(Some(package)).expect_err(package);
        assert_eq!(error.message(), format!("package '{package}' not found in config"));
        assert_eq!(error.code().as_str(), "unknown-key");
    }
}

fn parsed(error: &Error) -> Value {
    let line = json::error(error);
    assert!(!line.contains('\n'), "{line}");
    let mut value: Value = serde_json::from_str(&line).expect("JSON");
    value["error"].take()
}

#[test]
fn errors_point_at_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.yaml");
    fs::write(&file, "a: 1\nb: [é, 'open\n").expect("a file");
    let error = parsed(&Composer::new(folder.path()).compose().expect_err("it is no YAML"));
    assert_eq!(error["code"], "yaml");
    assert_eq!(error["labels"][0]["file"], file.to_str().expect("a path"));
    assert_eq!(error["labels"][0]["line"], 2);
    assert!(error["labels"][0]["column"].is_u64());
    assert!(error["related"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn errors_of_one_pass_are_related_and_point_at_arguments() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), "epochs: 1\n").expect("a file");
    let composer = Composer::new(folder.path()).overrides(["epoch=2", "epochs.x=3", "\u{e9}\n=1"]);
    let error = parsed(&composer.overrides(["x=a=b"]).compose().expect_err("they do not parse"));
    assert_eq!(error["code"], "several");
    assert_eq!(error["labels"], serde_json::json!([]));
    let related = error["related"].as_array().expect("a list");
    assert_eq!(related.len(), 2);
    let label = &related[1]["labels"][0];
    assert_eq!((&label["file"], &label["line"], &label["column"]), (&Value::Null, &1.into(), &4.into()));
    assert!(label["text"].as_str().is_some_and(|text| text.starts_with("argument 'x=a=b'")), "{label}");
    assert!(related[1]["help"].is_string());
}
