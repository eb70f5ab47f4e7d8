//! `diff A B`: what differs between runs, files and compositions, as a person and a script see it.

mod common;

use common::Place;
use hydra_app::diff::DiffArgs;
use hydra_app::render::Style;
use serde_json::{Value, json};

fn conf() -> Place {
    let place = Place::new();
    let primary = "defaults:\n  - optimizer: adam\n  - _self_\nseed: 0\ntitle: run ${seed}\n";
    place.write("conf/config.yaml", primary);
    place.write("conf/optimizer/adam.yaml", "name: adam\nlr: 1e-3\nbetas: [0.9, 0.999]\n");
    place.write("conf/optimizer/sgd.yaml", "name: sgd\nlr: 0.01\nmomentum: 0.9\n");
    place
}

/// What is printed where something differs.
#[track_caller]
fn differing(place: &Place, args: &[&str]) -> String {
    let ran = place.run(&[&["diff"][..], args].concat());
    assert_eq!((ran.status, ran.err.as_str()), (Some(1), ""), "{args:?}");
    ran.out
}

#[track_caller]
fn equal(place: &Place, a: &str, b: &str) {
    let ran = place.run(&["diff", a, b]);
    assert_eq!((ran.out.as_str(), ran.err.as_str(), ran.status), ("no difference\n", "", Some(0)), "{a} {b}");
}

#[track_caller]
fn refused(place: &Place, args: &[&str]) -> String {
    let ran = place.run(&[&["diff"][..], args].concat());
    assert_eq!((ran.out.as_str(), ran.status), ("", Some(1)), "{args:?}: {}", ran.err);
    ran.err
}

#[test]
fn compositions_with_the_place_of_each_value() {
    let expected = "\
optimizer.betas
  - [0.9, 0.999]   conf/optimizer/adam.yaml:3:8
optimizer.lr
  - 0.001   conf/optimizer/adam.yaml:2:5
  + 0.01    conf/optimizer/sgd.yaml:2:5
optimizer.momentum
  + 0.9   conf/optimizer/sgd.yaml:3:11
optimizer.name
  - adam   conf/optimizer/adam.yaml:1:7
  + sgd    conf/optimizer/sgd.yaml:1:7
4 keys differ (2 changed, 1 added, 1 removed)
";
    assert_eq!(differing(&conf(), &["optimizer=adam", "optimizer=sgd"]), expected);
    let lines = differing(&conf(), &["", "seed=7 +note='a b'"]);
    let expected = "\
note
  + a b   argument '+note=a b'
seed
  - 0   conf/config.yaml:4:7
  + 7   argument 'seed=7'
title
  - run 0   conf/config.yaml:5:8
  + run 7   conf/config.yaml:5:8
3 keys differ (2 changed, 1 added)
";
    assert_eq!(lines, expected);
}

#[test]
fn flags_say_what_is_composed() {
    let place = conf();
    place.write("other/main.yaml", "defaults: [extra]\nseed: 3\n");
    place.write("more/extra.yaml", "x: 1\n");
    let lines = differing(&place, &["", "seed=4", "-cp", "other", "-cn=main", "--config-dir", "more"]);
    assert!(lines.contains("  - 3   other/main.yaml:2:7\n"), "{lines}");
    assert!(lines.ends_with("1 key differs (1 changed)\n"), "{lines}");
}

#[test]
fn numbers_written_differently_are_equal() {
    let place = conf();
    place.write("a.yaml", "lr: 1e-3\nsteps: 1000\nlimits: [.nan, 1_0]\nb: {x: 1, y: 2}\n");
    place.write("b.yaml", "b: {y: 2, x: 1}\nlimits: [.NaN, 10.0]\nsteps: 1e3\nlr: 0.001\n");
    equal(&place, "a.yaml", "b.yaml");
    equal(&place, "", "optimizer.lr=0.1e-2");
    // But a text is no number.
    place.write("c.yaml", "steps: '1000'\n");
    place.write("d.yaml", "steps: 1000\n");
    let lines = differing(&place, &["c.yaml", "d.yaml"]);
    assert!(lines.starts_with("steps\n  - \"1000\"   c.yaml:1:8\n  + 1000     d.yaml:1:8\n"), "{lines}");
}

