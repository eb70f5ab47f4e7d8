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
fn what_is_measured_later_goes_to_the_run_that_is_done() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let mut training = command(&place, "run", &["wandb.project=faces", "eval.samples=8"]);
    online(&mut training, server.url());
    ended(training);
    let mut eval = place.command(["eval", "run"]);
    isolated(&mut eval, &place);
    online(&mut eval, server.url());
    ended(eval);
    let state = server.run("tester", "faces", &run_id(&place.path().join("run")));
    let rows = state["history"].as_array().expect("history");
    let measured: Vec<&Value> = rows.iter().filter(|row| row.get("eval/kernel_distance").is_some()).collect();
    assert_eq!(measured.len(), 1, "{state}");
    assert_eq!(
        (&measured[0]["eval/samples"], measured[0].get("eval/noise/kernel_distance").is_some()),
        (&8.0.into(), true)
    );
    assert_eq!(steps(&state), [1, 2, 3, 4], "and nothing twice");
    assert_eq!(server.violations(), Vec::<Value>::new());
    // A run that is not recorded there is not begun by measuring it.
    place.train("unknown", &["eval.samples=8"]);
    let mut eval = place.command(["eval", "unknown"]);
    isolated(&mut eval, &place);
    online(&mut eval, server.url());
    ended(eval);
    assert!(!place.path().join("unknown/wandb.json").exists());
}

#[test]
fn the_picture_of_a_run_whose_time_is_up_is_recorded() {
    let (place, server) = (Place::new(), Server::start().expect("server"));
    // No step is told of, and so the end is the first that W&B hears of.
    let own = ["wandb.project=faces", "training.max_minutes=1e-9", "training.log_every=1000"];
    let mut training = command(&place, "run", &own);
    online(&mut training, server.url());
    let ran = ended(training);
    assert_eq!(complaints(&ran), 0, "{}", ran.stderr);
    let state = server.run("tester", "faces", &run_id(&place.path().join("run")));
    let rows = state["history"].as_array().expect("history");
    let has = |key: &str| rows.iter().any(|row| row.get(key).is_some());
    assert!(has("validation/loss") && has("samples"), "{state}");
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

/// Two jobs of a sweep of ours: one group, and a run each.
#[test]
fn jobs_of_a_sweep_share_a_group() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let sweep = ["-m", "hydra.sweep.dir=sweeps/one", "wandb.project=faces", "optimizer=adam,sgd"];
    let mut started = command(&place, "run", &sweep);
    online(&mut started, server.url());
    ended(started);
    let groups = [0, 1].map(|job| {
        let id = run_id(&place.path().join(format!("sweeps/one/{job}")));
        server.run("tester", "faces", &id)["fields"]["groupName"].clone()
    });
    assert_eq!(groups, ["sweeps/one", "sweeps/one"]);
}

/// An experiment of DVC has a name, and somebody who looks for it at W&B knows no other.
#[test]
fn a_run_carries_the_name_of_its_experiment() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let mut started = command(&place, "run", &[]);
    online(&mut started, server.url());
    started.env("DVC_EXP_NAME", "dusty-mole");
    ended(started);
    let state = server.run("tester", "uncategorized", &run_id(&place.path().join("run")));
    assert_eq!(state["fields"]["displayName"], "dusty-mole");
}

/// `WANDB_SILENT`: not a word, with a key or without one.
#[test]
fn silent_is_silent() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    for (name, with_key) in [("online", true), ("offline", false)] {
        let mut started = command(&place, name, &[]);
        started.env("WANDB_SILENT", "true");
        if with_key {
            online(&mut started, server.url());
        }
        let ran = ended(started);
        assert!(!ran.stderr.contains("wandb") && !ran.stderr.contains("API key"), "{}", ran.stderr);
    }
}

/// A server that accepts and never answers: the run ends as it would, when it was told to wait no longer.
#[test]
fn the_end_waits_as_long_as_it_was_told() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    server.fail(server::faults::Faults::new(server::faults::Fault::Silence));
    let mut started = command(&place, "run", &["wandb.finish_timeout=0"]);
    online(&mut started, server.url());
    let ran = ended(started);
    assert!(ran.stderr.contains("help: upload it with: ddpm wandb sync "), "{}", ran.stderr);
    server.heal();
    let mut sync = place.command(["wandb", "sync", "run"]);
    isolated(&mut sync, &place);
    online(&mut sync, server.url());
    ended(sync);
    let state = server.run("tester", "uncategorized", &run_id(&place.path().join("run")));
    assert_eq!((steps(&state), &state["state"]), (vec![1, 2, 3, 4], &"finished".into()));
}

/// Somebody at the terminal does not want to wait for the server: the run is complete all the same.
#[test]
fn a_signal_ends_the_wait_and_not_the_run() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    server.fail(server::faults::Faults::new(server::faults::Fault::Silence));
    let mut started = command(&place, "run", &["wandb.finish_timeout=3600"]);
    online(&mut started, server.url());
    let run = place.path().join("run");
    let mut child = Running::start(&mut started, &run, 7);
    common::running::wait_until("the last samples", || run.join("samples/epoch_0002.png").exists());
    std::thread::sleep(std::time::Duration::from_millis(300));
    child.send("TERM");
    assert_eq!(child.end(), Some(0));
}

/// Nothing can be recorded: it costs a warning, and nothing of the run.
#[test]
fn a_record_that_cannot_be_kept_costs_a_warning() {
    let place = Place::new();
    let undisturbed = place.train("undisturbed", &[]);
    let mut started = command(&place, "run", &["wandb.mode=offline"]);
    // There is no folder.
    started.env("WANDB_DIR", "/dev/full");
    let ran = ended(started);
    assert_eq!(complaints(&ran), 1, "{}", ran.stderr);
    assert_eq!(losses(&place.path().join("run")), losses(&undisturbed));
}

