//! The JSON Schema of one file of a configuration, for editors.
//!
//! - `place`: the part of the whole schema that a file is about
//! - `partial`: from the schema of a value to that of what a file says about it
//! - `tagged`: variants that a key chooses

mod partial;
mod place;
mod tagged;

use crate::compose::Composer;
use crate::error::{Code, Error, Result};
use crate::near;
use crate::source::{ConfigFile, Library};
use crate::typed::to_json;
use partial::{each, partial};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use tagged::narrowed;

/// A JSON object.
type Object = Map<String, Json>;

/// What editors understand: the server for YAML that most of them use reads no newer draft. Nothing that is said here needs one.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

impl Composer {
    /// The JSON Schema of one file: the part of `schema`, the whole configuration's, that stands at the file's package. A file
    /// need not have all keys, may have interpolations and `???` in the place of any value, and a defaults list.
    ///
    /// `name` is the file's path without `.yaml`; `NAME@PACKAGE` where a defaults list puts it elsewhere. The name of a group
    /// asks for a schema that all its options go by. In that of a file, variants that the file chooses by their tags stand alone.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::create_dir(folder.path().join("server"))?;
    /// # std::fs::write(folder.path().join("server/local.yaml"), "port: 8080\n")?;
    /// # let conf = folder.path();
    /// #[derive(schemars::JsonSchema)]
    /// struct Config {
    ///     server: Server,
    /// }
    /// #[derive(schemars::JsonSchema)]
    /// struct Server {
    ///     port: u16,
    ///     tls: bool,
    /// }
    /// let whole = hydra_compose::typed::schema_of::<Config>();
    /// let file = hydra_compose::Composer::new(conf).file_schema(&whole, "server/local")?;
    /// assert_eq!(file["properties"]["tls"]["type"], serde_json::json!(["boolean", "string"]));
    /// assert!(file["properties"].get("defaults").is_some() && file.get("required").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is no such file or group, a file does not load, or the schema knows nothing of the package.
    pub fn file_schema(&self, schema: &Json, name: &str) -> Result<Json> {
        let (library, _) = self.open()?;
        let (path, asked) = match name.split_once('@') {
            Some((path, package)) => (path, Some(package.to_owned())),
            None => (name, None),
        };
        let path = path.strip_suffix(".yaml").unwrap_or(path);
        if !is_path(path) {
            return Err(not_found(&library, path));
        }
        if let Some(file) = library.load(path)? {
            let group = path.rsplit_once('/').map_or("", |(group, _)| group);
            let package = asked.unwrap_or_else(|| package_of(&file, group));
            let part = narrowed(&place::part(schema, &package, path)?, &to_json(&file.body));
            return Ok(whole_file(schema, &part, &package, path));
        }
        let package = match asked {
            Some(package) if library.group_exists(path) => package,
            _ => package_of_all(&library, path)?,
        };
        Ok(whole_file(schema, &place::part(schema, &package, path)?, &package, path))
    }
}

/// Whether it can be the path of a configuration: a name between slashes each, and none that leads elsewhere.
fn is_path(path: &str) -> bool {
    path.split('/').all(|name| !matches!(name, "" | "." | "..") && !name.contains('\\'))
}

/// Where a file's content goes: where its header says, else under its group.
fn package_of(file: &ConfigFile, group: &str) -> String {
    let group = group.replace('/', ".");
    match file.package.as_deref() {
        None => group,
        Some("_global_") => String::new(),
        Some(package) => package.strip_prefix("_global_.").unwrap_or(package).replace("_group_", &group),
    }
}

/// The package that all options of a group go to.
fn package_of_all(library: &Library, group: &str) -> Result<String> {
    let mut packages = BTreeSet::new();
    for option in library.options(group) {
        if let Some(file) = library.load(&format!("{group}/{option}"))? {
            packages.insert(package_of(&file, group));
        }
    }
    let mut packages = packages.into_iter();
    match (packages.next(), packages.next()) {
        (Some(package), None) => Ok(package),
        (Some(one), Some(other)) => {
            let named =
                |package: &str| if package.is_empty() { "_global_".to_owned() } else { package.to_owned() };
            let message = format!(
                "the options of '{group}' have different packages: {}, {}, …",
                named(&one),
                named(&other)
            );
            Err(Error::new(Code::DefaultsList, message).help(format!("ask for one of them: {group}/OPTION")))
        }
        (None, _) => Err(not_found(library, group)),
    }
}

