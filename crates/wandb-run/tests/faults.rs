//! A server that is not well: whatever it does, it has every row once in the end.

mod common;
mod server;

use common::{config, log, settings, steps};
use server::Server;
use server::faults::{Fault, Faults, On};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use wandb_run::{About, Resume, Run, Summary, sync, sync_within};

/// What a run of 50 steps leaves behind while this goes wrong.
struct Outcome {
    server: Server,
    folder: tempfile::TempDir,
    dir: PathBuf,
    summary: Summary,
}

fn with(faults: impl IntoIterator<Item = Faults>, patience: u64) -> Outcome {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    faults.into_iter().for_each(|faults| server.fail(faults));
    let mut run =
        Run::start(settings(folder.path(), server.url()), config(), About::default()).expect("started");
    run.log_artifact(common::artifact()).expect("logged");
    for from in (0..50).step_by(10) {
        log(&mut run, from..from + 10);
        // So that there is more than one post.
        std::thread::sleep(Duration::from_millis(120));
    }
    let dir = run.dir().to_owned();
    let summary = run.finish_within(0, Duration::from_secs(patience));
    Outcome { server, folder, dir, summary }
}

impl Outcome {
    /// Every row once, every file, and nothing that the server had to refuse.
    fn assert_whole(&self) {
        let seen = self.server.run("tester", "project", "run1");
        assert_eq!(steps(&seen), (0..50).collect::<Vec<_>>());
        assert_eq!(seen["state"], "finished");
        assert_eq!(seen["artifacts"][0]["committed"], true);
        assert_eq!(seen["artifacts"].as_array().map(Vec::len), Some(1));
        assert_eq!(seen["files"]["config.yaml"]["uploaded"], true);
        assert_eq!(self.server.violations(), Vec::<serde_json::Value>::new());
    }

    fn sync(&self) {
        sync(&self.dir, &settings(self.folder.path(), self.server.url())).expect("synced");
    }
}

#[test]
fn statuses_that_pass() {
    for status in [500, 502, 503, 408] {
        let outcome = with([Faults::new(Fault::Status(status)).after(2).times(2)], 30);
        assert!(outcome.summary.complete, "{:?}", outcome.summary);
        outcome.assert_whole();
    }
}

#[test]
fn too_many_requests_are_repeated_when_the_server_said() {
    let started = Instant::now();
    let outcome = with([Faults::new(Fault::TooMany(3)).on(On::FileStream).times(1)], 30);
    assert!(outcome.summary.complete && started.elapsed() >= Duration::from_secs(3));
    outcome.assert_whole();
}

#[test]
fn answers_that_are_lost_double_nothing() {
    for on in [On::FileStream, On::GraphQl, On::Upload] {
        for fault in [Fault::AnswerLost, Fault::AnswerCut, Fault::Reset] {
            let outcome = with([Faults::new(fault.clone()).on(on.clone()).after(1).times(2)], 30);
            assert!(outcome.summary.complete, "{on:?} {fault:?} {:?}", outcome.summary);
            outcome.assert_whole();
        }
    }
}

