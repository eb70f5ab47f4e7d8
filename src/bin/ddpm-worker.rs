//! `ddpm-worker`: trains one frozen configuration, or draws pictures from what was trained.
//!
//! `ddpm` starts it; it is the only program that loads libtorch. All it knows of a run is in its directory.

use clap::{Parser, Subcommand};
use ddpm::tracking::{Console, Log, Metrics, Tracker};
use ddpm::training::{Ended, Signals, Trainer};
use ddpm::worker::{self, SampleRequest};
use std::error::Error;
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
    },
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Train { run_dir } => train(&run_dir),
        Command::Sample { run_dir, checkpoint, output, pictures, steps, seed } => {
            let request = SampleRequest { checkpoint, output, pictures, steps, seed };
            worker::sample(&run_dir, request).map(|path| {
                println!("{}", path.display());
                ExitCode::SUCCESS
            })
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn train(run_dir: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let signals = Signals::listen()?;
    let config = worker::frozen_config(run_dir)?;
    let records = worker::records(&config)?;
    let tracker = Tracker::new()
        .with(Metrics::create(run_dir)?)
        .with(Log::create(run_dir, "ddpm")?)
        .with(Console::new());
    let ended = Trainer::new(config, records, run_dir, tracker, signals)?.run()?;
    Ok(match ended {
        Ended::Finished => ExitCode::SUCCESS,
        Ended::Interrupted(signal) => ExitCode::from(signal.exit_status()),
    })
}
