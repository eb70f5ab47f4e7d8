//! Sweeps that are stopped, cancelled, killed: nothing is lost and nothing done twice.
#![cfg(unix)]

mod common;

use common::{Place, Running, interrupt, signal, until};
use std::fs;
use std::process::{Child, Stdio};

/// Notes that it ran, in a file beside the sweep.
const NOTE: &str = r#"#!/bin/sh
echo "$(basename "$HYDRA_RUN_DIR")" >> ran
"#;

fn started(place: &Place, args: &[&str]) -> Running {
    let child: Child =
        place.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    Running(child)
}

/// The jobs that ran, sorted; one that ran twice is there twice.
fn ran(place: &Place) -> Vec<String> {
    let mut ran: Vec<String> = place.read("ran").lines().map(str::to_owned).collect();
    ran.sort_by_key(|num| num.parse::<u32>().expect("a number"));
    ran
}

/// Jobs that note when they start, and end well when told to by a file.
const UNTIL_TOLD: &str = r#"#!/bin/sh
trap 'exit 143' TERM INT
echo "$(basename "$HYDRA_RUN_DIR")" >> ran
while [ ! -e end ] && [ -e job.sh ]; do sleep 0.02; done
"#;

#[test]
fn ctrl_c_stops_what_runs_and_starts_nothing_more() {
    let place = Place::new();
    place.script("job.sh", UNTIL_TOLD);
    let mut child = started(
        &place,
        &[
            "-m",
            "seed=range(5)",
            "hydra.sweep.dir=s",
            "hydra/launcher=local",
            "hydra.launcher.n_jobs=2",
            "--",
            "./job.sh",
        ],
    );
    place.wait_for("ran", 2);
    let (name, status) = interrupt();
    signal(name, child.0.id());
    assert_eq!(child.0.wait().expect("an end").code(), Some(status));
    assert_eq!(place.states("s"), ["interrupted", "interrupted", "planned", "planned", "planned"]);
    assert_eq!(place.json("s/0/status.json")["cause"], format!("stopped by SIG{name}"));
}

#[test]
fn a_sweep_is_cancelled_and_waited_for_from_another_terminal() {
    let place = Place::new();
    place.script("job.sh", UNTIL_TOLD);
    let args = ["-m", "seed=range(3)", "hydra.sweep.dir=s", "--", "./job.sh"];
    let mut child = started(&place, &args);
    place.wait_for("ran", 1);
    until("the worker is known", || place.read("s/0/status.json").contains("\"worker\": {"));
    let second = place.run(&["sweep", "resume", "s"]);
    assert!(second.err.starts_with("error: s is being launched, by process "), "{}", second.err);
    let told = place.done(&["sweep", "cancel", "s"]).err;
    assert!(told.starts_with("1 asked to save and end; no other is started\n"), "{told}");
    assert_eq!(place.run(&["sweep", "wait", "s"]).status, Some(1));
    assert_eq!(child.0.wait().expect("an end").code(), Some(1));
    assert_eq!(place.states("s"), ["interrupted", "planned", "planned"]);
    place.write("end", "");
    place.done(&["sweep", "resume", "s"]);
    assert_eq!(place.states("s"), ["done", "done", "done"]);
    assert_eq!(place.done(&["sweep", "cancel", "s"]).err, "nothing of it runs or is going to\n");
}

#[test]
fn jobs_outlive_their_launcher_and_are_not_run_twice() {
    let place = Place::new();
    place.script("job.sh", UNTIL_TOLD);
    let mut child = started(
        &place,
        &[
            "-m",
            "seed=range(6)",
            "hydra.sweep.dir=s",
            "hydra/launcher=local",
            "hydra.launcher.n_jobs=2",
            "--",
            "./job.sh",
        ],
    );
    place.wait_for("ran", 2);
    child.0.kill().expect("killed");
    child.0.wait().expect("an end");
    assert_eq!(place.states("s")[..2], ["running", "running"]);
    let resumed = place.command(&["sweep", "resume", "s"]).stderr(Stdio::piped()).spawn().expect("it starts");
    place.write("end", "");
    let output = resumed.wait_with_output().expect("an end");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    assert_eq!(ran(&place), ["0", "1", "2", "3", "4", "5"], "{err}");
    assert_eq!(place.states("s"), ["done"; 6]);
}

