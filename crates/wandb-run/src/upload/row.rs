//! A row of history.

use crate::json::Json;
use crate::log::record::History;

/// The values of one step, as JSON that is not looked into.
pub(crate) struct Row {
    pub(crate) step: Option<i64>,
    entries: Vec<(Vec<String>, String)>,
}

impl Row {
    pub(crate) fn of(history: &History) -> Self {
        let entries: Vec<_> = history.item.iter().map(|item| (item.path().to_vec(), item.json())).collect();
        let own = || entries.iter().find(|(path, _)| path == &["_step"])?.1.parse().ok();
        Self { step: history.step.map(|step| step.num).or_else(own), entries }
    }

    pub(crate) fn same_step(&self, other: &Self) -> bool {
        self.step.is_some() && self.step == other.step
    }

    /// Later values of a key replace earlier ones.
    pub(crate) fn extend(&mut self, other: Self) {
        for (path, value) in other.entries {
            match self.entries.iter_mut().find(|(known, _)| *known == path) {
                Some(entry) => entry.1 = value,
                None => self.entries.push((path, value)),
            }
        }
    }

    pub(crate) fn entries(&self) -> &[(Vec<String>, String)] {
        &self.entries
    }

    /// The line of `wandb-history.jsonl`.
    pub(crate) fn line(&self) -> String {
        if self.entries.iter().any(|(path, _)| path.len() != 1) {
            let mut object = Json::Object(Vec::new());
            for (path, text) in &self.entries {
                object.set(path, Json::parse(text).unwrap_or_else(|| Json::Text(text.clone())));
            }
            return object.to_string();
        }
        let mut line = String::from("{");
        for (path, text) in &self.entries {
            if line.len() > 1 {
                line.push(',');
            }
            let key = Json::Text(path.concat());
            line.push_str(&format!("{key}:{text}"));
        }
        line.push('}');
        line
    }
}
