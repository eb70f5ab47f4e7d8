//! A whole program on the framework: a type, and a function of it.

use crate::app::{self, Program, SharedCommand};
use crate::cli::{Format, HydraArgs};
use crate::failure::{Failure, print, report};
use crate::help;
use crate::launch::Worker;
use crate::run_dir::FROZEN;
use crate::schema::SchemaArgs;
use clap::{CommandFactory, Parser, Subcommand};
use hydra_compose::tree::SourceFile;
use hydra_compose::{Config, typed, yaml};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::fmt::Display;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

/// A program with all of Hydra's command line, whose configuration is checked against a type before anything runs.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct Config {
///     /// TCP port.
///     port: u16,
/// }
///
/// fn serve(config: Config) -> Result<(), std::io::Error> {
///     println!("listening on port {}", config.port);
///     Ok(())
/// }
///
/// fn main() -> ExitCode {
///     hydra_app::Application { name: "serve", version: "1.0.0", conf: "conf" }.run(serve)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Application {
    /// The name it is called by, and Hydra's `hydra.job.name`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The folder of its configuration, relative to the current one, unless `--config-path` names another.
    pub conf: &'static str,
}

/// The command line.
#[derive(Parser)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    hydra: HydraArgs,
    /// Print version
    #[arg(long = "version", short = 'V')]
    print_version: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Print the JSON Schema of the configuration, or of one file of it
    Schema(SchemaArgs),
    /// Do the job of a run directory: what the program starts itself
    #[command(hide = true)]
    Work {
        /// Directory of the job
        run_dir: PathBuf,
    },
    #[command(flatten)]
    Shared(SharedCommand),
}

/// The name of the subcommand that does a job.
const WORK: &str = "work";

impl Application {
    /// The program's `main`: answers, or composes a configuration, freezes it into a run directory, and has `work` do it.
    ///
    /// Each job is a process of its own, this program once more: so sweeps, launchers, `--rerun` and `--resume` need nothing from
    /// `work`. The directory of its run is in the environment variable `HYDRA_RUN_DIR`.
    pub fn run<T, E>(self, work: impl FnOnce(T) -> Result<(), E>) -> ExitCode
    where
        T: DeserializeOwned + JsonSchema,
        E: Display,
    {
        let line: Line = match app::parse(env::args_os()) {
            Ok(line) => line,
            Err(status) => return status,
        };
        let worker = Own::<T>(PhantomData);
        let program = Program { name: self.name, version: self.version, conf: self.conf, worker: &worker };
        let (format, result) = match line.command {
            Some(Command::Schema(schema)) => (schema.format, schema.run::<T>(self.name, self.conf)),
            Some(Command::Work { run_dir }) => (Format::Text, do_job(&run_dir, work)),
            Some(Command::Shared(shared)) => (shared.format(), shared.run(program)),
            None if line.print_version => {
                let printed = print(&format!("{} {}\n", self.name, self.version));
                (Format::Text, printed.map(|()| ExitCode::SUCCESS))
            }
            None => (line.hydra.format, app::run(program, &line.hydra, &help::flags(Line::command()))),
        };
        result.unwrap_or_else(|failure| report(&failure, format))
    }
}

/// Reads the frozen configuration of a run, and does it.
fn do_job<T, E>(run_dir: &Path, work: impl FnOnce(T) -> Result<(), E>) -> Result<ExitCode, Failure>
where
    T: DeserializeOwned + JsonSchema,
    E: Display,
{
    let path = run_dir.join(FROZEN);
    let text =
        fs::read_to_string(&path).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
    let config: T = typed::validate(&yaml::load(&SourceFile::new(path, text))?)?;
    work(config).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

/// This program as the worker of its own jobs.
struct Own<T>(PhantomData<fn() -> T>);

impl<T: DeserializeOwned + JsonSchema> Worker for Own<T> {
    fn check(&self, config: &Config) -> hydra_compose::Result<()> {
        config.validate::<T>().map(drop)
    }

    fn schema(&self) -> Option<serde_json::Value> {
        Some(typed::schema_of::<T>())
    }

    fn prepare(&self, _: &Config) -> Result<(), Failure> {
        Ok(())
    }

    fn command(&self, run_dir: &Path) -> Result<Vec<OsString>, Failure> {
        let mut me = env::current_exe().map_err(|error| Failure::Other(format!("where am I? {error}")))?;
        // Built anew since it started: jobs of one sweep are done by one version.
        if cfg!(target_os = "linux") && !me.is_file() {
            me = "/proc/self/exe".into();
        }
        Ok(vec![me.into(), WORK.into(), run_dir.into()])
    }
}
