//! Sweeps of any command: planned first, launched, resumed.
#![cfg(unix)]

mod common;

use common::{Place, Ran, names};
use std::fs;

/// Notes that it ran, in a file beside the sweep.
const NOTE: &str = r#"#!/bin/sh
echo "$(basename "$HYDRA_RUN_DIR")" >> ran
"#;

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
        "provenance.json",
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
fn a_job_without_memory_or_disk_is_shown_as_that() {
    let place = Place::new();
    let script = "case $(grep seed $HYDRA_CONFIG_FILE) in\n\
                  *0) python3 -c 'bytearray(10**15)';;\n*1) cat /etc/hostname > /dev/full;;\nesac";
    place.run(&["-m", "seed=0,1", "hydra.sweep.dir=s", "--", "sh", "-c", script]);
    let cause = |num: usize| place.json(&format!("s/{num}/status.json"))["cause"].clone();
    assert_eq!(
        (cause(0), cause(1)),
        ("out of memory (exit status 1)".into(), "disk full (exit status 1)".into())
    );
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

#[test]
fn progress_is_what_a_job_writes() {
    let place = Place::new();
    let script = r#"cd "$HYDRA_RUN_DIR"; echo '{"event":"started","steps":40}' > metrics.jsonl
        echo '{"event":"step","step":10,"epoch":2,"loss":0.5}' >> metrics.jsonl
        echo '{"event":"validation","step":10,"epoch":2,"loss":0.7}' >> metrics.jsonl; printf '{"step":1' >> metrics.jsonl; exit 1"#;
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

#[test]
fn a_dry_run_refuses_what_the_sweep_would_refuse() {
    for (overrides, words) in [
        (&["hydra/launcher=local", "hydra.launcher.n_jobs=0"][..], "hydra.launcher.n_jobs is 0"),
        (&["hydra.sweep.subdir=.."], "job #0 needs a directory of its own"),
        (&["hydra.sweep.dir=logs/${seed}"], "hydra.sweep.dir is 'logs/1', and job #0 would have it"),
        (&["hydra.output_subdir=../x"], "it leads out of the run directory"),
        (&["hydra.job.name=${nope}"], "Interpolation key 'nope' not found"),
        (&["+note=${nope}"], "Interpolation key 'nope' not found"),
        (&["++hydra.job.env_set.HYDRA_RUN_DIR=x"], "HYDRA_RUN_DIR is set by the launcher"),
    ] {
        let place = Place::new();
        for (flags, rest) in [(&["-m", "--dry-run"][..], &[][..]), (&["-m"], &["--", "true"])] {
            assert!(!place.path("multirun").exists(), "a dry run makes nothing");
            let ran = place.run(&[flags, &["seed=1,2"], overrides, rest].concat());
            assert_eq!(ran.status, Some(1), "{flags:?} {overrides:?}: {}", ran.out);
            assert!(ran.err.contains(words), "{flags:?} {overrides:?}: {}", ran.err);
        }
    }
}
