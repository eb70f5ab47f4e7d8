//! The subcommand `sweep`.

use super::record::Sweep;
use super::{cancel, report, resume, status};
use crate::cli::Format;
use crate::failure::Failure;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with a sweep that is on disk.
#[derive(Args, Clone, Debug)]
pub struct SweepArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Show how the jobs stand; on a terminal, until they have ended
    Status {
        /// Directory of the sweep
        dir: PathBuf,
        /// Show it once, on a terminal too
        #[arg(long)]
        once: bool,
        /// How it is printed
        #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
        format: Format,
    },
    /// Compare the jobs: a table, and a page with curves and pictures
    Report {
        /// Directory of the sweep
        dir: PathBuf,
        /// Where the page goes [default: report.html in the directory of the sweep]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Run what is not done
    Resume {
        /// Directory of the sweep
        dir: PathBuf,
        /// Return when all jobs have ended, also on a cluster
        #[arg(long)]
        wait: bool,
    },
    /// Wait until nothing of it runs or is going to; exit status 0 if every job is done
    Wait {
        /// Directory of the sweep
        dir: PathBuf,
    },
    /// Start nothing more, and ask what runs to save and end
    Cancel {
        /// Directory of the sweep
        dir: PathBuf,
    },
}

impl SweepArgs {
    /// How errors are to be printed.
    pub fn format(&self) -> Format {
        match self.action {
            Action::Status { format, .. } => format,
            _ => Format::Text,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// There is no such sweep, another process launches it, or the report cannot be written.
    pub fn run(&self, program: &str) -> Result<ExitCode, Failure> {
        let open = |dir: &PathBuf| Sweep::open(dir).map_err(Failure::Other);
        match &self.action {
            Action::Status { dir, once, format } => {
                status::show(&open(dir)?, *format, *once)?;
                Ok(ExitCode::SUCCESS)
            }
            Action::Report { dir, output } => {
                report::write(&open(dir)?, output.as_deref())?;
                Ok(ExitCode::SUCCESS)
            }
            Action::Resume { dir, wait } => {
                let sweep = open(dir)?;
                if sweep.record.program != program {
                    let (planned_by, dir) = (&sweep.record.program, dir.display());
                    let help = format!("help: '{planned_by} sweep resume {dir}'");
                    return Err(Failure::Other(format!("the sweep was planned by {planned_by}\n{help}")));
                }
                resume::run(&sweep, if *wait { resume::Wait::ForAll } else { resume::Wait::Never })
            }
            Action::Wait { dir } => resume::wait_for_all(&open(dir)?),
            Action::Cancel { dir } => cancel::cancel(&open(dir)?).map(|()| ExitCode::SUCCESS),
        }
    }
}
