//! The program `hydra-compose`, as a script sees it.

use std::fs;
use std::process::Command;
use tempfile::TempDir;

fn conf() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path().join("conf");
    fs::create_dir_all(conf.join("db")).expect("folders");
    fs::write(
        conf.join("config.yaml"),
        "defaults:\n- db: mysql\n- _self_\nseed: 0\nbig: 123456789012345678901\n",
    )
    .expect("written");
    fs::write(conf.join("db/mysql.yaml"), "port: 3306\nrate: 1e3\n").expect("written");
    fs::write(conf.join("db/sqlite.yaml"), "file: a.db\n").expect("written");
    folder
}

/// Standard output, standard error and exit status.
fn run(folder: &TempDir, args: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_hydra-compose"))
        .current_dir(folder.path())
        .args(args)
        .output()
        .expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn printed(folder: &TempDir, args: &[&str]) -> String {
    let (out, err, status) = run(folder, args);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{args:?}");
    out
}

#[test]
fn without_a_flag_it_prints_the_configuration() {
    let folder = conf();
    let yaml = "db:\n  port: 3306\n  rate: 1000.0\nseed: 1\nbig: 123456789012345678901\n";
    assert_eq!(printed(&folder, &["seed=1"]), yaml);
    assert_eq!(printed(&folder, &["--cfg", "job", "seed=1"]), yaml);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "it wrote something");
}

#[test]
fn json_keeps_every_digit() {
    let folder = conf();
    let json = r#"{"db":{"port":3306,"rate":1000.0},"seed":0,"big":123456789012345678901}"#;
    assert_eq!(printed(&folder, &["--cfg", "job", "--format", "json"]), format!("{json}\n"));
    assert_eq!(printed(&folder, &["--cfg", "job", "--format", "json", "-p", "db.port"]), "3306\n");
}

#[test]
fn what_is_resolved_is_resolved_once() {
    let folder = conf();
    for (text, wanted) in
        [(r"+text=\${seed}", "${seed}"), (r"+text=\${nope}", "${nope}"), ("+text=${seed}", "0")]
    {
        assert_eq!(
            printed(&folder, &["--cfg", "job", "--resolve", "-p", "text", text]),
            format!("{wanted}\n")
        );
    }
    assert_eq!(printed(&folder, &["--cfg", "job", "--resolve", "-p", "list[1]", "+list=[1,${seed}]"]), "0\n");
}

#[test]
fn flags_and_overrides_stand_in_any_order() {
    let folder = conf();
    let wanted = "file: a.db\n";
    for args in [
        ["db=sqlite", "--cfg", "job", "-p", "db"],
        ["--cfg", "job", "db=sqlite", "-p", "db"],
        ["-p", "db", "-c", "job", "db=sqlite"],
    ] {
        assert_eq!(printed(&folder, &args), format!("# @package db\n{wanted}"));
    }
}

#[test]
fn flags_may_be_abbreviated() {
    let folder = conf();
    assert_eq!(printed(&folder, &["--pack", "db.port"]), "3306\n");
    assert_eq!(run(&folder, &["--conf", "conf"]).2, Some(2), "--config-path, --config-name or --config-dir?");
}

#[test]
fn help_shows_groups_and_the_configuration() {
    let folder = conf();
    let help = printed(&folder, &["--help"]);
    assert!(help.contains("\ndb: mysql, sqlite\n") && help.contains("\nseed: 0\n"), "{help}");
    assert!(!help.contains("hydra/launcher"), "{help}");
    let help = printed(&folder, &["--hydra-help"]);
    assert!(help.contains("\nhydra/launcher: basic, local") && help.contains("--multirun"), "{help}");
}

