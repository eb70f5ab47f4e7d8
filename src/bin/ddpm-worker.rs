//! `ddpm-worker`: trains one frozen configuration, or draws pictures from what was trained.
//!
//! `ddpm` starts it; it is the only program that loads libtorch. All it knows of a run is in its directory.

use clap::{Parser, Subcommand};
use ddpm::tracking::{Console, Log, Metrics, Tracker};
use ddpm::training::{Ended, Signals, Trainer};
use ddpm::worker::{self, SampleRequest};
use ddpm_config::DeviceChoice;
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
    /// Train the configuration in RUN_DIR
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
        output: Option<PathBuf>,
        #[arg(long)]
        pictures: Option<u32>,
        #[arg(long)]
        steps: Option<u32>,
        #[arg(long)]
        seed: Option<u64>,
        #[arg(long, value_parser = device)]
        device: Option<DeviceChoice>,
    },
}

fn device(name: &str) -> Result<DeviceChoice, String> {
    name.parse()
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Train { run_dir } => train(&run_dir),
        Command::Sample { run_dir, checkpoint, output, pictures, steps, seed, device } => {
            let request = SampleRequest { checkpoint, output, pictures, steps, seed, device };
            worker::sample(&run_dir, request).map(|path| {
                // Nobody may be reading any more; the picture is there all the same.
                let _ = writeln!(io::stdout(), "{}", path.display());
                ExitCode::SUCCESS
            })
        }
    };
    result.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::FAILURE
    })
}

fn train(run_dir: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let signals = Signals::listen()?;
    let config = worker::frozen_config(run_dir)?;
    let records = worker::records(&config)?;
    let mut trainer = Trainer::new(config, records, run_dir, signals)?;
    let metrics = Metrics::create(run_dir).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{} is trained already, or being trained: it has a metrics.jsonl", run_dir.display())
        }
        _ => format!("{}: {error}", run_dir.display()),
    })?;
    let tracker = Tracker::new().with(metrics).with(Log::create(run_dir, "ddpm")?).with(Console::new());
    Ok(match trainer.run(tracker)? {
        Ended::Finished => ExitCode::SUCCESS,
        Ended::Interrupted(signal) => ExitCode::from(signal.exit_status()),
    })
}
