//! Input that is broken, huge or malicious: a clear error or the right answer, in under a second and little memory.

use hydra_compose::{Code, Composer, Config, Result};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn conf(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("written");
    }
    folder
}

/// Composes, in time. The limit is ten times what the slowest takes in a debug build.
fn compose(folder: &Path, overrides: &[&str]) -> Result<Config> {
    let start = Instant::now();
    let result = Composer::new(folder).overrides(overrides.iter().copied()).compose();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    result
}

fn refused(text: &[u8]) -> hydra_compose::Error {
    let folder = conf(&[("config.yaml", text)]);
    match compose(folder.path(), &[]).and_then(|config| config.resolve()) {
        Ok(_) => panic!("composed"),
        Err(error) => error,
    }
}

#[test]
fn billion_laughs() {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let previous = format!("*a{}, ", level - 1).repeat(9);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", previous.trim_end_matches(", ")));
    }
    assert_eq!(refused(text.as_bytes()).code(), Code::Yaml);
}

#[test]
fn billion_laughs_by_interpolation() {
    let mut text = String::from("a0: lollollollollollollollollollollol\n");
    for level in 1..40 {
        text.push_str(&format!("a{level}: ${{a{0}}}${{a{0}}}\n", level - 1));
    }
    let error = refused(text.as_bytes());
    assert_eq!(error.each()[0].code(), Code::Interpolation);
    assert!(error.to_string().len() < 100_000, "the message is not the bomb");
}

#[test]
fn a_file_of_100_megabytes() {
    let folder = conf(&[]);
    // A hole: it takes no space on the disk.
    fs::File::create(folder.path().join("config.yaml"))
        .and_then(|file| file.set_len(100 << 20))
        .expect("a file");
    let error = compose(folder.path(), &[]).expect_err("refused");
    assert!(error.message().contains("is 104857600 bytes long"), "{error}");
}

#[test]
fn a_thousand_levels() {
    assert_eq!(refused(format!("a: {}{}", "[".repeat(1000), "]".repeat(1000)).as_bytes()).code(), Code::Yaml);
    let nested: String = (0..1000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert_eq!(refused(nested.as_bytes()).code(), Code::Yaml);
    let folder = conf(&[("config.yaml", b"a: 1")]);
    let deep_value = format!("+b={}{}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(compose(folder.path(), &[&deep_value]).expect_err("refused").code(), Code::OverrideSyntax);
    let deep_key = format!("+{}=1", vec!["k"; 100_000].join("."));
    assert_eq!(compose(folder.path(), &[&deep_key]).expect_err("refused").code(), Code::OverrideInvalid);
}

#[test]
fn packages_of_a_thousand_levels() {
    let folder = conf(&[("config.yaml", b"a: 1"), ("g/o.yaml", b"x: 1")]);
    let append = format!("+g@{}=o", vec!["p"; 1000].join("."));
    assert_eq!(compose(folder.path(), &[&append]).expect_err("refused").code(), Code::DefaultsList);
}

#[test]
fn defaults_lists_that_go_round() {
    let folder = conf(&[
        ("config.yaml", b"defaults: [g/a]"),
        ("g/a.yaml", b"defaults: [b]"),
        ("g/b.yaml", b"defaults: [a]"),
    ]);
    let error = compose(folder.path(), &[]).expect_err("refused");
    assert!(
        error.message().contains("g/a -> g/b -> g/a") || error.message().contains("g/b -> g/a"),
        "{error}"
    );
    let itself = conf(&[("config.yaml", b"defaults: [config]")]);
    compose(itself.path(), &[]).expect_err("refused");
}

#[test]
fn interpolations_that_go_round() {
    for text in ["a: ${b}\nb: ${a}", "a: ${a}", "a:\n  b: ${a}", "a: ${b.c}\nb:\n  c: ${a}"] {
        let error = refused(text.as_bytes());
        assert_eq!(error.each()[0].code(), Code::Interpolation, "{text}: {error}");
    }
}

#[test]
fn options_that_lead_out_of_the_configuration() {
    let folder = conf(&[
        ("conf/config.yaml", b"defaults: [db: mysql]"),
        ("conf/db/mysql.yaml", b"a: 1"),
        ("secret.yaml", b"password: 1"),
    ]);
    let conf = folder.path().join("conf");
    for option in ["../../secret", "/../../secret", "..\\secret", "'../../secret'"] {
        let error = compose(&conf, &[&format!("db={option}")]).expect_err(option);
        assert!(!error.to_string().contains("password"), "{error}");
    }
}

#[test]
#[cfg(unix)]
fn paths_that_begin_at_the_root_of_the_file_system() {
    let secret = conf(&[("folder/secret.yaml", b"password: 1")]);
    let folder = secret.path().join("folder").display().to_string();
    // A second slash at the front: what follows the first is a path of the file system.
    for item in [
        format!("/{folder}/secret"),
        format!("/{folder}/secret@x"),
        format!("/{folder}: secret"),
        format!("optional /{folder}: secret"),
        format!("/{folder}: [secret]"),
        format!("/: {folder}/secret"),
        "//db/mysql".to_owned(),
        "//db: mysql".to_owned(),
    ] {
        let list = format!("defaults:\n- {item}\n- _self_\n");
        let files = [("config.yaml", list.as_bytes()), ("db/mysql.yaml", b"a: 1".as_slice())];
        let error = compose(conf(&files).path(), &[]).expect_err(&item);
        assert_eq!(error.code(), Code::DefaultsList, "{item}: {error}");
        assert!(error.message().ends_with("it begins at the root of the file system"), "{item}: {error}");
    }
    let conf = conf(&[("config.yaml", b"a: 1")]);
    let search = format!("hydra:\n  searchpath: ['{folder}']\n");
    fs::write(secret.path().join("folder/main.yaml"), search).expect("written");
    for name in [format!("{folder}/main"), format!("/{folder}/main")] {
        let composer = Composer::new(conf.path()).config_name(&name);
        let places = composer.sources().expect("a search path").providers().len();
        assert_eq!(places, 3, "a file off the search path was read: {name}");
        composer.compose().expect_err(&name);
    }
}

#[test]
fn text_that_is_not_utf_8() {
    let error = refused(b"a: 1\nb: \xff\xfe\n");
    assert!(error.message().contains(":2: not UTF-8"), "{error}");
}

#[test]
fn a_byte_order_mark_and_carriage_returns() {
    let folder = conf(&[
        ("config.yaml", b"\xef\xbb\xbfdefaults:\r\n- g: o\r\n- _self_\r\nb: 'x'\r\n"),
        ("g/o.yaml", b"# @package _global_\r\na: 1\r\n"),
    ]);
    assert_eq!(compose(folder.path(), &[]).expect("composed").to_yaml(), "a: 1\nb: x\n");
}

#[test]
#[cfg(unix)]
fn a_pipe_in_the_place_of_a_file() {
    let folder = conf(&[]);
    let pipe = folder.path().join("config.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let error = compose(folder.path(), &[]).expect_err("refused, and not waited for");
    assert!(error.message().contains("no regular file"), "{error}");
}

#[test]
fn folders_in_the_place_of_files() {
    let folder = conf(&[("config.yaml/x.yaml", b"a: 1")]);
    assert_eq!(compose(folder.path(), &[]).expect_err("refused").code(), Code::MissingConfig);
}
