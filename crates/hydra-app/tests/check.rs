//! `check`: every problem of a configuration directory, once, with the compositions that show it.

mod common;

use common::{Place, Ran};
use hydra_compose::check::{self, Report};
use hydra_compose::tree::SourceFile;
use hydra_compose::typed::Schema;
use hydra_compose::{Composer, Config};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// Runs `check` in a folder with these files beside `conf/db/mysql.yaml` and `conf/db/sqlite.yaml`.
fn checked(files: &[(&str, &str)], args: &[&str]) -> Ran {
    let place = Place::new();
    for (name, text) in files {
        place.write(&format!("conf/{name}"), text);
    }
    place.run(&[&["check"][..], args].concat())
}

/// What it says, and that it ends with this status.
#[track_caller]
fn said(files: &[(&str, &str)], status: i32) -> String {
    let ran = checked(files, &[]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(status), ""), "{}", ran.out);
    ran.out
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn a_clean_directory() {
    let summary = "checked 3 files, 2 compositions: no problems\n";
    assert_eq!(said(&[], 0), summary);
    for args in [&["conf"][..], &["-cp", "conf"], &["conf", "--config-name=config.yaml"]] {
        assert_eq!(checked(&[], args).out, summary, "{args:?}");
    }
    assert_eq!(checked(&[], &["--format=json"]).out, "[]\n");
}

#[test]
fn every_item_of_a_list_that_does_not_compose_is_looked_at() {
    let out =
        said(&[("spare/x.yaml", "defaults:\n- nowhere\n- /db: nope\n- ../../out\n- override /zz: a\n")], 1);
    has(
        &out,
        &[
            "Could not find 'spare/nowhere'",
            "Could not find 'db/nope'",
            "Could not override 'zz'. No defaults list has this group.",
            "no path of a configuration",
            ": 4 problems\n",
        ],
    );
}

#[test]
fn yaml_that_does_not_load() {
    let out = said(&[("db/sqlite.yaml", "port: 1\nhosts: [a\n"), ("db/pg.yaml", "x: 1\nx: 2\n")], 1);
    has(&out, &["error[yaml]: ", "--> conf/db/sqlite.yaml:", "note: in 'db=sqlite'\n"]);
    has(
        &out,
        &["--> conf/db/pg.yaml:2:1", "note: in 'db=pg'\n", "checked 4 files, 3 compositions: 2 problems\n"],
    );
}

#[test]
fn an_option_that_does_not_exist_hides_nothing_else() {
    let config = "defaults:\n- db: mysq\n- _self_\nport: ${db.prt}\n";
    let out = said(&[("config.yaml", config)], 1);
    has(
        &out,
        &["In 'config': Could not find 'db/mysq'", "--> conf/config.yaml:2:3", "did you mean db=mysql?"],
    );
    has(&out, &["note: in the primary config\n"]);
    has(
        &out,
        &["Interpolation key 'db.prt' not found", "note: in 'db=mysql' and 1 more\n", ": 2 problems\n"],
    );
}

#[test]
fn a_default_that_does_not_load_hides_nothing_else() {
    let config = "defaults:\n- db: mysql\n- _self_\nhost: ${db.host}\n";
    let out = said(&[("config.yaml", config), ("db/mysql.yaml", "host: [\n")], 1);
    has(&out, &["error[yaml]: ", "note: in the primary config and 1 more\n"]);
    has(
        &out,
        &["Interpolation key 'db.host' not found", "note: in 'db=sqlite'\n", "3 compositions: 2 problems\n"],
    );
}

#[test]
fn an_override_that_never_matches() {
    let fast = "# @package _global_\ndefaults:\n- override /optimizer: sgd\nlr: 1\n";
    let out =
        said(&[("experiment/fast.yaml", fast), ("experiment/slow.yaml", "# @package _global_\nlr: 2\n")], 1);
    has(&out, &["error[defaults-list]: In 'experiment/fast': Could not override 'optimizer'."]);
    has(&out, &["--> conf/experiment/fast.yaml:3:3", "note: in '+experiment=fast'\n"]);
    has(&out, &["checked 5 files, 4 compositions: 1 problem\n"]);
}

#[test]
fn packages_that_are_none() {
    let out = said(&[("config.yaml", "defaults:\n- db@a/b: mysql\n- _self_\n")], 1);
    has(&out, &["error[defaults-list]: 'a/b' is no package", "a package has dots: 'a.b'", ": 1 problem\n"]);
    // Hydra takes this one, and does not do what it did in Hydra 1.0.
    let out = said(&[("db/sqlite.yaml", "# @package _group_\nport: null\n")], 0);
    has(&out, &["warning[defaults-list]: '_group_' has no meaning here", "--> conf/db/sqlite.yaml:1:3"]);
    has(&out, &["2 compositions: no problems, 1 warning\n"]);
}