#[test]
fn a_launcher_killed_at_any_moment_loses_no_job_and_repeats_none() {
    // `make bench-launch` does this fifty times with twenty jobs.
    for pause in [0, 3, 10, 30, 60] {
        let place = Place::new();
        place.script("note.sh", NOTE);
        let mut child = started(
            &place,
            &[
                "-m",
                "seed=range(8)",
                "hydra.sweep.dir=s",
                "hydra/launcher=local",
                "hydra.launcher.n_jobs=2",
                "--",
                "./note.sh",
            ],
        );
        if pause > 0 {
            until("it is planned", || place.path("s/sweep.json").exists());
        }
        std::thread::sleep(std::time::Duration::from_millis(pause));
        child.0.kill().expect("killed");
        child.0.wait().expect("an end");
        let resumed = place.run(&["sweep", "resume", "s"]);
        if resumed.status == Some(1) {
            // Nothing ran, and it says so.
            assert!(!place.path("ran").exists(), "{}", resumed.err);
            assert!(
                resumed.err.contains("none of its jobs ran") || resumed.err.contains("no such folder"),
                "{}",
                resumed.err
            );
            continue;
        }
        assert_eq!(
            ran(&place),
            ["0", "1", "2", "3", "4", "5", "6", "7"],
            "after {pause} ms: {}",
            resumed.err
        );
    }
}

#[test]
fn a_worker_that_is_killed_and_a_runner_that_is_killed_are_seen() {
    let place = Place::new();
    place.script("job.sh", UNTIL_TOLD);
    let mut child = started(
        &place,
        &[
            "-m",
            "seed=0,1",
            "hydra.sweep.dir=s",
            "hydra/launcher=local",
            "hydra.launcher.n_jobs=2",
            "--",
            "./job.sh",
        ],
    );
    place.wait_for("ran", 2);
    let status = |num: usize| format!("s/{num}/status.json");
    until("the workers are known", || (0..2).all(|num| place.read(&status(num)).contains("\"worker\": {")));
    let pid = |num: usize, who: &str| {
        u32::try_from(place.json(&status(num))[who]["pid"].as_u64().expect("a number")).expect("a number")
    };
    signal("KILL", pid(0, "worker"));
    // As when the machine goes down: nobody is left to say anything.
    signal("KILL", pid(1, "runner"));
    signal("KILL", pid(1, "worker"));
    assert_eq!(child.0.wait().expect("an end").code(), Some(1));
    let table = place.done(&["sweep", "status", "s"]).out;
    assert!(table.contains("#0 failed: killed by SIGKILL\n"), "{table}");
    assert!(table.contains("#1 interrupted: its processes are gone"), "{table}");
    place.write("end", "");
    place.done(&["sweep", "resume", "s"]);
    assert_eq!(place.states("s"), ["done", "done"]);
}

#[test]
fn what_a_script_has_started_is_stopped_with_it() {
    let place = Place::new();
    // A shell waits for its program, and would not hear of a signal before that ends.
    place.script("job.sh", "#!/bin/sh\nsh -c 'echo $$ > child; exec sleep 60'\necho done\n");
    let mut child = started(&place, &["-m", "seed=0", "hydra.sweep.dir=s", "--", "./job.sh"]);
    place.wait_for("child", 1);
    until("the worker is known", || place.read("s/0/status.json").contains("\"worker\": {"));
    place.done(&["sweep", "cancel", "s"]);
    until("the launcher has ended", || child.0.try_wait().expect("a state").is_some());
    assert_eq!(place.states("s"), ["interrupted"]);
    let pid = place.read("child");
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "it sleeps on: {state}");
}

/// Jobs that take a while to save once they are asked, and cannot be hurried.
const SAVES: &str = r#"#!/bin/sh
trap 'trap "" TERM INT; sleep 4; echo saved > saved; exit 143' TERM INT
echo "$(basename "$HYDRA_RUN_DIR")" >> ran
while [ -e job.sh ]; do sleep 0.02; done
"#;

