//! Plans of sweeps: what is refused, what jobs share, and what a mistake in one of them looks like.

use hydra_compose::{Code, Composer, Error};
use std::path::Path;
use tempfile::TempDir;

/// A folder with these files.
fn conf(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    folder
}

fn databases() -> TempDir {
    conf(&[
        ("config.yaml", "defaults:\n- db: mysql\n- _self_\nseed: 0\nwhen: ${now:%H:%M:%S.%f}\nnote: null\n"),
        ("choose.yaml", "defaults:\n- db: ???\n- _self_\nseed: 0\n"),
        ("db/mysql.yaml", "name: mysql\nport: 3306\n"),
        ("db/sqlite.yaml", "name: sqlite\nfile: x.db\n"),
    ])
}

fn composer(conf: &TempDir, overrides: &[&str]) -> Composer {
    Composer::new(conf.path()).overrides(overrides.iter().copied())
}

#[track_caller]
fn error(conf: &TempDir, overrides: &[&str]) -> Error {
    composer(conf, overrides).plan().expect_err("refused")
}

#[track_caller]
fn jobs(composer: Composer) -> Vec<String> {
    let plan = composer.plan().unwrap_or_else(|error| panic!("{error}"));
    plan.jobs().map(|job| job.overrides.join(" ")).collect()
}

#[test]
fn an_error_names_the_job_and_keeps_its_place_and_help() {
    let error = error(&databases(), &["db=sqlite,mysql", "db.prt=1,2"]);
    assert!(
        error
            .message()
            .starts_with("jobs #0 (db=sqlite db.prt=1) and #1, #2, #3: Could not override 'db.prt'"),
        "{error}"
    );
    assert_eq!(error.code(), Code::UnknownKey);
    assert_eq!(error.labels()[0].origin.to_string(), "argument 'db.prt=1'");
    assert_eq!(error.help_text(), Some("known keys: name, file; to add a new key, use '+db.prt=1'"));
}

#[test]
fn many_errors_are_cut_short() {
    let names: Vec<String> = (0..20).map(|name| format!("n{name}")).collect();
    let error = error(&databases(), &[&format!("db={}", names.join(","))]);
    let each = error.each();
    assert_eq!(each.len(), 11);
    assert!(each[0].message().starts_with("job #0 (db=n0): "), "{error}");
    assert_eq!(each[10].message(), "and 10 more errors in jobs");
}

#[test]
fn one_mistake_in_many_jobs_is_told_once() {
    let error = error(&databases(), &["db=sqlite,mysql", "db.port=1", "seed=range(10)"]);
    assert!(
        error.message().starts_with("jobs #0 (db=sqlite db.port=1 seed=0), #1, #2, #3, #4, #5 and 4 more: "),
        "{error}"
    );
}

#[test]
fn the_configuration_of_hydra_is_not_swept_over() {
    let error = error(&databases(), &["hydra.verbose=true,false", "hydra/launcher=a,b", "seed=1"]);
    let messages: Vec<&str> = error.each().iter().map(|error| error.message()).collect();
    assert_eq!(
        messages,
        [
            "Sweeping over Hydra's configuration is not supported : 'hydra.verbose=true,false'",
            "Sweeping over Hydra's configuration is not supported : 'hydra/launcher=a,b'"
        ]
    );
}

#[test]
fn an_interval_is_for_other_sweepers() {
    let error = error(&databases(), &["seed=interval(0,1)"]);
    assert_eq!(error.message(), "BasicSweeper does not support sweep type : INTERVAL_SWEEP");
}

#[test]
fn a_parameter_that_does_not_parse_shows_its_file() {
    let conf = conf(&[("config.yaml", "seed: 0\nhydra: {sweeper: {params: {seed: 'a=b'}}}\n")]);
    let error = error(&conf, &[]);
    assert_eq!(error.code(), Code::OverrideSyntax);
    let places: Vec<String> = error.labels().iter().map(|label| label.origin.to_string()).collect();
    assert_eq!(places[0], "argument 'seed=a=b'");
    assert!(places[1].ends_with("config.yaml:2:34"), "{places:?}");
}

#[test]
fn a_swept_choice_may_be_missing_at_the_start() {
    let conf = databases();
    let plan = composer(&conf, &["db=mysql,sqlite"]).config_name("choose").plan().expect("planned");
    assert!(plan.master().root().get("db").is_none());
    assert_eq!(plan.len(), 2);
    let error = composer(&conf, &["seed=1,2"]).config_name("choose").plan().expect_err("no database");
    assert!(error.message().starts_with("jobs #0 (seed=1) and #1: You must specify 'db'"), "{error}");
}