#[test]
fn lists_are_compared_whole() {
    let place = conf();
    place.write("a.yaml", "layers: [{size: 1, act: relu}, {size: 2}]\nsame: [1, 2]\n");
    place.write("b.yaml", "layers: [{act: relu, size: 1}, {size: 3}]\nsame: [1, 2.0]\n");
    let expected = "\
layers
  - [{size: 1, act: relu}, {size: 2}]   a.yaml:1:9
  + [{act: relu, size: 1}, {size: 3}]   b.yaml:1:9
1 key differs (1 changed)
";
    assert_eq!(differing(&place, &["a.yaml", "b.yaml"]), expected);
}

#[test]
fn interpolations_are_resolved_where_they_can_be() {
    let place = conf();
    place.write("a.yaml", "n: 1\nboth: ${n}\nbad: ${nowhere}\nneeds: ???\ntime: ${now:%f}\nlost: ${gone}\n");
    place.write("b.yaml", "n: 1\nboth: 1\nbad: ${nowhere}\nneeds: null\ntime: ${now:%f}\nlost: 2\n");
    let expected = "\
lost
  - ${gone}   a.yaml:6:7
  + 2         b.yaml:6:7
needs
  - ???    a.yaml:4:8
  + null   b.yaml:4:8
2 keys differ (2 changed)
";
    assert_eq!(differing(&place, &["a.yaml", "b.yaml"]), expected);
}

#[cfg(unix)]
#[test]
fn runs_know_where_their_values_came_from() {
    let place = conf();
    place.done(&["optimizer=adam", "hydra.run.dir=one", "--", "true"]);
    place.done(&["seed=7", "hydra.run.dir=two", "--", "true"]);
    let expected = "\
seed
  - 0   conf/config.yaml:4:7
  + 7   argument 'seed=7'
title
  - run 0   conf/config.yaml:5:8
  + run 7   conf/config.yaml:5:8
2 keys differ (2 changed)
";
    // The files may change: what was frozen does not.
    place.write("conf/config.yaml", "defaults:\n- optimizer: sgd\n");
    assert_eq!(differing(&place, &["one", "two/"]), expected);
    let found: Value =
        serde_json::from_str(&differing(&place, &["one", "two", "--format", "json"])).expect("JSON");
    let argument =
        json!({"kind": "override", "file": null, "line": null, "column": null, "override": "seed=7"});
    let file = json!({"kind": "file", "file": "conf/config.yaml", "line": 4, "column": 7, "override": null});
    let seed = json!({"key": "seed", "a": 0, "b": 7, "a_origin": file, "b_origin": argument});
    assert_eq!(found["changed"][0], seed);
    // A run and a composition; of a list a run knows where its items are.
    let lines = differing(&place, &["one", ""]);
    assert!(lines.contains("  - [0.9, 0.999]   conf/optimizer/adam.yaml:3:9\n"), "{lines}");
    assert!(lines.contains("  + 0.9   conf/optimizer/sgd.yaml:3:11\n"), "{lines}");
    // What somebody has changed in the run itself did not come from there.
    place.write("two/config.yaml", &place.read("two/config.yaml").replace("seed: 7", "seed: 8"));
    let lines = differing(&place, &["one", "two"]);
    assert!(lines.contains("  - 0   conf/config.yaml:4:7\n  + 8   two/config.yaml:7:7\n"), "{lines}");
}

#[test]
fn runs_of_others_are_read_too() {
    let place = conf();
    // As Python's Hydra leaves them: composed, and not resolved.
    place.write("hydra/.hydra/config.yaml", "seed: 0\ntitle: ${hydra:job.name}-${seed}\n");
    place.write("hydra/.hydra/hydra.yaml", "hydra:\n  job:\n    name: train\n");
    place.write("hydra/.hydra/overrides.yaml", "[]\n");
    // Its program may write what it likes beside that.
    place.write("hydra/config.yaml", "unrelated: true\n");
    place.write("bare/config.yaml", "seed: 1\ntitle: train-${.seed}\n");
    let expected = "\
seed
  - 0   hydra/.hydra/config.yaml:1:7
  + 1   bare/config.yaml:1:7
title
  - train-0   hydra/.hydra/config.yaml:2:8
  + train-1   bare/config.yaml:2:8
2 keys differ (2 changed)
";
    assert_eq!(differing(&place, &["hydra", "bare"]), expected);
    place.write("same.yaml", "title: train-0\nseed: 0\n");
    equal(&place, "hydra", "same.yaml");
}

