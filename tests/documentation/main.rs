//! Every command in the documentation is typed, in a folder that looks like the project, and prints what stands below it.
//! `UPDATE_DOCS=1 cargo test --test documentation` writes what they print anew, but for what is left out with `…`.
#![cfg(unix)] // The commands are a shell's.

mod page;
mod sandbox;
#[path = "../../crates/wandb-run/tests/server/mod.rs"]
mod server;

use page::{Command, Page, ROOT, is_abridged, is_shown};
use sandbox::Sandbox;
use std::env;
use std::fs;
use std::path::Path;
use std::thread;

/// Pages that other tests run.
const OTHERS: [(&str, &str); 2] = [
    ("docs/sweeps.md", "crates/hydra-app/tests/docs.rs"),
    ("docs/tutorial.md", "crates/hydra-app/tests/tutorial.rs"),
];

/// Commands that are not run here, because they build, download, or need what other tests have: which file runs them, and
/// with which words.
const ELSEWHERE: [(&str, &str, &str); 8] = [
    ("make setup", "Makefile", "\ntest: setup "),
    ("make test", ".ci/run", "\nmake test"),
    ("make lint", ".ci/run", "\nmake lint\n"),
    // DVC's stages build the program from the sources that it has hashed. There it is other values that are overridden.
    ("dvc repro", "tests/dvc/project.rs", "self.dvc(&[\"repro\"])"),
    (
        "dvc exp run -S optimizer=sgd -S training.batch_size=64",
        "tests/dvc/main.rs",
        "&[\"exp\", \"run\", \"--name\", \"with-sgd\"]",
    ),
    (
        "dvc exp run --queue -S 'optimizer=adam,sgd' && dvc queue start",
        "tests/dvc/main.rs",
        "&[\"exp\", \"run\", \"--queue\", \"-S\", \"optimizer=adam,sgd\"",
    ),
    // W&B's service chooses the values.
    ("wandb sweep docs/wandb-sweep.yaml", "tests/wandb.rs", "wandb(&[\"sweep\", SWEEP])"),
    ("wandb agent ENTITY/PROJECT/SWEEP", "tests/wandb.rs", "wandb(&[\"agent\", "),
];

/// What is edited in the project before a command, and put back after it: page, command, file, text, its replacement.
const EDITS: [(&str, &str, &str, &str, &str); 1] =
    [("docs/checking.md", "ddpm check", "project/conf/optimizer/adamw.yaml", "lr: 1e-3", "lr: fast")];

/// As long as the service's are.
const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

