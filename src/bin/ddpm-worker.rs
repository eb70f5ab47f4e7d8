//! `ddpm-worker`: trains one frozen configuration, or draws pictures from what was trained.
//!
//! `ddpm` starts it; it is the only program that loads libtorch. All it knows of a run is in its directory.
//!
//! `ddpm-worker train RUN_DIR` trains a run to its end: from the beginning, or from the newest whole checkpoint, bit for
//! bit as if it had never stopped. Of a run that is complete it says so, and changes nothing. One worker at a time.
//!
//! A launcher tells it about its surroundings:
//!
//! | variable | meaning |
//! |---|---|
//! | `HYDRA_RUN_DIR` | if set, a launcher has started the worker: when the parent process is gone, the worker saves and leaves, as after SIGHUP |
//! | `HYDRA_ORIGINAL_CWD` | the folder that a relative `dataset.root` is relative to; else the current directory |
//! | `HYDRA_LOG_FILE` | the log file, which is appended to; set and empty: none; else `ddpm.log` in RUN_DIR |
//!
//! | exit status | meaning |
//! |---|---|
//! | 0 | the run is complete, or `training.max_minutes` are over and all is saved |
//! | 1 | an error, which the log has, too |
//! | 128 + N | signal N: SIGINT, SIGTERM, SIGHUP, and SIGUSR1 and SIGUSR2, which clusters send before the time is up. All is saved; the same command goes on |

use clap::{Parser, Subcommand};
use ddpm::training::{Ended, Signal, Signals};
use ddpm::worker::{self, EvalRequest, EvalSettings, LogFile, SampleRequest, Surroundings, Trained};
use ddpm_config::DeviceChoice;
use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Trains one frozen configuration. Started by `ddpm`.
#[derive(Parser)]
#[command(name = "ddpm-worker", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train the configuration in RUN_DIR, from where it stopped if it was trained before
    Train {
        /// A directory with a frozen configuration
        run_dir: PathBuf,
    },
    /// Draw pictures from a checkpoint in RUN_DIR
    Sample {
        /// A directory with a frozen configuration
        run_dir: PathBuf,
        #[arg(long)]
        checkpoint: Option<PathBuf>,
        #[arg(long)]
        init: Option<PathBuf>,
        #[arg(long)]
        output: Option<PathBuf>,
        #[arg(long)]
        pictures: Option<u32>,
        #[arg(long)]
        steps: Option<u32>,
        #[arg(long)]
        seed: Option<u64>,
        #[arg(long, value_parser = device)]
        device: Option<DeviceChoice>,
        #[arg(long)]
        strip: bool,
        #[arg(long)]
        animation: bool,
    },
    /// Compare what RUN_DIR draws with held-out pictures
    Eval {
        /// A directory with a frozen configuration
        run_dir: PathBuf,
        #[arg(long)]
        checkpoint: Option<PathBuf>,
        /// {"eval": …, "sampling": …}, other than the run's
        #[arg(long, value_parser = settings)]
        settings: Option<EvalSettings>,
        #[arg(long)]
        seed: Option<u64>,
        #[arg(long, value_parser = device)]
        device: Option<DeviceChoice>,
        /// The folder that a relative dataset.root is relative to
        #[arg(long)]
        folder: Option<PathBuf>,
    },
}

fn settings(json: &str) -> Result<EvalSettings, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn device(name: &str) -> Result<DeviceChoice, String> {
    name.parse()
}

fn main() -> ExitCode {
    ddpm::device::keep_memory();
    let result = match Args::parse().command {
        Command::Train { run_dir } => train(&run_dir),
        Command::Sample {
            run_dir,
            checkpoint,
            init,
            output,
            pictures,
            steps,
            seed,
            device,
            strip,
            animation,
        } => {
            let request =
                SampleRequest { checkpoint, init, output, pictures, steps, seed, device, strip, animation };
            worker::sample(&run_dir, &request).map(|path| {
                // Nobody may be reading any more; the picture is there all the same.
                let _ = writeln!(io::stdout(), "{}", path.display());
                ExitCode::SUCCESS
            })
        }
        Command::Eval { run_dir, checkpoint, settings, seed, device, folder } => {
            let folder = folder.unwrap_or_default();
            let request = EvalRequest { settings, checkpoint, seed, device, folder };
            eval(&run_dir, &request)
        }
    };
    result.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::FAILURE
    })
}

fn train(run_dir: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let mut signals = Signals::listen()?;
    // Somebody who starts it by hand may well mean it to outlive the shell.
    if env::var_os("HYDRA_RUN_DIR").is_some() {
        signals = signals.with_parent();
    }
    Ok(match worker::train(run_dir, &surroundings(), signals)? {
        Trained::Complete { steps } => {
            let _ = writeln!(io::stderr(), "{} is complete: {steps} steps", run_dir.display());
            ExitCode::SUCCESS
        }
        Trained::Now(Ended::Finished | Ended::OutOfTime) => ExitCode::SUCCESS,
        Trained::Now(Ended::Interrupted(signal)) => ExitCode::from(signal.exit_status()),
    })
}

fn eval(run_dir: &Path, request: &EvalRequest) -> Result<ExitCode, Box<dyn Error>> {
    let signals = Signals::listen()?;
    let Some(evaluated) = worker::eval(run_dir, request, &signals)? else {
        return Ok(ExitCode::from(signals.received().map_or(1, Signal::exit_status)));
    };
    // Before it is recorded: what took minutes to find is not to be lost because a disk is full.
    let _ = writeln!(io::stdout(), "{}", evaluated.evaluation);
    if let Err(error) = worker::record(run_dir, &evaluated, &request.folder, signals) {
        let _ = writeln!(io::stderr(), "warning: it is not recorded: {error}");
    }
    Ok(ExitCode::SUCCESS)
}

fn surroundings() -> Surroundings {
    let log_file = match env::var_os("HYDRA_LOG_FILE") {
        None => LogFile::InRunDir,
        Some(path) if path.is_empty() => LogFile::Off,
        Some(path) => LogFile::At(path.into()),
    };
    Surroundings { folder: env::var_os("HYDRA_ORIGINAL_CWD").unwrap_or_default().into(), log_file }
}
