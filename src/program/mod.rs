//! The program `ddpm`.
//!
//! - `args`: its command line
//! - `dataset`: `ddpm data`, and preparing before training
//! - `launch`: run directories and the worker

mod args;
mod dataset;
mod launch;

use args::{Args, Command};
use clap::CommandFactory;
use ddpm_config::Config;
use hydra_app::app::{self, Answer, Failure, Program};
use hydra_app::help;
use hydra_compose::{Code, Error};
use std::ffi::OsString;
use std::process::ExitCode;

/// The program, and the folder of its configuration.
const PROGRAM: Program<'static> =
    Program { name: "ddpm", version: env!("CARGO_PKG_VERSION"), conf: "conf", check };

fn check(config: &hydra_compose::Config) -> hydra_compose::Result<()> {
    config.validate::<Config>().map(drop)
}

/// Runs the program.
pub(crate) fn run(argv: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Args = match app::parse(argv) {
        Ok(args) => args,
        Err(status) => return status,
    };
    let format = args.hydra.format;
    let result = match args.command {
        Some(Command::Data { compose }) => dataset::prepare_only(&compose),
        Some(Command::Sample(sample)) => launch::sample(&sample),
        None => {
            app::answer(PROGRAM, &args.hydra, &help::flags(Args::command())).and_then(|answer| match answer {
                Answer::Text(text) => {
                    app::print(&text);
                    Ok(())
                }
                Answer::Run(config) => launch::train(*config),
            })
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => app::report(&failure, format),
    }
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
