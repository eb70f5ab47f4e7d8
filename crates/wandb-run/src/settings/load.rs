//! From layers to settings.

use super::error::{Error, Problem};
use super::key::{self, ApiKey};
use super::layers::{Layer, files};
use super::values::{self, Values};
use super::{Mode, Resume, Settings, server};
use config::{Config, Map, Source, Value};
use std::path::PathBuf;
use std::time::Duration;

/// The stock client waits as long for one GraphQL request.
const HTTP_TIMEOUT: Duration = Duration::from_secs(30);
/// The stock client's pause between two uploads.
const UPLOAD_INTERVAL: Duration = Duration::from_secs(15);

/// What the program says; it wins over all else, but for a sweep.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// [`Settings::mode`]
    pub mode: Option<Mode>,
    /// [`Settings::base_url`]
    pub base_url: Option<String>,
    /// [`Settings::api_key`]
    pub api_key: Option<ApiKey>,
    /// [`Settings::entity`]
    pub entity: Option<String>,
    /// [`Settings::project`]
    pub project: Option<String>,
    /// [`Settings::run_id`]
    pub run_id: Option<String>,
    /// [`Settings::name`]
    pub name: Option<String>,
    /// [`Settings::notes`]
    pub notes: Option<String>,
    /// [`Settings::tags`]
    pub tags: Option<Vec<String>>,
    /// [`Settings::group`]
    pub group: Option<String>,
    /// [`Settings::job_type`]
    pub job_type: Option<String>,
    /// [`Settings::resume`]
    pub resume: Option<Resume>,
    /// [`Settings::dir`]
    pub dir: Option<PathBuf>,
    /// [`Settings::http_timeout`]
    pub http_timeout: Option<Duration>,
    /// [`Settings::upload_interval`]
    pub upload_interval: Option<Duration>,
    /// [`Settings::silent`]
    pub silent: Option<bool>,
}

/// Where files are looked for.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// The user's; for `~`, `.netrc` and `.config/wandb`. None: those are not looked for.
    pub home: Option<PathBuf>,
    /// The one that relative paths are relative to.
    pub current: PathBuf,
}

impl Folders {
    /// Those of this process.
    ///
    /// # Errors
    /// The current folder is gone.
    pub fn of_process() -> std::io::Result<Self> {
        Ok(Self { home: std::env::home_dir(), current: std::env::current_dir()? })
    }

    /// A path as a user writes it.
    pub(super) fn resolved(&self, path: &str) -> PathBuf {
        match (path.strip_prefix('~'), &self.home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/'))
            }
            _ => self.current.join(path),
        }
    }
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is not as somebody said.
    Warning,
}

/// One line for the user, who decides by `WANDB_SILENT` and `WANDB_QUIET` which of them are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// It never holds an API key.
    pub text: String,
}

/// Settings, and what is to be told about them.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Lines to print.
    pub notices: Vec<Notice>,
    /// The parameters of this run of a sweep, which `wandb agent` also gives on the command line.
    pub sweep_param_path: Option<PathBuf>,
}

impl Settings {
    /// The settings of a run, from the program, the environment and files.
    ///
    /// `environment` gives the value of a variable, if it is set. Nothing is printed and nothing is sent.
    ///
    /// # Errors
    /// All values that are refused, each with its variable or its file and line, and the way out.
    pub fn load(
        program: Overrides,
        environment: &dyn Fn(&str) -> Option<String>,
        folders: &Folders,
    ) -> Result<Loaded, Error> {
        let mut problems = Vec::new();
        let mut trouble = Vec::new();
        let mut system = Config::builder().add_source(Layer::defaults());
        for path in files(environment, folders) {
            system = system.add_source(Layer::file(&path, &mut problems, &mut trouble));
        }
        let system = match system.add_source(Layer::environment(environment)).build() {
            Ok(system) => system,
            Err(error) => return Err(broken(&error, problems)),
        };
        let in_sweep = system.get_string("sweep_id").is_ok();
        let (layer, dropped) = Layer::program(&program, in_sweep);
        let all = Config::builder().add_source(system).add_source(layer).build();
        let map: Map<String, Value> = match all.and_then(|all| all.collect()) {
            Ok(map) => map,
            Err(error) => return Err(broken(&error, problems)),
        };
        trouble.extend(
            dropped.iter().map(|key| format!("in a sweep the agent sets {key}; the program's is not used")),
        );
        finish(&program, Values::new(map, problems), trouble, environment, folders)
    }
}

