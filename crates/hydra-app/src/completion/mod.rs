//! Shell completion: `--shell-completion (install=|uninstall=|query=)SHELL`, as Hydra does it.
//! <https://hydra.cc/docs/tutorials/basic/running_your_app/tab_completion/>
//!
//! The shell is given a small function (`install`) that calls the program back (`query`) with the line so far in
//! `COMP_LINE`. What is asked for is composed, so the candidates are the groups, options, keys and values that there are.
//!
//! - `line`: the line so far, taken apart
//! - `candidates`: what could stand there
//! - `describe`: what each of them is, in a few words
//! - `scripts`: what the shells are given

mod candidates;
mod describe;
mod line;
mod scripts;

use crate::cli::{ComposeArgs, ConfigArgs};
use candidates::Found;
use hydra_compose::RunMode;
use line::Line;
use std::path::Path;
use std::{env, fmt};

/// A shell that can be completed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// <https://www.gnu.org/software/bash/>
    Bash,
    /// <https://fishshell.com>
    Fish,
    /// <https://www.zsh.org>
    Zsh,
}

/// What `--shell-completion` is to do.
///
/// ```
/// use hydra_app::completion::{Request, Shell};
/// assert_eq!(Request::parse("install=zsh"), Ok(Request::Install(Shell::Zsh)));
/// assert_eq!(
///     Request::parse("query=ksh").unwrap_err().to_string(),
///     "there is no completion for 'ksh'; there is for bash, fish, zsh"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Print what sets completion up, to be evaluated by the shell.
    Install(Shell),
    /// Print what takes it away again.
    Uninstall(Shell),
    /// Print what could stand at the end of the line.
    Query(Shell),
    /// The same with what each is, for shells that show it; and flags, too. Hydra has no such request: it is what the
    /// functions of fish and zsh ask.
    Describe(Shell),
}

/// A request that cannot be understood: the command line is misused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse(String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

impl Request {
    /// Reads `install=SHELL`, `uninstall=SHELL`, `query=SHELL` or `describe=SHELL`.
    ///
    /// # Errors
    /// It is none of these, or the shell is not known.
    pub fn parse(text: &str) -> Result<Self, Misuse> {
        let (what, shell) = text.split_once('=').unwrap_or((text, ""));
        let request = match what {
            "install" => Self::Install,
            "uninstall" => Self::Uninstall,
            "query" => Self::Query,
            "describe" => Self::Describe,
            _ => {
                let message = "--shell-completion takes install=SHELL, uninstall=SHELL or query=SHELL";
                return Err(Misuse(format!("{message}, not '{text}'")));
            }
        };
        match shell {
            "bash" => Ok(request(Shell::Bash)),
            "fish" => Ok(request(Shell::Fish)),
            "zsh" => Ok(request(Shell::Zsh)),
            other => {
                Err(Misuse(format!("there is no completion for '{other}'; there is for bash, fish, zsh")))
            }
        }
    }
}

/// The program that is completed.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// The name it is called by.
    pub name: &'a str,
    /// Its own configuration folder.
    pub conf: &'a str,
    /// The JSON Schema of its configuration, if it has one: for the values that a key may have.
    pub schema: Option<&'a serde_json::Value>,
}

/// What the shell says, in variables of the environment.
///
/// `COMP_POINT` and `COMP_CWORD` are not among them: as in Hydra the end of the line is completed, wherever the cursor is.
/// The installed functions cut the line off at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `COMP_LINE`: the line so far; the first word is the program.
    pub line: Option<String>,
    /// `COMP_WORDS`: the words of the line, in the place of a line that is not there.
    pub words: Option<String>,
    /// `_HYDRA_OLD_COMP`: the rule that bash had before `install`.
    pub old_rule: Option<String>,
}

impl Environment {
    /// That of the process.
    pub fn of_process() -> Self {
        let read = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self { line: read("COMP_LINE"), words: read("COMP_WORDS"), old_rule: read("_HYDRA_OLD_COMP") }
    }
}

