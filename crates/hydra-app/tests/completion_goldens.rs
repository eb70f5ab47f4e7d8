//! A half-written line is completed as the real Hydra completes it: every line in `completion/goldens.jsonl`, which
//! `completion/make_goldens.py` asked it. Where Hydra fails, it is enough that there is an answer.

use hydra_app::cli::{ComposeArgs, ConfigArgs};
use hydra_app::completion::{Environment, Program, Request, answer};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Where we differ from Hydra, and why.
fn excused(line: &str, theirs: &str, ours: &str) -> Option<&'static str> {
    let word = line.rsplit(' ').next().unwrap_or_default();
    let theirs: Vec<&str> = theirs.split_whitespace().collect();
    let without_ours: Vec<&str> =
        ours.split_whitespace().filter(|candidate| !is_sweeper_of_our_own(candidate)).collect();
    if without_ours == theirs {
        return Some("hydra/sweeper has two options of our own");
    }
    let mut more = theirs.iter().filter(|candidate| !ours.split_whitespace().any(|ours| ours == **candidate));
    let all_are_ours = ours.split_whitespace().all(|candidate| theirs.contains(&candidate));
    (all_are_ours && more.all(|candidate| candidate.ends_with('=') && !candidate.starts_with(word)))
        .then_some("an item of a list that is ??? is offered only if it fits what is written")
}

/// `grid` and `random`, which Hydra has not.
fn is_sweeper_of_our_own(candidate: &str) -> bool {
    matches!(candidate.trim_start_matches(['+', '~']), "hydra/sweeper=grid" | "hydra/sweeper=random")
}

fn query(conf: &Path, config_name: Option<&str>, line: &str) -> String {
    let config = ConfigArgs {
        config_path: Some(conf.into()),
        config_name: config_name.map(str::to_owned),
        ..ConfigArgs::default()
    };
    let args = ComposeArgs { config, ..ComposeArgs::default() };
    let environment = Environment { line: Some(format!("app {line}")), ..Environment::default() };
    let request = Request::parse("query=bash").expect("a request");
    answer(request, Program { name: "app", conf: "conf", schema: None }, &args, &environment)
        .expect("an answer")
}

fn make(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

#[test]
fn lines_are_completed_as_hydra_completes_them() {
    let mut lines = include_str!("completion/goldens.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let first = lines.next().expect("a first line");
    let (conf, work) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fs::create_dir(conf.path().join("empty_group")).expect("a folder");
    for (path, text) in first["files"].as_object().expect("files") {
        make(conf.path(), path, text.as_str().expect("text"));
    }
    for path in first["work"].as_array().expect("files") {
        make(work.path(), path.as_str().expect("a path"), "");
    }
    // Files are completed from the current directory; no other test of this binary asks for it.
    std::env::set_current_dir(work.path()).expect("a folder");

    let (mut wrong, mut excuses, mut count) = (Vec::new(), Vec::new(), 0);
    for golden in lines {
        count += 1;
        let line = golden["line"].as_str().expect("a line");
        let config_name = golden["config_name"].as_str();
        let ours =
            query(conf.path(), config_name, line).replace(conf.path().to_str().expect("a path"), "$CONF");
        let Some(theirs) = golden["found"].as_array() else { continue };
        let theirs: Vec<&str> = theirs.iter().filter_map(Value::as_str).collect();
        let theirs = theirs.join(" ") + "\n";
        if theirs != ours {
            match excused(line, &theirs, &ours) {
                Some(excuse) => excuses.push(format!("{line:?}: {excuse}")),
                None => {
                    wrong.push(format!("{line:?} {config_name:?}\n  Hydra: {theirs:?}\n  here:  {ours:?}"))
                }
            }
        }
    }
    println!("{count} lines, {} excused:\n{}", excuses.len(), excuses.join("\n"));
    assert!(excuses.len() <= 5, "more excuses than there were");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_sweepers_of_our_own_are_offered_beside_hydras() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path(), "config.yaml", "seed: 1\n");
    let ours = query(folder.path(), None, "hydra/sweeper=");
    assert_eq!(ours, "hydra/sweeper=basic hydra/sweeper=grid hydra/sweeper=random\n");
    assert!(excused("hydra/sweeper=", "hydra/sweeper=basic\n", &ours).is_some());
    assert!(excused("hydra/launcher=", "hydra/launcher=basic\n", "hydra/launcher=basic more\n").is_none());
    assert_eq!(
        query(folder.path(), None, "hydra/sweeper=random hydra.sweeper.n"),
        "hydra.sweeper.n_trials=\n"
    );
}

#[test]
fn flags_in_the_line_win_over_those_of_the_call() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path(), "one/config.yaml", "first: 1\n");
    make(folder.path(), "one/other.yaml", "second: 2\n");
    make(folder.path(), "two/config.yaml", "third: 3\n");
    make(folder.path(), "three/more/option.yaml", "x: 1\n");
    let [one, two, three] = ["one", "two", "three"].map(|name| folder.path().join(name));
    assert_eq!(query(&one, None, "fi"), "first=\n");
    assert_eq!(query(&one, None, "-cn other se"), "second=\n");
    assert_eq!(query(&one, Some("other"), "--config-name=config fi"), "first=\n");
    assert_eq!(query(&one, Some("other"), &format!("th -cp {} -cn config", two.display())), "third=\n");
    assert_eq!(query(&one, None, &format!("--config-dir {} +mo", three.display())), "+more=\n");
}

