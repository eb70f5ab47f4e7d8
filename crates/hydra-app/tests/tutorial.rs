//! `docs/tutorial.md`: its program is the example `serve`, and its commands print what stands below them.
//! `UPDATE_DOCS=1 cargo test --test tutorial` writes what they print anew.
#![cfg(unix)] // The commands are a shell's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tutorial.md");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/serve");
const FILES: [&str; 3] = ["config.yaml", "database/sqlite.yaml", "database/postgres.yaml"];

/// The folder of the built example. `cargo test` builds examples, unless it is asked for certain tests alone.
fn programs() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_hydra-compose")).with_file_name("examples");
    let written = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    if written(folder.join("serve")) < written(Path::new(EXAMPLE).join("main.rs")) {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let target = folder.ancestors().nth(2).expect("the folder of a profile is in that of all");
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--workspace",
                "--example",
                "serve",
                "--profile",
                profile,
                "--target-dir",
            ])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(status.expect("cargo starts").success(), "the example does not build");
    }
    folder
}

/// A folder with the tutorial's configuration.
fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(place.path().join("conf/database")).expect("folders");
    for name in FILES {
        fs::copy(Path::new(EXAMPLE).join("conf").join(name), place.path().join("conf").join(name))
            .expect("copied");
    }
    place
}

/// Standard output, standard error and exit status.
fn serve(place: &TempDir, args: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(programs().join("serve"))
        .current_dir(place.path())
        .args(args)
        .output()
        .expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn printed(place: &TempDir, args: &[&str]) -> String {
    let (out, err, status) = serve(place, args);
    assert_eq!(status, Some(0), "{args:?}: {err}");
    out
}

#[test]
fn the_page_has_the_program_and_its_configuration_word_for_word() {
    let page = fs::read_to_string(PAGE).expect("docs/tutorial.md");
    let program = fs::read_to_string(Path::new(EXAMPLE).join("main.rs")).expect("the example");
    let lines = program.lines().count();
    assert!(page.contains(&format!("```rust\n{program}```\n")), "the page has another program");
    assert!(lines < 60 && page.contains(&format!("in {lines} lines of Rust")), "{lines} lines");
    for name in FILES {
        let text = fs::read_to_string(Path::new(EXAMPLE).join("conf").join(name)).expect(name);
        assert!(
            page.contains(&format!("```yaml\n# conf/{name}\n{text}```\n")),
            "the page has another {name}"
        );
    }
}

/// What a command of the page prints, its errors too.
fn shown(command: &str, folder: &Path) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("PATH=\"$PROGRAMS:$PATH\"; {command} 2>&1")])
        .env("PROGRAMS", programs())
        .current_dir(folder)
        .output()
        .expect("a shell");
    let text = String::from_utf8(output.stdout).expect("text");
    // The time of day is no matter of the page's.
    let lines = text.lines().map(|line| match line.strip_prefix("run directory: outputs/") {
        Some(_) => "run directory: outputs/2026-11-23/05-28-01",
        None => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn its_commands_print_what_it_shows() {
    let page = fs::read_to_string(PAGE).expect("docs/tutorial.md");
    let place = place();
    let (mut now, mut is_console) = (String::new(), false);
    for line in page.lines() {
        is_console = line == "```console" || (is_console && line != "```");
        let command = line.strip_prefix("$ ").filter(|_| is_console);
        if is_console && command.is_none() && line != "```console" {
            continue;
        }
        now += &format!("{line}\n");
        now += &command.map(|command| shown(command, place.path())).unwrap_or_default();
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, &now).expect("written");
        return;
    }
    assert_eq!(page, now, "UPDATE_DOCS=1 writes docs/tutorial.md anew");
}

#[test]
fn it_runs_with_what_it_is_given() {
    let place = place();
    assert_eq!(printed(&place, &[]), "http://localhost:8080, logging Info, data in the file serve.db\n");
    let args = ["server.port=9000", "database=postgres", "logging=debug", "hydra.run.dir=out"];
    let wanted = "http://localhost:9000, logging Debug, data in localhost:5432, over 4 connections\n";
    assert_eq!(printed(&place, &args), wanted);
    let frozen = fs::read_to_string(place.path().join("out/config.yaml")).expect("a frozen configuration");
    assert!(frozen.contains("port: 9000"), "{frozen}");
    assert_eq!(printed(&place, &["--rerun", "out", "hydra.run.dir=again"]), wanted);
    assert_eq!(printed(&place, &["--version"]), format!("serve {}\n", env!("CARGO_PKG_VERSION")));
    assert!(printed(&place, &["--help"]).contains("\ndatabase: postgres, sqlite\n"));
    assert!(printed(&place, &["schema"]).contains("\"title\": \"Configuration of serve\""));
}

#[test]
fn everything_that_is_wrong_is_told_and_nothing_is_made() {
    let place = place();
    let args = [
        "server.port=0",
        "logging=loud",
        "database=postgres",
        "database.pool=many",
        "++database.file=x",
        "++server.hots=x",
        "~server.tls",
    ];
    let (out, err, status) = serve(&place, &args);
    assert_eq!((out.as_str(), status), ("", Some(1)), "{err}");
    for wanted in ["server.port", "logging", "database.pool", "database.file", "server.hots", "server.tls"] {
        let is_told = |line: &str| line.starts_with("error[") && line.contains(wanted);
        assert!(err.lines().any(is_told), "{wanted}: {err}");
    }
    assert_eq!(fs::read_dir(place.path()).expect("the folder").count(), 1, "something was made");
    fs::write(
        place.path().join("conf/database/postgres.yaml"),
        "kind: postgres\nhost: localhost\nport: high\n",
    )
    .expect("written");
    let (_, err, _) = serve(&place, &["database=postgres"]);
    assert!(
        err.contains("conf/database/postgres.yaml:3:7") && err.contains("database.pool is missing"),
        "{err}"
    );
    assert_eq!(serve(&place, &["--nosuch"]).2, Some(2));
}

#[test]
fn it_sweeps() {
    let place = place();
    let (_, err, status) = serve(&place, &["-m", "server.port=1,2", "hydra.sweep.dir=many"]);
    assert_eq!(status, Some(0), "{err}");
    for (num, port) in [(0, 1), (1, 2)] {
        let log = fs::read_to_string(place.path().join(format!("many/{num}/stdout.log"))).expect("a log");
        assert_eq!(log, format!("http://localhost:{port}, logging Info, data in the file serve.db\n"));
    }
}
