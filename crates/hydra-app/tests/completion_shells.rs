//! What `install=` prints works in real shells. The program is a script that answers whatever it is asked; shells that are
//! not on this machine are passed over.

use hydra_app::cli::ComposeArgs;
use hydra_app::completion::{Environment, Program, Request, answer};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn script(request: &str) -> String {
    let request = Request::parse(request).expect("a request");
    let program = Program { name: "my-app", conf: "conf", schema: None };
    answer(request, program, &ComposeArgs::default(), &Environment::default()).expect("a script")
}

/// What the shell prints, with a program `my-app` that knows `answers` and says what it was asked; `None` without the shell.
fn run(shell: &str, text: &str, answers: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("my-app");
    let asked = folder.path().join("asked");
    let text_of_program =
        format!("#!/bin/sh\nprintf '%s|' \"$COMP_LINE\" \"$@\" > {}\necho '{answers}'\n", asked.display());
    fs::write(&program, text_of_program).expect("a program");
    executable(&program);
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let home = folder.path();
    let mut command = Command::new(shell);
    command
        .args(["-c", text])
        .env("PATH", path)
        .env("HOME", home)
        .env_remove("_HYDRA_OLD_COMP")
        .stdin(Stdio::null());
    let Ok(output) = command.output() else {
        println!("{shell} is not here");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.is_empty(), "{shell}: {said}");
    let asked = fs::read_to_string(asked).unwrap_or_default();
    Some(format!("{asked}\n{}", String::from_utf8_lossy(&output.stdout)))
}

#[cfg(unix)]
fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be run");
}

#[test]
fn bash_offers_what_fits_up_to_the_cursor() {
    let text = script("install=bash")
        + r#"
COMP_LINE='my-app db=my lr=1' COMP_POINT=12 COMP_WORDS=(my-app db=my lr=1) COMP_CWORD=1
_hydra_complete_my_app
printf '%s\n' "${COMPREPLY[@]}"
complete -p my-app
"#;
    let Some(out) = run("bash", &text, "db=mysql db=my2 db=pg $(exit)") else { return };
    let rule = "complete -o default -o nospace -F _hydra_complete_my_app my-app";
    assert_eq!(out, format!("my-app db=my|-sc|query=bash|\ndb=mysql\ndb=my2\n{rule}\n"));
}

#[test]
fn bash_replaces_what_follows_a_colon() {
    let text = script("install=bash")
        + r#"
COMP_LINE='my-app a=b:c' COMP_POINT=12 COMP_WORDS=(my-app a=b : c) COMP_CWORD=3
_hydra_complete_my_app
printf '%s\n' "${COMPREPLY[@]}"
"#;
    let Some(out) = run("bash", &text, "a=b:cd a=x") else { return };
    assert_eq!(out, "my-app a=b:c|-sc|query=bash|\ncd\n");
}

#[test]
fn installed_twice_the_rule_before_is_kept() {
    let install = script("install=bash");
    let text = format!("complete -W x my-app\n{install}{install}printf '%s\\n' \"$_HYDRA_OLD_COMP\"\n");
    let Some(out) = run("bash", &text, "") else { return };
    assert_eq!(out, "\ncomplete -W 'x' my-app\n");
}

#[test]
fn fish_offers_each_candidate_with_what_it_is() {
    let text = script("install=fish")
        + "complete -C 'my-app db='\n"
        + &script("uninstall=fish")
        + "functions -q _hydra_complete_my_app; or echo gone\n";
    let answers = "db=$(touch x)\tbad\ndb=mysql\tThe one in the cellar: old.\ndb=pg";
    let Some(out) = run("fish", &text, answers) else { return };
    assert_eq!(out, format!("my-app db=|-sc|describe=fish|\n{answers}\ngone\n"));
}

#[test]
fn zsh_can_read_the_script() {
    let text = script("install=zsh")
        + "print $+functions[_hydra_complete_my_app]\n"
        + &script("uninstall=zsh")
        + "print $+functions[_hydra_complete_my_app]\n";
    let Some(out) = run("zsh", &text, "") else { return };
    assert_eq!(out, "\n1\n0\n");
}

#[test]
fn zsh_is_given_each_candidate_with_what_it_is() {
    let text = script("install=zsh")
        + r#"
_describe() { print -rl -- "$@" "${(@P)4}" }
words=(my-app lr=1 db=my) CURRENT=3 PREFIX=db=my
_hydra_complete_my_app
"#;
    let answers = "db=$(touch x):bad\ndb=a\\:b\ndb=mysql:The one in the cellar: old.";
    let Some(out) = run("zsh", &text, answers) else { return };
    let given = "-t\noverrides\noverride\ncandidates\n-Q\n-S\n\n";
    assert_eq!(out, format!("my-app lr=1 db=my|-sc|describe=zsh|\n{given}{answers}\n"));
}
