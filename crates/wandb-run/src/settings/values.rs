//! What may stand in each setting.

use super::error::Problem;
use super::{Mode, Resume};
use config::{Map, Value, ValueKind};
use std::time::Duration;

/// Values by their keys, each with its place, read one by one; what is wrong is collected.
pub(super) struct Values {
    map: Map<String, Value>,
    pub(super) problems: Vec<Problem>,
}

/// What is wrong with a value, and the way out.
type Refused = (String, String);

impl Values {
    pub(super) fn new(map: Map<String, Value>, problems: Vec<Problem>) -> Self {
        Self { map, problems }
    }

    /// The place of a value.
    pub(super) fn place(&self, key: &str) -> &str {
        self.map.get(key).and_then(Value::origin).unwrap_or("the default")
    }

    /// The value, as it stands there.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.map.get(key)?.clone().into_string().ok()
    }

    /// The value, checked.
    pub(super) fn read<T>(&mut self, key: &str, check: impl FnOnce(&str) -> Result<T, Refused>) -> Option<T> {
        let text = self.text(key)?;
        match check(&text) {
            Ok(value) => Some(value),
            Err(refused) => {
                self.refuse(key, refused);
                None
            }
        }
    }

    fn refuse(&mut self, key: &str, (message, help): Refused) {
        self.problems.push(Problem { place: self.place(key).to_owned(), message, help });
    }

    /// Tags: several, or a single one as the files have it.
    pub(super) fn tags(&mut self) -> Vec<String> {
        const KEY: &str = "run_tags";
        let tags: Vec<String> = match self.map.get(KEY).map(|value| value.kind.clone()) {
            None => Vec::new(),
            Some(ValueKind::Array(tags)) => {
                tags.into_iter().filter_map(|tag| tag.into_string().ok()).collect()
            }
            Some(_) => self.text(KEY).into_iter().collect(),
        };
        for (index, tag) in tags.iter().enumerate() {
            let length = tag.chars().count();
            if !(1..=64).contains(&length) {
                let message = format!("tag {} has {length} characters", index + 1);
                self.refuse(KEY, (message, "a tag has 1 to 64; commas separate tags".to_owned()));
            }
        }
        tags
    }
}

/// Any text.
pub(super) fn any(text: &str) -> Result<String, Refused> {
    Ok(text.to_owned())
}

/// The mode, under its names of today and of before.
pub(super) fn mode(text: &str) -> Result<Mode, Refused> {
    match text {
        "online" | "run" => Ok(Mode::Online),
        "offline" | "dryrun" => Ok(Mode::Offline),
        "disabled" => Ok(Mode::Disabled),
        "shared" => Err((
            "'shared' lets several processes write one run, which this client does not".to_owned(),
            "use online, offline or disabled".to_owned(),
        )),
        other => Err((format!("'{other}' is no mode"), "use online, offline or disabled".to_owned())),
    }
}

/// What happens if the run is there.
pub(super) fn resume(text: &str) -> Result<Resume, Refused> {
    match text {
        "never" => Ok(Resume::Never),
        "allow" => Ok(Resume::Allow),
        "must" => Ok(Resume::Must),
        "auto" => Ok(Resume::Auto),
        other => Err((format!("'{other}' is no way to resume"), "use never, allow, must or auto".to_owned())),
    }
}

/// A project's name.
pub(super) fn project(text: &str) -> Result<String, Refused> {
    const RESERVED: &str = "/\\#?%:";
    let length = text.chars().count();
    if length > 128 {
        return Err((format!("a project's name of {length} characters"), "it has at most 128".to_owned()));
    }
    without(RESERVED, "project's name", text)
}

/// A run's id. It becomes a part of file names, so nothing that no name has may be in it, either.
pub(super) fn run_id(text: &str) -> Result<String, Refused> {
    trimmed("run id", text)?;
    without(":;,#?/'", "run id", text)
}

/// A sweep's id.
pub(super) fn sweep_id(text: &str) -> Result<String, Refused> {
    trimmed("sweep id", text)
}

/// Yes or no, in the words that the stock client takes.
pub(super) fn flag(text: &str) -> Result<bool, Refused> {
    match text.to_lowercase().as_str() {
        "1" | "on" | "t" | "true" | "y" | "yes" => Ok(true),
        "0" | "off" | "f" | "false" | "n" | "no" => Ok(false),
        _ => Err((format!("'{text}' is neither yes nor no"), "use true or false".to_owned())),
    }
}

/// A time in seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, Refused> {
    let number = text.trim().parse().ok().filter(|number: &f64| *number > 0.0);
    number
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .ok_or_else(|| (format!("'{text}' is no time"), "give seconds, above 0: 30".to_owned()))
}

fn trimmed(what: &str, text: &str) -> Result<String, Refused> {
    if text.is_empty() || text.trim() != text {
        let help = "leave the white space out; without one, a run id is made".to_owned();
        return Err((format!("a {what} that begins or ends with white space, or is empty"), help));
    }
    Ok(text.to_owned())
}

fn without(reserved: &str, what: &str, text: &str) -> Result<String, Refused> {
    match text.chars().find(|one| reserved.contains(*one) || one.is_control()) {
        None => Ok(text.to_owned()),
        Some(found) => {
            let list: Vec<String> = reserved.chars().map(String::from).collect();
            let help = format!("none of {} and no control characters can be in it", list.join(" "));
            Err((format!("the {what} {text:?} has {found:?} in it"), help))
        }
    }
}