#[test]
fn interpolations_whose_target_is_not_there() {
    let config = "defaults:\n- db: mysql\n- _self_\nurl: ${db.host}\ntitle: run of ${nmae}\nname: x\n";
    let files = [("config.yaml", config), ("db/mysql.yaml", "host: a\n"), ("db/sqlite.yaml", "file: b\n")];
    let out = said(&files, 1);
    has(&out, &["error[interpolation]: Interpolation key 'nmae' not found", "did you mean ${name}?"]);
    has(&out, &["note: in the primary config and 1 more\n", "note: in 'db=sqlite'\n", ": 2 problems\n"]);
    // The directory of a run is named by them as well.
    let hydra = "defaults:\n- db: mysql\n- _self_\nhydra:\n  run:\n    dir: outputs/${db.host}\n";
    let out = said(&[("config.yaml", hydra), files[1], files[2]], 1);
    has(&out, &["Interpolation key 'db.host' not found", "note: in 'db=sqlite'\n", ": 1 problem\n"]);
}

#[test]
fn what_a_user_or_the_environment_gives_is_no_problem() {
    let config = "must: ???\nof: ${must} and more\nhome: ${oc.env:HYDRA_CHECK_IS_NOT_SET}\n\
                  other: ${oc.env:HYDRA_CHECK_IS_NOT_SET,x}\n";
    let out = said(&[("config.yaml", config)], 0);
    has(&out, &["note[interpolation]: Environment variable 'HYDRA_CHECK_IS_NOT_SET' not found"]);
    has(&out, &["note: in the primary config and 2 more\n", "3 compositions: no problems\n"]);
    let config = "defaults:\n- db: ???\n- _self_\nport: ${db.port}\n";
    assert_eq!(said(&[("config.yaml", config)], 0), "checked 3 files, 2 compositions: no problems\n");
}

#[test]
fn what_can_never_be_chosen() {
    let hidden = ("hydra/output/default.yaml", "run:\n  dir: here\n");
    let out = said(&[("db/pg.yml", "port: 1\n"), hidden, ("my group/a.yaml", "x: 1\n")], 0);
    has(
        &out,
        &["warning[missing-config]: conf/db/pg.yml can never be chosen", "rename it to conf/db/pg.yaml"],
    );
    has(&out, &["'hydra/output/default' is never read: pkg://hydra.conf has it too"]);
    has(
        &out,
        &["'my group/a' can never be chosen", "checked 5 files, 2 compositions: no problems, 3 warnings\n"],
    );
}

#[test]
fn groups_that_an_option_brings_are_varied_with_it() {
    let net = "defaults:\n- part: a\n- _self_\nsize: ${.part.size}\n";
    let files = [
        ("config.yaml", "defaults:\n- model: cnn\n- _self_\n"),
        ("model/cnn.yaml", "size: 1\n"),
        ("model/net.yaml", net),
        ("model/part/a.yaml", "size: 2\n"),
        ("model/part/b.yaml", "sise: 3\n"),
    ];
    let out = said(&files, 1);
    has(&out, &["Interpolation key", "note: in 'model=net model/part=b'\n"]);
    has(&out, &["checked 7 files, 5 compositions: 1 problem\n"]);
}

#[test]
fn a_part_of_other_options_need_not_be_whole() {
    let mysql = "defaults:\n- common\n- _self_\nhost: a\n";
    let out = said(&[("db/common.yaml", "url: ${.host}\n"), ("db/mysql.yaml", mysql)], 0);
    has(&out, &["note[interpolation]: ", "note: in 'db=common'\n", "3 compositions: no problems\n"]);
}

#[test]
fn other_primary_configs_are_composed() {
    let eval = [("eval.yaml", "defaults:\n- nope\n- _self_\n")];
    let out = said(&eval, 1);
    has(&out, &["In 'eval': Could not load 'nope'", "note: in '--config-name eval'\n"]);
    has(&out, &["checked 4 files, 3 compositions: 1 problem\n"]);
    let ran = checked(&eval, &["-cn", "eval"]);
    assert_eq!(ran.status, Some(1));
    has(&ran.out, &["note: in the primary config\n", "3 compositions: 1 problem\n"]);
}

#[test]
fn as_json() {
    let config = "defaults:\n- db: mysql\n- _self_\nurl: ${db.host}\n";
    let files = [("config.yaml", config), ("db/mysql.yaml", "host: a\n")];
    let ran = checked(&files, &["--format", "json"]);
    assert_eq!((ran.status, ran.err.as_str(), ran.out.lines().count()), (Some(1), "", 1));
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    let found = &found[0];
    assert_eq!((&found["code"], &found["severity"]), (&json!("interpolation"), &json!("error")));
    assert_eq!(found["variations"], json!([["db=sqlite"]]));
    let label = &found["labels"][0];
    assert_eq!((&label["file"], &label["line"]), (&json!("conf/config.yaml"), &json!(4)));
}

