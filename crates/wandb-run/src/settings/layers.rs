//! The places that settings come from, as sources of the crate [`config`]: it lays one over the other, and each value keeps
//! the name of its place.

use super::error::Problem;
use super::ini;
use super::load::{Folders, Overrides};
use super::server;
use config::{ConfigError, Map, Source, Value, ValueKind};
use std::io;
use std::path::{Path, PathBuf};

/// Keys, and the variables that set them. `WANDB_API_KEY` is not here: it wins over netrc, which wins over the files.
const VARIABLES: [(&str, &str); 17] = [
    ("base_url", "WANDB_BASE_URL"),
    ("entity", "WANDB_ENTITY"),
    ("mode", "WANDB_MODE"),
    ("project", "WANDB_PROJECT"),
    ("quiet", "WANDB_QUIET"),
    ("resume", "WANDB_RESUME"),
    ("root_dir", "WANDB_DIR"),
    ("run_group", "WANDB_RUN_GROUP"),
    ("run_id", "WANDB_RUN_ID"),
    ("run_job_type", "WANDB_JOB_TYPE"),
    ("run_name", "WANDB_NAME"),
    ("run_notes", "WANDB_NOTES"),
    ("run_tags", "WANDB_TAGS"),
    ("silent", "WANDB_SILENT"),
    ("sweep_id", "WANDB_SWEEP_ID"),
    ("sweep_param_path", "WANDB_SWEEP_PARAM_PATH"),
    ("x_graphql_timeout_seconds", "WANDB_HTTP_TIMEOUT"),
];

/// The settings of one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    values: Vec<(String, Value)>,
}

impl Layer {
    fn add(&mut self, key: &str, place: &str, value: impl Into<ValueKind>) {
        self.values.push((key.to_owned(), Value::new(Some(&place.to_owned()), value)));
    }

    /// What holds if nobody says anything.
    pub(super) fn defaults() -> Self {
        let mut layer = Self::default();
        layer.add("base_url", "the default", server::DEFAULT);
        layer.add("project", "the default", "uncategorized");
        layer
    }

    /// A settings file. One that is not there is empty; what cannot be read is told, and is empty, too.
    pub(super) fn file(path: &Path, problems: &mut Vec<Problem>, trouble: &mut Vec<String>) -> Self {
        let mut layer = Self::default();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return layer;
            }
            Err(error) => {
                trouble.push(format!("{} cannot be read: {error}", path.display()));
                return layer;
            }
        };
        match ini::parse(&text) {
            Ok(entries) => {
                for (key, entry) in entries {
                    // It would move the file that it stands in; the stock client takes it from the environment only, too.
                    let is_known = key == "api_key" || VARIABLES.iter().any(|(known, _)| *known == key);
                    if is_known && key != "root_dir" && !entry.text.is_empty() {
                        layer.add(&key, &format!("{}:{}", path.display(), entry.line), entry.text);
                    }
                }
            }
            Err(ini::Broken { line, message }) => problems.push(Problem {
                place: format!("{}:{line}", path.display()),
                message: message.to_owned(),
                help: "repair the line, or delete the file: 'wandb login' makes it anew".to_owned(),
            }),
        }
        layer
    }

    /// `WANDB_*`. A variable that is set to nothing is not set.
    pub(super) fn environment(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut layer = Self::default();
        for (key, variable) in VARIABLES {
            match environment(variable).filter(|text| !text.is_empty()) {
                Some(text) if key == "run_tags" => {
                    let tags: Vec<Value> = text.split(',').map(|tag| Value::new(None, tag)).collect();
                    layer.add(key, variable, tags);
                }
                Some(text) => layer.add(key, variable, text),
                None => {}
            }
        }
        layer
    }

    /// What the program says. In a sweep the agent has said where the run belongs, and what of it the program says anyway
    /// is returned: those keys are not in the layer.
    pub(super) fn program(overrides: &Overrides, in_sweep: bool) -> (Self, Vec<&'static str>) {
        let mut layer = Self::default();
        let mut dropped = Vec::new();
        let texts = [
            ("base_url", "the program's base_url", &overrides.base_url),
            ("entity", "the program's entity", &overrides.entity),
            ("project", "the program's project", &overrides.project),
            ("run_group", "the program's group", &overrides.group),
            ("run_id", "the program's run_id", &overrides.run_id),
            ("run_job_type", "the program's job_type", &overrides.job_type),
            ("run_name", "the program's name", &overrides.name),
            ("run_notes", "the program's notes", &overrides.notes),
        ];
        for (key, place, text) in texts {
            match text {
                Some(_) if in_sweep && matches!(key, "entity" | "project" | "run_id") => dropped.push(key),
                Some(text) => layer.add(key, place, text.as_str()),
                None => {}
            }
        }
        if let Some(tags) = &overrides.tags {
            let tags: Vec<Value> = tags.iter().map(|tag| Value::new(None, tag.as_str())).collect();
            layer.add("run_tags", "the program's tags", tags);
        }
        (layer, dropped)
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.values.iter().cloned().collect())
    }
}

/// The two settings files, the user's and that of the current folder.
pub(super) fn files(environment: &dyn Fn(&str) -> Option<String>, folders: &Folders) -> Vec<PathBuf> {
    let config = environment("WANDB_CONFIG_DIR").filter(|folder| !folder.is_empty());
    let config = match (config, &folders.home) {
        (Some(folder), _) => Some(folders.resolved(&folder)),
        (None, Some(home)) => Some(home.join(".config/wandb")),
        (None, None) => None,
    };
    // Who has a folder `.wandb` has chosen the hidden name.
    let hidden = folders.current.join(".wandb");
    let own = if hidden.exists() { hidden } else { folders.current.join("wandb") };
    config.into_iter().chain([own]).map(|folder| folder.join("settings")).collect()
}