#[test]
fn as_json() {
    let place = conf();
    let line = differing(&place, &["", "optimizer=sgd optimizer.lr=null", "--format", "json"]);
    assert_eq!(line.lines().count(), 1);
    let found: Value = serde_json::from_str(&line).expect("JSON");
    let file = |option: &str, line: usize, column: usize| {
        let file = format!("conf/optimizer/{option}.yaml");
        json!({"kind": "file", "file": file, "line": line, "column": column, "override": null})
    };
    let text = "optimizer.lr=null";
    let argument = json!({"kind": "override", "file": null, "line": 1, "column": 14, "override": text});
    let (adam, sgd) = (file("adam", 1, 7), file("sgd", 1, 7));
    let expected = json!({
        "changed": [
            {"key": "optimizer.lr", "a": 0.001, "b": null, "a_origin": file("adam", 2, 5), "b_origin": argument},
            {"key": "optimizer.name", "a": "adam", "b": "sgd", "a_origin": adam, "b_origin": sgd},
        ],
        "added": [{"key": "optimizer.momentum", "b": 0.9, "b_origin": file("sgd", 3, 11)}],
        "removed": [{"key": "optimizer.betas", "a": [0.9, 0.999], "a_origin": file("adam", 3, 8)}],
    });
    assert_eq!(found, expected);
    let ran = place.done(&["diff", "seed=1", "seed=1", "--format=json"]);
    assert_eq!(ran.out, "{\"changed\":[],\"added\":[],\"removed\":[]}\n");
}

#[test]
fn what_is_none_of_the_three_is_told_how_to_write_each() {
    let place = conf();
    let err = refused(&place, &["nowhere", ""]);
    assert!(err.contains("'nowhere' is no run directory, no file and no overrides"), "{err}");
    for way in ["outputs/2026-11-23/05-28-01", "other.yaml", "'optimizer=sgd seed=1'", "''"] {
        assert!(err.contains(way), "{err}");
    }
    place.write("empty/notes.txt", "nothing\n");
    let err = refused(&place, &["", "empty"]);
    assert!(err.contains("neither config.yaml nor .hydra/config.yaml is in it"), "{err}");
    let err = refused(&place, &["conf", ""]);
    assert!(err.contains("'conf' is a configuration directory and no run"), "{err}");
    let err = refused(&place, &["", "seed='1"]);
    assert!(err.contains("a quote is not closed"), "{err}");
    assert_eq!(place.run(&["diff", ""]).status, Some(2));
}

#[test]
fn what_is_wrong_with_both_is_told_together() {
    let place = conf();
    let err = refused(&place, &["sed=1", "optimizer=sdg"]);
    assert!(err.contains("sed=1") && err.contains("optimizer=sdg") && err.ends_with("2 errors\n"), "{err}");
    // Once, if it is the same.
    let err = refused(&place, &["seed=1", "seed=2", "--config-path", "nowhere"]);
    assert_eq!(err.matches("Primary config directory not found: 'nowhere'").count(), 1, "{err}");
    place.write("bad.yaml", "a: [1\n");
    let err = refused(&place, &["bad.yaml", "", "--format", "json"]);
    let error: Value = serde_json::from_str(&err).expect("JSON");
    assert_eq!(error["error"]["code"], "yaml");
    assert_eq!(error["error"]["labels"][0]["file"], "bad.yaml");
}

#[test]
fn a_terminal_sees_red_and_green() {
    let place = conf();
    let file = |name: &str| place.path(name).display().to_string();
    place.write("a.yaml", "a: 1\n");
    place.write("b.yaml", "a: \"2\\e[0m\"\n");
    let args = DiffArgs { a: file("a.yaml"), b: file("b.yaml"), ..DiffArgs::default() };
    let text = args.compare("app", "conf").expect("both are there").text(Style::Coloured);
    assert!(text.contains("  \u{1b}[31m- 1\u{1b}[0m"), "{text}");
    // A value has no say in it.
    assert!(text.contains("  \u{1b}[32m+ \"2\\u001b[0m\"\u{1b}[0m   "), "{text}");
}

#[test]
fn a_list_of_which_an_item_was_changed_names_the_argument() {
    let place = Place::new();
    place.write("conf/config.yaml", "l: [1, [2, 3]]\n");
    let ran = place.run(&["diff", "", "l.1.0=5 l.0=4"]);
    assert_eq!(
        ran.out,
        "l\n  - [1, [2, 3]]   conf/config.yaml:1:4\n  + [4, [5, 3]]   argument 'l.0=4'\n1 key differs (1 changed)\n"
    );
}
