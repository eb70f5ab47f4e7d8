//! Single runs of any command: their directory, environment, end, and what can be done with it afterwards.
#![cfg(unix)]

mod common;

use common::{Place, Running, names, signal, until};
use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

/// Prints what a job sees.
const SEE: &str =
    r#"echo "$HYDRA_RUN_DIR"; echo "$HYDRA_CONFIG_FILE"; pwd -P; echo "$A-$B"; cat "$HYDRA_CONFIG_FILE""#;

#[test]
fn a_command_finds_its_configuration_and_its_directory() {
    let place = Place::new();
    let ran = place.done(&["lr=1", "db=sqlite", "hydra.run.dir=run", "--", "sh", "-c", SEE]);
    let here = place.path("").canonicalize().expect("a path");
    let run = here.join("run");
    let expected = format!(
        "{}\n{}\n{}\n-\ndb:\n  port: null\nlr: 1\nseed: 0\n",
        run.display(),
        run.join("config.yaml").display(),
        here.display()
    );
    assert_eq!(ran.out, expected);
    assert_eq!(ran.err, "run directory: run\n");
    let files =
        [".hydra", ".lock", "config.yaml", "hydra-compose.log", "job.json", "provenance.json", "status.json"];
    assert_eq!(names(&run), files);
    assert_eq!(place.read("run/.hydra/overrides.yaml"), "- lr=1\n- db=sqlite\n");
    let status = place.json("run/status.json");
    assert_eq!(
        (&status["state"], &status["exit_status"], &status["attempt"]),
        (&"done".into(), &0.into(), &1.into())
    );
}

#[test]
fn the_node_hydra_says_where_and_with_what_a_job_runs() {
    let place = Place::new();
    let args = [
        "hydra.run.dir=run",
        "hydra.job.chdir=true",
        "+hydra.job.env_set.A=${lr}",
        "hydra.job.env_copy=[B]",
        "hydra.output_subdir=null",
        "hydra.job.name=train",
        "--",
        "sh",
        "-c",
        SEE,
    ];
    let ran = place.command(&args).env("B", "copied").output().expect("it starts");
    let out = String::from_utf8(ran.stdout).expect("UTF-8");
    let run = place.path("run").canonicalize().expect("a path");
    assert_eq!(out.lines().nth(2), run.to_str());
    assert_eq!(out.lines().nth(3), Some("0.1-copied"));
    assert_eq!(
        names(&run),
        [".lock", "config.yaml", "job.json", "provenance.json", "status.json", "train.log"]
    );

    place.done(&["hydra.run.dir=quiet", "hydra/job_logging=none", "--", "true"]);
    assert!(!names(&place.path("quiet")).contains(&"hydra-compose.log".to_owned()));
}

#[test]
fn fifty_runs_at_once_get_fifty_directories() {
    let place = Place::new();
    let start = |number: usize| {
        let seed = format!("seed={number}");
        let args = [seed.as_str(), "hydra.run.dir=runs/same", "--", "true"];
        place.command(&args).stderr(Stdio::null()).spawn().expect("it starts")
    };
    let children: Vec<_> = (0..50).map(start).collect();
    for mut child in children {
        assert!(child.wait().expect("an end").success());
    }
    let folders = names(&place.path("runs"));
    assert_eq!(folders.len(), 50, "{folders:?}");
    // Nobody wrote into another's: each has its own seed.
    let configs: BTreeSet<String> =
        folders.iter().map(|name| place.read(&format!("runs/{name}/config.yaml"))).collect();
    assert_eq!(configs.len(), 50);
}

#[test]
fn an_end_is_recorded_as_what_it_was() {
    let place = Place::new();
    let cases = [
        ("exit 7", 7, "failed", "exit status 7"),
        ("kill -SEGV $$", 139, "failed", "killed by SIGSEGV"),
        ("kill -KILL $$", 137, "failed", "killed by SIGKILL"),
        ("kill -TERM $$", 143, "interrupted", "stopped by SIGTERM"),
    ];
    for (index, (script, exit, state, cause)) in cases.into_iter().enumerate() {
        let dir = format!("run{index}");
        let ran = place.run(&[&format!("hydra.run.dir={dir}"), "--", "sh", "-c", script]);
        assert_eq!(ran.status, Some(if state == "failed" { 1 } else { exit }), "{script}");
        let status = place.json(&format!("{dir}/status.json"));
        assert_eq!((&status["state"], &status["cause"]), (&state.into(), &cause.into()), "{script}");
        assert_eq!(status["exit_status"], exit, "{script}");
    }
    let ran = place.run(&["hydra.run.dir=none", "--", "./nothing", "here"]);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.ends_with("error: cannot start ./nothing: No such file or directory (os error 2)\n"),
        "{}",
        ran.err
    );
}