/// A signal that comes in two ways, and one after a sweep was cancelled, are no "at once".
#[test]
fn a_job_that_saves_is_killed_only_if_ctrl_c_says_so_twice() {
    let (name, _) = interrupt();
    for (pause, cancelled, saved) in [(0, false, true), (2000, true, true), (2000, false, name != "INT")] {
        let place = Place::new();
        place.script("job.sh", SAVES);
        let mut child = started(&place, &["-m", "seed=0", "hydra.sweep.dir=s", "--", "./job.sh"]);
        place.wait_for("ran", 1);
        until("the worker is known", || place.read("s/0/status.json").contains("\"worker\": {"));
        if cancelled {
            place.done(&["sweep", "cancel", "s"]);
        } else {
            signal(name, child.0.id());
        }
        std::thread::sleep(std::time::Duration::from_millis(pause));
        signal(name, child.0.id());
        child.0.wait().expect("an end");
        assert_eq!(place.path("saved").exists(), saved, "{pause} ms, cancelled: {cancelled}");
        assert_eq!(place.states("s"), ["interrupted"]);
    }
}

/// Signal 1 is bit 0.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn a_lost_connection_and_nohup_leave_what_runs_alone() {
    let place = Place::new();
    place.script("job.sh", UNTIL_TOLD);
    let mut child = started(&place, &["-m", "seed=0,1", "hydra.sweep.dir=s", "--", "./job.sh"]);
    place.wait_for("ran", 1);
    signal("HUP", child.0.id());
    place.write("end", "");
    // Under `nohup` these tests, and all that they start, are told to ignore it, and rightly do.
    let (status, second) = if ignores_hangup() { (0, "done") } else { (129, "planned") };
    assert_eq!(child.0.wait().expect("an end").code(), Some(status));
    assert_eq!(place.states("s"), ["done", second]);

    std::fs::remove_file(place.path("end")).expect("removed");
    let program = env!("CARGO_BIN_EXE_hydra-compose");
    let script = format!("trap '' HUP; exec {program} -m seed=0,1 hydra.sweep.dir=t -- ./job.sh");
    let mut command = std::process::Command::new("sh");
    command.current_dir(place.path("")).args(["-c", &script]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = Running(command.spawn().expect("it starts"));
    place.wait_for("ran", 2);
    signal("HUP", child.0.id());
    place.write("end", "");
    assert_eq!(child.0.wait().expect("an end").code(), Some(0));
    assert_eq!(place.states("t"), ["done", "done"]);
}

#[test]
fn a_slot_is_free_when_its_job_has_ended_and_not_before() {
    let place = Place::new();
    place.script("job.sh", UNTIL_TOLD);
    let mut child = started(&place, &["-m", "seed=0,1", "hydra.sweep.dir=s", "--", "./job.sh"]);
    place.wait_for("ran", 1);
    until("the worker is known", || place.read("s/0/status.json").contains("\"worker\": {"));
    let runner = place.json("s/0/status.json")["runner"]["pid"].as_u64().expect("a number");
    signal("KILL", u32::try_from(runner).expect("a number"));
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(place.states("s"), ["running", "planned"]);
    place.write("end", "");
    child.0.wait().expect("an end");
    // Nobody saw how the first one ended.
    assert_eq!(place.states("s"), ["interrupted", "done"]);
}

#[test]
fn waiting_outlasts_the_moments_between_two_jobs() {
    let place = Place::new();
    place.run(&["-m", "seed=range(4)", "hydra.sweep.dir=s", "--", "false"]);
    // The plan is frozen; what it runs is found anew.
    place.script("slow/false", "#!/bin/sh\nsleep 0.2\n");
    let path = format!("{}:{}", place.path("slow").display(), std::env::var("PATH").unwrap_or_default());
    let mut resumed = Running(
        place
            .command(&["sweep", "resume", "s"])
            .env("PATH", path)
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts"),
    );
    until("it has begun", || place.states("s").contains(&"running".to_owned()));
    assert_eq!(place.run(&["sweep", "wait", "s"]).status, Some(0));
    assert_eq!(resumed.0.wait().expect("an end").code(), Some(0));
}