fn finish(
    program: &Overrides,
    mut values: Values,
    trouble: Vec<String>,
    environment: &dyn Fn(&str) -> Option<String>,
    folders: &Folders,
) -> Result<Loaded, Error> {
    let base_url = values.read("base_url", server::normalized).unwrap_or_default();
    let project = values.read("project", values::project).unwrap_or_default();
    let asked = program.mode.or_else(|| values.read("mode", values::mode));
    let resume = program.resume.or_else(|| values.read("resume", values::resume));
    let timeout = program.http_timeout.or_else(|| values.read("x_graphql_timeout_seconds", values::seconds));
    let silent = program.silent.or_else(|| values.read("silent", values::flag)).unwrap_or(false);
    let quiet = values.read("quiet", values::flag).unwrap_or(false);
    let sweep_id = values.read("sweep_id", values::sweep_id);
    let tags = values.tags();
    let texts = ["entity", "run_name", "run_notes", "run_group", "run_job_type"];
    let [entity, name, notes, group, job_type] = texts.map(|key| values.read(key, values::any));
    let dir = match (&program.dir, values.read("root_dir", values::any)) {
        (Some(dir), _) => folders.current.join(dir),
        (None, Some(dir)) => folders.resolved(&dir),
        (None, None) => folders.current.clone(),
    };
    let last = || crate::run::auto::remembered(&dir.join("wandb")).filter(|_| resume == Some(Resume::Auto));
    let run_id = match values.text("run_id") {
        Some(_) => values.read("run_id", values::run_id),
        None => last().or_else(|| made_id().map_err(|problem| values.problems.push(problem)).ok()),
    };
    let sweep_param_path = values.read("sweep_param_path", values::any).map(|path| folders.resolved(&path));
    let found = api_key(program, &values, &base_url, environment, folders);
    if let Some(error) = Error::of(values.problems) {
        return Err(error);
    }
    let (mode, api_key, why) = decide(asked, found, &base_url);
    let mut notices: Vec<Notice> =
        trouble.into_iter().map(|text| Notice { level: Level::Warning, text }).collect();
    notices.extend(why);
    notices.retain(|notice| !silent && (!quiet || notice.level == Level::Warning));
    let settings = Settings {
        mode,
        base_url,
        api_key,
        entity,
        project,
        run_id: run_id.unwrap_or_default(),
        name,
        notes,
        tags,
        group,
        job_type,
        resume: resume.unwrap_or_default(),
        dir,
        sweep_id,
        http_timeout: timeout.unwrap_or(HTTP_TIMEOUT),
        upload_interval: program.upload_interval.unwrap_or(UPLOAD_INTERVAL),
        silent,
    };
    Ok(Loaded { settings, notices, sweep_param_path })
}

/// The key of the program, of the environment, of netrc, of the files.
fn api_key(
    program: &Overrides,
    values: &Values,
    base_url: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    folders: &Folders,
) -> key::Found {
    if let Some(key) = &program.api_key {
        return key::Found { key: Some((key.clone(), "the program's key".to_owned())), trouble: Vec::new() };
    }
    let mut found = key::find(base_url, environment, folders);
    if found.key.is_none()
        && let Some(text) = values.text("api_key")
    {
        found.key = Some((ApiKey::new(text), values.place("api_key").to_owned()));
    }
    found
}

/// The mode that is possible, its key, and what to say. A run that cannot be uploaded is kept: training is never stopped by
/// its tracking, and an offline run can be uploaded later.
fn decide(asked: Option<Mode>, found: key::Found, base_url: &str) -> (Mode, Option<ApiKey>, Vec<Notice>) {
    const LATER: &str = "the run is kept offline and can be uploaded later";
    let level = if asked.is_some() { Level::Warning } else { Level::Info };
    let mut notices: Vec<Notice> =
        found.trouble.into_iter().map(|text| Notice { level: Level::Warning, text }).collect();
    let defect = found.key.as_ref().and_then(|(key, place)| Some((place.clone(), key.defect()?)));
    let key = found.key.filter(|_| defect.is_none()).map(|(key, _)| key);
    if let Some(mode @ (Mode::Offline | Mode::Disabled)) = asked {
        return (mode, key, Vec::new());
    }
    if key.is_some() {
        return (Mode::Online, key, notices);
    }
    notices.push(match defect {
        Some((place, defect)) => Notice {
            level: Level::Warning,
            text: format!("the API key of {place} is none: {defect}; {LATER}"),
        },
        None => {
            let text = format!("no API key for {base_url} (WANDB_API_KEY, or 'wandb login'): {LATER}");
            Notice { level, text }
        }
    });
    (Mode::Offline, None, notices)
}

/// Eight of 36 characters, as the stock client has them.
fn made_id() -> Result<String, Problem> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // The part of 256 that divides by 36: above it some characters would come more often.
    const FAIR: u8 = 252;
    let mut id = String::new();
    while id.len() < 8 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| Problem {
            place: "run id".to_owned(),
            message: format!("the system gives no random numbers: {error}"),
            help: "name one: WANDB_RUN_ID".to_owned(),
        })?;
        let fair = bytes.into_iter().filter(|byte| *byte < FAIR);
        id.extend(fair.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).take(8 - id.len()));
    }
    Ok(id)
}

/// The layers hold plain texts under plain keys, so this is not expected; it is told as it is.
fn broken(error: &config::ConfigError, problems: Vec<Problem>) -> Error {
    let own = Problem {
        place: "settings".to_owned(),
        message: error.to_string(),
        help: "look at the settings files and the variables WANDB_*".to_owned(),
    };
    Error::and(problems, own)
}
