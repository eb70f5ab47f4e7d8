//! A run in several parts: stopped or killed, and continued. In the end the server has every row once, in order, and the
//! last part has the last word.

#[expect(dead_code, reason = "the tests of one file need a part of it")]
mod common;
mod server;

use common::{config, settings, steps};
use serde_json::{Value as Seen, json};
use server::Server;
use server::faults::{Fault, Faults, On};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wandb_run::{About, Mode, Resume, Run, Settings, sync};

fn started(settings: &Settings) -> Run {
    Run::start(settings.clone(), config(), About::default()).expect("started")
}

fn log(run: &mut Run, steps: std::ops::Range<u64>) {
    for step in steps {
        run.log(step, &[("loss", (step as f64).into())]).expect("logged");
    }
}

/// As a process that is killed leaves it.
fn killed(mut run: Run, steps: std::ops::Range<u64>) -> PathBuf {
    log(&mut run, steps);
    let dir = run.dir().to_owned();
    drop(run);
    dir
}

fn seen(server: &Server) -> Seen {
    assert_eq!(server.violations(), Vec::<Seen>::new());
    server.run("tester", "project", "run1")
}

fn assert_whole(server: &Server, count: u64) {
    let seen = seen(server);
    assert_eq!(steps(&seen), (0..count).collect::<Vec<_>>());
    let value = |row: &Seen| row["loss"].as_f64();
    let losses: Vec<_> = seen["history"].as_array().expect("rows").iter().map(value).collect();
    assert_eq!(losses, (0..count).map(|step| Some(step as f64)).collect::<Vec<_>>());
    assert_eq!((&seen["state"], &seen["exit_code"]), (&json!("finished"), &json!(0)));
    assert_eq!(seen["summary"]["_step"], count - 1);
}

fn resumed(folder: &Path, url: &str, mode: Mode) -> Settings {
    Settings { resume: Resume::Allow, mode, ..settings(folder, url) }
}

/// The server was away when the first part was killed; the second one brings its rows, too.
#[test]
fn rows_of_a_killed_part_come_with_the_next() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    server.fail(Faults::new(Fault::Status(503)).on(On::FileStream));
    let run = started(&settings(folder.path(), server.url()));
    let first = killed(run, 0..40);
    server.heal();
    let mut run = started(&resumed(folder.path(), server.url(), Mode::Online));
    assert_eq!(run.first_step(), 40);
    // From a checkpoint that is older than the last row.
    log(&mut run, 30..60);
    let summary = run.finish(0);
    assert!(summary.complete, "{summary:?}");
    assert_whole(&server, 60);
    assert!(first.join("run-run1.wandb.synced").is_file());
    assert!(sync(&first, &settings(folder.path(), server.url())).expect("nothing to do").was_complete);
}

/// Whichever part is named, the earlier one goes first, and does not end the run.
#[test]
fn parts_are_synced_in_order_whichever_is_named() {
    for named in [0, 1] {
        let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
        let online = settings(folder.path(), server.url());
        let first = killed(started(&Settings { mode: Mode::Offline, ..online.clone() }), 0..40);
        let mut run = started(&resumed(folder.path(), server.url(), Mode::Offline));
        let second = run.dir().to_owned();
        log(&mut run, 30..60);
        run.finish(0);
        let dirs = [first, second];
        sync(&dirs[named], &online).expect("synced");
        if named == 0 {
            assert_eq!((steps(&seen(&server)).len(), &seen(&server)["state"]), (40, &json!("running")));
            sync(&dirs[1], &online).expect("synced");
        }
        assert_whole(&server, 60);
        // All of it is there: nothing is sent, and nothing changed.
        for dir in &dirs {
            assert!(sync(dir, &online).expect("nothing to do").was_complete);
        }
        assert_whole(&server, 60);
    }
}

/// A sync that was broken off in the first part.
#[test]
fn a_part_that_is_not_whole_keeps_the_next_one_back() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let online = settings(folder.path(), server.url());
    killed(started(&Settings { mode: Mode::Offline, ..online.clone() }), 0..6_000);
    let mut run = started(&resumed(folder.path(), server.url(), Mode::Offline));
    log(&mut run, 6_000..6_010);
    let second = run.dir().to_owned();
    run.finish(0);
    // 5,000 lines are a request.
    server.fail(Faults::new(Fault::Status(403)).on(On::FileStream).after(1));
    assert!(sync(&second, &online).is_err_and(|error| error.is_refused()));
    server.heal();
    assert_eq!(steps(&seen(&server)).len(), 5_000);
    sync(&second, &online).expect("synced");
    assert_whole(&server, 6_010);
}

