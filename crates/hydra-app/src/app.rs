//! What a program does with the shared flags and subcommands.

use crate::check::CheckArgs;
use crate::cli::{Format, HydraArgs, long_flag};
use crate::completion::{self, Environment, Request};
use crate::diff::DiffArgs;
use crate::failure::{Failure, print, report, say};
use crate::info::{self, About};
use crate::job::JobPlan;
use crate::launch::{self, Request as Launch, Worker};
use crate::parse::ParseArgs;
use crate::rerun::rerun;
use crate::sweep::{self, SweepArgs, Wait};
use crate::{help, json, plan, show, why};
use clap::error::ContextKind;
use clap::{Parser, Subcommand};
use hydra_compose::sweep::Plan;
use hydra_compose::{Code, Composer, Config, RunMode};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Who the program is.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// The name it is called by, and Hydra's `hydra.job.name`.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The folder of its configuration, unless `--config-path` names another.
    pub conf: &'a str,
    /// What it does with a job.
    pub worker: &'a dyn Worker,
}

/// What the flags come to.
pub enum Answer {
    /// Text for standard output; nothing is left to be done.
    Text(String),
    /// A configuration to run, and what else is known of the job.
    Run(Box<(Config, JobPlan)>),
    /// A sweep to launch.
    Sweep(Box<Plan>),
    /// A run to go on with.
    Resume(PathBuf),
}

/// Subcommands that every program has.
#[derive(Clone, Debug, Subcommand)]
pub enum SharedCommand {
    /// Find what is wrong in a configuration directory, without running anything
    Check(CheckArgs),
    /// Compare two configurations: runs, files, or compositions
    Diff(DiffArgs),
    /// Say what overrides mean, one line each
    Parse(ParseArgs),
    /// Ask about a sweep, resume it, wait for it, cancel it
    Sweep(SweepArgs),
    /// Run one job of a sweep: what launchers start
    #[command(hide = true)]
    RunJob {
        /// Directory of the job
        #[arg(required_unless_present = "slurm")]
        run_dir: Option<PathBuf>,
        /// Directory of its sweep
        #[arg(long)]
        sweep: PathBuf,
        /// In a task of a Slurm array: what is added to its index for the number of the job
        #[arg(long, value_name = "BASE", conflicts_with = "run_dir")]
        slurm: Option<usize>,
    },
}

impl SharedCommand {
    /// How errors are to be printed.
    pub fn format(&self) -> Format {
        match self {
            Self::Check(args) => args.format,
            Self::Diff(args) => args.format,
            Self::Parse(args) => args.format,
            Self::Sweep(args) => args.format(),
            Self::RunJob { .. } => Format::Text,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// There is no such sweep or job, or it is in the hands of another process; a side of a comparison cannot be read.
    pub fn run(&self, program: Program<'_>) -> Result<ExitCode, Failure> {
        let Program { name, conf, worker, .. } = program;
        match self {
            Self::Check(args) => args.run(program),
            Self::Diff(args) => args.run(name, conf),
            Self::Parse(args) => print(&args.answer()?).map(|()| ExitCode::SUCCESS),
            Self::Sweep(args) => args.run(name),
            Self::RunJob { sweep, slurm: Some(base), .. } => launch::slurm::run_task(worker, sweep, *base),
            Self::RunJob { run_dir: Some(run_dir), sweep, .. } => launch::run_job(worker, run_dir, sweep),
            Self::RunJob { .. } => Err(Failure::Usage("which job?".into())),
        }
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
                let message = format!("the argument {} is not UTF-8", argument.display());
                return Err(report(&Failure::Usage(message), format_of(&words)));
            }
        }
    }
    let format = format_of(&words);
    let command = with_help(P::command());
    let parsed = command.try_get_matches_from(words).and_then(|matches| P::from_arg_matches(&matches));
    parsed.map_err(|mut error| {
        // After `--` there is a command and no override: clap's advice to write `-- -a` would lead astray.
        error.remove(ContextKind::Suggested);
        if error.use_stderr() && format == Format::Json {
            let text = error.to_string();
            let message: Vec<&str> =
                text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            return report(&Failure::Usage(message.join(" ").replacen("error: ", "", 1)), format);
        }
        if error.use_stderr() {
            // Nobody may be reading.
            let _ = error.print();
            return ExitCode::from(2);
        }
        let printed = print(&error.render().to_string());
        printed.map_or_else(|failure| report(&failure, format), |()| ExitCode::SUCCESS)
    })
}