#[test]
fn a_signal_is_passed_on_and_the_run_resumed_in_its_directory() {
    let place = Place::new();
    place.script(
        "job.sh",
        "#!/bin/sh\ntrap 'echo saved >> \"$HYDRA_RUN_DIR/said\"; exit 143' TERM\n\
         echo started >> \"$HYDRA_RUN_DIR/said\"\n\
         [ -e goes_on ] && exit 0\nwhile :; do sleep 0.05; done\n",
    );
    let args = ["hydra.run.dir=run", "--", "./job.sh"];
    let mut child = Running(place.command(&args).stderr(Stdio::null()).spawn().expect("it starts"));
    place.wait_for("run/said", 1);
    // What runs is left alone.
    let ran = place.run(&["--resume", "run"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.starts_with("error: run is running, as process "), "{}", ran.err);
    signal("TERM", child.0.id());
    assert_eq!(child.0.wait().expect("an end").code(), Some(143));
    assert_eq!(place.json("run/status.json")["state"], "interrupted");

    place.write("goes_on", "");
    place.done(&["--resume", "run"]);
    assert_eq!(place.read("run/said"), "started\nsaved\nstarted\n");
    assert_eq!(place.json("run/status.json")["attempt"], 2);
    assert_eq!(place.done(&["--resume", "run"]).err, "run is done already\n");
    assert_eq!(names(&place.path("")).iter().filter(|name| name.starts_with("run")).count(), 1);
}

#[test]
fn a_run_whose_supervisor_was_killed_is_not_started_twice() {
    let place = Place::new();
    place.script(
        "job.sh",
        "#!/bin/sh\necho $$ > \"$HYDRA_RUN_DIR/pid\"\nwhile [ ! -e end ] && [ -e job.sh ]; do sleep 0.02; done\n",
    );
    let mut child =
        Running(place.command(&["hydra.run.dir=run", "--", "./job.sh"]).spawn().expect("it starts"));
    place.wait_for("run/pid", 1);
    until("the worker is known", || place.read("run/status.json").contains("\"worker\": {"));
    child.0.kill().expect("killed");
    child.0.wait().expect("an end");
    let ran = place.run(&["--resume", "run"]);
    assert!(ran.err.contains("run is running, as process "), "{}", ran.err);
    place.write("end", "");
    let pid: u32 = place.read("run/pid").trim().parse().expect("a number");
    until("the worker is gone", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
    // How it ended, nobody saw.
    place.done(&["--resume", "run"]);
    assert_eq!(place.json("run/status.json")["attempt"], 2);
}

#[test]
fn a_rerun_takes_the_frozen_values_and_changes_what_is_said() {
    let place = Place::new();
    place.write("conf/config.yaml", "defaults:\n- db: mysql\n- _self_\nlr: 0.1\nseed: 0\nhalf: ${lr}\n");
    place.done(&["lr=1", "hydra.run.dir=old/${now:%Y}", "--", "sh", "-c", "exit 0"]);
    let old = format!("old/{}", names(&place.path("old"))[0]);
    // The files may have changed since.
    place.write("conf/config.yaml", "lr: 99\nother: true\n");
    place.done(&["--rerun", &old]);
    let again = format!("{old}-1");
    assert_eq!(place.read(&format!("{again}/config.yaml")), place.read(&format!("{old}/config.yaml")));
    place.done(&["--rerun", &again, "seed=5", "hydra.run.dir=new", "--", "sh", "-c", "exit 0"]);
    assert_eq!(place.read("new/config.yaml"), "db:\n  port: 3306\nlr: 1\nseed: 5\nhalf: 1\n");
    let job = place.json("new/job.json");
    assert_eq!(job["overrides"], serde_json::json!(["lr=1", "seed=5"]));
    assert!(job["rerun_of"].as_str().expect("a path").ends_with(&again));

    // What is frozen is final, also where it looks like an interpolation.
    let text = r"half=\${seed}\${nope}";
    place.done(&["--rerun", "new", text, "hydra.run.dir=text", "--", "sh", "-c", "exit 0"]);
    place.done(&["--rerun", "text", "seed=6", "hydra.run.dir=text2"]);
    let frozen = "db:\n  port: 3306\nlr: 1\nseed: 6\nhalf: ${seed}${nope}\n";
    assert_eq!(place.read("text2/config.yaml"), frozen);

    let ran = place.run(&["--rerun", "new", "sede=1"]);
    assert!(ran.err.contains("did you mean seed?"), "{}", ran.err);
    let ran = place.run(&["--rerun", "new", "db=sqlite"]);
    assert!(ran.err.contains("'db=sqlite' chooses an option"), "{}", ran.err);
    let ran = place.run(&["--rerun", "conf"]);
    assert!(ran.err.starts_with("error: conf is no run directory"), "{}", ran.err);
    assert_eq!(place.run(&["--rerun", "new", "-cn", "other"]).status, Some(2));
}

#[test]
fn a_frozen_configuration_that_was_changed_is_refused() {
    let place = Place::new();
    place.run(&["hydra.run.dir=run", "--", "false"]);
    place.write("run/config.yaml", "lr: 5\n");
    let ran = place.run(&["--resume", "run"]);
    assert_eq!(ran.status, Some(1));
    let cause = place.json("run/status.json")["cause"].as_str().expect("a cause").to_owned();
    assert!(cause.contains("config.yaml was changed since the job was planned"), "{cause}");
    assert!(ran.err.contains("was changed since"), "{}", ran.err);
    assert!(place.run(&["--rerun", "run"]).err.contains("was changed since"));
}

#[test]
fn nothing_is_left_of_a_run_that_cannot_start() {
    let place = Place::new();
    place.write("conf/config.yaml", "a: ${nothing}\n");
    let ran = place.run(&["hydra.run.dir=run", "--", "true"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("nothing"), "{}", ran.err);
    assert!(!place.path("run").exists());
    for misuse in [&["--"][..], &["-m", "seed=1"], &["--cfg", "job", "--rerun", "x"]] {
        assert_eq!(place.run(misuse).status, Some(2), "{misuse:?}");
    }
    assert!(!place.path("multirun").exists());
}

#[test]
fn a_python_program_reads_what_a_shell_does() {
    let place = Place::new();
    let python = "import os, json; d = os.environ['HYDRA_RUN_DIR']; \
                  lines = open(os.environ['HYDRA_CONFIG_FILE']).read().splitlines(); \
                  open(os.path.join(d, 'out.json'), 'w').write(json.dumps(dict(l.split(': ') for l in lines[2:])))";
    place.done(&["seed=3", "hydra.run.dir=run", "--", "python3", "-c", python]);
    assert_eq!(place.json("run/out.json"), serde_json::json!({"lr": "0.1", "seed": "3"}));
    assert!(fs::read_to_string(place.path("run/.hydra/hydra.yaml")).expect("a file").starts_with("hydra:\n"));
}

#[test]
fn a_run_that_was_moved_goes_on_where_it_is() {
    let place = Place::new();
    place.run(&["hydra.run.dir=here", "--", "sh", "-c", "echo said >> $HYDRA_LOG_FILE; [ -e end ]"]);
    fs::rename(place.path("here"), place.path("there")).expect("moved");
    place.write("end", "");
    place.done(&["--resume", "there"]);
    assert_eq!(place.read("there/hydra-compose.log"), "said\nsaid\n");
    assert!(!place.path("here").exists());
    assert_eq!(place.run(&["--resume", "there", "--", "other"]).status, Some(2));
}

#[test]
fn places_of_runs_and_logs() {
    let place = Place::new();
    for dir in [".", "./", "/"] {
        let ran = place.run(&[&format!("hydra.run.dir={dir}"), "--", "true"]);
        assert!(ran.err.contains("a run needs a directory of its own"), "{dir}: {}", ran.err);
    }
    // A folder of the log in the run directory is made; one elsewhere is not, and the log is blamed, not the program.
    place.done(&["hydra.run.dir=run", "hydra.job.name=a/b", "--", "true"]);
    assert!(place.path("run/a/b.log").exists());
    let ran = place.run(&[
        "hydra.run.dir=other",
        "hydra.job_logging.handlers.file.filename=/nowhere/x.log",
        "--",
        "true",
    ]);
    assert!(ran.err.contains("its log cannot be written: /nowhere/x.log: No such file"), "{}", ran.err);
}

#[test]
fn variables_have_names_that_a_system_takes() {
    let place = Place::new();
    place.write("conf/odd.yaml", "hydra:\n  job:\n    env_set:\n      A=B: x\n");
    place.write("conf/nul.yaml", "hydra:\n  job:\n    env_set:\n      A: \"a\\0b\"\n");
    for (name, words) in
        [("odd", "'A=B' is no name of a variable"), ("nul", "A: a variable cannot hold a NUL")]
    {
        let ran = place.run(&["-cn", name, "--", "true"]);
        assert_eq!(ran.status, Some(1));
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    assert!(!place.path("outputs").exists(), "something is left");
}

#[test]
fn a_number_is_text_where_text_is_wanted() {
    let place = Place::new();
    place.done(&["hydra.output_subdir=${seed}", "hydra.run.dir=run", "--", "true"]);
    assert!(place.path("run/0/hydra.yaml").exists());
}