fn complaints(ran: &Ran) -> usize {
    ran.stderr.lines().filter(|line| line.contains("Weights & Biases")).count()
}

/// The disk of the records is full in the middle of the run: a warning, the same numbers, and what was recorded before
/// is whole.
#[test]
fn a_disk_that_fills_up_costs_a_warning() {
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let undisturbed = place.train("undisturbed", &["training.epochs=60", "sampling.every_epochs=60"]);
    let overrides =
        ["training.epochs=60", "sampling.every_epochs=60", "wandb.mode=offline", "wandb.images=false"];
    let inner = command(&place, "run", &overrides);
    // A file system of its own, for this one process; it is gone afterwards, so what is there is taken along.
    let script = "mount -t tmpfs -o size=48k none small && { WANDB_DIR=small \"$@\"; status=$?; \
                  cp -r small/wandb kept; exit $status; }";
    let mut started = Command::new("unshare");
    started.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    started.arg(inner.get_program()).args(inner.get_args()).current_dir(place.path());
    isolated(&mut started, &place);
    started.env_remove("CARGO");
    fs::create_dir(place.path().join("small")).expect("a folder");
    let ran = Ran::from(started.output().expect("unshare, of util-linux"));
    if ran.stderr.contains("unshare") || ran.stderr.contains("mount:") {
        eprintln!("skipped: no file system of one's own here: {}", ran.stderr);
        return;
    }
    assert_eq!((ran.status, complaints(&ran)), (Some(0), 1), "{}", ran.stderr);
    assert_eq!(losses(&place.path().join("run")), losses(&undisturbed));
    let kept = place.path().join("kept");
    let run = fs::read_dir(&kept).expect("a folder").flatten().map(|entry| entry.path());
    let run = run.filter(|path| !path.is_symlink()).find(|path| path.is_dir()).expect("a run");
    let mut sync = place.command(["wandb", "sync", &run.display().to_string()]);
    isolated(&mut sync, &place);
    online(&mut sync, server.url());
    ended(sync);
    let recorded = steps(&server.run("tester", "uncategorized", &run_id(&place.path().join("run"))));
    let count = recorded.len() as u64;
    assert!((20..120).contains(&count), "{count}");
    assert_eq!(recorded, (1..=count).collect::<Vec<_>>());
}

/// `wandb sweep` and `wandb agent`, the stock ones, with the example of the documentation.
#[test]
fn wandb_agent_drives_ddpm() {
    const SWEEP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/wandb-sweep.yaml");
    let (place, server) = (Place::new(), Server::start().expect("a server"));
    let wandb = |args: &[&str]| {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/python"));
        command.args(["-m", "wandb"]).args(args).current_dir(place.path());
        isolated(&mut command, &place);
        online(&mut command, server.url());
        let home = place.path().join("home");
        command.env("WANDB_CONFIG_DIR", &home).env("WANDB_CACHE_DIR", &home).env("WANDB_DATA_DIR", &home);
        command.env("WANDB_PROJECT", "faces").env("PATH", path_with_ddpm(&place));
        command.env_remove("CARGO");
        let output = command.output().expect("Python with wandb; `make setup` installs it");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}");
        text
    };
    let said = wandb(&["sweep", SWEEP]);
    assert!(said.contains("sweep001"), "{said}");
    // What the service would choose from the file: it has the keys that the runs get.
    let points = [("adam", 0.001), ("sgd", 0.01)];
    for (optimizer, lr) in points {
        server.queue(serde_json::json!({"optimizer": {"value": optimizer}, "optimizer.lr": {"value": lr}}));
    }
    let file = fs::read_to_string(SWEEP).expect("the example");
    assert!(file.contains("  optimizer:\n") && file.contains("  optimizer.lr:\n"));
    let said = wandb(&["agent", "tester/faces/sweep001"]);
    for (at, (optimizer, lr)) in points.into_iter().enumerate() {
        let state = server.run("tester", "faces", &format!("sweep001-{}", at + 1));
        let chosen = &state["config"]["optimizer"]["value"];
        assert_eq!((&chosen["name"], &chosen["lr"]), (&optimizer.into(), &lr.into()), "{state} {said}");
        assert_eq!((steps(&state), &state["state"]), (vec![1, 2, 3, 4], &"finished".into()));
        assert_eq!(state["fields"]["sweep"], "sweep001");
    }
    assert_eq!(server.violations(), Vec::<Value>::new());
}

/// A `ddpm` that trains a tiny network, first on the PATH; what it is asked for comes after.
fn path_with_ddpm(place: &Place) -> std::ffi::OsString {
    use std::os::unix::fs::PermissionsExt;
    let folder = place.path().join("bin");
    fs::create_dir_all(&folder).expect("a folder");
    let own: Vec<String> = tiny("runs/${now:%H%M%S%f}").iter().map(|text| format!("'{text}'")).collect();
    let conf = concat!(env!("CARGO_MANIFEST_DIR"), "/conf");
    let ddpm = env!("CARGO_BIN_EXE_ddpm");
    let script =
        format!("#!/bin/sh\nexec '{ddpm}' --config-path '{conf}' {} wandb.mode=null \"$@\"\n", own.join(" "));
    let path = folder.join("ddpm");
    fs::write(&path, script).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permitted");
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&rest))).expect("a path")
}
