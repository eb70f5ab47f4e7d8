//! `sweep report`: reads the sweep, prints the table, writes the page.

use super::super::record::Sweep;
use super::super::table::summary;
use super::data::data;
use super::differences::differences;
use super::gather::Gathered;
use super::page::page;
use super::terminal::table;
use crate::failure::{Failure, print, say};
use crate::files::{Durability, replace};
use crate::launch::shown;
use crate::render::Style;
use console::Term;
use std::path::Path;

/// The page's name, in the directory of the sweep.
const REPORT: &str = "report.html";

/// Prints the table of a sweep on standard output, and writes its page: into its directory, if no other place is named.
///
/// # Errors
/// The page cannot be written.
pub(in crate::sweep) fn write(sweep: &Sweep, output: Option<&Path>) -> Result<(), Failure> {
    let output = match output {
        Some(output) => std::path::absolute(output).map_err(|error| failed(output, &error))?,
        None => sweep.dir.join(REPORT),
    };
    // Links lead out of the folder that the page is really in, whatever dots and links of its own its name has.
    let folder = output.parent().unwrap_or(&output);
    let folder = folder.canonicalize().map_err(|error| failed(&output, &error))?;
    let gathered = Gathered::read(sweep);
    let settings: Vec<_> = gathered.jobs.iter().map(|job| job.settings.as_ref().ok()).collect();
    let differences = differences(&settings);
    let terminal = Term::stdout();
    let (style, width) = match terminal.is_term() {
        true => (Style::of_stdout(), Some(usize::from(terminal.size().1))),
        false => (Style::Plain, None),
    };
    print(&table(&gathered, &differences, style, width))?;
    let states = summary(gathered.jobs.iter().map(|job| job.status.state));
    let html = page(&gathered, states.trim_end(), &data(&gathered, &differences, &folder));
    replace(&output, html.as_bytes(), Durability::Soon).map_err(|error| failed(&output, &error))?;
    say(&format!("report: {}", shown(&output)));
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Other(format!("{}: {error}\nhelp: another place can be named with --output", path.display()))
}
