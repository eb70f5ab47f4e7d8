//! Sweeps of any command: planned first, launched, stopped, resumed; nothing lost and nothing done twice.
#![cfg(unix)]

mod common;

use common::{Place, Ran, Running, names, signal, until};
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

#[test]
fn jobs_run_in_order_and_print_here() {
    let place = Place::new();
    let script = r#"grep lr "$HYDRA_CONFIG_FILE"; echo "to stderr" >&2"#;
    let Ran { out, err, .. } = place.done(&["-m", "lr=1,2", "hydra.sweep.dir=s", "--", "sh", "-c", script]);
    assert_eq!(out, "lr: 1\nlr: 2\n");
    for line in [
        "sweep directory: s",
        "launching 2 jobs, one after another",
        "#1 : lr=2",
        "to stderr",
        "2 jobs: 2 done",
    ] {
        assert!(err.lines().any(|printed| printed == line), "{line}: {err}");
    }
    assert_eq!(names(&place.path("s")), [".lock", "0", "1", "launcher.json", "multirun.yaml", "sweep.json"]);
    let files = [
        ".hydra",
        ".lock",
        "config.yaml",
        "hydra-compose.log",
        "job.json",
        "status.json",
        "stderr.log",
        "stdout.log",
    ];
    assert_eq!(names(&place.path("s/1")), files);
    assert_eq!(place.read("s/1/stderr.log"), "to stderr\n");
    let sweep = place.json("s/sweep.json");
    assert_eq!(sweep["jobs"][1]["overrides"], serde_json::json!(["lr=2"]));
    assert_eq!(sweep["jobs"][1]["config_hash"], place.json("s/1/job.json")["config_hash"]);
}

#[test]
fn one_bad_job_and_nothing_starts() {
    let place = Place::new();
    place.script("note.sh", NOTE);
    let out = place.run(&["-m", "db=mysql,sqlite,postgres", "hydra.sweep.dir=s", "--", "./note.sh"]);
    assert_eq!(out.status, Some(1));
    assert!(out.err.contains("job #2 (db=postgres)"), "{}", out.err);
    let bad = place.run(&[
        "-m",
        "lr=1,2",
        "hydra.sweep.dir=s",
        "hydra/launcher=local",
        "hydra.launcher.n_jobs=-2",
        "--",
        "./note.sh",
    ]);
    assert!(bad.err.contains("hydra.launcher.n_jobs must be at least -1, and is -2"), "{}", bad.err);
    // A place that is none is found out with the first job, and what was made is taken back.
    let bad = place.run(&["-m", "lr=1,2", "hydra.sweep.dir=s", "hydra.sweep.subdir=.", "--", "./note.sh"]);
    assert!(
        bad.err.contains("hydra.sweep.subdir is '.', and job #0 needs a directory of its own"),
        "{}",
        bad.err
    );
    assert!(!place.path("s").exists() && !place.path("ran").exists());
}

#[test]
fn a_sweep_that_is_there_is_left_alone() {
    let place = Place::new();
    place.done(&["-m", "lr=1,2", "hydra.sweep.dir=s", "--", "true"]);
    let before = place.read("s/sweep.json");
    let err = place.done(&["-m", "lr=3", "hydra.sweep.dir=s", "--", "true"]).err;
    assert!(err.starts_with("note: s is there already\nsweep directory: s-1\n"), "{err}");
    assert_eq!(place.read("s/sweep.json"), before);
}

#[test]
fn jobs_that_ask_for_one_directory_get_two() {
    let place = Place::new();
    let args = ["-m", "lr=1,2", "hydra.sweep.dir=s", "hydra.sweep.subdir=db_${db.port}", "--", "true"];
    let err = place.done(&args).err;
    assert!(err.contains("note: jobs #0 and #1 both ask for s/db_3306; #1 gets s/db_3306-1\n"), "{err}");
    assert_eq!(place.read("s/db_3306-1/config.yaml"), "db:\n  port: 3306\nlr: 2\nseed: 0\n");
    assert!(place.read("s/db_3306-1/.hydra/hydra.yaml").contains("/s/db_3306-1\n"), "it knows where it is");
}