/// The schema of a file with this part of the configuration.
fn whole_file(schema: &Json, part: &Json, package: &str, path: &str) -> Json {
    let mut content = partial(part);
    admit(&mut content, "defaults", &json!({"$ref": "#/definitions/defaults"}));
    if package.is_empty() {
        admit(&mut content, "hydra", &json!({"description": "Hydra's own settings", "type": "object"}));
    }
    let mut file = Object::new();
    file.insert("$schema".into(), DRAFT.into());
    file.insert("title".into(), path.into());
    if let Json::Object(content) = content {
        file.extend(content.into_iter().filter(|(keyword, _)| keyword != "title"));
    }
    // Types that contain themselves are referred to, and stand at the root.
    if let Some(shared) = schema.get("$defs") {
        file.insert("$defs".into(), each(shared, partial));
    }
    if let Json::Object(definitions) = file.entry("definitions").or_insert_with(|| json!({})) {
        definitions.insert("defaults".into(), defaults());
    }
    file.into()
}

/// Lets a mapping have one more key, whichever of its variants it is.
fn admit(schema: &mut Json, key: &str, value: &Json) {
    let Json::Object(schema) = schema else { return };
    if schema.get("type").is_some_and(|kind| kind == "object") {
        let keys = schema.entry("properties").or_insert_with(|| json!({}));
        if let Json::Object(keys) = keys {
            keys.entry(key).or_insert_with(|| value.clone());
        }
    }
    for keyword in ["allOf", "anyOf"] {
        if let Some(Json::Array(schemas)) = schema.get_mut(keyword) {
            schemas.iter_mut().for_each(|schema| admit(schema, key, value));
        }
    }
    for keyword in ["then", "else"] {
        if let Some(schema) = schema.get_mut(keyword) {
            admit(schema, key, value);
        }
    }
}

/// <https://hydra.cc/docs/advanced/defaults_list/>
fn defaults() -> Json {
    json!({
        "description": "What is merged, in this order: other files, options of groups, and this file itself (_self_)",
        "type": "array",
        "items": {
            "anyOf": [
                {"description": "_self_, or another file of this group", "type": "string"},
                {
                    "description": "An option of a group: 'db: mysql', 'override /db: mysql', 'optional db: mysql'",
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "propertyNames": {"pattern": "^((optional|override) )*[^ ]+$"},
                    "additionalProperties": {"type": ["string", "array", "null"], "items": {"type": "string"}},
                },
            ],
        },
    })
}

/// What there is where the path leaves what is there.
fn not_found(library: &Library, path: &str) -> Error {
    let mut group = path;
    let is_there = |group: &str| group.is_empty() || (is_path(group) && library.group_exists(group));
    while !is_there(group) {
        group = group.rsplit_once('/').map_or("", |(above, _)| above);
    }
    let rest = path.strip_prefix(group).unwrap_or(path).trim_start_matches('/');
    let (wrong, behind) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let places = library.search_path();
    // Hydra's own files are no part of the application's schema.
    let is_own = |name: &String| !name.starts_with(['.', '_']) && (name != "hydra" || !group.is_empty());
    let there: BTreeSet<String> =
        places.groups(group).into_iter().chain(library.options(group)).filter(is_own).collect();
    let there: Vec<String> = there.into_iter().collect();
    let (shown, before) = match group {
        "" => ("Available groups and files".to_owned(), String::new()),
        group => (format!("Available options in '{group}'"), format!("{group}/")),
    };
    let lines: String = there.iter().map(|name| format!("\n\t{name}")).collect();
    let listed = if there.is_empty() { String::new() } else { format!("\n\n{shown}:{lines}") };
    let near = near::among(wrong, &there).map(|near| format!("did you mean {before}{near}{behind}?"));
    Error::new(Code::MissingConfig, format!("Could not find '{path}'{listed}")).maybe_help(near)
}
