//! Runs recorded for Weights & Biases, at the strict server of `wandb-run`'s tests.
#![cfg(unix)]

mod common;
#[path = "../crates/wandb-run/tests/server/mod.rs"]
mod server;

use common::running::Running;
use common::{Place, Ran, losses, tiny};
use serde_json::Value;
use server::Server;
use std::fs;
use std::path::Path;
use std::process::Command;

/// As long as the service's are.
const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

fn command(place: &Place, name: &str, overrides: &[&str]) -> Command {
    let all = tiny(name).into_iter().chain(["wandb.mode=null".to_owned()]);
    let mut command = place.command(all.chain(overrides.iter().map(ToString::to_string)));
    isolated(&mut command, place);
    command
}

/// Without the settings of whoever runs the tests.
fn isolated(command: &mut Command, place: &Place) {
    let own =
        std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("WANDB_"));
    own.for_each(|name| _ = command.env_remove(name));
    command.env("HOME", place.path()).env("NETRC", place.path().join("no-netrc"));
}

fn online(command: &mut Command, url: &str) {
    command.env("WANDB_BASE_URL", url).env("WANDB_API_KEY", KEY);
}

fn ended(mut command: Command) -> Ran {
    let ran = Ran::from(command.output().expect("ddpm starts"));
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    ran
}

fn run_id(run: &Path) -> String {
    let text = fs::read_to_string(run.join("wandb.json")).expect("what is remembered");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    json["run_id"].as_str().expect("an id").to_owned()
}

/// The `_step` of each row that has a loss.
fn steps(state: &Value) -> Vec<u64> {
    let text = state.to_string();
    assert!(text.contains("history"), "{text}");
    let rows = state["history"].as_array().expect("history");
    let losses = rows.iter().filter(|row| row.get("train/loss").is_some());
    losses.map(|row| row["_step"].as_u64().expect("a step")).collect()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_run_is_recorded_with_its_configuration_as_an_artifact() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let mut started = command(&place, "run", &["wandb.project=faces", "optimizer.lr=0.002"]);
    online(&mut started, server.url());
    let ran = ended(started);
    let run = place.path().join("run");
    let state = server.run("tester", "faces", &run_id(&run));
    assert_eq!(steps(&state), [1, 2, 3, 4], "{state}");
    assert_eq!(state["config"]["optimizer"]["value"]["lr"], 0.002, "{}", state["config"]);
    let artifact = &state["artifacts"][0];
    assert_eq!((&artifact["type"], &artifact["committed"]), (&"config".into(), &true.into()), "{artifact}");
    let frozen = fs::read_to_string(run.join("config.yaml")).expect("a file");
    assert_eq!(artifact["files"]["config.yaml"]["text"], frozen);
    let provenance = artifact["files"]["provenance.json"]["text"].as_str().expect("text");
    assert!(provenance.contains("argument 'optimizer.lr=0.002'"), "{provenance}");
    assert_eq!(server.violations(), Vec::<Value>::new());
    assert!(ran.stderr.contains(&format!("wandb: {}/tester/faces/runs/", server.url())), "{}", ran.stderr);
    for file in files(&run) {
        let bytes = fs::read(&file).expect("a file");
        let leaked = bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
        assert!(!leaked, "the key is in {}", file.display());
    }
    assert!(!ran.stderr.contains(KEY));
}

#[test]
fn a_run_that_was_stopped_goes_on_with_its_record() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let long = ["training.epochs=60", "sampling.every_epochs=60", "wandb.project=faces"];
    let mut started = command(&place, "run", &long);
    online(&mut started, server.url());
    let run = place.path().join("run");
    let mut child = Running::start(&mut started, &run, 30);
    child.send("TERM");
    assert_eq!(child.end(), Some(143));
    let mut resumed = place.command(["--resume", "run"]);
    isolated(&mut resumed, &place);
    online(&mut resumed, server.url());
    ended(resumed);
    let state = server.run("tester", "faces", &run_id(&run));
    assert_eq!(steps(&state), (1..=120).collect::<Vec<_>>());
    assert_eq!(server.violations(), Vec::<Value>::new());
}

#[test]
fn without_a_key_a_run_is_kept_and_uploaded_later() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let ran = ended(command(&place, "run", &["wandb.project=faces"]));
    assert!(ran.stderr.contains("no API key"), "{}", ran.stderr);
    let mut sync = place.command(["wandb", "sync", "run"]);
    isolated(&mut sync, &place);
    online(&mut sync, server.url());
    let ran = ended(sync);
    // Four steps, and the picture of the inputs before them.
    assert!(ran.stderr.contains(": 5 steps uploaded"), "{}", ran.stderr);
    let state = server.run("tester", "faces", &run_id(&place.path().join("run")));
    assert_eq!(steps(&state), [1, 2, 3, 4]);
    assert_eq!(server.violations(), Vec::<Value>::new());
}

#[test]
fn a_dead_server_changes_nothing_of_a_run() {
    let place = Place::new();
    let undisturbed = place.train("undisturbed", &[]);
    // Nobody listens there.
    let mut started = command(&place, "run", &[]);
    online(&mut started, "http://127.0.0.1:9");
    let mut child = started.stderr(std::process::Stdio::null()).spawn().expect("ddpm starts");
    // It trains at once, and waits for the server at its end, which this test does not.
    common::running::wait_until("the end of training", || {
        fs::read_to_string(place.path().join("run/metrics.jsonl")).is_ok_and(|text| text.lines().count() >= 7)
    });
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(losses(&place.path().join("run")), losses(&undisturbed));
}

#[test]
fn disabled_leaves_nothing() {
    let place = Place::new();
    let run = place.train("run", &["wandb=disabled"]);
    assert!(!run.join("wandb").exists() && !run.join("wandb.json").exists());
}
