//! The subcommand `diff`: what differs between two configurations.
//!
//! - `side`: what A and B may be, and how each is read
//! - `words`: a composition in one argument, taken apart as a shell does
//! - `place`: where a value was set
//! - `show`: the differences, for a person and for a program

mod place;
mod show;
mod side;
mod words;

use crate::cli::{ComposeArgs, ConfigArgs, Format, with_help};
use crate::failure::{Failure, print};
use crate::render::Style;
use clap::Args;
use hydra_compose::diff::{Difference, diff};
use hydra_compose::{Error, Result};
use jiff::Zoned;
use side::{Reader, Side};
use std::process::ExitCode;

const FOLDER: &str =
    "Folder of the configuration that overrides belong to, relative to the current one (-cp)";

/// The arguments of `diff`.
///
/// ```
/// use clap::Parser;
/// #[derive(Parser)]
/// struct Cli {
///     #[command(flatten)]
///     diff: hydra_app::diff::DiffArgs,
/// }
/// let argv = ["app", "", "optimizer=sgd", "-cn", "main"].map(hydra_app::cli::long_flag);
/// let cli = Cli::parse_from(argv);
/// assert_eq!((cli.diff.a.as_str(), cli.diff.b.as_str()), ("", "optimizer=sgd"));
/// assert_eq!(cli.diff.config.config_name.as_deref(), Some("main"));
/// ```
#[derive(Args, Clone, Debug, Default)]
#[command(
    mut_arg("config_path", with_help(FOLDER)),
    mut_arg("config_name", with_help("Name of its primary config (-cn)")),
    mut_arg("config_dir", with_help("Another folder to look for configurations in (-cd)"))
)]
pub struct DiffArgs {
    /// A run directory, a YAML file, or overrides in quotes: 'optimizer=sgd seed=1', '' for none
    #[arg(value_name = "A")]
    pub a: String,

    /// What it is compared with: any of these, too
    #[arg(value_name = "B")]
    pub b: String,

    /// The configuration that overrides belong to.
    #[command(flatten)]
    pub config: ConfigArgs,

    /// How differences and errors are printed
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    pub format: Format,
}

/// Two configurations, compared.
pub struct Comparison {
    /// What differs, sorted by key.
    pub differences: Vec<Difference>,
    a: Side,
    b: Side,
}

impl DiffArgs {
    /// Prints what differs. The exit status is 1 if something does. `conf` is the program's own folder of configurations.
    ///
    /// # Errors
    /// As [`compare`](Self::compare).
    pub fn run(&self, program: &str, conf: &str) -> std::result::Result<ExitCode, Failure> {
        let comparison = self.compare(program, conf)?;
        print(&match self.format {
            Format::Text => comparison.text(Style::of_stdout()),
            Format::Json => comparison.json(),
        })?;
        Ok(if comparison.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Reads both sides and compares them.
    ///
    /// # Errors
    /// An argument that is no run directory, no file and no composition, or a side that cannot be read or composed. What is
    /// wrong with both sides is told together.
    ///
    /// ```
    /// use hydra_app::diff::DiffArgs;
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::create_dir(folder.path().join("optimizer"))?;
    /// # std::fs::write(folder.path().join("config.yaml"), "defaults:\n- optimizer: adam\n- _self_\nseed: 0\n")?;
    /// # std::fs::write(folder.path().join("optimizer/adam.yaml"), "lr: 1e-3\n")?;
    /// # std::fs::write(folder.path().join("optimizer/sgd.yaml"), "lr: 0.01\nmomentum: 0.9\n")?;
    /// # let conf = folder.path().to_str().unwrap();
    /// let args = DiffArgs { a: "seed=1".into(), b: "seed=1 optimizer=sgd".into(), ..DiffArgs::default() };
    /// let differences = args.compare("app", conf)?.differences;
    /// let keys: Vec<&str> = differences.iter().map(|difference| difference.key.as_str()).collect();
    /// assert_eq!(keys, ["optimizer.lr", "optimizer.momentum"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compare(&self, program: &str, conf: &str) -> Result<Comparison> {
        // One time for both: `${now:…}` is no difference.
        let now = Zoned::now();
        let reader = Reader { args: self, program, conf, now: &now };
        let (a, b) = match (reader.read(&self.a, 0), reader.read(&self.b, 1)) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error),
            // The primary config does not load, for instance.
            (Err(a), Err(b)) if a.to_string() == b.to_string() => return Err(a),
            (Err(a), Err(b)) => return Err(Error::several(vec![a.clone(), b]).unwrap_or(a)),
        };
        Ok(Comparison { differences: diff(&a.tree, &b.tree), a, b })
    }

    /// What these overrides and the flags compose.
    fn composing(&self, overrides: Vec<String>) -> ComposeArgs {
        ComposeArgs { overrides, config: self.config.clone() }
    }
}
