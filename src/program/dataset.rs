//! Preparing the configured dataset.

use super::{CONF, PROGRAM_NAME};
use ddpm_config::Dataset;
use ddpm_data::{Event, Outcome};
use hydra_app::cli::ComposeArgs;
use hydra_app::failure::{Failure, say};
use indicatif::{ProgressBar, ProgressStyle};

/// `ddpm data`
pub(super) fn prepare_only(args: &ComposeArgs) -> Result<(), Failure> {
    let config = args.composer(PROGRAM_NAME, CONF).compose()?;
    prepare(&super::validated(&config)?.dataset)
}

/// Makes the dataset if it is not there, and says which it was.
pub(super) fn prepare(dataset: &Dataset) -> Result<(), Failure> {
    let (root, source) = dataset.source();
    let bar = ProgressBar::no_length().with_style(style("{msg}"));
    let prepared = ddpm_data::prepare(root, &source, &mut |event| show(&bar, event));
    bar.finish_and_clear();
    let prepared = prepared.map_err(|error| Failure::Other(error.report()))?;
    let what = match prepared.outcome {
        Outcome::Made => "prepared",
        Outcome::Found => "found",
    };
    say(&format!("dataset {what}: {}", prepared.folder.display()));
    Ok(())
}

fn show(bar: &ProgressBar, event: Event<'_>) {
    match event {
        Event::Downloading { received, total } => {
            if let Some(total) = total
                && bar.length() != Some(total)
            {
                bar.set_length(total);
                bar.set_style(style("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} left"));
            }
            bar.set_position(received);
        }
        Event::Rendering { done, total } => {
            if bar.length() != Some(total as u64) {
                bar.set_length(total as u64);
                bar.set_style(style("{msg} {bar:30} {pos}/{len}"));
                bar.set_message("scaling pictures");
            }
            bar.set_position(done as u64);
        }
        Event::Connecting { url, .. } => bar.set_message(format!("downloading {url}")),
        Event::Retrying { why, pause } => {
            let line = format!("{why}; trying again in {} s", pause.as_secs());
            if bar.is_hidden() { say(&line) } else { bar.println(line) }
        }
        Event::Waiting { lock } => {
            bar.set_message(format!("another process prepares it ({})", lock.display()))
        }
        Event::Verifying { path } => bar.set_message(format!("verifying {}", path.display())),
        Event::Extracting { name } => bar.set_message(format!("extracting {name}")),
        _ => {}
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