/// From another machine: what the server has stays, and what is left out is said.
#[test]
fn a_run_of_the_same_id_from_elsewhere_is_not_written_over() {
    let server = Server::start().expect("server");
    let (here, there) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let offline = Settings { mode: Mode::Offline, ..settings(here.path(), server.url()) };
    let mut run = started(&offline);
    run.log(0, &[("loss", 99.0.into())]).expect("logged");
    log(&mut run, 1..30);
    let dir = run.dir().to_owned();
    run.finish(0);
    let mut other = started(&resumed(there.path(), server.url(), Mode::Online));
    log(&mut other, 0..20);
    assert!(other.finish(0).complete);
    let synced = sync(&dir, &settings(here.path(), server.url())).expect("synced");
    assert_whole(&server, 30);
    assert!(synced.problem.is_some_and(|problem| problem.contains("20 rows are left out")));
}

/// A key that has run out: the run is in its log all the same, and the next sync brings it.
#[test]
fn a_continued_run_that_is_refused_is_logged() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    server.fail(Faults::new(Fault::Status(401)).on(On::GraphQl));
    let mut run = started(&resumed(folder.path(), server.url(), Mode::Online));
    log(&mut run, 0..10);
    let dir = run.dir().to_owned();
    let summary = run.finish_within(0, Duration::from_secs(10));
    assert!(summary.problem.is_some_and(|problem| problem.contains("401")));
    server.heal();
    sync(&dir, &settings(folder.path(), server.url())).expect("synced");
    assert_whole(&server, 10);
}

/// A server without artifacts, or without room for files, has the numbers; so has one behind a proxy that takes no large
/// pictures (413).
#[test]
fn a_refused_artifact_or_file_keeps_no_row_back() {
    for (operation, status) in [("CreateArtifact", 400), ("CreateRunFiles", 400), ("", 413)] {
        let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
        let on = if operation.is_empty() { On::Upload } else { On::Operation(operation.to_owned()) };
        server.fail(Faults::new(Fault::Status(status)).on(on));
        let mut run = started(&settings(folder.path(), server.url()));
        run.log_artifact(common::artifact()).expect("logged");
        let image = wandb_run::Image { png: common::png(1), caption: None };
        run.log(0, &[("samples", image.into()), ("loss", 0.0.into())]).expect("logged");
        log(&mut run, 1..10);
        let summary = run.finish_within(0, Duration::from_secs(20));
        assert!(summary.problem.is_some(), "{operation} {summary:?}");
        // This server also refuses the end of a run whose pictures it was never given.
        assert_eq!(summary.complete, operation == "CreateArtifact");
        assert_eq!(steps(&server.run("tester", "project", "run1")), (0..10).collect::<Vec<_>>());
    }
}

/// Whatever stands between may answer with any JSON: that is no run, and no end of the program.
#[test]
fn an_answer_of_another_kind_is_no_panic() {
    for text in ["[]", "\"blocked\"", "{\"data\": []}", "{\"data\": {\"model\": 3, \"upsertBucket\": \"x\"}}"]
    {
        let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
        server.fail(Faults::new(Fault::Says(text.to_owned())).on(On::GraphQl));
        let mut run = started(&resumed(folder.path(), server.url(), Mode::Online));
        log(&mut run, 0..10);
        let dir = run.dir().to_owned();
        assert!(!run.finish_within(0, Duration::from_secs(5)).complete);
        server.heal();
        sync(&dir, &settings(folder.path(), server.url())).expect("synced");
        assert_whole(&server, 10);
    }
}

/// Times of a run count from its beginning, whatever part of it is logged.
#[test]
fn times_go_on() {
    let folder = tempfile::tempdir().expect("folder");
    let mut offline = resumed(folder.path(), "http://127.0.0.1:9", Mode::Offline);
    offline.run_id = "times".to_owned();
    let mut run = started(&offline);
    run.log(0, &[("loss", 1.0.into())]).expect("logged");
    std::thread::sleep(Duration::from_millis(300));
    drop(killed(run, 1..2));
    let server = Server::start().expect("server");
    let online = Settings { mode: Mode::Online, base_url: server.url().to_owned(), ..offline };
    let mut run = started(&online);
    log(&mut run, 2..3);
    assert!(run.finish(0).complete);
    let seen = server.run("tester", "project", "times");
    let runtime = |at: usize| seen["history"][at]["_runtime"].as_f64().expect("a time");
    assert!(runtime(1) >= 0.3 && runtime(2) >= runtime(1), "{seen}");
}

/// `WANDB_RESUME=auto`: the run that did not end well goes on, under its id; one that did is followed by another.
#[test]
fn auto_goes_on_with_the_last_run_of_the_folder() {
    use wandb_run::settings::{Folders, Overrides};
    let folder = tempfile::tempdir().expect("folder");
    let load = || {
        let folders = Folders { home: None, current: folder.path().to_owned() };
        let environment = |name: &str| match name {
            "WANDB_RESUME" => Some("auto".to_owned()),
            "WANDB_MODE" => Some("offline".to_owned()),
            _ => None,
        };
        Settings::load(Overrides::default(), &environment, &folders).expect("settings").settings
    };
    let first = load();
    killed(started(&first), 0..10);
    let second = load();
    assert_eq!(second.run_id, first.run_id);
    let run = started(&second);
    assert_eq!(run.first_step(), 10);
    run.finish(0);
    assert_ne!(load().run_id, first.run_id);
}
