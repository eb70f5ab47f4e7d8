//! `--why` and `--cfg --annotate`: where values came from, as a person and a script see it.

mod common;

use common::Place;
use serde_json::{Value, json};

fn conf() -> Place {
    let place = Place::new();
    let primary =
        "defaults:\n  - optimizer: adam\n  - _self_\nseed: 0\ntitle: run ${seed} at ${.optimizer.lr}\n";
    place.write("conf/config.yaml", primary);
    place.write("conf/optimizer/adam.yaml", "lr: 1e-3\nbetas: [0.9, 0.999]\n");
    place.write("conf/optimizer/sgd.yaml", "defaults:\n  - adam\n  - _self_\nlr: 0.01\n");
    place
}

fn printed(place: &Place, args: &[&str]) -> String {
    let ran = place.done(args);
    assert_eq!(ran.err, "", "{args:?}");
    ran.out
}

#[test]
fn the_whole_chain_last_first() {
    let why = printed(&conf(), &["--why", "optimizer.lr", "optimizer=sgd", "optimizer.lr=0.5"]);
    let expected = "optimizer.lr = 0.5\n  argument 'optimizer.lr=0.5'\n  conf/optimizer/sgd.yaml:4:5: 0.01, by 'optimizer: \
                    sgd' (argument 'optimizer=sgd')\n  conf/optimizer/adam.yaml:1:5: 0.001, by 'optimizer: adam' \
                    (conf/optimizer/sgd.yaml:2:5)\n";
    assert_eq!(why, expected);
}

#[test]
fn a_file_is_brought_by_the_defaults_list() {
    let why = printed(&conf(), &["--why", "optimizer.betas"]);
    let by = "by 'optimizer: adam' (conf/config.yaml:2:5)";
    assert_eq!(
        why,
        format!(
            "optimizer.betas.0 = 0.9\n  conf/optimizer/adam.yaml:2:9, {by}\noptimizer.betas.1 = 0.999\n  \
             conf/optimizer/adam.yaml:2:14, {by}\n"
        )
    );
}

#[test]
fn interpolations_tell_what_they_read() {
    let why = printed(&conf(), &["--why=title", "seed=7"]);
    assert!(why.starts_with("title = run 7 at 0.001\n"), "{why}");
    assert!(
        why.contains("  reads:\n    seed = 7\n      argument 'seed=7'\n      conf/config.yaml:4:7: 0\n"),
        "{why}"
    );
    assert!(why.contains("  reads:\n    optimizer.lr = 0.001\n      conf/optimizer/adam.yaml:1:5"), "{why}");
}

#[test]
fn a_chain_of_interpolations_is_followed_only_so_far() {
    let place = Place::new();
    let mut primary = "k0: 1\n".to_owned();
    (1..40).for_each(|index| primary += &format!("k{index}: ${{k{}}}\n", index - 1));
    place.write("conf/config.yaml", &primary);
    let why = printed(&place, &["--why", "k39"]);
    let told = why.lines().filter(|line| line.trim_start().starts_with('k')).count();
    assert_eq!(told, 17, "{why}");
    assert!(why.starts_with("k39 = 1\n"), "{why}");
}

#[test]
fn as_json() {
    let line = printed(&conf(), &["--why", "seed", "seed=7", "--format", "json"]);
    let why: Value = serde_json::from_str(&line).expect("JSON");
    let argument = json!({"kind": "override", "file": null, "line": 1, "column": 6, "override": "seed=7"});
    let file = json!({"kind": "file", "file": "conf/config.yaml", "line": 4, "column": 7, "override": null});
    let history = json!([{"value": 7, "origin": argument}, {"value": 0, "origin": file}]);
    assert_eq!(why, json!({"key": "seed", "value": 7, "resolved": 7, "history": history}));
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn an_unknown_key_names_a_near_one() {
    let ran = conf().run(&["--why", "optimizer.lrr"]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""));
    let err = ran.err;
    assert!(
        err.contains("there is no key 'optimizer.lrr'") && err.contains("did you mean optimizer.lr?"),
        "{err}"
    );
    let err = conf().run(&["--why", "model.size"]).err;
    assert!(err.contains("there is no 'model' either"), "{err}");
}

#[test]
fn annotated_yaml_is_the_same_yaml() {
    let folder = conf();
    let args = ["--cfg", "job", "optimizer=sgd", "seed=7", "+text='a\nb'"];
    let (plain, annotated) =
        (printed(&folder, &args), printed(&folder, &[&args[..], &["--annotate"]].concat()));
    assert!(annotated.contains("lr: 0.01    "), "{annotated}");
    assert!(annotated.contains("  # conf/optimizer/sgd.yaml:4\n"), "{annotated}");
    assert!(annotated.contains("  # argument 'seed=7'\n"), "{annotated}");
    let load = |text: &str| {
        hydra_compose::yaml::load(&hydra_compose::tree::SourceFile::new("x", text)).expect("YAML")
    };
    assert_eq!(load(&plain), load(&annotated));
    assert_eq!(folder.run(&["--annotate"]).status, Some(2));
}

#[test]
fn a_key_below_what_has_none_is_told_why() {
    let place = Place::new();
    place.write("conf/config.yaml", "d: {a: 1}\ni: ${d}\n");
    for (key, help) in [
        ("i.a", "'i' is ${d}: ask for what that leads to"),
        ("d.a.b", "'d.a' is an integer"),
        ("x.y", "there is no 'x' either"),
    ] {
        let ran = place.run(&["--why", key]);
        assert_eq!(ran.status, Some(1));
        assert!(ran.err.contains(help), "{}", ran.err);
    }
}

#[test]
fn what_would_move_a_cursor_is_shown_as_it_is_written() {
    let place = Place::new();
    place.write("conf/config.yaml", "esc: \"\\e[2J\"\n");
    assert!(printed(&place, &["--why", "esc"]).starts_with("esc = \"\\u001b[2J\"\n"));
}
