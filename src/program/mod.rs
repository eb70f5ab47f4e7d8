//! The program `ddpm`.
//!
//! - `args`: its command line
//! - `dataset`: `ddpm data`, and preparing before training
//! - `launch`: run directories and the worker

mod args;
mod dataset;
mod launch;

use args::{Args, Command};
use clap::Parser;
use ddpm_config::Config;
use hydra_app::cli::{HydraArgs, long_flag};
use hydra_app::render::{Style, render};
use hydra_app::run_dir::RunDirError;
use hydra_app::show;
use hydra_compose::{Code, Error};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// The program's name, and Hydra's `hydra.job.name`.
const NAME: &str = "ddpm";
/// The folder of the configuration, unless `--config-path` names another.
const CONF: &str = "conf";

/// What ends the program early.
enum Failure {
    /// The configuration or an override is wrong.
    Config(Error),
    /// Anything else, in words.
    Other(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Config(error)
    }
}

impl From<RunDirError> for Failure {
    fn from(error: RunDirError) -> Self {
        match error {
            RunDirError::Config(error) => Self::Config(error),
            other => Self::Other(other.to_string()),
        }
    }
}

/// Runs the program.
pub(crate) fn run(argv: impl Iterator<Item = OsString>) -> ExitCode {
    let argv: Result<Vec<String>, OsString> = argv.map(OsString::into_string).collect();
    let argv = match argv {
        Ok(argv) => argv,
        Err(argument) => {
            say(&format!("error: the argument {} is not UTF-8", argument.display()));
            return ExitCode::from(2);
        }
    };
    let args = Args::parse_from(argv.into_iter().map(long_flag));
    let result = match &args.command {
        Some(Command::Data { compose }) => dataset::prepare_only(compose),
        Some(Command::Sample(sample)) => launch::sample(sample),
        None => train_or_show(&args.hydra),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match failure {
                Failure::Config(error) => say(&render(&error, Style::of_stderr())),
                Failure::Other(text) => say(&format!("error: {text}")),
            }
            ExitCode::FAILURE
        }
    }
}

/// A line on standard error. If that is closed, there is nobody left to tell.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn train_or_show(args: &HydraArgs) -> Result<(), Failure> {
    let config = args.compose.composer(NAME, CONF).compose()?;
    if let Some(what) = args.cfg {
        let text = show::cfg(&config, what, args)?;
        // A reader such as `head` may close the pipe early; that is its right.
        let _ = std::io::stdout().write_all(text.as_bytes());
        return Ok(());
    }
    launch::train(config)
}

/// The typed configuration, or everything that is wrong with it.
fn validated(config: &hydra_compose::Config) -> Result<Config, Failure> {
    let typed: Config = config.validate()?;
    let tree = config.resolve()?;
    let errors = typed.conflicts().into_iter().map(|conflict| {
        let error = Error::new(Code::InvalidValue, conflict.message);
        match tree.get(conflict.key) {
            Some(node) => error.label(&node.origin, "set here"),
            None => error,
        }
    });
    Error::several(errors.collect()).map_or(Ok(typed), |error| Err(error.into()))
}