#[test]
fn glob_sees_the_whole_search_path() {
    // Hydra 1.3 sees what it knew at the start; its next release sees these, too.
    let more = conf(&[("db/oracle.yaml", "name: oracle\n")]);
    let databases = databases();
    let searchpath = format!("hydra.searchpath=['{}']", more.path().display());
    assert_eq!(
        jobs(composer(&databases, &["db=glob(*)", &searchpath])),
        ["db=mysql", "db=oracle", "db=sqlite"]
    );
    let composer = composer(&databases, &["db=glob(*)"]).config_dir(more.path());
    assert_eq!(jobs(composer), ["db=mysql", "db=oracle", "db=sqlite"]);
}

#[test]
fn deleting_a_key_deletes_it_whatever_it_is() {
    // Jobs get `~seed=null`, which on a command line deletes null alone.
    let databases = databases();
    let plan = composer(&databases, &["~seed", "~note", "db=mysql,sqlite"]).plan().expect("planned");
    let job = plan.job(1).expect("there are two");
    assert_eq!(job.overrides, ["~seed=null", "~note=null", "db=sqlite"]);
    let config = plan.compose(&job).expect("composed");
    assert!(config.job().get("seed").is_none() && config.job().get("note").is_none());
}

#[test]
fn a_job_knows_its_number_and_the_overrides_of_the_sweep() {
    let databases = databases();
    let plan = composer(&databases, &["seed=1,2", "hydra.job.chdir=true"]).plan().expect("planned");
    let config = plan.compose(&plan.job(1).expect("there are two")).expect("composed");
    assert_eq!(config.get::<u32>("hydra.job.num").expect("a number"), 1);
    assert_eq!(config.get::<String>("hydra.job.id").expect("text"), "1");
    assert_eq!(config.get::<Vec<String>>("hydra.overrides.hydra").expect("a list"), ["hydra.job.chdir=true"]);
    assert_eq!(config.get::<Vec<String>>("hydra.overrides.task").expect("a list"), ["seed=2"]);
    assert_eq!(config.get::<String>("hydra.job.override_dirname").expect("text"), "seed=2");
}

#[test]
fn jobs_tell_the_time_at_which_the_sweep_started() {
    let databases = databases();
    let plan = composer(&databases, &["seed=1,2"]).plan().expect("planned");
    let when =
        |num| plan.compose(&plan.job(num).expect("a job")).and_then(|config| config.get::<String>("when"));
    assert_eq!(when(0).expect("a time"), when(1).expect("a time"));
    assert_eq!(when(0).expect("a time"), plan.master().get::<String>("when").expect("a time"));
}

#[test]
fn what_was_planned_does_not_change_with_the_files() {
    let databases = databases();
    let plan = composer(&databases, &["db=mysql,sqlite"]).plan().expect("planned");
    std::fs::write(databases.path().join("db/sqlite.yaml"), "name: [").expect("written");
    let config = plan.compose(&plan.job(1).expect("there are two")).expect("composed");
    assert_eq!(config.get::<String>("db.file").expect("text"), "x.db");
}

#[test]
fn other_sweepers_are_refused() {
    for (text, message) in [
        ("{_target_: a.B}", "the sweeper is 'a.B'; here only basic, grid and random run"),
        ("{param: {seed: 1}}", "In 'config': there is no key 'param' in 'hydra.sweeper'"),
        ("{max_batch_size: 0}", "hydra.sweeper.max_batch_size is 0"),
    ] {
        let conf = conf(&[("config.yaml", &format!("seed: 0\nhydra: {{sweeper: {text}}}\n"))]);
        let error = error(&conf, &["seed=1,2"]);
        assert_eq!(error.message(), message);
        assert!(error.labels()[0].origin.path().is_some_and(|path| path.ends_with(Path::new("config.yaml"))));
    }
}

#[test]
fn an_override_without_values_is_named() {
    let databases = databases();
    let plan = composer(&databases, &["seed=range(5,1)", "db=glob(x*)", "note=1,2"]).plan().expect("planned");
    assert!(plan.is_empty() && plan.batches().next().is_none() && plan.job(0).is_none());
    assert_eq!(plan.without_values().collect::<Vec<_>>(), ["seed=range(5,1)", "db=glob(x*)"]);
}
