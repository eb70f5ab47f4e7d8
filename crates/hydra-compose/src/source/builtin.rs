//! Hydra's own configuration, which every composition starts from.

/// Path and text of each file, as under `pkg://hydra.conf`.
const FILES: &[(&str, &str)] = &[
    ("_dummy_empty_config_.yaml", ""),
    ("hydra/config.yaml", include_str!("builtin/hydra/config.yaml")),
    ("hydra/output/default.yaml", include_str!("builtin/hydra/output/default.yaml")),
    ("hydra/launcher/basic.yaml", include_str!("builtin/hydra/launcher/basic.yaml")),
    ("hydra/sweeper/basic.yaml", include_str!("builtin/hydra/sweeper/basic.yaml")),
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
