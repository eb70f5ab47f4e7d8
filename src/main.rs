//! `ddpm`: composes the configuration, shows it, prepares datasets, and launches the worker that trains.
//!
//! It links no libtorch, and so answers in milliseconds. What it starts, `ddpm-worker`, stands beside it.

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    program::run(std::env::args_os())
}