/// Subcommands have clap's own `--help`; that of the program is among Hydra's flags.
fn with_help(command: clap::Command) -> clap::Command {
    fn below(command: clap::Command) -> clap::Command {
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        names.iter().fold(command, |command, name| {
            command.mut_subcommand(name, |sub| {
                let help = clap::Arg::new("help").short('h').long("help").help("Print help");
                below(sub.arg(help.action(clap::ArgAction::Help)))
            })
        })
    }
    below(command)
}

/// Whether a line that may not parse asks for JSON.
fn format_of(words: &[String]) -> Format {
    let flags = words.iter().take_while(|word| *word != "--").count();
    let words = &words[..flags];
    let after = words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    if after || words.iter().any(|word| word == "--format=json") { Format::Json } else { Format::Text }
}

/// Does what the flags ask for: answers, or runs a configuration or a sweep to its end. `flags` is the program's list of
/// flags, for its help.
///
/// # Errors
/// As [`answer`]; or it cannot be run.
pub fn run(program: Program<'_>, args: &HydraArgs, flags: &str) -> Result<ExitCode, Failure> {
    match answer(program, args, flags)? {
        Answer::Text(text) => print(&text).map(|()| ExitCode::SUCCESS),
        Answer::Run(job) => launch::start(program.worker, job.0, job.1),
        Answer::Resume(run_dir) => launch::resume(program.worker, &run_dir),
        Answer::Sweep(plan) => {
            let Program { name, version, worker, .. } = program;
            let request = Launch { program: name, version, worker, fail_fast: args.fail_fast };
            let sweep = launch::plan_on_disk(&request, &plan)?;
            say(&format!("sweep directory: {}", launch::shown(&sweep.dir)));
            sweep::run(&sweep, if args.wait { Wait::ForAll } else { Wait::Never })
        }
    }
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
        let schema = program.worker.schema();
        let program = completion::Program { name: program.name, conf: program.conf, schema: schema.as_ref() };
        let answered = completion::answer(request, program, &args.compose, &Environment::of_process());
        return text(answered.map_err(|misuse| Failure::Usage(misuse.to_string()))?);
    }
    let composer = || {
        let mode = if args.multirun { RunMode::Multirun } else { RunMode::Run };
        args.compose.composer(program.name, program.conf).mode(mode)
    };
    if args.help || args.hydra_help {
        let help = composer().compose().and_then(|config| match args.help {
            true => help::application(&config, args, flags, program.worker.schema().as_ref()),
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
    if let Some(key) = &args.why {
        let why = composer().compose()?.why(key)?;
        return text(match args.format {
            Format::Text => why::text(&why),
            Format::Json => why::json(&why),
        });
    }
    if let Some(run_dir) = &args.resume {
        return Ok(Answer::Resume(run_dir.clone()));
    }
    if let Some(run_dir) = &args.rerun {
        return Ok(Answer::Run(Box::new(rerun(program.name, run_dir, &args.compose)?)));
    }
    let flag = if args.multirun { RunMode::Multirun } else { RunMode::Run };
    let (composer, mode, warning) = args.compose.composer(program.name, program.conf).decide_mode(flag);
    if let Some(warning) = warning {
        say(&format!("warning: {warning}"));
    }
    match mode {
        RunMode::Run => Ok(Answer::Run(Box::new((composer.compose()?, JobPlan::default())))),
        RunMode::Multirun => sweep(program, args, composer),
    }
}

/// The plan of a sweep, as text for `--dry-run`.
fn sweep(program: Program<'_>, args: &HydraArgs, composer: Composer) -> Result<Answer, Failure> {
    let plan = composer.plan_with(|_, config| program.worker.check(config))?;
    if args.dry_run {
        launch::check(&plan)?;
    }
    if let Some(warning) = plan::warning(&plan) {
        say(&format!("warning: {warning}"));
    }
    Ok(match args.format {
        _ if !args.dry_run => Answer::Sweep(Box::new(plan)),
        Format::Text => Answer::Text(plan::text(&plan)),
        Format::Json => Answer::Text(plan::json(&plan)),
    })
}