/// What `--shell-completion` prints. `args` are the flags of the call itself; those in the line win over them.
///
/// The candidates of a query come sorted, on one line, separated by blanks; those that are described on a line each, behind
/// it in fish's way a tab and what it is, in zsh's a colon. A line that does not parse, or whose configuration does not
/// compose, has few candidates or none; that is no error.
///
/// ```
/// use hydra_app::cli::{ComposeArgs, ConfigArgs};
/// use hydra_app::completion::{Environment, Program, Request, answer};
/// # let folder = tempfile::tempdir()?;
/// # std::fs::create_dir(folder.path().join("db"))?;
/// # std::fs::write(folder.path().join("db/mysql.yaml"), "# The one in the cellar.\nport: 3306\n")?;
/// # std::fs::write(folder.path().join("db/pg.yaml"), "# The one on the roof.\nport: 5432\n")?;
/// # std::fs::write(folder.path().join("config.yaml"), "defaults: [db: mysql, _self_]\nlr: 0.1\n")?;
/// let config = ConfigArgs { config_path: Some(folder.path().into()), ..ConfigArgs::default() };
/// let args = ComposeArgs { config, ..ComposeArgs::default() };
/// let answered = |request: &str, line: &str| {
///     let environment = Environment { line: Some(line.into()), ..Environment::default() };
///     answer(Request::parse(request)?, Program { name: "app", conf: "conf", schema: None }, &args, &environment)
/// };
/// assert_eq!(answered("query=bash", "app db=")?, "db=mysql db=pg\n");
/// assert_eq!(answered("query=bash", "app db=pg db.")?, "db.port=\n");
/// assert_eq!(answered("query=bash", "app db=pg db.port=")?, "db.port=5432\n");
/// assert_eq!(answered("query=bash", "app db=none l")?, "\n");
/// assert_eq!(
///     answered("describe=fish", "app db=")?,
///     "db=mysql\tThe one in the cellar.\ndb=pg\tThe one on the roof.\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A query without a line.
pub fn answer(
    request: Request,
    program: Program<'_>,
    args: &ComposeArgs,
    environment: &Environment,
) -> Result<String, Misuse> {
    match request {
        Request::Install(shell) => Ok(scripts::install(shell, program.name)),
        Request::Uninstall(shell) => {
            Ok(scripts::uninstall(shell, program.name, environment.old_rule.as_deref()))
        }
        Request::Query(_) => {
            let found = found(program, args, line_of(environment)?);
            // A value of several lines cannot be completed on one.
            let candidates = found.candidates.into_keys().filter(|name| !name.contains(['\n', '\r']));
            Ok(candidates.collect::<Vec<_>>().join(" ") + "\n")
        }
        Request::Describe(shell) => Ok(described(shell, program, args, line_of(environment)?)),
    }
}

fn line_of(environment: &Environment) -> Result<&str, Misuse> {
    let line = environment.line.as_deref().or(environment.words.as_deref());
    line.ok_or_else(|| Misuse("query= needs the line so far in COMP_LINE".into()))
}

fn found(program: Program<'_>, args: &ComposeArgs, text: &str) -> Found {
    let Some(line) = Line::parse(text) else { return Found::default() };
    let config = ConfigArgs {
        config_path: line.config_path.or_else(|| args.config.config_path.clone()),
        config_name: line.config_name.or_else(|| args.config.config_name.clone()),
        config_dir: line.config_dir.or_else(|| args.config.config_dir.clone()),
    };
    let args = ComposeArgs { overrides: line.overrides, config };
    let composer = args.composer(program.name, program.conf).mode(line.mode);
    candidates::all(&line.word, composer, program.schema, Path::new("."))
}

fn described(shell: Shell, program: Program<'_>, args: &ComposeArgs, text: &str) -> String {
    let told = |name: &str, about: Option<String>| scripts::candidate(shell, name, about.as_deref());
    if let Some(word) = line::flag(text) {
        return describe::flags(word).into_iter().map(|(flag, help)| told(&flag, help)).collect();
    }
    let found = found(program, args, text);
    let named = found.candidates.iter().filter(|(name, _)| !name.contains(['\n', '\r', '\t']));
    named.map(|(name, subject)| told(name, describe::subject(subject, &found, program.schema))).collect()
}
