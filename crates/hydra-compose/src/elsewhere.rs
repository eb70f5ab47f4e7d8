//! A key that is not there, and is with another option of its group: `optimizer.momentum` with `optimizer=sgd`.

use crate::defaults::DefaultsList;
use crate::overrides::Override;
use crate::source::Library;
use crate::{Code, Error};

/// The error, and to each unknown key that another option has the options to choose. Files that do not load have nothing to
/// say here.
pub(crate) fn explain(
    error: Error,
    library: &Library,
    defaults: &DefaultsList,
    overrides: &[Override],
) -> Error {
    let explained = |error: &Error| {
        let choice = hint(error, library, defaults, overrides);
        let help = choice.map(|choice| match error.help_text() {
            Some(help) => format!("{choice}; {help}"),
            None => choice,
        });
        match help {
            Some(help) => error.clone().help(help),
            None => error.clone(),
        }
    };
    match Error::several(error.related().iter().map(explained).collect()) {
        Some(several) => several,
        None => explained(&error),
    }
}

fn hint(error: &Error, library: &Library, defaults: &DefaultsList, overrides: &[Override]) -> Option<String> {
    let label = error.labels().first().filter(|_| error.code() == Code::UnknownKey)?;
    let over = overrides.iter().find(|over| over.key_origin() == label.origin)?;
    let choices: Vec<String> = defaults
        .entries
        .iter()
        .filter_map(|entry| {
            let key = over.key.strip_prefix(entry.package.as_str())?.strip_prefix('.')?;
            let (group, chosen) = entry.config_path.rsplit_once('/')?;
            let others = library.options(group).into_iter().filter(|option| option != chosen);
            let having = others.filter(|option| {
                let file = library.load(&format!("{group}/{option}"));
                file.ok().flatten().is_some_and(|file| file.body.get(key).is_some())
            });
            let override_key = entry.override_key.as_deref()?;
            Some(having.map(|option| format!("{override_key}={option}")).collect::<Vec<_>>())
        })
        .flatten()
        .collect();
    let (last, rest) = choices.split_last()?;
    Some(match rest {
        [] => format!("it is there with {last}"),
        rest => format!("it is there with {} or {last}", rest.join(", ")),
    })
}