#[test]
fn a_directory_that_is_not_there() {
    let ran = checked(&[], &["nowhere"]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""));
    has(&ran.err, &["error[missing-config]: Primary config directory not found: 'nowhere'"]);
    let ran = checked(&[], &["nowhere", "--format", "json"]);
    has(&ran.err, &["{\"error\":{\"code\":\"missing-config\""]);
    assert_eq!(checked(&[], &["conf", "-cp", "conf"]).status, Some(2));
}

#[test]
fn a_thousand_files() {
    let place = Place::new();
    place.write("conf/config.yaml", "defaults:\n- g: o0\n- _self_\nx: ${g.a}\n");
    for number in 0..1000 {
        let key = if [100, 200, 300].contains(&number) { "b" } else { "a" };
        place.write(&format!("conf/g/o{number}.yaml"), &format!("{key}: {number}\n"));
    }
    let ran = place.run(&["check"]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(1), ""));
    has(&ran.out, &["Interpolation key 'g.a' not found", "note: in 'g=o100' and 2 more\n"]);
    has(&ran.out, &["checked 1003 files, 1002 compositions: 1 problem\n"]);
}

/// Writes a defaults list of so many groups, with three options each, and gives the schema that they fit.
fn many_groups(conf: &Path, count: usize, chosen: &str) -> Schema {
    let (mut list, mut groups) = (String::from("defaults:\n"), Map::new());
    for group in 0..count {
        list.push_str(&format!("- g{group}: {chosen}\n"));
        fs::create_dir(conf.join(format!("g{group}"))).expect("a folder");
        for option in 0..3 {
            let text = format!("name: o{option}\nsize: {option}\n");
            fs::write(conf.join(format!("g{group}/o{option}.yaml")), text).expect("written");
        }
        let keys = json!({"name": {"type": "string"}, "size": {"type": "integer"}});
        let schema = json!({"properties": keys, "required": ["size"], "additionalProperties": false});
        groups.insert(format!("g{group}"), schema);
    }
    fs::write(conf.join("config.yaml"), list + "- _self_\nseed: 0\n").expect("written");
    groups.insert("seed".to_owned(), json!({"type": "integer"}));
    let schema = json!({"properties": groups, "additionalProperties": false});
    Schema::parse(&SourceFile::new("schema.json", schema.to_string())).expect("a schema")
}

fn checked_with(schema: &Schema, conf: &Path) -> Report {
    let validate = |config: &Config| schema.check(&config.resolve()?);
    check::directory(&Composer::new(conf), "config", &validate).expect("a folder")
}

/// Each composition takes in a file of every group, and is held to a schema with all of them.
#[test]
fn hundreds_of_groups_in_one_list_and_a_schema() {
    let conf = tempfile::tempdir().expect("a folder");
    let schema = many_groups(conf.path(), 300, "o0");
    fs::write(conf.path().join("g7/o1.yaml"), "name: o1\nsize: large\n").expect("written");
    fs::write(conf.path().join("g299/o2.yaml"), "name: o2\nsise: 2\n").expect("written");
    let report = checked_with(&schema, conf.path());
    assert_eq!((report.files, report.compositions), (901, 601));
    let told = report.findings.iter().map(|finding| {
        let shown: Vec<String> = finding.variations.iter().map(ToString::to_string).collect();
        format!("{}: {}", shown.join(" and "), finding.error.message())
    });
    let wanted = [
        "g299=o2: g299.size is missing",
        "g299=o2: g299.sise is not a key of the configuration",
        "g7=o1: g7.size must be an integer, and is the string 'large'",
    ];
    assert_eq!(told.collect::<Vec<_>>(), wanted);
}

#[test]
fn choices_that_must_be_made_are_part_of_what_shows_a_problem() {
    let conf = tempfile::tempdir().expect("a folder");
    let schema = many_groups(conf.path(), 20, "???");
    fs::write(conf.path().join("g7/o1.yaml"), "name: o1\nsize: large\n").expect("written");
    let report = checked_with(&schema, conf.path());
    assert_eq!((report.files, report.compositions, report.findings.len()), (61, 41, 1));
    let [shown] = report.findings[0].variations.as_slice() else { panic!("{:?}", report.findings) };
    // What is varied, and the first option of every other group.
    let made = (0..20).filter(|group| *group != 7).map(|group| format!("g{group}=o0"));
    let wanted: Vec<String> = std::iter::once("g7=o1".to_owned()).chain(made).collect();
    assert_eq!(shown.overrides, wanted);
}
