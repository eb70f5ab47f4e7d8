//! A run and a server that are both well.

mod common;
mod server;

use common::{KEY, config, log, settings, steps};
use serde_json::json;
use server::Server;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wandb_run::{About, Json, Mode, Resume, Run, Stream, sync};

#[test]
fn a_run_is_on_the_server_when_it_has_finished() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let about = About {
        program: Some("ddpm".to_owned()),
        git_remote: Some("https://me:secret@example.org/x.git".to_owned()),
        git_commit: Some("c0ffee".to_owned()),
        ..About::default()
    };
    let mut run = Run::start(settings(folder.path(), server.url()), config(), about).expect("started");
    run.log_artifact(common::artifact()).expect("logged");
    log(&mut run, 0..50);
    run.log_output(Stream::Stdout, "hello").expect("logged");
    run.log_output(Stream::Stderr, "10%\r20%").expect("logged");
    run.set_summary(&[("best", Json::Float(0.25))]).expect("logged");
    run.set_config(&[("late", Json::Int(3))]).expect("logged");
    let dir = run.dir().to_owned();
    let summary = run.finish(0);
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
    assert!(summary.complete && summary.uploaded == 50 && summary.problem.is_none(), "{summary:?}");
    assert_eq!(summary.url, Some(format!("{}/tester/project/runs/run1", server.url())));

    let seen = server.run("tester", "project", "run1");
    assert_eq!((&seen["state"], &seen["exit_code"]), (&json!("finished"), &json!(0)));
    assert_eq!(steps(&seen), (0..50).collect::<Vec<_>>());
    assert_eq!(seen["config"]["model"]["value"]["dim"], 64);
    assert_eq!(seen["config"]["late"]["value"], 3);
    assert_eq!(seen["summary"]["best"], 0.25);
    assert_eq!(seen["summary"]["_step"], 49);
    assert_eq!(seen["summary"]["samples/ema"]["_type"], "image-file");
    assert_eq!(seen["history"][5]["pair"]["count"], 2);
    assert_eq!(seen["artifacts"][0]["committed"], true);
    assert_eq!(seen["fields"]["commit"], "c0ffee");
    assert!(!seen.to_string().contains("secret"));
    for name in ["config.yaml", "wandb-summary.json", "wandb-metadata.json", "output.log"] {
        assert_eq!(seen["files"][name]["uploaded"], true, "{name}");
    }
    assert_eq!(seen["files"]["output.log"]["text"], "hello\n20%\n");
    assert!(seen["output"][0].as_str().is_some_and(|line| line.ends_with(" hello")));
    // What is complete is not sent again.
    assert!(sync(&dir, &settings(folder.path(), server.url())).expect("synced").was_complete);
    assert!(dir.join("run-run1.wandb.synced").is_file());
}

#[test]
fn an_offline_run_is_synced_later() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let online = settings(folder.path(), server.url());
    let mut offline = online.clone();
    (offline.mode, offline.api_key) = (Mode::Offline, None);
    let mut run = Run::start(offline, config(), About::default()).expect("started");
    run.log_artifact(common::artifact()).expect("logged");
    log(&mut run, 0..50);
    let dir = run.dir().to_owned();
    assert!(dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with("offline-run-2")));
    assert!(sync(&dir, &online).is_err_and(|error| error.is_running()));
    let summary = run.finish(3);
    assert!(!summary.complete && summary.hint.is_some_and(|hint| hint.contains("wandb sync")));
    let synced = sync(&dir, &online).expect("synced");
    assert_eq!((synced.sent, synced.damaged, synced.problem), (50, 0, None));
    let seen = server.run("tester", "project", "run1");
    assert_eq!(steps(&seen), (0..50).collect::<Vec<_>>());
    assert_eq!((&seen["state"], &seen["exit_code"]), (&json!("failed"), &json!(3)));
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_continued_run_repeats_no_step() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let mut settings = settings(folder.path(), server.url());
    settings.resume = Resume::Must;
    let missing = Run::start(settings.clone(), config(), About::default());
    assert!(missing.is_err_and(|error| error.is_refused() && error.to_string().contains("resume=must")));
    settings.resume = Resume::Allow;
    let mut run = Run::start(settings.clone(), config(), About::default()).expect("started");
    assert_eq!(run.first_step(), 0);
    log(&mut run, 0..50);
    run.log_output(Stream::Stdout, "one").expect("logged");
    run.set_summary(&[("kept", Json::Int(1))]).expect("logged");
    assert!(run.finish(1).complete);

    settings.resume = Resume::Must;
    let changed = serde_json::json!({"lr": 0.002});
    let mut run = Run::start(settings.clone(), changed, About::default()).expect("started");
    assert_eq!(run.first_step(), 50);
    // A checkpoint is older than the last step that was logged.
    log(&mut run, 40..60);
    run.log_output(Stream::Stdout, "two").expect("logged");
    assert!(run.finish(0).complete);
    let seen = server.run("tester", "project", "run1");
    assert_eq!(steps(&seen), (0..60).collect::<Vec<_>>());
    assert_eq!(seen["summary"]["kept"], 1);
    assert_eq!(seen["config"]["lr"]["value"], 0.002);
    assert_eq!(seen["config"]["model"]["value"]["dim"], 64);
    assert_eq!(seen["output"].as_array().map(Vec::len), Some(2));
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());

    settings.resume = Resume::Never;
    let exists = Run::start(settings, config(), About::default());
    assert!(exists.is_err_and(|error| error.to_string().contains("resume=never")));
}

/// Continued without a network, and synced in the order in which it ran.
#[test]
fn offline_parts_of_one_run_add_up() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let online = settings(folder.path(), server.url());
    let mut offline = online.clone();
    (offline.mode, offline.resume) = (Mode::Offline, Resume::Allow);
    let mut dirs = Vec::new();
    for steps in [0..30, 25..60] {
        let mut run = Run::start(offline.clone(), config(), About::default()).expect("started");
        log(&mut run, steps);
        dirs.push(run.dir().to_owned());
        run.finish(0);
    }
    for dir in &dirs {
        sync(dir, &online).expect("synced");
    }
    assert_eq!(steps(&server.run("tester", "project", "run1")), (0..60).collect::<Vec<_>>());
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_disabled_run_leaves_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let mut settings = settings(folder.path(), "http://127.0.0.1:1");
    settings.mode = Mode::Disabled;
    let mut run = Run::start(settings, config(), About::default()).expect("started");
    log(&mut run, 0..50);
    run.log_artifact(common::artifact()).expect("nothing");
    run.log_output(Stream::Stdout, "x").expect("nothing");
    assert!(run.finish(0).complete);
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0);
}

#[test]
fn the_key_is_nowhere() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let settings = settings(folder.path(), server.url());
    let mut run = Run::start(settings.clone(), config(), About::default()).expect("started");
    run.log_artifact(common::artifact()).expect("logged");
    log(&mut run, 0..10);
    let shown = format!("{settings:?} {run:?}");
    let summary = run.finish_within(0, Duration::from_secs(20));
    assert!(summary.complete);
    let encoded = "YXBpOjVlYzJlN";
    for text in [shown, format!("{summary:?} {summary}"), server.snapshot().to_string()] {
        assert!(!text.contains(KEY) && !text.contains(encoded), "{text}");
    }
    for path in files(folder.path()) {
        let bytes = std::fs::read(&path).expect("read");
        for secret in [KEY, encoded] {
            assert!(
                !bytes.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
}

/// All that a run leaves below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
