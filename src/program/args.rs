//! The command line of `ddpm`.

use super::dvc::DvcCommand;
use super::wandb::WandbCommand;
use clap::{Parser, Subcommand};
use hydra_app::app::SharedCommand;
use hydra_app::cli::{ComposeArgs, HydraArgs};
use std::ffi::OsString;
use std::path::PathBuf;

/// Trains denoising diffusion models, configured as with Hydra.
#[derive(Parser)]
#[command(
    name = "ddpm",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_flag = true,
    infer_long_args = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) hydra: HydraArgs,
}

/// What else it does.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Prepare the configured dataset; does nothing the second time
    Data {
        #[command(flatten)]
        compose: ComposeArgs,
    },
    /// Draw pictures from a checkpoint of a run
    Sample(Sample),
    /// Draw the loss and the learning rate of runs, as PNG and SVG
    Plot(Plot),
    /// Upload what of runs is not at Weights & Biases yet
    Wandb {
        #[command(subcommand)]
        command: WandbCommand,
    },
    /// What the stages of the DVC pipeline run
    Dvc {
        #[command(subcommand)]
        command: DvcCommand,
    },
    #[command(flatten)]
    Shared(SharedCommand),
}

/// Which pictures to draw.
#[derive(clap::Args)]
pub(super) struct Sample {
    /// Directory of the run
    pub(super) run_dir: PathBuf,
    /// The checkpoint [default: the newest]
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Where the grid goes [default: a name that tells the request, in RUN_DIR/samples]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Number of pictures [default: that of the run]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(super) pictures: Option<u32>,
    /// Denoising steps [default: that of the run]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) steps: Option<u32>,
    /// Seed of the noise [default: that of the run]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Where to compute: auto, cpu, cuda [default: as the run]
    #[arg(long, value_name = "DEVICE", value_parser = ["auto", "cpu", "cuda"])]
    pub(super) device: Option<String>,
}

impl Sample {
    /// The arguments for the worker. Each flag is one word with its value, so that no value is taken for a flag.
    pub(super) fn worker_args(&self) -> Vec<OsString> {
        let path = |path: &PathBuf| path.clone().into_os_string();
        let flags = [
            ("--checkpoint=", self.checkpoint.as_ref().map(path)),
            ("--output=", self.output.as_ref().map(path)),
            ("--pictures=", self.pictures.map(|number| number.to_string().into())),
            ("--steps=", self.steps.map(|number| number.to_string().into())),
            ("--seed=", self.seed.map(|number| number.to_string().into())),
            ("--device=", self.device.as_ref().map(OsString::from)),
        ];
        let mut args: Vec<OsString> = Vec::new();
        for (flag, value) in flags {
            if let Some(value) = value {
                let mut word = OsString::from(flag);
                word.push(value);
                args.push(word);
            }
        }
        args.extend(["--".into(), self.run_dir.clone().into_os_string()]);
        args
    }
}

/// Which curves to draw.
#[derive(clap::Args)]
pub(super) struct Plot {
    /// Directories of runs, or of sweeps
    #[arg(required = true, value_name = "RUN_DIR")]
    pub(super) run_dirs: Vec<PathBuf>,
    /// A name in .png or .svg [default: both, curves.* in RUN_DIR; of several runs in the current directory]
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// What to draw of metrics.jsonl
    #[arg(long, value_name = "NAME", default_value = "loss")]
    pub(super) metric: String,
    /// Powers of ten on the axis of values
    #[arg(long)]
    pub(super) log: bool,
    /// Weight of earlier values in the moving average, from 0 (none) to below 1; short curves have none
    #[arg(long, value_name = "WEIGHT", default_value = "0.9", value_parser = weight)]
    pub(super) smooth: f64,
}

fn weight(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..1.0).contains(number));
    number.ok_or_else(|| "a number from 0 to below 1 is expected".to_owned())
}
