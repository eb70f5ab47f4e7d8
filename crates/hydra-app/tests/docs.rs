//! The examples in `docs/sweeps.md` print what stands below them. `UPDATE_DOCS=1 cargo test --test docs` writes it anew.
#![cfg(unix)] // The commands are a shell's.

use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sweeps.md");

/// What a command of the page prints, its errors too.
fn printed(command: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_hydra-compose"));
    let programs = program.parent().expect("a folder");
    let output = Command::new("sh")
        .args(["-c", &format!("PATH=\"$PROGRAMS:$PATH\"; {command} 2>&1")])
        .env("PROGRAMS", programs)
        .current_dir(folder)
        .output()
        .expect("a shell");
    String::from_utf8(output.stdout).expect("text")
}

/// The page with what its commands print now.
fn run(page: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let block: Vec<&str> = match line {
            "```yaml" | "```console" => lines.by_ref().take_while(|line| *line != "```").collect(),
            _ => continue,
        };
        if line == "```yaml" {
            let name = block[0].strip_prefix("# ").expect("a file names itself in its first line");
            fs::create_dir_all(folder.join(name).parent().expect("a folder")).expect("made");
            fs::write(folder.join(name), block.join("\n")).expect("written");
            out.push_str(&(block.join("\n") + "\n"));
        }
        for command in
            block.iter().filter(|_| line == "```console").filter_map(|line| line.strip_prefix("$ "))
        {
            out.push_str(&format!("$ {command}\n{}", printed(command, folder)));
        }
        out.push_str("```\n");
    }
    out
}

#[test]
fn the_page_on_sweeps_shows_what_is_printed() {
    let page = fs::read_to_string(PAGE).expect("docs/sweeps.md");
    let folder = tempfile::tempdir().expect("a folder");
    let now = run(&page, folder.path());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, &now).expect("written");
        return;
    }
    assert_eq!(page.replace("\r\n", "\n"), now, "UPDATE_DOCS=1 writes docs/sweeps.md anew");
}
