//! Arguments to overrides and directives, and what a mode has no place for.

use crate::compose::RunMode;
use crate::error::{Code, Error, Result};
use crate::overrides::{self, Directive, Override, ValueType};
use crate::tree::Origin;

/// The arguments of a composition, parsed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Those that set, add or delete a key.
    pub(crate) overrides: Vec<Override>,
    /// Those that concern a sweep as a whole.
    pub(crate) directives: Vec<Directive>,
}

impl Arguments {
    /// Parses arguments.
    ///
    /// # Errors
    /// All that do not parse.
    pub(crate) fn parse(texts: &[String]) -> Result<Self> {
        let (mut parsed, mut errors) = (Self::default(), Vec::new());
        for (index, text) in texts.iter().enumerate() {
            match Directive::parse(text, index) {
                Some(Ok(directive)) => parsed.directives.push(directive),
                Some(Err(error)) => errors.push(error),
                None => match overrides::parse(text, index) {
                    Ok(over) => parsed.overrides.push(over),
                    Err(error) => errors.push(error),
                },
            }
        }
        Error::several(errors).map_or(Ok(parsed), Err)
    }

    /// Parses arguments, and refuses what the mode has no place for.
    ///
    /// # Errors
    /// All that do not parse; else all that are refused.
    pub(crate) fn parse_for(texts: &[String], mode: RunMode) -> Result<Self> {
        let parsed = Self::parse(texts)?;
        let refused = match mode {
            RunMode::Run => parsed.refused_in_a_run(),
            RunMode::Multirun => refused_in_a_sweep(&parsed.overrides),
        };
        Error::several(refused).map_or(Ok(parsed), Err)
    }

    /// Those that configure Hydra itself, as they were written.
    pub(crate) fn hydra(&self) -> impl Iterator<Item = (&str, Origin)> {
        let overrides = self.overrides.iter().filter(|over| over.is_hydra());
        overrides.map(|over| (over.argument.text.as_str(), over.origin()))
    }

    /// All others, as they were written and in their order.
    pub(crate) fn task(&self) -> impl Iterator<Item = (&str, Origin)> {
        let overrides = self.overrides.iter().filter(|over| !over.is_hydra());
        let overrides = overrides.map(|over| (&over.argument, over.origin()));
        let directives = self.directives.iter().map(|directive| (directive.argument(), directive.origin()));
        let mut all: Vec<_> = overrides.chain(directives).collect();
        all.sort_by_key(|(argument, _)| argument.index);
        all.into_iter().map(|(argument, origin)| (argument.text.as_str(), origin))
    }

    /// One job has one value for each key.
    fn refused_in_a_run(&self) -> Vec<Error> {
        let sweeps = self.overrides.iter().filter(|over| over.is_sweep()).map(|over| {
            let text = &over.argument.text;
            if over.value_type() == Some(ValueType::SimpleChoiceSweep) {
                let (key, values) = text.split_once('=').unwrap_or((text, ""));
                let list = overrides::shell_quoted(&format!("{key}=[{values}]"));
                let string = overrides::shell_quoted(&format!("{key}={}", overrides::in_quotes(values)));
                let error =
                    Error::new(Code::OverrideInvalid, format!("Ambiguous value for argument '{text}'"))
                        .label(&over.origin(), "several values")
                        .help(format!(
                            "for a list: {list}; for a string: {string}; to sweep over it: --multirun"
                        ));
                (over.argument.index, error)
            } else {
                (over.argument.index, needs_multirun(text, &over.origin(), "a sweep"))
            }
        });
        let directives = self.directives.iter().map(|directive| {
            let argument = directive.argument();
            (argument.index, needs_multirun(&argument.text, &directive.origin(), "concerns a sweep"))
        });
        let mut refused: Vec<_> = sweeps.chain(directives).collect();
        refused.sort_by_key(|(index, _)| *index);
        refused.into_iter().map(|(_, error)| error).collect()
    }
}

fn needs_multirun(text: &str, origin: &Origin, label: &str) -> Error {
    Error::new(Code::OverrideInvalid, format!("Sweep parameters '{text}' requires --multirun"))
        .label(origin, label)
        .help("add --multirun to the command line")
}

/// Hydra's own configuration is that of the whole sweep.
fn refused_in_a_sweep(overrides: &[Override]) -> Vec<Error> {
    let refused = overrides.iter().filter(|over| over.is_sweep() && over.is_hydra()).map(|over| {
        let message =
            format!("Sweeping over Hydra's configuration is not supported : '{}'", over.argument.text);
        Error::new(Code::OverrideInvalid, message)
            .label(&over.origin(), "several values")
            .help(format!("give '{}' one value, which holds for the whole sweep", over.key))
    });
    refused.collect()
}
