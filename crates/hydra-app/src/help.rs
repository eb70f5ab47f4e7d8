//! `--help` and `--hydra-help`: templates of the configuration (`hydra.help`, `hydra.hydra_help`) with their placeholders
//! filled in. <https://hydra.cc/docs/configure_hydra/app_help/>

use crate::cli::HydraArgs;
use crate::keys;
use crate::run_dir::text;
use hydra_compose::source::SearchPath;
use hydra_compose::{Code, Config, Error, Result, near, yaml};

/// A program's flags, for the placeholder `$FLAGS_HELP`.
pub fn flags(command: clap::Command) -> String {
    command.help_template("{all-args}").disable_help_flag(true).render_long_help().to_string()
}

/// What `--help` prints: the groups and the configuration of the application. Of a program with a `schema`, its keys with
/// their help, and with `--package` those of one part.
///
/// # Errors
/// An interpolation of the template leads nowhere, or there is no such part.
pub fn application(
    config: &Config,
    args: &HydraArgs,
    flags: &str,
    schema: Option<&serde_json::Value>,
) -> Result<String> {
    match (schema, &args.package) {
        (Some(schema), Some(package)) => part(config, package, schema),
        (Some(schema), None) => {
            let shown = keys::summary(config.job(), schema);
            let first =
                config.job().as_map().and_then(|map| map.iter().find(|(_, node)| node.as_map().is_some()));
            let example = first.map_or_else(|| "KEY".to_owned(), |(key, _)| key.to_string());
            let more = format!(
                "\nOf a part, each key with its value and help: --help --package {example}\nThe whole configuration: --cfg job\n"
            );
            fill(config, "hydra.help.template", args, flags, Some(shown + &more))
        }
        (None, _) => fill(config, "hydra.help.template", args, flags, None),
    }
}

/// One part of the configuration, with its help.
fn part(config: &Config, package: &str, schema: &serde_json::Value) -> Result<String> {
    let Some(node) = config.job().get(package) else {
        let names: Vec<String> = config
            .job()
            .as_map()
            .map(|map| map.keys().map(ToString::to_string).collect())
            .unwrap_or_default();
        let near = near::among(package, &names).map(|near| format!("did you mean --package {near}?"));
        let error = Error::new(Code::UnknownKey, format!("there is no key '{package}'"));
        return Err(error.maybe_help(near.or_else(|| Some(format!("known keys: {}", names.join(", "))))));
    };
    let path: Vec<String> = package.split('.').map(str::to_owned).collect();
    keys::described(node, config.job(), &path, schema)
}

/// What `--hydra-help` prints: the flags, and Hydra's own groups.
///
/// # Errors
/// An interpolation of the template leads nowhere.
pub fn hydra(config: &Config, args: &HydraArgs, flags: &str) -> Result<String> {
    fill(config, "hydra.hydra_help.template", args, flags, None)
}

/// `keys` stand in the place of the configuration, if they are given.
fn fill(
    config: &Config,
    template: &str,
    args: &HydraArgs,
    flags: &str,
    keys: Option<String>,
) -> Result<String> {
    let template = text(config, template)?;
    let shown = match keys {
        Some(keys) => keys,
        None if args.resolve => yaml::dump(&config.resolve()?),
        None => config.to_yaml(),
    };
    let groups = groups(config.search_path());
    let listed = |hydra: bool| -> String {
        let lines = groups.iter().filter(|(group, _)| group.starts_with("hydra/") == hydra);
        lines.map(|(group, options)| format!("{group}: {}\n", options.join(", "))).collect()
    };
    let text = substitute(&template, |name| match name {
        "FLAGS_HELP" => Some(flags.to_owned()),
        "HYDRA_CONFIG_GROUPS" => Some(listed(true)),
        "APP_CONFIG_GROUPS" => Some(listed(false)),
        "CONFIG" => Some(shown.clone()),
        _ => None,
    });
    Ok(text + "\n")
}

/// Every group that has options, with them, sorted.
fn groups(path: &SearchPath) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut waiting = vec![String::new()];
    while let Some(parent) = waiting.pop() {
        for name in path.groups(&parent) {
            let group = if parent.is_empty() { name } else { format!("{parent}/{name}") };
            let options = path.options(&group);
            // `hydra` itself holds no options, only the node's own defaults.
            if !options.is_empty() && group != "hydra" {
                found.push((group.clone(), options));
            }
            // A folder that is a link to one above it would go on for ever.
            if group.matches('/').count() < 16 {
                waiting.push(group);
            }
        }
    }
    found.sort();
    found
}

/// Python's `string.Template`: `$NAME`, `${NAME}`, and `$$` for a dollar. What is not known stays as it is.
fn substitute(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (name, after) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(braced) => braced,
            None => {
                let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
                rest.split_at(rest.find(|character| !is_word(character)).unwrap_or(rest.len()))
            }
        };
        match value(name) {
            Some(value) => {
                out.push_str(&value);
                rest = after;
            }
            None => out.push('$'),
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::substitute;

    #[test]
    fn placeholders_are_those_of_string_template() {
        let value = |name: &str| (name == "CONFIG").then(|| "seed: 0".to_owned());
        assert_eq!(
            substitute("a $CONFIG, ${CONFIG}: $$5 $OTHER $", value),
            "a seed: 0, seed: 0: $5 $OTHER $"
        );
    }
}
