//! The files that Hydra's own Python writes for a run and for a sweep, and ours: the same names, the same bytes.
#![cfg(unix)]

mod common;

use common::Place;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const APP: &str = r#"
import hydra, os
@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(cfg): print(os.path.basename(os.getcwd()), os.environ.get("A"))
main()
"#;

/// Python with Hydra, which `make setup` installs.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python")
}

#[test]
fn a_run_and_a_sweep_leave_hydras_files() {
    for (dir, args) in [
        ("run", &["db=sqlite", "lr=1", "hydra.run.dir=run"][..]),
        (
            "run",
            &[
                "+x=[1, 2]",
                "hydra.run.dir=run",
                "hydra.output_subdir=conf/of",
                "hydra.job.chdir=true",
                "+hydra.job.env_set.A=b",
            ],
        ),
        ("run", &["hydra.run.dir=run", "hydra/job_logging=disabled", "hydra.output_subdir=null"]),
        ("sweep", &["-m", "lr=1,2", "db=mysql,sqlite", "+x='a b'", "hydra.sweep.dir=sweep"]),
        (
            "sweep",
            &[
                "-m",
                "lr=1,2",
                "+hydra.job.env_set.A=b",
                "hydra.sweep.dir=sweep",
                "hydra.sweep.subdir=${hydra.job.num}_${hydra.job.override_dirname}",
                "hydra.job.chdir=true",
            ],
        ),
    ] {
        let (theirs, ours) = (Place::new(), Place::new());
        theirs.write("app.py", APP);
        let output = Command::new(python())
            .current_dir(theirs.path(""))
            .arg("app.py")
            .args(args)
            .arg("hydra.job.name=app")
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}; 'make setup' installs it", python().display()));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let printed: Vec<&str> = printed.lines().filter(|line| !line.contains("[HYDRA]")).collect();

        let script = r#"echo "$(basename "$(pwd)") ${A-None}""#;
        let args: Vec<&str> =
            args.iter().copied().chain(["hydra.job.name=app", "--", "sh", "-c", script]).collect();
        let out = ours.done(&args).out;
        // Where neither changes directory, the folders are the tests' own.
        if args.contains(&"hydra.job.chdir=true") {
            assert_eq!(out.lines().collect::<Vec<_>>(), printed, "{args:?}");
        }
        compare(&theirs, &ours, dir, &args);
    }
}

/// Every file of theirs is one of ours; paths of the tests' own folders aside.
fn compare(theirs: &Place, ours: &Place, dir: &str, args: &[&str]) {
    let root = |place: &Place| place.path("").canonicalize().expect("a path").display().to_string();
    let mut waiting = vec![PathBuf::from(dir)];
    while let Some(name) = waiting.pop() {
        let name_text = name.to_str().expect("UTF-8");
        let path = theirs.path(name_text);
        if path.is_dir() {
            waiting.extend(
                fs::read_dir(path).expect("a folder").flatten().map(|entry| name.join(entry.file_name())),
            );
            continue;
        }
        let (their, our) = (theirs.read(name_text), ours.read(name_text));
        assert_eq!(
            our.replace(&root(ours), "ROOT"),
            their.replace(&root(theirs), "ROOT"),
            "{args:?}: {name_text}"
        );
    }
    let logs = |place: &Place| place.path(dir).join("app.log").exists();
    assert_eq!(logs(theirs), logs(ours), "{args:?}");
}
