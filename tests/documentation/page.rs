//! A page of the documentation: the commands in its code blocks, what it shows below them, and the files that it tells.

use std::fs;
use std::ops::Range;
use std::path::Path;

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a line of a block that names no language begins with, if its lines are commands.
const PROGRAMS: [&str; 16] = [
    "cargo",
    "curl",
    "ddpm",
    "ddpm-worker",
    "docker",
    "dvc",
    "eval",
    "export",
    "git",
    "hydra-compose",
    "make",
    "pip",
    "python",
    "python3",
    "sbatch",
    "wandb",
];

/// A page, named from the project's root.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) commands: Vec<Command>,
    /// Blocks of YAML whose first line names a file: `# conf/config.yaml`.
    pub(crate) files: Vec<(String, String)>,
}

/// What a page says to type.
pub(crate) struct Command {
    /// The number of its first line.
    pub(crate) line: usize,
    /// Of its block.
    pub(crate) language: String,
    /// As it stands there: with the lines that continue it, and its comment.
    pub(crate) text: String,
    /// What is shown below it; nothing, if nothing is.
    pub(crate) shown: Vec<String>,
    /// The lines of the page that show it, counted from 0.
    pub(crate) place: Range<usize>,
}

impl Page {
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(Path::new(ROOT).join(name));
        Self::parse(name, text.unwrap_or_else(|error| panic!("{name}: {error}")))
    }

    pub(crate) fn parse(name: &str, text: String) -> Self {
        let (mut commands, mut files) = (Vec::new(), Vec::new());
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            let Some(language) = line.trim_start().strip_prefix("```") else { continue };
            let block: Vec<(usize, &str)> =
                lines.by_ref().take_while(|(_, line)| !line.trim_start().starts_with("```")).collect();
            if is_shell(language, &block) {
                assert!(line.starts_with('`'), "{name}:{}: commands belong at the margin", at + 1);
                commands.extend(commands_of(language, &block));
            }
            if let ("yaml", Some((_, first))) = (language, block.first())
                && let Some(file) = first.strip_prefix("# conf/")
            {
                let content = block.iter().map(|(_, line)| format!("{line}\n")).collect();
                files.push((format!("conf/{file}"), content));
            }
        }
        Self { name: name.to_owned(), text, commands, files }
    }

    /// The page, with other lines in these places, which are in order.
    pub(crate) fn with(&self, changes: &[(Range<usize>, String)]) -> String {
        let mut lines: Vec<&str> = self.text.lines().collect();
        for (place, shown) in changes.iter().rev() {
            lines.splice(place.clone(), shown.lines());
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Command {
    /// What is typed, without the comment.
    pub(crate) fn words(&self) -> &str {
        let (mut quote, mut before) = (None, ' ');
        for (at, letter) in self.text.char_indices() {
            match quote {
                Some(open) if open == letter => quote = None,
                Some(_) => {}
                None if letter == '#' && before.is_whitespace() => return self.text[..at].trim_end(),
                None if matches!(letter, '\'' | '"') => quote = Some(letter),
                None => {}
            }
            before = letter;
        }
        self.text.trim_end()
    }

    /// Whether a word of it is this one.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words().split_whitespace().any(|other| other == word)
    }

    /// Whether it ends as the page says: what shows an error fails, and two sides that differ are told by 1.
    pub(crate) fn may_end_with(&self, status: Option<i32>) -> bool {
        if self.shown.iter().any(|line| line.starts_with("error")) {
            return status.is_some_and(|status| status != 0);
        }
        let differs =
            ["ddpm", "hydra-compose"].contains(&program(&self.text)) && self.has("diff") && !self.has("|");
        status == Some(i32::from(differs))
    }
}

fn is_shell(language: &str, block: &[(usize, &str)]) -> bool {
    let is_typed = |line: &str| line.starts_with("$ ") || PROGRAMS.contains(&program(line));
    match language {
        "console" | "sh" | "bash" | "shell" => true,
        "" => block.iter().any(|(_, line)| is_typed(line)),
        _ => false,
    }
}

/// What a line starts: `ddpm`, of `THREADS=2 target/release/ddpm seed=1`.
fn program(line: &str) -> &str {
    let is_variable = |word: &str| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let word = line.split_whitespace().find(|word| !is_variable(word)).unwrap_or_default();
    word.rsplit('/').next().unwrap_or_default()
}

/// In a block with prompts what has none is shown; in a block without, every line is typed.
fn commands_of(language: &str, block: &[(usize, &str)]) -> Vec<Command> {
    let has_prompts = block.iter().any(|(_, line)| line.starts_with("$ "));
    let mut commands: Vec<Command> = Vec::new();
    for &(at, line) in block {
        let typed = if has_prompts { line.strip_prefix("$ ") } else { Some(line) };
        match (commands.last_mut(), typed) {
            (Some(last), _) if last.text.ends_with('\\') => {
                last.text += &format!("\n{}", line.strip_prefix("> ").unwrap_or(line));
                last.place = at + 1..at + 1;
            }
            (_, Some(text)) if has_prompts || !(text.trim().is_empty() || text.starts_with('#')) => {
                let (language, text) = (language.to_owned(), text.to_owned());
                let place = at + 1..at + 1;
                commands.push(Command { line: at + 1, language, text, shown: Vec::new(), place });
            }
            (Some(last), None) => {
                last.shown.push(line.to_owned());
                last.place.end = at + 1;
            }
            _ => {}
        }
    }
    for command in &mut commands {
        while command.shown.last().is_some_and(|line| line.trim().is_empty()) {
            command.shown.pop();
            command.place.end -= 1;
        }
    }
    commands
}

/// Whether this is what a page shows: `…` alone in a line stands for any lines, and at the end of one for its rest.
pub(crate) fn is_shown(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], _) => printed.is_empty(),
        (["…" | "...", rest @ ..], _) => (0..=printed.len()).any(|at| is_shown(rest, &printed[at..])),
        ([line, rest @ ..], [first, others @ ..]) => {
            let fits = line.strip_suffix('…').map_or(first == line, |start| first.starts_with(start));
            fits && is_shown(rest, others)
        }
        (_, []) => false,
    }
}

/// Whether a page leaves out some of it.
pub(crate) fn is_abridged(shown: &[String]) -> bool {
    shown.iter().any(|line| line.ends_with('…') || line == "...")
}
