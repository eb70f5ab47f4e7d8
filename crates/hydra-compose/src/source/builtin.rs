//! Hydra's own configuration, which every composition starts from: the files of `pkg://hydra.conf`, and the ones that
//! Hydra keeps as dataclasses (`hydra/config`, the basic launcher, the basic sweeper). Keys, order and values are
//! Hydra's; the prose of its help is our own.

/// A file's path and text.
macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("builtin/", $path)))),*]
    };
}

/// Path and text of each file. The empty configuration stands in for a primary config where there is none.
const FILES: &[(&str, &str)] = files![
    "_dummy_empty_config_.yaml",
    "hydra/config.yaml",
    "hydra/env/default.yaml",
    "hydra/help/default.yaml",
    "hydra/hydra_help/default.yaml",
    "hydra/hydra_logging/default.yaml",
    "hydra/hydra_logging/disabled.yaml",
    "hydra/hydra_logging/hydra_debug.yaml",
    "hydra/hydra_logging/none.yaml",
    "hydra/job_logging/default.yaml",
    "hydra/job_logging/disabled.yaml",
    "hydra/job_logging/none.yaml",
    "hydra/job_logging/stdout.yaml",
    "hydra/launcher/basic.yaml",
    "hydra/launcher/local.yaml",
    "hydra/output/default.yaml",
    "hydra/sweeper/basic.yaml",
];

/// The text of a file.
pub(super) fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(path, _)| *path == name).map(|(_, text)| *text)
}

/// Paths of the files in a group, relative to it.
pub(super) fn names_under<'a>(group: &'a str) -> impl Iterator<Item = &'static str> + 'a {
    FILES.iter().filter_map(move |(path, _)| match group {
        "" => Some(*path),
        group => path.strip_prefix(group)?.strip_prefix('/'),
    })
}

#[cfg(test)]
mod tests {
    use super::names_under;

    #[test]
    fn groups_offer_hydras_options() {
        for (group, options) in [
            ("hydra/env", "default"),
            ("hydra/help", "default"),
            ("hydra/hydra_help", "default"),
            ("hydra/hydra_logging", "default disabled hydra_debug none"),
            ("hydra/job_logging", "default disabled none stdout"),
            ("hydra/launcher", "basic local"),
            ("hydra/output", "default"),
            ("hydra/sweeper", "basic"),
            ("hydra/callbacks", ""),
        ] {
            let names: Vec<&str> = names_under(group).filter_map(|name| name.strip_suffix(".yaml")).collect();
            assert_eq!(names.join(" "), options, "{group}");
        }
    }
}
