//! Hydra's own configuration, which every composition starts from: the files of `pkg://hydra.conf`, and the ones that
//! Hydra keeps as dataclasses (`hydra/config`, the basic launcher, the basic sweeper). Keys, order and values are
//! Hydra's; the prose of its help is our own, and so are the sweepers `grid` and `random`.

use super::Place;

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
    "hydra/output/default.yaml",
];

/// What Hydra keeps among the schemas, in the last place of its search path: a file of the same name wins over it.
const SCHEMAS: &[(&str, &str)] = files![
    "hydra/launcher/basic.yaml",
    "hydra/launcher/local.yaml",
    "hydra/launcher/slurm.yaml",
    "hydra/launcher/submitit_slurm.yaml",
    "hydra/sweeper/basic.yaml",
    "hydra/sweeper/grid.yaml",
    "hydra/sweeper/random.yaml",
];

/// Whether Hydra itself keeps a schema under this name. The others are none of its, so a file of such a name is
/// what it would be without them.
pub(super) fn is_hydras_schema(config_path: &str) -> bool {
    matches!(config_path, "hydra/launcher/basic" | "hydra/sweeper/basic")
}

/// The files of a place that is no folder.
fn files(place: &Place) -> &'static [(&'static str, &'static str)] {
    match place {
        Place::Builtin => FILES,
        Place::Structured => SCHEMAS,
        Place::Folder(_) => &[],
    }
}

/// The text of a file.
pub(super) fn text(place: &Place, name: &str) -> Option<&'static str> {
    files(place).iter().find(|(path, _)| *path == name).map(|(_, text)| *text)
}

/// Paths of the files in a group, relative to it.
pub(super) fn names_under<'a>(place: &Place, group: &'a str) -> impl Iterator<Item = &'static str> + use<'a> {
    files(place).iter().filter_map(move |(path, _)| match group {
        "" => Some(*path),
        group => path.strip_prefix(group)?.strip_prefix('/'),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_offer_hydras_options_and_more() {
        for (group, options, schemas) in [
            ("hydra/env", "default", ""),
            ("hydra/help", "default", ""),
            ("hydra/hydra_help", "default", ""),
            ("hydra/hydra_logging", "default disabled hydra_debug none", ""),
            ("hydra/job_logging", "default disabled none stdout", ""),
            ("hydra/launcher", "", "basic local slurm submitit_slurm"),
            ("hydra/output", "default", ""),
            ("hydra/sweeper", "", "basic grid random"),
            ("hydra/callbacks", "", ""),
        ] {
            for (place, options) in [(Place::Builtin, options), (Place::Structured, schemas)] {
                let names = names_under(&place, group).filter_map(|name| name.strip_suffix(".yaml"));
                assert_eq!(names.collect::<Vec<_>>().join(" "), options, "{group}");
            }
        }
    }
}