/// The documentation, page by page.
fn pages() -> Vec<Page> {
    let mut names = vec!["CONTRIBUTING.md".to_owned(), "README.md".to_owned()];
    let report = "REPORT.md";
    names.extend(Path::new(ROOT).join(report).exists().then(|| report.to_owned()));
    for entry in fs::read_dir(Path::new(ROOT).join("docs")).expect("docs/").flatten() {
        let name = entry.file_name().into_string().expect("UTF-8");
        names.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

#[test]
fn every_command_does_what_its_page_says() {
    let is_of_others = |page: &Page| OTHERS.iter().any(|(name, _)| page.name == *name);
    let pages = pages().into_iter().filter(|page| !(is_of_others(page) || page.commands.is_empty()));
    let pages: Vec<(Sandbox, Page)> = pages.map(|page| (Sandbox::new(&page), page)).collect();
    let problems: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> =
            pages.into_iter().map(|(sandbox, page)| scope.spawn(move || check(&page, sandbox))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let problems = problems.join("\n");
    assert!(problems.is_empty(), "UPDATE_DOCS=1 writes anew what is printed otherwise\n\n{problems}");
}

/// What is wrong with a page.
fn check(page: &Page, mut sandbox: Sandbox) -> Vec<String> {
    let is_elsewhere = |command: &Command| ELSEWHERE.iter().any(|(words, ..)| command.words() == *words);
    let commands: Vec<&Command> = page.commands.iter().filter(|command| !is_elsewhere(command)).collect();
    sandbox.train_for(&commands);
    let server = server::Server::start().expect("a server");
    if page.name == "docs/wandb.md" {
        // For somebody with an account.
        sandbox.set("WANDB_BASE_URL", server.url());
        sandbox.set("WANDB_API_KEY", KEY);
    }
    let (mut problems, mut changes) = (Vec::new(), Vec::new());
    for command in commands {
        let edit = EDITS.iter().find(|(name, words, ..)| page.name == *name && command.words() == *words);
        edit.inspect(|(_, _, file, from, to)| sandbox.edit(file, from, to));
        let ran = sandbox.run(command);
        edit.inspect(|(_, _, file, from, to)| sandbox.edit(file, to, from));
        let what = format!("{}:{}: {}", page.name, command.line, command.words());
        let shown: Vec<&str> = command.shown.iter().map(String::as_str).collect();
        let printed: Vec<&str> = ran.text.trim_end().lines().collect();
        if !command.may_end_with(ran.status) {
            problems.push(format!("{what}\nends with {:?}:\n{}", ran.status, ran.text));
        } else if !shown.is_empty() && !is_shown(&shown, &printed) {
            match env::var_os("UPDATE_DOCS") {
                Some(_) if !is_abridged(&command.shown) => {
                    changes.push((command.place.clone(), ran.text.trim_end().to_owned()));
                }
                _ => problems.push(format!("{what}\nprints something else:\n{}", ran.text)),
            }
        }
    }
    problems.extend(server.violations().iter().map(|violation| format!("{}: {violation}", page.name)));
    if !changes.is_empty() {
        fs::write(Path::new(ROOT).join(&page.name), page.with(&changes)).expect("written");
    }
    problems
}

#[test]
fn what_is_not_run_here_is_run_elsewhere() {
    let pages = pages();
    let read = |file: &str| fs::read_to_string(Path::new(ROOT).join(file)).expect(file);
    for (words, file, call) in ELSEWHERE {
        let is_told = pages.iter().flat_map(|page| &page.commands).any(|command| command.words() == words);
        assert!(is_told, "no page has '{words}' any more");
        assert!(read(file).contains(call), "{file} has no {call:?}, which is to run '{words}'");
    }
    for (name, file) in OTHERS {
        assert!(read(file).contains(name), "{file} does not read {name}");
        let page = pages.iter().find(|page| page.name == name).expect(name);
        // Which is what these tests look for.
        for command in &page.commands {
            assert_eq!(command.language, "console", "{name}:{}", command.line);
        }
    }
    for (name, words, ..) in EDITS {
        let page = pages.iter().find(|page| page.name == name).expect(name);
        assert!(page.commands.iter().any(|command| command.words() == words), "{name}: {words}");
    }
}

#[test]
fn commands_are_found_in_every_kind_of_block() {
    let text = "```\nA=1 target/release/ddpm a='#' \\\n  b=2   # what for\n\nmake run\n```\n\
                ```console\n$ ddpm x\nerror: no x\n\n$ ddpm y\n```\n\
                ```\nsrc/  no commands\n```\n```rust\nddpm()\n```\n\
                ```yaml\n# conf/config.yaml\nx: 1\n```\n";
    let page = Page::parse("a page", text.to_owned());
    let found = page.commands.iter().map(|command| (command.line, command.words(), command.shown.concat()));
    let shown = |text: &str| text.to_owned();
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            (2, "A=1 target/release/ddpm a='#' \\\n  b=2", shown("")),
            (5, "make run", shown("")),
            (8, "ddpm x", shown("error: no x")),
            (11, "ddpm y", shown(""))
        ]
    );
    assert_eq!(page.files, [("conf/config.yaml".to_owned(), "# conf/config.yaml\nx: 1\n".to_owned())]);
    let place = page.commands[2].place.clone();
    assert_eq!(page.with(&[(place, "one\ntwo".to_owned())]), text.replace("error: no x", "one\ntwo"));
    assert!(page.commands[2].may_end_with(Some(2)) && !page.commands[2].may_end_with(Some(0)));
    assert!(page.commands[3].may_end_with(Some(0)) && !page.commands[3].may_end_with(Some(1)));
    let all = pages().iter().map(|page| page.commands.len()).sum::<usize>();
    assert!(all > 80, "{all}");
}

#[test]
fn what_is_left_out_may_be_anything() {
    let printed = ["a 1", "b", "c", "d"];
    for shown in [&["a 1", "b", "c", "d"][..], &["a …", "...", "d"], &["…", "c", "d", "…"], &["…"]] {
        assert!(is_shown(shown, &printed), "{shown:?}");
    }
    for shown in [&[][..], &["a 1", "b", "c"], &["b …", "…"], &["…", "c"], &["a 1", "…", "d", "e"]] {
        assert!(!is_shown(shown, &printed), "{shown:?}");
    }
}
