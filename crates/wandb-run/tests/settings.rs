//! Settings are those that the stock client makes of the same files, variables and program. `tests/settings/ask.py` asked it;
//! `tests/settings/answers.json` is what it said.

use serde::Deserialize;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;
use wandb_run::settings::{ApiKey, Error, Folders, Level, Loaded, Mode, Overrides, Resume, Settings};

#[derive(Deserialize)]
struct Table {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    files: Files,
    env: HashMap<String, String>,
    program: Program,
    own_netrc: Option<String>,
    answer: Answer,
}

#[derive(Deserialize)]
struct Files {
    user: Option<String>,
    folder: Option<String>,
    hidden: Option<String>,
    netrc: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Program {
    project: Option<String>,
    entity: Option<String>,
    run_id: Option<String>,
    run_name: Option<String>,
    run_group: Option<String>,
    run_tags: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    error: Option<String>,
    bad_key: Option<String>,
    mode: String,
    base_url: String,
    entity: Option<String>,
    project: String,
    run_id: Option<String>,
    run_name: Option<String>,
    run_notes: Option<String>,
    run_tags: Option<Vec<String>>,
    run_group: Option<String>,
    run_job_type: Option<String>,
    resume: Option<String>,
    root_dir: String,
    sweep_id: Option<String>,
    sweep_param_path: Option<String>,
    silent: bool,
    x_graphql_timeout_seconds: Option<f64>,
    api_key: Option<String>,
}

/// Where the stock client drops all files if one value in them is wrong, and this one says what is.
const REFUSED_HERE: [&str; 2] = ["unknown mode in a file", "a line that is none"];

fn load(case: &Case, home: &Path, current: &Path) -> Result<Loaded, Error> {
    let own = ("own", case.own_netrc.as_ref());
    let files = [
        (home.join(".config/wandb/settings"), case.files.user.as_ref()),
        (current.join("wandb/settings"), case.files.folder.as_ref()),
        (current.join(".wandb/settings"), case.files.hidden.as_ref()),
        (home.join(".netrc"), case.files.netrc.as_ref()),
        (current.join(own.0), own.1),
    ];
    for (path, text) in files {
        if let Some(text) = text {
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
    }
    let place = current.to_string_lossy();
    let environment = |name: &str| Some(case.env.get(name)?.replace("{current}", &place));
    let program = Overrides {
        project: case.program.project.clone(),
        entity: case.program.entity.clone(),
        run_id: case.program.run_id.clone(),
        name: case.program.run_name.clone(),
        group: case.program.run_group.clone(),
        tags: case.program.run_tags.clone(),
        ..Overrides::default()
    };
    let folders = Folders { home: Some(home.to_owned()), current: current.to_owned() };
    Settings::load(program, &environment, &folders)
}

fn compare(case: &Case, loaded: &Loaded, current: &Path) {
    let Answer { error: None, .. } = &case.answer else {
        panic!("{}: the stock client refuses it ({:?})", case.name, case.answer.error)
    };
    let (settings, answer, name) = (&loaded.settings, &case.answer, &case.name);
    let mode = match (answer.mode.as_str(), &answer.api_key) {
        ("online" | "run", Some(_)) => Mode::Online,
        // Here it would ask for a login.
        ("online" | "run", None) | ("offline" | "dryrun", _) => Mode::Offline,
        ("disabled", _) => Mode::Disabled,
        other => panic!("{name}: {other:?}"),
    };
    let resume = match answer.resume.as_deref() {
        None => Resume::No,
        Some("allow") => Resume::Allow,
        Some("must") => Resume::Must,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(settings.mode, mode, "{name}");
    assert_eq!(settings.resume, resume, "{name}");
    assert_eq!(settings.base_url, answer.base_url, "{name}");
    assert_eq!(settings.project, answer.project, "{name}");
    assert_eq!(settings.tags, answer.run_tags.clone().unwrap_or_default(), "{name}");
    assert_eq!(settings.silent, answer.silent, "{name}");
    assert_eq!(
        settings.dir,
        Path::new(&answer.root_dir.replace("{current}", &current.to_string_lossy())),
        "{name}"
    );
    let sweep_param_path = loaded.sweep_param_path.as_ref().map(|path| path.to_string_lossy().into_owned());
    assert_eq!(settings.api_key.as_ref().map(ApiKey::expose), answer.api_key.as_deref(), "{name}");
    for (found, expected) in [
        (&settings.entity, &answer.entity),
        (&settings.name, &answer.run_name),
        (&settings.notes, &answer.run_notes),
        (&settings.group, &answer.run_group),
        (&settings.job_type, &answer.run_job_type),
        (&settings.sweep_id, &answer.sweep_id),
        (&sweep_param_path, &answer.sweep_param_path),
    ] {
        assert_eq!(found, expected, "{name}");
    }
    if let Some(seconds) = answer.x_graphql_timeout_seconds {
        assert_eq!(settings.http_timeout, Duration::from_secs_f64(seconds), "{name}");
    }
    match &answer.run_id {
        Some(id) => assert_eq!(&settings.run_id, id, "{name}"),
        None => {
            let fits = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
            assert!(
                settings.run_id.len() == 8 && settings.run_id.chars().all(fits),
                "{name}: {}",
                settings.run_id
            );
        }
    }
}

#[test]
fn settings_are_those_of_the_stock_client() {
    let table: Table = serde_json::from_str(include_str!("settings/answers.json")).expect("the table");
    assert!(table.cases.len() > 60);
    for case in &table.cases {
        let folder = tempfile::tempdir().expect("a folder");
        let (home, current) = (folder.path().join("home"), folder.path().join("work"));
        fs::create_dir_all(&home).expect("made");
        fs::create_dir_all(&current).expect("made");
        match load(case, &home, &current) {
            Err(error) => {
                let is_refused = case.answer.error.is_some() || REFUSED_HERE.contains(&case.name.as_str());
                assert!(is_refused, "{}: {error}", case.name);
                for problem in error.problems() {
                    let named = problem.place.starts_with("WANDB_") || problem.place.contains("settings:3");
                    assert!(named && !problem.help.is_empty(), "{}: {problem}", case.name);
                }
            }
            Ok(loaded) => compare(case, &loaded, &current),
        }
    }
}

#[test]
fn what_cannot_be_a_key_costs_a_warning_and_is_not_told() {
    let table: Table = serde_json::from_str(include_str!("settings/answers.json")).expect("the table");
    let bad: Vec<&Case> = table.cases.iter().filter(|case| case.answer.bad_key.is_some()).collect();
    assert!(bad.len() >= 3);
    for case in bad {
        let folder = tempfile::tempdir().expect("a folder");
        let loaded = load(case, folder.path(), folder.path()).expect("settings");
        let notice = loaded.notices.last().expect("a notice");
        assert_eq!((loaded.settings.mode, notice.level), (Mode::Offline, Level::Warning), "{}", case.name);
        for secret in ["0123456789", "short\"", "abcdefghij"] {
            assert!(!notice.text.contains(secret), "{}", notice.text);
            assert!(!format!("{loaded:?}").contains(secret), "{loaded:?}");
        }
    }
}

fn with(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    move |name| pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let environment = with(&[
        ("WANDB_MODE", "of"),
        ("WANDB_PROJECT", "a/b"),
        ("WANDB_TAGS", "a,"),
        ("WANDB_RUN_ID", "a\nb"),
    ]);
    let program = Overrides { entity: Some("e".into()), project: Some("c:d".into()), ..Overrides::default() };
    let error = Settings::load(program, &environment, &Folders::default()).expect_err("refused");
    let places: Vec<&str> = error.problems().iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(places, ["the program's project", "WANDB_MODE", "WANDB_TAGS", "WANDB_RUN_ID"]);
    assert_eq!(
        error.problems()[1].to_string(),
        "WANDB_MODE: 'of' is no mode\nhelp: use online, offline or disabled"
    );
}

#[test]
fn without_a_key_the_run_is_kept_and_one_line_says_so() {
    let notices = |pairs| {
        Settings::load(Overrides::default(), &with(pairs), &Folders::default()).expect("settings").notices
    };
    let auto = notices(&[]);
    assert_eq!(auto.len(), 1);
    assert_eq!(auto[0].level, Level::Info);
    assert!(auto[0].text.contains("WANDB_API_KEY") && !auto[0].text.contains('\n'), "{}", auto[0].text);
    // Who asked for it is warned, and trains all the same.
    assert_eq!(notices(&[("WANDB_MODE", "online")])[0].level, Level::Warning);
    assert_eq!(notices(&[("WANDB_MODE", "online"), ("WANDB_QUIET", "1")]).len(), 1);
    for pairs in [
        &[("WANDB_MODE", "offline")][..],
        &[("WANDB_QUIET", "1")],
        &[("WANDB_SILENT", "true"), ("WANDB_MODE", "online")],
    ] {
        assert!(notices(pairs).is_empty(), "{pairs:?}");
    }
}

#[test]
fn in_a_sweep_the_agent_says_where_the_run_belongs() {
    let environment = with(&[("WANDB_SWEEP_ID", "s"), ("WANDB_PROJECT", "p"), ("WANDB_MODE", "offline")]);
    let program = Overrides { project: Some("q".into()), name: Some("n".into()), ..Overrides::default() };
    let loaded = Settings::load(program, &environment, &Folders::default()).expect("settings");
    assert_eq!((loaded.settings.project.as_str(), loaded.settings.name.as_deref()), ("p", Some("n")));
    assert!(loaded.notices[0].text.contains("project"), "{:?}", loaded.notices);
}