#[test]
fn what_does_not_compose_has_no_candidates_and_is_no_error() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path(), "config.yaml", "defaults: [db: none]\n");
    make(folder.path(), "db/pg.yaml", "a: [\n");
    assert_eq!(query(folder.path(), None, "d"), "db=\n");
    assert_eq!(query(folder.path(), None, "db."), "\n");
    assert_eq!(query(folder.path(), None, "a=b=c d"), "\n");
    assert_eq!(query(&folder.path().join("nowhere"), None, "d"), "\n");
    assert_eq!(query(&folder.path().join("nowhere"), None, "hyd"), "hydra\n");
}

/// What fish is told of each candidate, with a schema.
fn described(conf: &Path, line: &str) -> String {
    let schema = json!({"properties": {
        "db": {"description": "Where data is.", "properties": {
            "port": {"description": "TCP port.\n\nBelow 1024 it is the administrator's."},
            "mode": {"oneOf": [
                {"const": "fast", "description": "In memory."},
                {"const": "safe", "description": "On disk."},
            ]},
        }},
    }});
    let config = ConfigArgs { config_path: Some(conf.into()), ..ConfigArgs::default() };
    let args = ComposeArgs { config, ..ComposeArgs::default() };
    let environment = Environment { line: Some(format!("app {line}")), ..Environment::default() };
    let request = Request::parse("describe=fish").expect("a request");
    let program = Program { name: "app", conf: "conf", schema: Some(&schema) };
    answer(request, program, &args, &environment)
        .expect("an answer")
        .replace(&*conf.to_string_lossy(), "CONF")
}

#[test]
fn candidates_come_with_what_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path();
    make(conf, "config.yaml", "defaults: [db: mysql, _self_]\nseed: 0\nlist: [1, 2]\ntext: |\n  a\n  b\n");
    let header = "# yaml-language-server: $schema=x.json\n# The one in the cellar.\n";
    make(conf, "db/mysql.yaml", &format!("{header}port: 3306\nmode: safe\nhost: ${{seed}}\n"));
    make(conf, "db/pg.yaml", "port: 5432\n");
    make(conf, "server/db/a.yaml", "x: 1\n");
    for (line, told) in [
        ("d", "db.\t[port, mode, host] Where data is.\ndb=\tmysql, pg\n"),
        ("+se", "+server/\tdb\n"),
        ("db=", "db=mysql\tThe one in the cellar.\ndb=pg\tCONF/db/pg.yaml\n"),
        ("db.", "db.host=\t[${seed}]\ndb.mode=\t[safe]\ndb.port=\t[3306] TCP port.\n"),
        ("db.mode=", "db.mode=fast\tIn memory.\ndb.mode=safe\t[now] On disk.\n"),
        ("db.port=", "db.port=3306\t[now]\n"),
        ("li", "list.\t[2 items]\n"),
        (
            "seed=1 --conf",
            "--config-dir\tAnother folder to look for configurations in (-cd)\n\
                           --config-name\tName of the primary config (-cn)\n\
                           --config-path\tFolder of the configuration, relative to the current one (-cp)\n",
        ),
        ("seed=1 -- --conf", ""),
        ("a=b=c d", ""),
    ] {
        assert_eq!(described(conf, line), told, "{line}");
    }
    assert!(described(conf, "te").starts_with("text=\t["), "one line each");
    assert_eq!(described(conf, "te").lines().count(), 1);
}

/// Ten milliseconds are the aim for an optimised program; one that is not has some more.
#[test]
fn an_answer_comes_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    make(folder.path(), "config.yaml", "defaults: [db: pg, _self_]\nlr: 1\n");
    make(folder.path(), "db/pg.yaml", "port: 1\n");
    query(folder.path(), None, "db.");
    let fastest = (0..5).map(|_| {
        let start = Instant::now();
        assert_eq!(query(folder.path(), None, "db."), "db.port=\n");
        start.elapsed()
    });
    let fastest = fastest.min().expect("five times");
    let limit = if cfg!(debug_assertions) { 100 } else { 10 };
    assert!(fastest < Duration::from_millis(limit), "{fastest:?}");
}
