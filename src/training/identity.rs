//! Which values of a configuration decide what a run has learned after so many steps.

use ddpm_config::{Config, LrSchedule};
use serde_json::Value;
use std::collections::BTreeMap;

/// Values by dotted key, as JSON.
pub type Settings = BTreeMap<String, String>;

/// Keys, and beginnings of keys, that may change while a run is stopped: they say how long to train, what to draw, measure and
/// keep, and where; not what a step does.
const FREE: [&str; 18] = [
    "data.num_workers",
    "dataset.archive",
    "dataset.md5",
    "dataset.root",
    "dataset.url",
    "device",
    "eval.",
    "sampling.",
    "threads",
    "training.checkpoint_every_steps",
    "training.epochs",
    "training.keep_best",
    "training.keep_checkpoints",
    "training.log_every",
    "training.max_minutes",
    "training.max_steps",
    "validation.",
    "wandb.",
];

/// What a checkpoint of this configuration is saved with.
pub(super) fn settings_of(config: &Config) -> Settings {
    let mut settings = Settings::new();
    flatten("", &serde_json::to_value(config).unwrap_or_default(), &mut settings);
    // A learning rate that falls to the end of the run depends on where that is.
    let counts_steps = matches!(config.lr_schedule, LrSchedule::Cosine { .. });
    settings.retain(|key, _| {
        let length = ["training.epochs", "training.max_steps"].contains(&key.as_str());
        let free = FREE.iter().any(|free| key == free || (free.ends_with('.') && key.starts_with(free)));
        !free || (length && counts_steps)
    });
    settings
}

/// The first difference, as a sentence; none where one side knows nothing.
pub(super) fn difference(saved: &Settings, wanted: &Settings) -> Option<String> {
    if saved.is_empty() || wanted.is_empty() {
        return None;
    }
    let keys = saved.keys().chain(wanted.keys());
    let key = keys.filter(|key| saved.get(*key) != wanted.get(*key)).min()?;
    let value = |settings: &Settings| settings.get(key).map_or("not set", String::as_str).to_owned();
    Some(format!("{key} is {}, and was {} when it was saved", value(wanted), value(saved)))
}

fn flatten(prefix: &str, value: &Value, into: &mut Settings) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&key, value, into);
            }
        }
        other => {
            into.insert(prefix.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_difference_names_the_key_and_both_values() {
        let saved = settings(&[("optimizer.lr", "0.001"), ("seed", "0")]);
        let wanted = settings(&[("optimizer.lr", "0.1"), ("seed", "0")]);
        let want = "optimizer.lr is 0.1, and was 0.001 when it was saved";
        assert_eq!(difference(&saved, &wanted).as_deref(), Some(want));
        assert_eq!(difference(&saved, &saved), None);
        let fewer = settings(&[("seed", "0")]);
        let want = "optimizer.lr is not set, and was 0.001 when it was saved";
        assert_eq!(difference(&saved, &fewer).as_deref(), Some(want));
        // Written before settings were saved.
        assert_eq!(difference(&Settings::new(), &saved), None);
    }
}
