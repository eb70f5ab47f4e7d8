//! What a program does with the shared flags: everything that answers without running anything.

use crate::cli::{Format, HydraArgs, long_flag};
use crate::completion::{self, Environment, Request};
use crate::info::{self, About};
use crate::render::{Style, render};
use crate::run_dir::RunDirError;
use crate::{help, json, plan, show};
use clap::Parser;
use hydra_compose::{Code, Composer, Config, Error, RunMode};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Who the program is.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// The name it is called by, and Hydra's `hydra.job.name`.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The folder of its configuration, unless `--config-path` names another.
    pub conf: &'a str,
    /// What its schema says of a configuration; a sweep asks it of every job before any of them would start.
    pub check: fn(&Config) -> hydra_compose::Result<()>,
}

/// What the flags come to.
pub enum Answer {
    /// Text for standard output; nothing is left to be done.
    Text(String),
    /// A configuration to run.
    Run(Box<Config>),
}

/// What ends a program early.
#[derive(Debug)]
pub enum Failure {
    /// The configuration or an override is wrong: exit status 1.
    Config(Error),
    /// Something else is wrong, in words: exit status 1.
    Other(String),
    /// The command line is misused: exit status 2.
    Usage(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Config(error)
    }
}

/// Parses a command line with Hydra's short flags of two letters. Help and version are printed; so is what is wrong,
/// as JSON if the line asks for that.
///
/// # Errors
/// The program is to end with this exit status.
pub fn parse<P: Parser>(argv: impl IntoIterator<Item = OsString>) -> Result<P, ExitCode> {
    let mut words: Vec<String> = Vec::new();
    for argument in argv {
        match argument.into_string() {
            // After `--` nothing is a flag.
            Ok(word) if words.iter().any(|word| word == "--") => words.push(word),
            Ok(word) => words.push(long_flag(word)),
            Err(argument) => {
                say(&format!("error: the argument {} is not UTF-8", argument.display()));
                return Err(ExitCode::from(2));
            }
        }
    }
    let format = format_of(&words);
    P::try_parse_from(words).map_err(|error| {
        if error.use_stderr() && format == Format::Json {
            let text = error.to_string();
            let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            return report(&Failure::Usage(message), format);
        }
        // A closed output is no reason for another error.
        let _ = error.print();
        ExitCode::from(if error.use_stderr() { 2 } else { 0 })
    })
}

/// Whether a line that may not parse asks for JSON.
fn format_of(words: &[String]) -> Format {
    let flags = words.iter().take_while(|word| *word != "--").count();
    let words = &words[..flags];
    let after = words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    if after || words.iter().any(|word| word == "--format=json") { Format::Json } else { Format::Text }
}

/// Prints a failure on standard error, for a person or as one line of JSON, and gives its exit status.
pub fn report(failure: &Failure, format: Format) -> ExitCode {
    let text = match (failure, format) {
        (Failure::Config(error), Format::Text) => render(error, Style::of_stderr()),
        (Failure::Config(error), Format::Json) => json::error(error),
        (Failure::Other(text) | Failure::Usage(text), Format::Text) => format!("error: {text}"),
        (Failure::Other(text), Format::Json) => json::plain_error("failed", text, None),
        (Failure::Usage(text), Format::Json) => json::plain_error("usage", text, None),
    };
    say(&text);
    ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 1 })
}

/// A line on standard error. If that is closed, there is nobody left to tell.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Text on standard output. A reader such as `head` may close it early; that is its right.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Answers what the flags ask for, or composes what is to be run. `flags` is the program's list of flags, for its help.
///
/// # Errors
/// The configuration does not compose, or what is asked for is not in it.
pub fn answer(program: Program<'_>, args: &HydraArgs, flags: &str) -> Result<Answer, Failure> {
    let text = |text: String| Ok(Answer::Text(text));
    if args.resolve && args.cfg.is_none() && !args.help {
        return Err(Failure::Usage("--resolve goes with --cfg or --help".into()));
    }
    if let Some(request) = &args.shell_completion {
        let request = Request::parse(request).map_err(|misuse| Failure::Usage(misuse.to_string()))?;
        let program = completion::Program { name: program.name, conf: program.conf };
        let answered = completion::answer(request, program, &args.compose, &Environment::of_process());
        return text(answered.map_err(|misuse| Failure::Usage(misuse.to_string()))?);
    }
    let composer = || {
        let mode = if args.multirun { RunMode::Multirun } else { RunMode::Run };
        args.compose.composer(program.name, program.conf).mode(mode)
    };
    if args.help || args.hydra_help {
        let help = composer().compose().and_then(|config| match args.help {
            true => help::application(&config, args, flags),
            false => help::hydra(&config, args, flags),
        });
        return match help {
            // Where there is no configuration to show, the flags are what a person came for.
            Err(error) if error.code() == Code::MissingConfig => {
                say(&format!("note: {}", error.message().lines().next().unwrap_or_default()));
                text(format!("Usage: {} [FLAGS] [OVERRIDES]\n\n{flags}", program.name))
            }
            help => text(help?),
        };
    }
    if let Some(what) = args.info {
        let version = format!("{} {}", program.name, program.version);
        let about = About { version: &version, plugins: info::PLUGINS };
        return match args.format {
            Format::Text => text(info::text(what, composer(), &about)?),
            Format::Json => match info::json(what, composer())? {
                Some(json) => text(json),
                None => Err(Failure::Usage(
                    "--format json goes with --info defaults, defaults-tree and searchpath".into(),
                )),
            },
        };
    }
    if let Some(what) = args.cfg {
        let config = composer().compose()?;
        return text(match args.format {
            Format::Text => show::cfg(&config, what, args)?,
            Format::Json => json::cfg(&config, what, args)?,
        });
    }
    let flag = if args.multirun { RunMode::Multirun } else { RunMode::Run };
    let (composer, mode, warning) = args.compose.composer(program.name, program.conf).decide_mode(flag);
    if let Some(warning) = warning {
        say(&format!("warning: {warning}"));
    }
    match mode {
        RunMode::Run => Ok(Answer::Run(Box::new(composer.compose()?))),
        RunMode::Multirun => text(sweep(program, args, composer)?),
    }
}

/// The plan of a sweep, for `--dry-run`.
fn sweep(program: Program<'_>, args: &HydraArgs, composer: Composer) -> Result<String, Failure> {
    let plan = composer.plan_with(|_, config| (program.check)(config))?;
    if let Some(warning) = plan::warning(&plan) {
        say(&format!("warning: {warning}"));
    }
    if !args.dry_run {
        let error = Error::new(Code::OverrideInvalid, "this version plans sweeps and does not launch them");
        return Err(error.help("--dry-run prints the jobs").into());
    }
    Ok(match args.format {
        Format::Text => plan::text(&plan),
        Format::Json => plan::json(&plan),
    })
}

impl From<RunDirError> for Failure {
    fn from(error: RunDirError) -> Self {
        match error {
            RunDirError::Config(error) => Self::Config(error),
            other => Self::Other(other.to_string()),
        }
    }
}