#[test]
fn subcommands_have_help_of_their_own() {
    let folder = conf();
    for (args, words) in [
        (&["sweep", "--help"][..], "resume  Run what is not done"),
        (&["sweep", "status", "-h"], "--once"),
        (&["parse", "--help"], "Say what overrides mean"),
        // Flags that several have in common are each one's own: its words, among its options.
        (
            &["check", "-h"],
            "Options:\n      --config-path <DIR>   The same as DIR (-cp)\n      --config-name",
        ),
        (&["diff", "-h"], "      --config-name <NAME>  Name of its primary config (-cn)\n      --config-dir"),
    ] {
        let help = printed(&folder, args);
        assert!(help.contains(words) && !help.contains("Hydra:"), "{args:?}: {help}");
    }
    let flags = "\nHydra:\n      --config-path <DIR>\n          Folder of the configuration, relative to";
    assert!(printed(&folder, &["--hydra-help"]).contains(flags));
}

#[test]
fn help_shows_the_flags_where_there_is_no_configuration() {
    let empty = tempfile::tempdir().expect("a folder");
    for flag in ["--help", "--hydra-help"] {
        let (out, err, status) = run(&empty, &[flag]);
        assert_eq!(status, Some(0), "{err}");
        assert!(out.starts_with("Usage: hydra-compose") && out.contains("--config-path"), "{out}");
        assert!(err.starts_with("note: Primary config directory not found"), "{err}");
    }
}

#[test]
fn a_sweep_is_planned_whole_or_refused() {
    let folder = conf();
    let plan = ["-m", "--dry-run", "seed=1,2"];
    assert_eq!(printed(&folder, &plan), "#0 : seed=1\n#1 : seed=2\n");
    let (out, err, status) = run(&folder, &["-m", "--dry-run", "db=mysql,sqlite", "db.port=1"]);
    assert_eq!((out.as_str(), status), ("", Some(1)));
    assert!(err.contains("db=sqlite") && err.contains("there is no key 'port'"), "{err}");
    // What a sweep starts from.
    assert!(printed(&folder, &["-m", "--cfg", "job", "seed=1,2"]).contains("seed: 0\n"));
}

#[test]
fn hydra_mode_decides_where_no_flag_does() {
    let folder = conf();
    let (_, err, status) = run(&folder, &["-m", "--dry-run", "hydra.mode=RUN", "seed=1"]);
    assert_eq!(status, Some(0));
    assert!(err.starts_with("warning: "), "{err}");
}

#[test]
fn what_is_wrong_is_status_1_and_misuse_is_2() {
    let folder = conf();
    for (args, status) in [
        (&["seed=1,2"][..], 1),
        (&["nosuch=1"], 1),
        (&["--config-path", "nowhere"], 1),
        (&["--cfg", "job", "-p", "nosuch"], 1),
        (&["parse", "a=b", "x=["], 1),
        (&["--resolve"], 2),
        (&["--run", "--multirun"], 2),
        (&["--cfg", "job", "--info"], 2),
        (&["--cfg", "nosuch"], 2),
        (&["-sc", "query=tcsh"], 2),
        (&["--info", "plugins", "--format", "json"], 2),
    ] {
        let (out, err, found) = run(&folder, args);
        assert_eq!((found, out.as_str()), (Some(status), ""), "{args:?}: {err}");
        assert!(!err.is_empty(), "{args:?} says nothing");
    }
}

#[test]
fn errors_are_one_line_of_json_where_that_is_asked_for() {
    let folder = conf();
    for args in [
        &["--format", "json", "nosuch=1"][..],
        &["--format=json", "--resolve"],
        &["parse", "--format", "json", "x=["],
    ] {
        let (_, err, _) = run(&folder, args);
        assert_eq!(err.lines().count(), 1, "{err}");
        let error: serde_json::Value = serde_json::from_str(&err).expect("JSON");
        for key in ["code", "message", "help", "labels", "related"] {
            assert!(error["error"].get(key).is_some(), "no {key} in {err}");
        }
    }
}

#[test]
fn after_two_dashes_nothing_is_a_flag() {
    let folder = conf();
    let (_, err, status) = run(&folder, &["parse", "--", "-cn=x"]);
    assert_eq!(status, Some(1));
    assert!(err.contains("-cn=x"), "{err}");
}

