//! The command line of `ddpm`.

use super::dvc::DvcCommand;
use super::wandb::WandbCommand;
use clap::{Parser, Subcommand};
use hydra_app::app::SharedCommand;
use hydra_app::cli::{ComposeArgs, HydraArgs};
use hydra_app::schema::SchemaArgs;
use std::ffi::OsString;
use std::path::PathBuf;

/// Trains denoising diffusion models, configured as with Hydra.
#[derive(Parser)]
#[command(
    name = "ddpm",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
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
    /// Measure how far what a run draws is from held-out pictures
    Eval(Eval),
    /// Draw the loss and the learning rate of runs, as PNG and SVG
    Plot(Plot),
    /// Upload what of runs is not at Weights & Biases yet
    Wandb {
        #[command(subcommand)]
        command: WandbCommand,
    },
    /// Print the JSON Schema of the configuration, or of one file of it
    Schema(SchemaArgs),
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
    /// Weights to draw with instead: safetensors of the same network, as PyTorch saves them
    #[arg(long, value_name = "WEIGHTS", conflicts_with = "checkpoint")]
    pub(super) init: Option<PathBuf>,
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
    /// Draw the way from noise to pictures, too: ten stages of eight of them
    #[arg(long)]
    pub(super) strip: bool,
    /// Draw the same way as an animated PNG, too
    #[arg(long)]
    pub(super) animation: bool,
}

impl Sample {
    /// The arguments for the worker.
    pub(super) fn worker_args(&self) -> Vec<OsString> {
        let path = |path: &PathBuf| path.clone().into_os_string();
        let mut args = words([
            ("--checkpoint=", self.checkpoint.as_ref().map(path)),
            ("--init=", self.init.as_ref().map(path)),
            ("--output=", self.output.as_ref().map(path)),
            ("--pictures=", self.pictures.map(|number| number.to_string().into())),
            ("--steps=", self.steps.map(|number| number.to_string().into())),
            ("--seed=", self.seed.map(|number| number.to_string().into())),
            ("--device=", self.device.as_ref().map(OsString::from)),
        ]);
        let switches = [("--strip", self.strip), ("--animation", self.animation)];
        args.extend(switches.into_iter().filter(|(_, on)| *on).map(|(switch, _)| switch.into()));
        args.extend(["--".into(), self.run_dir.clone().into_os_string()]);
        args
    }
}

/// Each flag with its value, if it has one, as one word, so that no value is taken for a flag.
pub(super) fn words(flags: impl IntoIterator<Item = (&'static str, Option<OsString>)>) -> Vec<OsString> {
    let word = |(flag, value): (&str, Option<OsString>)| {
        let mut word = OsString::from(flag);
        word.push(value?);
        Some(word)
    };
    flags.into_iter().filter_map(word).collect()
}

/// What to measure, and with what.
#[derive(clap::Args)]
pub(super) struct Eval {
    /// Directory of the run
    pub(super) run_dir: PathBuf,
    /// eval.KEY=VALUE and sampling.KEY=VALUE, other than the run's own
    #[arg(value_name = "OVERRIDES")]
    pub(super) overrides: Vec<String>,
    /// The checkpoint, or weights that PyTorch has saved; what comes of it is shown and not recorded [default: the newest]
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Seed of the noise [default: that of the run]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Where to compute: auto, cpu, cuda [default: as the run]
    #[arg(long, value_name = "DEVICE", value_parser = ["auto", "cpu", "cuda"])]
    pub(super) device: Option<String>,
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
