//! The stock client breaks no rule of the strict server, and finds again what it logged.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::server::Server;

/// One step of `reference_run.py`, in the environment that `make setup` makes; what it prints.
fn stock(server: &Server, folder: &Path, mode: &str, arguments: &[&str]) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(here.join("../../.venv/bin/python"))
        .arg(here.join("tests/reference_run.py"))
        .args(arguments)
        .arg("--folder")
        .arg(folder)
        // Nothing of what W&B reads from the environment of whoever runs the tests.
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", folder)
        .env("WANDB_BASE_URL", server.url())
        .env("WANDB_MODE", mode)
        .stderr(Stdio::piped())
        .output()
        .expect("Python with wandb; `make setup` installs it");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}\n{:?}", server.violations());
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn reference(server: &Server) -> Value {
    server.normalised("tester", "reference", "reference")
}

#[test]
fn the_reference_run_and_its_resumption_break_no_rule() {
    let server = Server::start().expect("a free port");
    let folder = tempfile::tempdir().expect("a folder");
    stock(&server, folder.path(), "online", &["log", "--part", "first"]);
    let first = reference(&server);
    assert_eq!((&first["sessions"], &first["complete"]), (&json!(1), &json!(true)));
    stock(&server, folder.path(), "online", &["log", "--part", "second"]);
    let run = reference(&server);
    assert_eq!(server.violations(), [] as [Value; 0]);
    assert_eq!((&run["sessions"], &run["state"]), (&json!(2), &json!("finished")));
    let steps: Vec<u64> =
        run["history"].as_array().into_iter().flatten().filter_map(|row| row["_step"].as_u64()).collect();
    assert_eq!(steps, Vec::from_iter(0..60));
    assert_eq!(run["artifacts"], first["artifacts"], "the resumption logs none");
    assert_eq!(run["artifacts"][0]["committed"], true);
    let odd: Vec<&Value> = (3..6).map(|step| &run["history"][step]["odd"]).collect();
    assert_eq!(odd, ["float:NaN", "float:Infinity", "float:-Infinity"]);

    // Python writes infinities as W&B does.
    let seen = stock(&server, folder.path(), "online", &["read"]).replace("Infinity", "0");
    let seen: Value = serde_json::from_str(&seen).expect("JSON");
    assert_eq!(server.violations(), [] as [Value; 0]);
    assert_eq!(
        (&seen["history"], &seen["sampled"], &seen["scanned"]),
        (&json!(60), &json!(60), &json!(steps))
    );
    assert_eq!((&seen["state"], &seen["group"]), (&run["state"], &run["fields"]["groupName"]));
    assert_eq!(seen["logged_artifacts"][0]["digest"], run["artifacts"][0]["digest"]);
    assert_eq!(seen["summary"]["loss"], run["summary"]["loss"]);
    assert_eq!(seen["config"]["model"], run["config"]["model"]["value"]);

    let printed: Value =
        serde_json::from_str(&stock(&server, folder.path(), "online", &["state"])).expect("JSON");
    assert_eq!(by_value(printed), by_value(run));
}

/// Numbers by their value: Python may spell them in another way, and a build of `serde_json` may keep the spelling.
fn by_value(json: Value) -> Value {
    match json {
        Value::Number(number) => json!(number.as_f64().map(|number| format!("{number:?}"))),
        Value::Array(items) => items.into_iter().map(by_value).collect(),
        Value::Object(map) => map.into_iter().map(|(key, item)| (key, by_value(item))).collect(),
        other => other,
    }
}

#[test]
fn the_stock_sync_leaves_what_an_online_run_leaves() {
    let server = Server::start().expect("a free port");
    let folder = tempfile::tempdir().expect("a folder");
    stock(&server, folder.path(), "offline", &["log", "--part", "first"]);
    assert_eq!(server.snapshot()["requests"], json!([]), "offline means silent");
    stock(&server, folder.path(), "online", &["sync"]);
    assert_eq!(server.violations(), [] as [Value; 0]);
    let mut synced = reference(&server);
    // The log of a run has no place for the step at which an artifact was logged.
    assert_eq!(synced["artifacts"][0]["history_step"].take(), Value::Null);

    let other = Server::start().expect("a free port");
    let folder = tempfile::tempdir().expect("a folder");
    stock(&other, folder.path(), "online", &["log", "--part", "first"]);
    let mut online = reference(&other);
    assert_eq!(online["artifacts"][0]["history_step"].take(), json!(50));
    assert_eq!(synced, online);
}
