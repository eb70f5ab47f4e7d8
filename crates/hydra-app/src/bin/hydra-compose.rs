//! `hydra-compose`: composes any configuration directory, and knows no schema. With a command after `--`, runs it once a
//! job.

use clap::{CommandFactory, Parser, Subcommand};
use hydra_app::app::{self, Program, SharedCommand};
use hydra_app::cli::{Cfg, Format, HydraArgs};
use hydra_app::failure::{Failure, report};
use hydra_app::launch::{CheckedWorker, CommandWorker, NoWorker, Worker};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Composes configurations as Hydra does.
#[derive(Parser)]
#[command(
    name = "hydra-compose",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    hydra: HydraArgs,
    /// Check the configuration against a JSON Schema: with --cfg, with check, and before anything runs
    #[arg(long, value_name = "FILE", global = true)]
    schema: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Shared(SharedCommand),
}

/// The program's name.
const NAME: &str = "hydra-compose";

fn main() -> ExitCode {
    let (words, job) = match split(std::env::args_os().collect()) {
        Ok(split) => split,
        Err(failure) => return report(&failure, Format::Text),
    };
    let args: Args = match app::parse(words) {
        Ok(args) => args,
        Err(status) => return status,
    };
    let (format, result) = match &args.command {
        Some(Command::Shared(shared)) => (shared.format(), run_shared(shared, args.schema)),
        None => (args.hydra.format, compose(args.hydra, args.schema, job)),
    };
    result.unwrap_or_else(|failure| report(&failure, format))
}

/// The words of the line, and those of the command after the first `--`. The subcommand `parse` has another use for that.
fn split(mut words: Vec<OsString>) -> Result<(Vec<OsString>, Option<Vec<String>>), Failure> {
    let is_parse = words.get(1).is_some_and(|word| word == "parse");
    let Some(place) = words.iter().position(|word| word == "--").filter(|_| !is_parse) else {
        return Ok((words, None));
    };
    let command = words.split_off(place).into_iter().skip(1).map(OsString::into_string);
    let command: Vec<String> = command
        .collect::<Result<_, _>>()
        .map_err(|word| Failure::Usage(format!("the argument {} is not UTF-8", word.display())))?;
    if command.is_empty() {
        return Err(Failure::Usage("a command is missing after '--'".into()));
    }
    Ok((words, Some(command)))
}

/// Without another request and without a command, the composed configuration.
fn compose(
    mut args: HydraArgs,
    schema: Option<PathBuf>,
    job: Option<Vec<String>>,
) -> Result<ExitCode, Failure> {
    let has_job = job.is_some();
    let worker: Box<dyn Worker> = match job {
        Some(command) => Box::new(CommandWorker { command }),
        None => Box::new(NoWorker),
    };
    let is_checked = schema.is_some();
    let worker = checked(worker, schema)?;
    let asks = args.dry_run
        || args.cfg.is_some()
        || args.info.is_some()
        || args.why.is_some()
        || args.help
        || args.hydra_help;
    if args.multirun && !has_job && !asks {
        return Err(Failure::Usage(
            "--multirun has nothing to run\nhelp: name a command after '--', or print the jobs with --dry-run".into(),
        ));
    }
    let runs = args.multirun || args.rerun.is_some() || args.resume.is_some();
    if !has_job && !runs && !args.resolve && args.why.is_none() {
        args.cfg.get_or_insert(Cfg::Job);
    }
    // `--cfg` prints what it is given, so what is wrong with it is told here.
    if is_checked && args.cfg.is_some() && !args.multirun {
        worker.check(&args.compose.composer(NAME, "conf").compose()?)?;
    }
    app::run(program(worker.as_ref()), &args, &hydra_app::help::flags(Args::command()))
}

fn run_shared(command: &SharedCommand, schema: Option<PathBuf>) -> Result<ExitCode, Failure> {
    if schema.is_some() && !matches!(command, SharedCommand::Check(_)) {
        let message = "--schema goes with 'check', and with a configuration that is printed or run";
        return Err(Failure::Usage(message.into()));
    }
    command.run(program(checked(Box::new(NoWorker), schema)?.as_ref()))
}

/// The worker, with the schema of a file if there is to be one.
fn checked(worker: Box<dyn Worker>, schema: Option<PathBuf>) -> Result<Box<dyn Worker>, Failure> {
    Ok(match schema {
        Some(path) => Box::new(CheckedWorker::read(worker, &path)?),
        None => worker,
    })
}

/// This program, with what it does with a job.
fn program(worker: &dyn Worker) -> Program<'_> {
    Program { name: NAME, version: env!("CARGO_PKG_VERSION"), conf: "conf", worker }
}
