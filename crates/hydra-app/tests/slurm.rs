//! Sweeps on a real Slurm, which `make test-slurm` brings up on this machine.
#![cfg(unix)]

mod common;

use common::{Place, Running, until};
use std::process::Command;

/// A folder that the cluster's tasks find, and a job that ends when a file is there. Stopped, it says that it saved.
fn place() -> Place {
    assert!(std::env::var_os("SLURM_CONF").is_some(), "run it with 'make test-slurm'");
    let place = Place::new();
    place.script(
        "job.sh",
        "#!/bin/sh\nn=$(basename \"$HYDRA_RUN_DIR\")\ntrap 'echo \"$n saved\" >> ran; exit 143' TERM\n\
         echo \"$n starts on $OMP_NUM_THREADS\" >> ran\nwhile [ ! -e end ]; do sleep 0.05; done\necho \"$n done\" >> ran\n",
    );
    place
}

fn lines(place: &Place, words: &str) -> usize {
    let ran = std::fs::read_to_string(place.path("ran")).unwrap_or_default();
    ran.lines().filter(|line| line.contains(words)).count()
}

/// Runs one of Slurm's programs until it succeeds: a job that starts or ends cannot be altered at that moment.
fn slurm(program: &str, args: &[&str]) {
    until(&format!("{program} {args:?} succeeds"), || {
        Command::new(program).args(args).output().expect("Slurm is here").status.success()
    });
}

/// The number of the sweep's array that a job is a task of, and its index there.
fn task(place: &Place, sweep: &str, num: u64) -> String {
    let submissions = place.json(&format!("{sweep}/slurm.json"));
    let of_job = |submission: &&serde_json::Value| {
        submission["nums"].as_array().is_some_and(|nums| nums.iter().any(|other| other.as_u64() == Some(num)))
    };
    let submission = submissions.as_array().expect("a list").iter().rfind(of_job).expect("it was submitted");
    let base = submission["base"].as_u64().expect("a number");
    format!("{}_{}", submission["array"].as_str().expect("a number"), num - base)
}

#[test]
#[ignore = "needs a cluster: make test-slurm"]
fn six_jobs_with_one_killed_and_one_queued_again_are_all_done() {
    let place = place();
    // A cluster that takes arrays of four: the last two jobs are in an array of their own.
    let args = [
        "-m",
        "seed=range(6)",
        "hydra.sweep.dir=s",
        "hydra/launcher=slurm",
        "hydra.launcher.cpus_per_task=1",
        "hydra.launcher.timeout_min=5",
        "hydra.launcher.partition=low",
        "--",
        "./job.sh",
    ];
    let told = place.done(&args).err;
    assert!(told.contains("submitted 4 as array ") && told.contains("(tasks 0-1 + 4)"), "{told}");
    until("two jobs run", || lines(&place, "starts on 1") == 2);
    let running: Vec<u64> = (0..6).filter(|num| place.states("s")[*num as usize] == "running").collect();
    assert_eq!(running.len(), 2, "{:?}", place.states("s"));
    let table = place.done(&["sweep", "status", "s"]).out;
    assert!(table.contains("#5 planned: queued"), "{table}");

    // What is submitted is not submitted twice.
    let again = place.done(&["sweep", "resume", "s"]).err;
    assert!(again.contains("6 in the queue already") && !again.contains("submitted"), "{again}");

    // One worker is killed: that job has failed. The other is warned as before a time limit: it saves and is queued again.
    let status = format!("s/{}/status.json", running[0]);
    let worker = place.json(&status)["worker"]["pid"].to_string();
    slurm("kill", &["-KILL", &worker]);
    // Not waited for: once the job is queued again, scancel tries for a minute and a half to signal that one as well.
    let mut warning = Command::new("scancel");
    warning.args(["--batch", "--signal=USR2", &task(&place, "s", running[1])]);
    let _warning = Running(warning.spawn().expect("Slurm is here"));
    until("it has saved", || lines(&place, &format!("{} saved", running[1])) == 1);
    until("the killed one is seen", || place.json(&status)["state"] == "failed");
    assert_eq!(place.json(&status)["cause"], "killed by SIGKILL");
    let other = format!("s/{}/status.json", running[1]);
    until("the other is queued again", || place.read(&other).contains("preempted: saved, and queued again"));

    place.write("end", "");
    assert_eq!(place.run(&["sweep", "wait", "s"]).status, Some(1), "one has failed");
    place.done(&["sweep", "resume", "s", "--wait"]);
    assert_eq!(place.states("s"), ["done"; 6]);
    // Each was done once; the killed one was started twice.
    for num in 0..6 {
        assert_eq!(lines(&place, &format!("{num} done")), 1, "job {num}");
    }
    assert_eq!(lines(&place, "starts"), 8);
}