#[test]
fn the_last_word_may_be_lost() {
    // Everything goes into one post, and the next is the end.
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let mut run =
        Run::start(settings(folder.path(), server.url()), config(), About::default()).expect("started");
    log(&mut run, 0..50);
    std::thread::sleep(Duration::from_millis(500));
    let posts = server.run("tester", "project", "run1")["posts"].as_u64().expect("a run");
    assert!(posts > 0);
    // At the end: one for the last row, then the last word.
    server.fail(Faults::new(Fault::AnswerLost).on(On::FileStream).after(1).times(1));
    assert!(run.finish_within(0, Duration::from_secs(20)).complete);
    let seen = server.run("tester", "project", "run1");
    assert_eq!((steps(&seen).len(), &seen["state"]), (50, &"finished".into()));
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_stall_is_waited_for_or_repeated() {
    let outcome = with([Faults::new(Fault::Stall(Duration::from_secs(10))).on(On::FileStream).times(1)], 30);
    assert!(outcome.summary.complete, "{:?}", outcome.summary);
    outcome.assert_whole();
}

#[test]
fn refusals_end_the_upload_but_not_the_run() {
    for status in [400, 401, 403, 404, 409, 410] {
        let outcome = with([Faults::new(Fault::Status(status)).on(On::FileStream)], 30);
        let problem = outcome.summary.problem.clone().expect("a problem");
        assert!(problem.contains(&status.to_string()) && !outcome.summary.complete, "{problem}");
        let posts = |server: &Server| {
            let requests = server.snapshot()["requests"].as_array().cloned().unwrap_or_default();
            requests.iter().filter(|line| line.to_string().contains("file_stream")).count()
        };
        assert_eq!(posts(&outcome.server), 1, "{status} is not tried again");
        outcome.server.heal();
        outcome.sync();
        outcome.assert_whole();
    }
}

/// A server that accepts and never answers.
#[test]
fn silence_does_not_slow_the_program() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    server.fail(Faults::new(Fault::Silence));
    let started = Instant::now();
    let mut run =
        Run::start(settings(folder.path(), server.url()), config(), About::default()).expect("started");
    let mut longest = Duration::ZERO;
    for step in 0..2_000 {
        let before = Instant::now();
        run.log(step, &[("loss", 0.5.into())]).expect("logged");
        longest = longest.max(before.elapsed());
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let dir = run.dir().to_owned();
    let waiting = Instant::now();
    let summary = run.finish_within(0, Duration::from_millis(300));
    assert!(waiting.elapsed() < Duration::from_secs(1), "{:?}", waiting.elapsed());
    assert!(!summary.complete && summary.problem.is_some() && summary.hint.is_some());
    server.heal();
    let settings = settings(folder.path(), server.url());
    // The thread that was left behind may hold a request until it times out; until then the log is its.
    let mut result = sync(&dir, &settings);
    while result.as_ref().is_err_and(wandb_run::Error::is_running) {
        std::thread::sleep(Duration::from_millis(50));
        result = sync(&dir, &settings);
    }
    result.expect("synced");
    assert_eq!(steps(&server.run("tester", "project", "run1")).len(), 2_000, "longest {longest:?}");
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
}

/// The server is not there when the run starts, comes, goes, and comes back as it was.
#[test]
fn an_outage_is_caught_up_with() {
    let outcome = with([Faults::new(Fault::Reset).lasting(Duration::from_secs(3))], 40);
    assert!(outcome.summary.complete, "{:?}", outcome.summary);
    outcome.assert_whole();
}

/// A hundred thousand steps while the server is away: it catches up, and the program holds none of them meanwhile.
#[test]
fn a_long_outage_is_caught_up_with() {
    const STEPS: u64 = 100_000;
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    server.fail(Faults::new(Fault::Status(503)));
    let mut run =
        Run::start(settings(folder.path(), server.url()), config(), About::default()).expect("started");
    for step in 0..STEPS {
        run.log(step, &[("loss", 0.5.into())]).expect("logged");
    }
    server.heal();
    let summary = run.finish_within(0, Duration::from_secs(60));
    assert!(summary.complete && summary.uploaded == STEPS, "{summary:?}");
    assert_eq!(steps(&server.run("tester", "project", "run1")), (0..STEPS).collect::<Vec<_>>());
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_server_that_is_not_there_costs_a_warning() {
    let folder = tempfile::tempdir().expect("folder");
    let mut settings = settings(folder.path(), "http://127.0.0.1:9");
    settings.resume = Resume::Allow;
    let mut run = Run::start(settings.clone(), config(), About::default()).expect("started");
    log(&mut run, 0..50);
    let dir = run.dir().to_owned();
    let summary = run.finish_within(0, Duration::from_millis(500));
    assert!(!summary.complete && summary.left > 0);
    // The thread that gave up leaves the log as soon as it has looked at its last attempt.
    let start = Instant::now();
    let error = loop {
        let error = sync_within(&dir, &settings, Duration::from_millis(500)).expect_err("nobody there");
        if !error.is_running() || start.elapsed() > Duration::from_secs(20) {
            break error;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(error.is_unreachable(), "{error}");
    let server = Server::start().expect("server");
    settings.base_url = server.url().to_owned();
    assert_eq!(sync(&dir, &settings).expect("synced").sent, 50);
    assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
}

/// Cut at many bytes, as by a kill: the whole records arrive, and those that were sent before are not sent twice.
#[test]
fn a_killed_run_is_synced_as_far_as_it_goes() {
    let folder = tempfile::tempdir().expect("folder");
    let mut offline = settings(folder.path(), "http://127.0.0.1:9");
    offline.mode = wandb_run::Mode::Offline;
    let mut run = Run::start(offline.clone(), config(), About::default()).expect("started");
    log(&mut run, 0..30);
    let dir = run.dir().to_owned();
    drop(run);
    let log = dir.join("run-run1.wandb");
    let bytes = std::fs::read(&log).expect("read");
    let progress = std::fs::read(dir.join("run-run1.upload.json")).expect("read");
    let mut last = 0;
    for length in (600..bytes.len()).step_by(257) {
        std::fs::write(&log, &bytes[..length]).expect("written");
        std::fs::write(dir.join("run-run1.upload.json"), &progress).expect("written");
        let _ = std::fs::remove_file(dir.join("run-run1.wandb.synced"));
        let server = Server::start().expect("server");
        let settings = wandb_run::Settings { base_url: server.url().to_owned(), ..offline.clone() };
        sync(&dir, &settings).expect("synced");
        let seen = server.run("tester", "project", "run1");
        let count = steps(&seen).len();
        assert_eq!(steps(&seen), (0..count as u64).collect::<Vec<_>>());
        assert!(count >= last && seen["state"] == "failed", "{seen}");
        assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
        last = count;
    }
    assert!(last >= 29);
}

/// A `sync` that was broken off goes on, also when what it noted is lost.
#[test]
fn a_broken_sync_goes_on_where_the_server_stands() {
    for forget in [false, true] {
        let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
        let online = settings(folder.path(), server.url());
        let offline = wandb_run::Settings { mode: wandb_run::Mode::Offline, ..online.clone() };
        let mut run = Run::start(offline, config(), About::default()).expect("started");
        for step in 0..12_000 {
            run.log(step, &[("loss", 0.5.into())]).expect("logged");
        }
        let dir = run.dir().to_owned();
        run.finish(0);
        server.fail(Faults::new(Fault::Status(403)).on(On::FileStream).after(1));
        assert!(sync(&dir, &online).is_err_and(|error| error.is_refused()));
        server.heal();
        let before = steps(&server.run("tester", "project", "run1")).len();
        assert!(before > 0 && before < 12_000, "{before}");
        if forget {
            std::fs::remove_file(dir.join("run-run1.upload.json")).expect("removed");
        }
        sync(&dir, &online).expect("synced");
        assert_eq!(steps(&server.run("tester", "project", "run1")), (0..12_000).collect::<Vec<_>>());
        assert_eq!(server.violations(), Vec::<serde_json::Value>::new());
    }
}

/// Deleted on the server after a part of it was sent: all of it is sent again.
#[test]
fn a_run_that_was_deleted_is_sent_whole() {
    let (server, folder) = (Server::start().expect("server"), tempfile::tempdir().expect("folder"));
    let online = settings(folder.path(), server.url());
    let offline = wandb_run::Settings { mode: wandb_run::Mode::Offline, ..online.clone() };
    let mut run = Run::start(offline, config(), About::default()).expect("started");
    log(&mut run, 0..50);
    let dir = run.dir().to_owned();
    run.finish(0);
    server.fail(Faults::new(Fault::Status(403)).on(On::FileStream).after(1));
    assert!(sync(&dir, &online).is_err());
    let another = Server::start().expect("server");
    let online = wandb_run::Settings { base_url: another.url().to_owned(), ..online };
    sync(&dir, &online).expect("synced");
    assert_eq!(steps(&another.run("tester", "project", "run1")), (0..50).collect::<Vec<_>>());
    assert_eq!(another.violations(), Vec::<serde_json::Value>::new());
}
