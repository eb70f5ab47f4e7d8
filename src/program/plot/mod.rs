//! `ddpm plot`: the curves of runs as PNG and SVG, from what is in their directories.
//!
//! ```text
//! run directories -> series -> curves -> figure -> PNG, SVG
//! ```
//!
//! - `runs`, `labels`: what is drawn, and what it is called
//! - `curve`: smoothed, thinned, cut to what is visible
//! - `scale`: axes and their ticks
//! - `figure`, `panel`: what stands where
//! - `canvas`: pixels or SVG, with the program's own font

mod canvas;
mod curve;
mod figure;
mod labels;
mod panel;
mod runs;
mod scale;

use super::args::Plot;
use curve::Curve;
use figure::{Entry, Figure, Look};
use hydra_app::failure::{Failure, print};
use hydra_app::files::{Durability, replace};
use panel::Panel;
use runs::{LEARNING_RATE, Run, Runs, axis_name};
use scale::{Kind, Scale, number};
use std::path::{Path, PathBuf};

/// `ddpm plot`
pub(super) fn plot(args: &Plot) -> Result<(), Failure> {
    let outputs = outputs(args)?;
    let figure = figure(runs::read(&args.run_dirs, &args.metric)?, args);
    // Both are drawn before one is written: of a failure nothing is left.
    let mut files = Vec::new();
    for (path, format) in outputs {
        let drawn = match format {
            Format::Png => canvas::png(&figure),
            Format::Svg => canvas::svg(&figure),
        };
        files.push((
            path,
            drawn.map_err(|error| Failure::Other(format!("the curves cannot be drawn: {error}")))?,
        ));
    }
    for (path, bytes) in files {
        write(&path, &bytes).map_err(|error| {
            let help = "help: another place can be named with --output";
            Failure::Other(format!("{}: {error}\n{help}", path.display()))
        })?;
        print(&format!("{}\n", path.display()))?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    replace(path, bytes, Durability::Synced)
}

#[derive(Clone, Copy)]
enum Format {
    Png,
    Svg,
}

/// Where the files go: what was named, else both formats in the run directory, of several runs in the current one.
fn outputs(args: &Plot) -> Result<Vec<(PathBuf, Format)>, Failure> {
    let Some(path) = &args.output else {
        let folder = match args.run_dirs.as_slice() {
            [one] => one.as_path(),
            _ => Path::new(""),
        };
        return Ok(vec![(folder.join("curves.png"), Format::Png), (folder.join("curves.svg"), Format::Svg)]);
    };
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("png") => Ok(vec![(path.clone(), Format::Png)]),
        Some("svg") => Ok(vec![(path.clone(), Format::Svg)]),
        _ => Err(Failure::Usage(format!("--output {}: the name has to end in .png or .svg", path.display()))),
    }
}

fn figure(runs: Runs, args: &Plot) -> Figure {
    let Runs { runs, axis, title } = runs;
    let kind = if args.log { Kind::Log } else { Kind::Linear };
    let curves = |of: &dyn Fn(&Run) -> Option<Curve>| -> Vec<(Curve, Look)> {
        let all = runs.iter().enumerate();
        all.filter_map(|(index, run)| Some((of(run)?, Look::of(index)))).collect()
    };
    let mut metric = curves(&|run| Some(Curve::of(&run.metric, args.smooth)));
    for (curve, look) in &mut metric {
        if curve.smooth.is_none() {
            *look = look.unsmoothed();
        }
    }
    let (values, is_cut) = panel::values(&metric, kind);
    let legend = legend(&runs, &metric, args);
    let paleness = match runs.len() {
        1 => 0.4,
        2..=4 => 0.28,
        _ => 0.16,
    };
    let mut notes = Vec::new();
    if runs.len() > 1 && metric.iter().any(|(curve, _)| curve.smooth.is_some()) {
        notes.push(format!("Thin: as measured. Thick: exponential moving average, {}.", args.smooth));
    }
    if metric.iter().any(|(curve, _)| curve.diverged.is_some()) {
        notes.push("×: the run diverged after this point.".to_owned());
    }
    if is_cut {
        notes.push("Values outside of the panel are cut off.".to_owned());
    }
    let label = label(&args.metric);
    let mut panels = vec![Panel { label, height: 270.0, values, curves: metric, paleness }];
    let rates = curves(&|run| Some(Curve::of(run.rate.as_ref()?, 0.0)));
    if !rates.is_empty() && args.metric != LEARNING_RATE {
        let values = rate_values(&rates);
        panels.push(Panel {
            label: self::label(LEARNING_RATE),
            height: 110.0,
            values,
            curves: rates,
            paleness,
        });
    }
    let places = || runs.iter().flat_map(|run| run.metric.x.iter().copied());
    let (least, most) = (places().fold(f64::INFINITY, f64::min), places().fold(f64::NEG_INFINITY, f64::max));
    // The steps begin at 0, unless what is there begins much later.
    let least = if least >= 0.0 && least < most / 4.0 { 0.0 } else { least };
    let steps = Scale::new(Kind::Linear, least, most).up_to_tick(panel::STEP_TICKS);
    Figure { title, legend, panels, steps, steps_label: axis_name(axis).to_owned(), notes }
}

/// Of one run its two lines, of several each run.
fn legend(runs: &[Run], curves: &[(Curve, Look)], args: &Plot) -> Vec<Entry> {
    let ending = |curve: &Curve| match curve.diverged {
        Some((step, _)) => format!(" (diverged after {})", number(step, 1.0)),
        None => String::new(),
    };
    match (runs, curves) {
        ([_], [(curve, look)]) if curve.smooth.is_some() => {
            let average = format!("moving average, {}{}", args.smooth, ending(curve));
            vec![
                Entry { look: *look, text: average },
                Entry { look: look.pale(0.6), text: "as measured".to_owned() },
            ]
        }
        ([_], _) => Vec::new(),
        _ => {
            let lines = runs.iter().zip(curves);
            lines
                .map(|(run, (curve, look))| Entry { look: *look, text: run.label.clone() + &ending(curve) })
                .collect()
        }
    }
}

/// What an axis shows, with its unit.
fn label(metric: &str) -> String {
    match metric {
        "loss" => "loss (mean squared error)".to_owned(),
        "loss (epoch)" => "mean loss of an epoch (mean squared error)".to_owned(),
        LEARNING_RATE => "learning rate".to_owned(),
        "images_per_second" => "speed (images/s)".to_owned(),
        other => other.to_owned(),
    }
}

/// Learning rates start at 0, unless those of the runs are powers apart.
fn rate_values(rates: &[(Curve, Look)]) -> Scale {
    let highest =
        rates.iter().map(|(curve, _)| curve.measured.iter().map(|(_, rate)| *rate).fold(0.0, f64::max));
    let highest: Vec<f64> = highest.filter(|rate| *rate > 0.0).collect();
    let most = highest.iter().copied().fold(0.0, f64::max);
    let least = highest.iter().copied().fold(f64::INFINITY, f64::min);
    match (most, least) {
        (0.0, _) => Scale::new(Kind::Linear, 0.0, 1.0),
        (most, least) if most / least >= 8.0 => Scale::new(Kind::Log, least / 2.0, most * 2.0),
        (most, _) => Scale::new(Kind::Linear, 0.0, most * 1.15),
    }
}
