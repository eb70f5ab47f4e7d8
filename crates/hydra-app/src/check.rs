//! The subcommand `check`: what is wrong with a configuration directory, without running anything.

use crate::app::Program;
use crate::cli::{ConfigArgs, Format, PRIMARY, with_help};
use crate::failure::{Failure, print};
use crate::json::Problem;
use crate::plan::one_line;
use crate::render::{self, Style};
use clap::Args;
use hydra_compose::Config;
use hydra_compose::check::{self, Finding, Report, Severity, Variation};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `check`.
///
/// ```
/// use clap::Parser;
/// #[derive(Parser)]
/// struct Cli {
///     #[command(flatten)]
///     check: hydra_app::check::CheckArgs,
/// }
/// let cli = Cli::parse_from(["check", "conf", "--config-name", "main"]);
/// assert_eq!(cli.check.dir.as_deref(), Some("conf".as_ref()));
/// ```
#[derive(Args, Clone, Debug, Default)]
#[command(
    mut_arg("config_path", with_help("The same as DIR (-cp)")),
    mut_arg("config_name", with_help("Name of the primary config (-cn) [default: config]")),
    mut_arg("config_dir", with_help("Another folder to look through (-cd)"))
)]
pub struct CheckArgs {
    /// Folder of the configuration [default: the program's own]
    #[arg(value_name = "DIR", conflicts_with = "config_path")]
    pub dir: Option<PathBuf>,

    /// Which configuration is meant.
    #[command(flatten)]
    pub config: ConfigArgs,

    /// How results and errors are printed
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    pub format: Format,
}

impl CheckArgs {
    /// Looks through the directory and prints what is wrong with it. The exit status is 1 if something is; warnings and
    /// notes alone are none.
    ///
    /// # Errors
    /// There is no such directory.
    pub fn run(&self, program: Program<'_>) -> Result<ExitCode, Failure> {
        let folder = self.dir.as_ref().or(self.config.config_path.as_ref());
        let config = ConfigArgs { config_path: folder.cloned(), ..self.config.clone() };
        let composer = config.composer(program.name, program.conf);
        let primary = config.config_name.as_deref().unwrap_or(PRIMARY);
        let report = check::directory(&composer, primary, &|config: &Config| program.worker.check(config))?;
        print(&match self.format {
            Format::Text => text(&report, Style::of_stdout()),
            Format::Json => json(&report),
        })?;
        Ok(if report.count(Severity::Error) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// For a person: each finding with its place and the compositions that show it, and a line that sums up.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
/// use hydra_app::render::Style;
/// let composer = hydra_compose::Composer::new(folder.path());
/// let report = hydra_compose::check::directory(&composer, "config", &|_| Ok(()))?;
/// assert_eq!(hydra_app::check::text(&report, Style::Plain), "checked 1 file, 1 composition: no problems\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let note = shown_in(&finding.variations);
        out.push_str(&render::finding(&finding.error, finding.severity, note.as_deref(), style));
        out.push_str("\n\n");
    }
    out + &summary(report) + "\n"
}

/// `in 'optimizer=sgd' and 3 more`
fn shown_in(variations: &[Variation]) -> Option<String> {
    let (first, others) = variations.split_first()?;
    let first = match first.to_string() {
        typed if typed.is_empty() => "the primary config".to_owned(),
        typed => format!("'{}'", one_line(&typed)),
    };
    Some(match others.len() {
        0 => format!("in {first}"),
        more => format!("in {first} and {more} more"),
    })
}

fn summary(report: &Report) -> String {
    let (files, compositions) = (count(report.files, "file"), count(report.compositions, "composition"));
    let problems = match report.count(Severity::Error) {
        0 => "no problems".to_owned(),
        problems => count(problems, "problem"),
    };
    let warnings = match report.count(Severity::Warning) {
        0 => String::new(),
        warnings => format!(", {}", count(warnings, "warning")),
    };
    format!("checked {files}, {compositions}: {problems}{warnings}")
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// For a program: `[{"code","message","help","labels","related","severity","variations"}…]` on one line. The first five
/// are those of an error; `severity` is `error`, `warning` or `note`; each of the `variations` is a list of words to
/// compose with, an empty one for the primary config as it stands.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "seed: ${sed}\n")?;
/// let composer = hydra_compose::Composer::new(folder.path());
/// let report = hydra_compose::check::directory(&composer, "config", &|_| Ok(()))?;
/// let line = hydra_app::check::json(&report);
/// assert!(line.starts_with(r#"[{"code":"interpolation","message":"Interpolation key 'sed' not found","help":"#), "{line}");
/// assert!(line.ends_with("\"severity\":\"error\",\"variations\":[[]]}]\n"), "{line}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn json(report: &Report) -> String {
    let rows: Vec<Row<'_>> = report.findings.iter().map(Row::of).collect();
    // Texts and numbers under text keys: there is nothing that could fail.
    serde_json::to_string(&rows).unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    problem: Problem<'a>,
    severity: &'static str,
    variations: Vec<Vec<String>>,
}

impl<'a> Row<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            problem: Problem::of(&finding.error),
            severity: finding.severity.as_str(),
            variations: finding.variations.iter().map(Variation::words).collect(),
        }
    }
}
