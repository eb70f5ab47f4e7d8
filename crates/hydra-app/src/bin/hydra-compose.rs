//! `hydra-compose`: composes any configuration directory, and knows no schema.

use clap::{CommandFactory, Parser, Subcommand};
use hydra_app::app::{self, Answer, Failure, Program};
use hydra_app::cli::{Cfg, HydraArgs};
use hydra_app::parse::ParseArgs;
use std::process::ExitCode;

/// Composes configurations as Hydra does.
#[derive(Parser)]
#[command(
    name = "hydra-compose",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_flag = true,
    infer_long_args = true
)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    hydra: HydraArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Say what overrides mean, one line each
    Parse(ParseArgs),
}

const PROGRAM: Program<'static> =
    Program { name: "hydra-compose", version: env!("CARGO_PKG_VERSION"), conf: "conf", check: |_| Ok(()) };

fn main() -> ExitCode {
    let args: Args = match app::parse(std::env::args_os()) {
        Ok(args) => args,
        Err(status) => return status,
    };
    let (format, result) = match &args.command {
        Some(Command::Parse(parse)) => (parse.format, parse.answer().map_err(Failure::from)),
        None => (args.hydra.format, compose(&args.hydra)),
    };
    match result {
        Ok(text) => {
            app::print(&text);
            ExitCode::SUCCESS
        }
        Err(failure) => app::report(&failure, format),
    }
}

/// Without another request, the composed configuration.
fn compose(args: &HydraArgs) -> Result<String, Failure> {
    let mut args = args.clone();
    if !args.multirun && !args.resolve {
        args.cfg.get_or_insert(Cfg::Job);
    }
    let flags = hydra_app::help::flags(Args::command());
    match app::answer(PROGRAM, &args, &flags)? {
        Answer::Text(text) => Ok(text),
        Answer::Run(_) => Err(Failure::Usage("there is nothing to run".into())),
    }
}