#[test]
fn a_choice_that_reads_another_that_is_not_there_is_told_a_near_one() {
    let folder = conf();
    let list = "defaults:\n- db: mysql\n- cache: for_${dbb}\n- _self_\n";
    fs::write(folder.path().join("conf/cached.yaml"), list).expect("written");
    let (_, err, status) = run(&folder, &["-cn", "cached"]);
    assert_eq!(status, Some(1));
    assert!(err.contains("Error resolving interpolation 'for_${dbb}'"), "{err}");
    assert!(err.contains("help: did you mean ${db}?"), "{err}");
}

#[test]
fn exclusions_that_leave_nothing_out_are_told_and_one_job_takes_none() {
    let folder = conf();
    let (out, err, status) =
        run(&folder, &["-m", "--dry-run", "seed=1,2", "exclude(seed=2)", "exclude(seed=9)", "repeat(2)"]);
    assert_eq!((out.as_str(), status), ("#0 : seed=1\n#1 : seed=1\n", Some(0)));
    assert_eq!(err, "warning: no job is left out by 'exclude(seed=9)'\n");
    let (out, err, status) = run(&folder, &["seed=1", "repeat(2)"]);
    assert_eq!((out.as_str(), status), ("", Some(1)));
    assert!(err.contains("Sweep parameters 'repeat(2)' requires --multirun"), "{err}");
}

#[test]
fn of_a_flag_that_is_given_twice_the_last_counts() {
    let folder = conf();
    let twice = printed(&folder, &["-cn", "nowhere", "-p", "seed", "--config-name=config", "-p", "db"]);
    assert_eq!(twice, printed(&folder, &["-p", "db"]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let folder = conf();
    for args in [&[][..], &["--info", "defaults"], &["--help"], &["--version"], &["check"], &["parse", "a=1"]]
    {
        let full = fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        let mut program = Command::new(env!("CARGO_BIN_EXE_hydra-compose"));
        let output = program.current_dir(folder.path()).args(args).stdout(full).output().expect("it starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(err.contains("error: standard output cannot be written: No space left"), "{args:?}: {err}");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
}

#[test]
fn a_misused_command_line_is_told_as_json_whole() {
    let folder = conf();
    let error = |args: &[&str]| {
        let (_, err, status) = run(&folder, &[&["--format", "json"], args].concat());
        let error: serde_json::Value = serde_json::from_str(&err).unwrap_or_else(|_| panic!("{err}"));
        (
            status,
            error["error"]["message"].as_str().expect("words").to_owned(),
            error["error"]["help"].clone(),
        )
    };
    let (status, message, _) = error(&["--annotate"]);
    assert_eq!(
        (status, message.as_str()),
        (Some(2), "the following required arguments were not provided: --cfg <WHAT>")
    );
    let (status, message, help) = error(&["--resume", "nowhere"]);
    assert_eq!((status, message.as_str()), (Some(1), "nowhere is no run directory: it has no job.json"));
    assert_eq!(help, "runs are under outputs/ and multirun/");
}

#[test]
fn what_is_read_for_a_schema_has_an_end() {
    let folder = conf();
    let long = folder.path().join("long.json");
    fs::write(&long, vec![b' '; (16 << 20) + 1]).expect("written");
    for args in [&["--schema", "long.json"][..], &["diff", "long.json", ""]] {
        let (_, err, status) = run(&folder, args);
        assert_eq!((err.as_str(), status), ("error[io]: long.json is longer than 16777216 bytes\n", Some(1)));
    }
}

#[test]
fn a_search_path_of_another_kind_is_refused() {
    let (_, err, status) = run(&conf(), &["hydra.searchpath=['s3://bucket/conf']"]);
    assert!(err.contains("nothing is registered for the scheme 's3'"), "{err}");
    assert_eq!(status, Some(1));
}
