//! The stock client and ours log the same run, and the server cannot tell which was which.
//!
//! The Python that has `wandb` is named by `WANDB_RUN_PYTHON`, or it is the workspace's `.venv`; without one, there is
//! nothing to compare with, and the tests say so.

#[expect(dead_code, reason = "the tests of one file need a part of it")]
mod common;
mod server;

use common::settings;
use serde_json::Value as Seen;
use server::Server;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wandb_run::{About, Artifact, Histogram, Image, Json, Mode, Resume, Run, Settings, Stream, Value, sync};

const ID: &str = "reference";

/// The interpreter that has the stock client.
fn python() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    let python = std::env::var_os("WANDB_RUN_PYTHON").map_or(workspace, PathBuf::from);
    let has_wandb = Command::new(&python).args(["-c", "import wandb"]).output();
    let found = has_wandb.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: {} has no wandb", python.display());
    }
    found.then_some(python)
}

fn reference(python: &Path, server: &Server, folder: &Path, arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference_run.py");
    std::fs::create_dir_all(folder).expect("a folder");
    let output = Command::new(python)
        // Where it leaves logs of its own.
        .current_dir(folder)
        .arg(script)
        .args(arguments)
        .arg("--folder")
        .arg(folder)
        .env("WANDB_BASE_URL", server.url())
        .env_remove("WANDB_MODE")
        .output()
        .expect("started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    output
}

/// The settings of the reference run.
fn reference_settings(folder: &Path, url: &str) -> Settings {
    Settings {
        entity: Some("tester".to_owned()),
        project: "reference".to_owned(),
        run_id: ID.to_owned(),
        name: Some("reference run".to_owned()),
        notes: Some("what both clients log".to_owned()),
        group: Some("group-1".to_owned()),
        job_type: Some("train".to_owned()),
        tags: vec!["one".to_owned(), "tag two".to_owned()],
        ..settings(folder, url)
    }
}

/// The numbers of a step, as `reference_run.py` has them.
fn row(step: u64) -> Vec<(&'static str, Value)> {
    let mut items: Vec<(&str, Value)> = vec![
        ("loss", (1.0 / (step + 1) as f64).into()),
        ("train/lr", (0.001 * (60 - step) as f64 / 60.0).into()),
        ("épochs done", Value::Int((step / 25) as i64)),
    ];
    let odd = [(3, f64::NAN), (4, f64::INFINITY), (5, f64::NEG_INFINITY)];
    items.extend(odd.iter().filter(|(at, _)| *at == step).map(|(_, value)| ("odd", (*value).into())));
    items
}

/// Fifty steps, pictures, a histogram, a summary, an artifact.
fn first(run: &mut Run, inputs: &Path) {
    let bytes = |name: &str| std::fs::read(inputs.join(name)).expect(name);
    let image = |name: &str, caption: String| Image { png: bytes(name), caption: Some(caption) };
    run.define_metric("train/*", "épochs done").expect("logged");
    for step in 0..50 {
        let mut items = row(step);
        let mut said = None;
        if step == 0 {
            let pictures = (0..2).map(|n| image(&format!("batch-{n}.png"), format!("input {n}")));
            items.push(("inputs", Value::Images(pictures.collect())));
            said = Some("epoch 1".to_owned());
        }
        if step == 24 || step == 49 {
            let picture = image(&format!("samples-{step}.png"), format!("after {step}"));
            items.push(("media/samples", picture.into()));
            said = Some(format!("sampled at {step}"));
        }
        if step == 49 {
            let histogram = Histogram { counts: vec![1, 5, 2], edges: vec![-1.0, -0.5, 0.5, 1.0] };
            items.push(("weights", histogram.into()));
        }
        if let Some(line) = said {
            run.log_output(Stream::Stdout, &line).expect("logged");
        }
        run.log(step, &items).expect("logged");
    }
    run.log_output(Stream::Stderr, "warning: on the other stream").expect("logged");
    run.set_summary(&[("best", Json::Float(0.02))]).expect("logged");
    let files = ["config.yaml", "provenance/overrides.txt"];
    run.log_artifact(Artifact {
        name: format!("config-{ID}"),
        kind: "config".to_owned(),
        files: files.map(|name| (name.to_owned(), bytes(&format!("artifact/{name}")))).to_vec(),
        description: Some("the resolved configuration".to_owned()),
        metadata: Some(serde_json::json!({"commit": "abc", "steps": 50}).into()),
        aliases: vec!["latest".to_owned()],
    })
    .expect("logged");
}

fn config() -> Json {
    let Json::Object(mut entries) = Json::from(serde_json::json!({
        "lr": 0.001,
        "epochs": 2,
        "seed": null,
        "title": "überraschung, \"quoted\"",
        "model": {"dim": 64, "mults": [1, 2, 2], "attention": true, "inner": {"dropout": 0.1}},
    })) else {
        unreachable!()
    };
    entries.push(("clip".to_owned(), Json::Float(f64::INFINITY)));
    Json::Object(entries)
}

fn seen(server: &Server) -> Seen {
    assert_eq!(server.violations(), Vec::<Seen>::new());
    server.normalised("tester", "reference", ID)
}

/// Every place where the two differ.
fn differences(path: &str, stock: &Seen, ours: &Seen, found: &mut Vec<String>) {
    match (stock, ours) {
        (Seen::Object(a), Seen::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                differences(&format!("{path}.{key}"), &stock[key], &ours[key], found);
            }
        }
        (Seen::Array(a), Seen::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{at}]"), a, b, found);
            }
        }
        _ if stock == ours => {}
        _ => found.push(format!("{path}\n  stock {stock}\n  ours  {ours}")),
    }
}

