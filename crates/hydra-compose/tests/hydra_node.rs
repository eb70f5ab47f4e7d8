//! What a person is told about the node `hydra`, and which mode a call runs in.

use hydra_compose::{Code, Composer, Config, Error, Result, RunMode, yaml};
use std::fs;
use tempfile::TempDir;

fn folder(config: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), config).expect("written");
    folder
}

fn compose(config: &str, overrides: &[&str]) -> Result<Config> {
    let folder = folder(config);
    Composer::new(folder.path()).overrides(overrides.iter().copied()).environment(|_| None).compose()
}

fn refused(config: &str, overrides: &[&str]) -> Error {
    compose(config, overrides).expect_err("refused")
}

#[test]
fn a_file_is_told_of_all_its_wrong_values_with_their_places() {
    let error = refused("hydra:\n  job:\n    num: x\n    chdir: maybe\n  mode: run\n", &[]);
    let told: Vec<String> = error
        .each()
        .iter()
        .map(|error| {
            let at = error.labels()[0].origin.position().expect("a place in the file");
            format!("{}:{} {} ({})", at.line, at.column, error.message(), error.help_text().expect("help"))
        })
        .collect();
    assert_eq!(
        told,
        [
            "5:9 In 'config': Invalid value 'run', expected one of [RUN, MULTIRUN] (give RUN or MULTIRUN)",
            "4:12 In 'config': Value 'maybe' is not a valid bool (type str) (give true or false)",
            "3:10 In 'config': Value 'x' of type 'str' could not be converted to Integer (give an integer, such as 0)",
        ]
    );
}

#[test]
fn overrides_are_told_of_too() {
    let error = refused("", &["hydra.job.num=x", "hydra.run.dir=null", "++hydra.sweep={subdri:a}"]);
    let messages: Vec<&str> = error.each().iter().map(|error| error.message()).collect();
    assert_eq!(
        messages,
        [
            "Error merging override hydra.job.num=x: Value 'x' of type 'str' could not be converted to Integer",
            "Error merging override hydra.run.dir=null: 'hydra.run.dir' cannot be null",
            "Error merging override ++hydra.sweep={subdri:a}: there is no key 'subdri' in 'hydra.sweep'",
        ]
    );
    assert_eq!(error.each()[2].help_text(), Some("did you mean hydra.sweep.subdir?"));
}

#[test]
fn keys_of_files_are_checked_and_the_nearest_named() {
    let error = refused("hydra:\n  jobb: {num: 1}\n  run: {dri: x}\n", &[]);
    let told: Vec<_> = error.each().iter().map(|error| (error.code(), error.help_text())).collect();
    assert_eq!(
        told,
        [
            (Code::UnknownKey, Some("did you mean hydra.job?")),
            (Code::UnknownKey, Some("did you mean hydra.run.dir?"))
        ]
    );
}

#[test]
fn an_unset_variable_is_named() {
    let error = refused("hydra: {job: {env_copy: [HOME_OF_NOBODY]}}", &[]);
    assert_eq!(error.code(), Code::MissingValue);
    assert!(error.message().contains("'HOME_OF_NOBODY' is not set"), "{error}");
    assert_eq!(error.labels()[0].origin.position().expect("a place").column, 26);
}

#[test]
fn what_interpolations_give_is_converted_as_well() {
    let config = compose("hydra: {job: {num: 7}}", &["hydra.job.id='${hydra.job.num}'"]).expect("composes");
    let resolved = config.resolve_node(config.root()).expect("resolves");
    assert_eq!(yaml::dump(resolved.get("hydra.sweep").expect("sweep")).lines().nth(1), Some("subdir: '7'"));
    assert_eq!(resolved.get("hydra.job.id").and_then(|id| id.as_str()), Some("7"));
}

#[test]
fn flag_and_configuration_decide_the_mode() {
    use RunMode::{Multirun, Run};
    for (config, flag, mode, appended, warns) in [
        ("", Run, Run, "hydra.mode=RUN", false),
        ("", Multirun, Multirun, "hydra.mode=MULTIRUN", false),
        ("hydra: {mode: RUN}", Run, Run, "", false),
        ("hydra: {mode: RUN}", Multirun, Multirun, "hydra.mode=MULTIRUN", true),
        ("hydra: {mode: 2}", Run, Multirun, "", false),
        ("hydra: {mode: MULTIRUN}", Multirun, Multirun, "", false),
        ("hydra: {mode: '${m}'}\nm: MULTIRUN", Run, Multirun, "", false),
        // Whatever is wrong is told by composing for the mode of the flag.
        ("hydra: {mode: nonsense}", Multirun, Multirun, "hydra.mode=MULTIRUN", false),
    ] {
        let folder = folder(config);
        let (composer, decided, warning) = Composer::new(folder.path()).decide_mode(flag);
        assert_eq!((decided, warning.is_some()), (mode, warns), "{config} {flag:?}");
        if let Ok(config) = composer.compose() {
            let added: Vec<String> =
                config.overrides().iter().map(|over| over.argument.text.clone()).collect();
            assert_eq!(added.join(" "), appended);
            let mode = if mode == Run { "RUN" } else { "MULTIRUN" };
            let said = config.get::<String>("hydra.mode").expect("a mode");
            assert_eq!(said, mode);
        }
    }
}

#[test]
fn text_is_asked_for_where_text_is_wanted() {
    let error = refused("", &["hydra.run.dir=[a]"]);
    assert_eq!(error.each()[0].help_text(), Some("give one piece of text"));
}
