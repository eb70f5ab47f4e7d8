//! The program `ddpm`.
//!
//! - `args`: its command line
//! - `dataset`: `ddpm data`, and preparing before training
//! - `wandb`: `ddpm wandb sync`
//! - `dvc`: what the stages of `dvc.yaml` run
//! - `launch`: run directories and the worker
//! - `eval`: `ddpm eval`
//! - `plot`: `ddpm plot`

mod args;
mod dataset;
mod dvc;
mod eval;
mod launch;
mod plot;
mod wandb;

use args::{Args, Command};
use clap::CommandFactory;
use ddpm_config::Config;
use hydra_app::app::{self, Program};
use hydra_app::failure::report;
use hydra_app::help;
use hydra_compose::{Code, Error, Result};
use launch::Train;
use std::ffi::OsString;
use std::process::ExitCode;

/// The program's name, and the folder of its configuration.
const PROGRAM_NAME: &str = "ddpm";
const CONF: &str = "conf";

/// Runs the program.
pub(crate) fn run(argv: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Args = match app::parse(argv) {
        Ok(args) => args,
        Err(status) => return status,
    };
    let worker = Train::built();
    let program =
        Program { name: PROGRAM_NAME, version: env!("CARGO_PKG_VERSION"), conf: CONF, worker: &worker };
    let done = |()| ExitCode::SUCCESS;
    let (format, result) = match args.command {
        Some(Command::Data { compose }) => (args.hydra.format, dataset::prepare_only(&compose).map(done)),
        Some(Command::Sample(sample)) => (args.hydra.format, launch::sample(&sample).map(done)),
        Some(Command::Eval(eval)) => (args.hydra.format, eval::eval(&eval).map(done)),
        Some(Command::Plot(plot)) => (args.hydra.format, plot::plot(&plot).map(done)),
        Some(Command::Wandb { command }) => (args.hydra.format, wandb::run(&command).map(done)),
        Some(Command::Dvc { command }) => (args.hydra.format, dvc::run(&command)),
        Some(Command::Schema(schema)) => (schema.format, schema.run::<Config>(PROGRAM_NAME, CONF)),
        Some(Command::Shared(shared)) => {
            (shared.format(), shared.run(Program { worker: &Train::as_it_is(), ..program }))
        }
        None => (args.hydra.format, app::run(program, &args.hydra, &help::flags(Args::command()))),
    };
    result.unwrap_or_else(|failure| report(&failure, format))
}

/// The typed configuration, or everything that is wrong with it.
fn validated(config: &hydra_compose::Config) -> Result<Config> {
    let typed: Config = config.validate()?;
    let tree = config.resolve()?;
    let errors = typed.conflicts().into_iter().map(|conflict| {
        let error = Error::new(Code::InvalidValue, conflict.message);
        match tree.get(conflict.key) {
            Some(node) => error.label(&node.origin, "set here"),
            None => error,
        }
    });
    Error::several(errors.collect()).map_or(Ok(typed), Err)
}