#[test]
#[ignore = "needs a cluster: make test-slurm"]
fn a_preempted_job_saves_and_comes_back() {
    let place = place();
    place.done(&[
        "-m",
        "seed=0",
        "hydra.sweep.dir=s",
        "hydra/launcher=submitit_slurm",
        "hydra.launcher.partition=low",
        "hydra.launcher.cpus_per_task=2",
        "--",
        "./job.sh",
    ]);
    until("it runs", || lines(&place, "starts") == 1);
    // Somebody more important wants both CPUs.
    slurm("sbatch", &["--partition=high", "--cpus-per-task=2", "--output=/dev/null", "--wrap=sleep 1"]);
    until("it has saved", || lines(&place, "0 saved") == 1);
    until("it is back", || lines(&place, "starts") == 2);
    place.write("end", "");
    place.done(&["sweep", "wait", "s"]);
    assert_eq!(place.json("s/0/status.json")["attempt"], 2);
}

#[test]
#[ignore = "needs a cluster: make test-slurm"]
fn a_cancelled_sweep_is_out_of_the_queue() {
    let place = place();
    place.done(&[
        "-m",
        "seed=range(3)",
        "hydra.sweep.dir=s",
        "hydra/launcher=slurm",
        "hydra.launcher.array_parallelism=1",
        "--",
        "./job.sh",
    ]);
    until("one runs", || lines(&place, "starts") == 1);
    place.done(&["sweep", "cancel", "s"]);
    until("it has saved", || lines(&place, "saved") == 1);
    assert_eq!(place.run(&["sweep", "wait", "s"]).status, Some(1));
    let states = place.states("s");
    assert!(states.iter().all(|state| state == "interrupted"), "{states:?}");
    place.write("end", "");
    place.done(&["sweep", "resume", "s", "--wait"]);
    assert_eq!(place.states("s"), ["done"; 3]);
}

#[test]
#[ignore = "needs a cluster: make test-slurm"]
fn what_slurm_refuses_is_told_in_its_words() {
    let place = place();
    let ran = place.run(&[
        "-m",
        "seed=0,1",
        "hydra.sweep.dir=s",
        "hydra/launcher=slurm",
        "hydra.launcher.partition=nowhere",
        "--",
        "./job.sh",
    ]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("invalid partition specified: nowhere"), "{}", ran.err);
    assert_eq!(place.states("s"), ["planned", "planned"]);
}

#[test]
fn settings_are_checked_before_anything_is_made() {
    let place = Place::new();
    let args = [
        "-m",
        "seed=0,1",
        "hydra.sweep.dir=s",
        "hydra/launcher=slurm",
        "hydra.launcher.timeout_min=0",
        "hydra.launcher.gpus_per_node=[1]",
        "--",
        "true",
    ];
    let ran = place.run(&args);
    assert!(ran.err.contains("hydra.launcher.timeout_min must be at least 1, and is 0"), "{}", ran.err);
    assert!(ran.err.contains("hydra.launcher.gpus_per_node"), "{}", ran.err);
    let args = [
        "-m",
        "seed=0,1",
        "hydra.sweep.dir=s",
        "hydra/launcher=slurm",
        "hydra.launcher.mem_gb=4",
        "hydra.launcher.mem_per_cpu=1G",
        "--",
        "true",
    ];
    assert!(place.run(&args).err.contains("Slurm takes one of mem_gb and mem_per_cpu"));
    assert!(!place.path("s").exists());
}

#[test]
fn without_slurm_it_says_so_and_keeps_the_plan() {
    let place = Place::new();
    let args = ["-m", "seed=0,1", "hydra.sweep.dir=s", "hydra/launcher=slurm", "--", "true"];
    let output = place.command(&args).env("PATH", "/nowhere").output().expect("it starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("error: there is no scontrol here\nhelp: hydra/launcher=slurm submits"), "{err}");
    assert_eq!(place.states("s"), ["planned", "planned"]);
}
