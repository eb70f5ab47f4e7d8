//! `--help` and `--hydra-help`: templates of the configuration (`hydra.help`, `hydra.hydra_help`) with their placeholders
//! filled in. <https://hydra.cc/docs/configure_hydra/app_help/>

use crate::cli::HydraArgs;
use hydra_compose::source::SearchPath;
use hydra_compose::{Config, Result, yaml};

/// A program's flags, for the placeholder `$FLAGS_HELP`.
pub fn flags(command: clap::Command) -> String {
    command.help_template("{all-args}").disable_help_flag(true).render_long_help().to_string()
}

/// What `--help` prints: the groups and the configuration of the application.
///
/// # Errors
/// An interpolation of the template leads nowhere.
pub fn application(config: &Config, args: &HydraArgs, flags: &str) -> Result<String> {
    fill(config, "hydra.help.template", args, flags)
}

/// What `--hydra-help` prints: the flags, and Hydra's own groups.
///
/// # Errors
/// An interpolation of the template leads nowhere.
pub fn hydra(config: &Config, args: &HydraArgs, flags: &str) -> Result<String> {
    fill(config, "hydra.hydra_help.template", args, flags)
}

fn fill(config: &Config, template: &str, args: &HydraArgs, flags: &str) -> Result<String> {
    let template: String = config.get(template)?;
    let shown = if args.resolve { yaml::dump(&config.resolve()?) } else { config.to_yaml() };
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
