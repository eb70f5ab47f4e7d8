//! The table of a report, for a terminal.

use super::super::table::{coloured, cut, pad, summary};
use super::differences::{Differences, Source};
use super::gather::{Gathered, Job};
use super::ranking::{self, Better};
use super::text::shown;
use crate::job::State;
use crate::launch::duration;
use crate::render::Style;
use unicode_width::UnicodeWidthStr;

/// Characters of a value; the page has more of them.
const VALUE: usize = 32;

struct Titled {
    title: String,
    cells: Vec<String>,
    /// Numbers stand at the right.
    is_number: bool,
}

/// The table: how each job ended, then what differed. Under it what went wrong, and which job did best.
/// `width`: columns of the terminal, if it is one.
pub(super) fn table(
    gathered: &Gathered,
    differences: &Differences,
    style: Style,
    width: Option<usize>,
) -> String {
    let columns = columns(gathered, differences);
    let widths: Vec<usize> = columns
        .iter()
        .map(|column| column.cells.iter().chain([&column.title]).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let line = |cell: &dyn Fn(&Titled) -> String| {
        let cells =
            columns.iter().zip(&widths).map(|(column, width)| pad(&cell(column), *width, column.is_number));
        cut(cells.collect::<Vec<_>>().join("  ").trim_end(), width)
    };
    let mut out = line(&|column| column.title.clone()) + "\n";
    for (index, job) in gathered.jobs.iter().enumerate() {
        out.push_str(&coloured(&line(&|column| column.cells[index].clone()), job.status.state, style));
        out.push('\n');
    }
    out.push_str(&summary(gathered.jobs.iter().map(|job| job.status.state)));
    for job in &gathered.jobs {
        if let Some(cause) = job.status.cause.as_ref().filter(|_| job.status.state != State::Done) {
            let line = format!("#{} {}: {}", job.num, job.status.state.word(), shown(cause, 400));
            out.push_str(&(cut(&line, width) + "\n"));
        }
    }
    out.push_str(&best(gathered, differences).map(|line| cut(&line, width) + "\n").unwrap_or_default());
    out
}

fn columns(gathered: &Gathered, differences: &Differences) -> Vec<Titled> {
    let of_jobs = |title: &str, is_number: bool, cell: &dyn Fn(&Job) -> Option<String>| Titled {
        title: title.to_owned(),
        cells: gathered.jobs.iter().map(|job| cell(job).unwrap_or_default()).collect(),
        is_number,
    };
    let mut columns = vec![
        of_jobs("#", true, &|job| Some(job.num.to_string())),
        of_jobs("state", false, &|job| Some(job.status.state.word().to_owned())),
    ];
    if let Some(metric) = ranking::metrics(gathered).first() {
        let better = Better::of(metric);
        columns.push(of_jobs(&shown(metric, VALUE), true, &|job| {
            let curve = job.curve(metric)?;
            curve.last.map(number).or_else(|| curve.end.clone().map(|end| shown(&end, VALUE)))
        }));
        columns.push(of_jobs(better.word(), true, &|job| {
            better.best(job.curve(metric)?).map(|(y, _)| number(y))
        }));
        columns.push(of_jobs("step", true, &|job| job.step.map(|step| step.to_string())));
    }
    columns.push(of_jobs("time", false, &|job| job.seconds().map(duration)));
    // What follows from the choices is in the page: beside it a terminal has no room for what was chosen.
    for column in differences.columns.iter().filter(|column| column.source == Source::Override) {
        let cell = |job: usize| column.of(job).map(|cell| shown(&cell.text, VALUE)).unwrap_or_default();
        columns.push(Titled {
            title: shown(&column.key, VALUE),
            cells: (0..gathered.jobs.len()).map(cell).collect(),
            is_number: column.values.iter().all(|cell| cell.number.is_some()),
        });
    }
    columns
}

/// `lowest loss: 0.0213, job #4 (optimizer.lr=0.001 seed=1)`
fn best(gathered: &Gathered, differences: &Differences) -> Option<String> {
    let metric = ranking::metrics(gathered).into_iter().next()?;
    let (job, y) = ranking::best(gathered, metric)?;
    let place = gathered.jobs.iter().position(|other| other.num == job.num)?;
    let named = differences.columns.iter().filter(|column| column.source == Source::Override);
    let values = named.filter_map(|column| Some((column, column.of(place)?)));
    let values: Vec<String> = values
        .map(|(column, cell)| format!("{}={}", shown(&column.key, VALUE), shown(&cell.text, VALUE)))
        .collect();
    let values = if values.is_empty() { String::new() } else { format!(" ({})", values.join(" ")) };
    Some(format!(
        "{} {}: {}, job #{}{values}",
        Better::of(metric).word(),
        shown(metric, VALUE),
        number(y),
        job.num
    ))
}

/// Four digits, and an exponent where zeros would take their place.
fn number(number: f64) -> String {
    let size = number.abs();
    if number != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{number:.3e}");
    }
    let before = if size < 1.0 { 0 } else { size.log10().floor() as usize + 1 };
    format!("{number:.*}", 4_usize.saturating_sub(before.saturating_sub(1)).min(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_about_four_digits() {
        for (value, text) in [
            (0.0, "0.0000"),
            (0.012_345_6, "0.0123"),
            (1.234_56, "1.2346"),
            (-12.345, "-12.345"),
            (999_999.0, "999999"),
            (1e6, "1.000e6"),
            (1e-5, "1.000e-5"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