fn assert_same(stock: &Seen, ours: &Seen) {
    let mut found = Vec::new();
    differences("", stock, ours, &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn sync_by_stock(python: &Path, server: &Server, folder: &Path) {
    reference(python, server, folder, &["sync"]);
}

/// Our first part, in a folder of its own beside the stock client's inputs.
fn ours(server: &Server, folder: &Path, inputs: &Path, mode: Mode) -> PathBuf {
    let settings = Settings { mode, ..reference_settings(folder, server.url()) };
    let about = About { program: Some("reference_run.py".to_owned()), ..About::default() };
    let mut run = Run::start(settings, config(), about).expect("started");
    first(&mut run, inputs);
    let dir = run.dir().to_owned();
    assert_eq!(run.finish(0).complete, mode == Mode::Online);
    dir
}

#[test]
fn both_clients_leave_the_same() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let (stock_folder, inputs) = (folder.path().join("stock"), folder.path().join("stock/inputs"));
    let stock = Server::start().expect("server");
    reference(&python, &stock, &stock_folder, &["log", "--part", "first"]);
    let expected = seen(&stock);

    // Online.
    let online = Server::start().expect("server");
    let place = folder.path().join("online");
    ours(&online, &place, &inputs, Mode::Online);
    assert_same(&expected, &seen(&online));

    // Offline, uploaded by us and by the stock client.
    let synced = Server::start().expect("server");
    let place = folder.path().join("offline");
    let dir = ours(&synced, &place, &inputs, Mode::Offline);
    sync(&dir, &reference_settings(&place, synced.url())).expect("synced");
    assert_same(&expected, &seen(&synced));
    let by_stock = Server::start().expect("server");
    let place = folder.path().join("offline-stock");
    ours(&by_stock, &place, &inputs, Mode::Offline);
    sync_by_stock(&python, &by_stock, &place);
    // Which it does not say of its own offline runs either.
    let mut expected = expected;
    expected["artifacts"][0]["history_step"] = Seen::Null;
    assert_same(&expected, &seen(&by_stock));

    // What the stock client reads of ours.
    let output = reference(&python, &online, &folder.path().join("read"), &["read"]);
    // Python prints infinities bare, so this is not quite JSON.
    let read = String::from_utf8(output.stdout).expect("text");
    for said in ["\"history\": 50", "\"state\": \"finished\"", "\"type\": \"config\""] {
        assert!(read.contains(said), "{said} in {read}");
    }

    // Both resume: the stock client its own run, and ours.
    reference(&python, &stock, &stock_folder, &["log", "--part", "second"]);
    let place = folder.path().join("online");
    let resumed = Settings { resume: Resume::Must, ..settings(&place, online.url()) };
    let resumed = Settings {
        entity: Some("tester".to_owned()),
        project: "reference".to_owned(),
        run_id: ID.to_owned(),
        name: None,
        group: None,
        tags: Vec::new(),
        ..resumed
    };
    let mut run = Run::start(resumed, Json::Object(Vec::new()), About::default()).expect("started");
    assert_eq!(run.first_step(), 50);
    for step in 50..60 {
        run.log(step, &row(step)).expect("logged");
    }
    run.log_output(Stream::Stdout, "resumed and done").expect("logged");
    assert!(run.finish(0).complete);
    assert_same(&seen(&stock), &seen(&online));
}

/// Cut off anywhere, our log is still one for the stock client.
#[test]
fn the_stock_client_syncs_a_killed_run_of_ours() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let server = Server::start().expect("server");
    let settings = Settings { mode: Mode::Offline, ..reference_settings(folder.path(), server.url()) };
    let mut run = Run::start(settings, config(), About::default()).expect("started");
    for step in 0..50 {
        run.log(step, &[("text", "x".repeat(if step == 20 { 70_000 } else { 10 }).as_str().into())])
            .expect("logged");
    }
    let log = run.dir().join(format!("run-{ID}.wandb"));
    drop(run);
    let bytes = std::fs::read(&log).expect("read");
    std::fs::write(&log, &bytes[..bytes.len() - 700]).expect("written");
    let output = Command::new(&python)
        .args(["-m", "wandb", "sync"])
        .current_dir(folder.path())
        .arg(log.parent().expect("a folder"))
        .env("WANDB_BASE_URL", server.url())
        .env("WANDB_API_KEY", common::KEY)
        .output()
        .expect("started");
    let seen = server.run("tester", "reference", ID);
    let rows = seen["history"].as_array().map_or(0, Vec::len);
    assert!((40..50).contains(&rows), "{rows} {}", String::from_utf8_lossy(&output.stderr));
}

/// And ours uploads what the stock client wrote.
#[test]
fn a_directory_of_the_stock_client_is_synced() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let (online, offline) = (Server::start().expect("server"), Server::start().expect("server"));
    reference(&python, &online, &folder.path().join("online"), &["log", "--part", "first"]);
    let place = folder.path().join("offline");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference_run.py");
    std::fs::create_dir_all(&place).expect("a folder");
    let status = Command::new(&python)
        .current_dir(&place)
        .arg(script)
        .args(["log", "--part", "first", "--folder"])
        .arg(&place)
        .env("WANDB_BASE_URL", offline.url())
        .env("WANDB_MODE", "offline")
        .status()
        .expect("started");
    assert!(status.success());
    let runs = std::fs::read_dir(place.join("wandb")).expect("runs");
    let run =
        runs.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.is_dir() && !path.is_symlink());
    sync(&run.expect("a run"), &reference_settings(&place, offline.url())).expect("synced");
    assert_same(&seen(&online), &seen(&offline));
}
