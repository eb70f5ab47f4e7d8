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
use hydra_app::cli::long_flag;
use hydra_app::render::{Style, render};
use hydra_app::show;
use hydra_compose::{Code, Error};
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

/// Runs the program.
pub(crate) fn run(argv: Vec<String>) -> ExitCode {
    let args = Args::parse_from(argv.into_iter().map(long_flag));
    let result = match &args.command {
        Some(Command::Data { hydra }) => dataset::prepare_only(hydra),
        Some(Command::Sample(sample)) => launch::sample(sample),
        None => train_or_show(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = match failure {
                Failure::Config(error) => render(&error, Style::of_stderr()),
                Failure::Other(text) => format!("error: {text}"),
            };
            // With standard error closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

fn train_or_show(args: &Args) -> Result<(), Failure> {
    let config = args.hydra.composer(NAME, CONF).compose()?;
    if let Some(what) = args.hydra.cfg {
        let text = show::cfg(&config, what, &args.hydra)?;
        // A reader such as `head` may close the pipe early; that is its right.
        let _ = std::io::stdout().write_all(text.as_bytes());
        return Ok(());
    }
    let wanted = launch::wanted_dir(&config)?;
    // Checked before anything is made: a bad value leaves no directory behind.
    let config = config.with_output_dir(&wanted);
    let typed = validated(&config)?;
    dataset::prepare(&typed.dataset)?;
    launch::train(config, &wanted)
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