#[test]
fn local_runs_several_at_once_and_divides_the_threads() {
    let place = Place::new();
    // Each job ends only when both are there.
    place.script(
        "meet.sh",
        "#!/bin/sh\n: > \"here$(basename $HYDRA_RUN_DIR)\"\nn=0\n\
         while [ ! -e here0 ] || [ ! -e here1 ]; do n=$((n+1)); [ $n -gt 500 ] && exit 1; sleep 0.02; done\n\
         echo \"$OMP_NUM_THREADS $CUDA_VISIBLE_DEVICES\"\n",
    );
    let args = [
        "-m",
        "lr=1,2",
        "hydra.sweep.dir=s",
        "hydra/launcher=local",
        "hydra.launcher.n_jobs=2",
        "hydra.launcher.threads_per_job=3",
        "hydra.launcher.gpus=[4,7]",
        "--",
        "./meet.sh",
    ];
    let ran = place.command(&args).env_remove("OMP_NUM_THREADS").output().expect("it starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut seen = [place.read("s/0/stdout.log"), place.read("s/1/stdout.log")];
    seen.sort();
    assert_eq!(seen, ["3 4\n", "3 7\n"]);
}

#[test]
fn batches_are_launched_one_after_another() {
    let place = Place::new();
    // A job of the second batch fails if one of the first is still there.
    place.script(
        "batch.sh",
        "#!/bin/sh\nn=$(basename $HYDRA_RUN_DIR)\n[ $n -ge 2 ] && { [ -e end0 ] && [ -e end1 ] || exit 1; }\n\
         sleep 0.1\n: > end$n\n",
    );
    place.done(&[
        "-m",
        "seed=range(4)",
        "hydra.sweep.dir=s",
        "hydra.sweeper.max_batch_size=2",
        "hydra/launcher=local",
        "hydra.launcher.n_jobs=4",
        "--",
        "./batch.sh",
    ]);
}

#[test]
fn a_failure_is_told_and_the_others_go_on_unless_it_is_to_be_fast() {
    let place = Place::new();
    place.script(
        "job.sh",
        "#!/bin/sh\ngrep -q 'seed: 1' $HYDRA_CONFIG_FILE && { echo 'no luck' >&2; exit 9; }\nexit 0\n",
    );
    let ran = place.run(&[
        "-m",
        "seed=0,1,2",
        "hydra.sweep.dir=s",
        "hydra/launcher=local",
        "hydra.launcher.n_jobs=1",
        "--",
        "./job.sh",
    ]);
    assert_eq!(ran.status, Some(1));
    assert_eq!(place.states("s"), ["done", "failed", "done"]);
    for words in [
        "#1 failed: exit status 9",
        "  | no luck\n",
        "  see s/1/stderr.log",
        "sweep resume s' runs what is not done",
    ] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    let table = place.done(&["sweep", "status", "s"]).out;
    assert!(table.contains("\n3 jobs: 2 done, 1 failed\n#1 failed: exit status 9\n"), "{table}");

    let ran = place.run(&["-m", "--fail-fast", "seed=0,1,2", "hydra.sweep.dir=fast", "--", "./job.sh"]);
    assert_eq!(ran.status, Some(1));
    assert_eq!(place.states("fast"), ["done", "failed", "planned"]);
    assert_eq!(place.run(&["sweep", "wait", "fast"]).status, Some(1));
    // What was failed and what was left are run, and nothing else.
    place.script("job.sh", NOTE);
    place.done(&["sweep", "resume", "fast"]);
    assert_eq!(self::ran(&place), ["1", "2"]);
    assert_eq!(place.done(&["sweep", "resume", "fast"]).err, "all jobs are done already\n");
    place.done(&["sweep", "wait", "fast"]);
}

#[test]
fn what_was_queued_is_what_runs() {
    let place = Place::new();
    place.script("job.sh", "#!/bin/sh\n[ -e go ] || exit 1\ngrep lr \"$HYDRA_CONFIG_FILE\"\n");
    place.run(&["-m", "lr=1,2", "hydra.sweep.dir=s", "--", "./job.sh"]);
    place.write("conf/config.yaml", "nothing: of it\n");
    place.write("go", "");
    assert_eq!(place.done(&["sweep", "resume", "s"]).out, "lr: 1\nlr: 2\n");
    // From anywhere, and relative to where it was planned.
    place.run(&["--fail-fast", "-m", "nothing=1,2", "hydra.sweep.dir=t", "--", "sh", "-c", "[ -e away ]"]);
    place.write("away", "");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let path = place.path("t");
    let args = ["sweep", "resume", path.to_str().expect("UTF-8")];
    assert!(place.command(&args).current_dir(elsewhere.path()).status().expect("it starts").success());
}

/// Jobs that note when they start, and end well when told to by a file.
const UNTIL_TOLD: &str = r#"#!/bin/sh
trap 'exit 143' TERM INT
echo "$(basename "$HYDRA_RUN_DIR")" >> ran
while [ ! -e end ]; do sleep 0.02; done
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
    signal("INT", child.0.id());
    assert_eq!(child.0.wait().expect("an end").code(), Some(130));
    assert_eq!(place.states("s"), ["interrupted", "interrupted", "planned", "planned", "planned"]);
    assert_eq!(place.json("s/0/status.json")["cause"], "stopped by SIGINT");
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
fn progress_is_what_a_job_writes() {
    let place = Place::new();
    let script = r#"cd "$HYDRA_RUN_DIR"; echo '{"event":"started","steps":40}' > metrics.jsonl
        echo '{"event":"step","step":10,"epoch":2,"loss":0.5}' >> metrics.jsonl; printf '{"step":1' >> metrics.jsonl; exit 1"#;
    place.run(&["-m", "seed=0,1", "hydra.sweep.dir=s", "--", "sh", "-c", script]);
    let table = place.done(&["sweep", "status", "s"]).out;
    let row: Vec<&str> = table.lines().nth(1).expect("a row").split_whitespace().collect();
    assert_eq!(row[..5], ["0", "failed", "25%", "2", "0.5000"], "{table}");
}

#[test]
fn what_is_no_sweep_is_told_apart() {
    let place = Place::new();
    place.done(&["hydra.run.dir=run", "--", "true"]);
    place.done(&["-m", "seed=0,1", "hydra.sweep.dir=s", "--", "true"]);
    place.write("half/multirun.yaml", "lr: 1\n");
    place.write("later/sweep.json", "{\"format\": 99}");
    place.write("torn/sweep.json", "{\"format\": 1, \"jo");
    for (dir, words) in [
        ("nowhere", "there is no such folder"),
        ("conf", "it has no sweep.json\nhelp: sweeps are under multirun/"),
        ("run", "is the directory of one run\nhelp: to let it go on: --resume"),
        ("s/1", "is the directory of one run\nhelp: its sweep is "),
        ("half", "was stopped while it was planned; none of its jobs ran"),
        ("later", "written by a later version"),
        ("torn", "sweep.json: damaged: EOF"),
    ] {
        let ran = place.run(&["sweep", "status", dir]);
        assert_eq!(ran.status, Some(1));
        assert!(ran.err.contains(words), "{dir}: {}", ran.err);
    }
}

#[test]
fn a_sweep_without_jobs_is_no_failure() {
    let place = Place::new();
    let ran = place.done(&["-m", "seed=range(3,0)", "hydra.sweep.dir=s", "--", "false"]);
    assert!(ran.err.starts_with("warning: the sweep has no jobs"), "{}", ran.err);
    assert!(fs::read_to_string(place.path("s/sweep.json")).is_ok_and(|json| json.contains("\"jobs\":[]")));
}
