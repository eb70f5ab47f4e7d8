//! The subcommand `schema`: the JSON Schema of the configuration, or of one of its files.

use crate::cli::{ConfigArgs, Format, with_help};
use crate::failure::{Failure, print};
use clap::Args;
use hydra_compose::Result;
use hydra_compose::typed::schema_of;
use schemars::JsonSchema;
use serde_json::{Map, Value};
use std::process::ExitCode;

/// The arguments of `schema`.
///
/// ```
/// use clap::Parser;
/// #[derive(Parser)]
/// struct Cli {
///     #[command(flatten)]
///     schema: hydra_app::schema::SchemaArgs,
/// }
/// let cli = Cli::parse_from(["app", "--group", "optimizer/sgd"]);
/// assert_eq!(cli.schema.group.as_deref(), Some("optimizer/sgd"));
/// ```
#[derive(Args, Clone, Debug, Default)]
#[command(
    mut_arg("config_path", with_help("Folder of the configuration, relative to the current one (-cp)")),
    mut_arg("config_name", with_help("Name of the primary config, whose hydra.searchpath counts (-cn)")),
    mut_arg("config_dir", with_help("Another folder to look for configurations in (-cd)"))
)]
pub struct SchemaArgs {
    /// That of one file, as editors want it: GROUP/OPTION, or a primary config; GROUP for any option of it
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,

    /// The configuration whose file it is.
    #[command(flatten)]
    pub config: ConfigArgs,

    /// How errors are printed
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true)]
    pub format: Format,
}

impl SchemaArgs {
    /// Prints the schema. `conf` is the program's own folder of configurations.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn run<T: JsonSchema>(&self, program: &str, conf: &str) -> std::result::Result<ExitCode, Failure> {
        print(&self.text::<T>(program, conf)?).map(|()| ExitCode::SUCCESS)
    }

    /// The schema of `T`, or of a file with a part of it.
    ///
    /// ```
    /// #[derive(schemars::JsonSchema)]
    /// struct Config {
    ///     /// TCP port.
    ///     port: u16,
    /// }
    /// let text = hydra_app::schema::SchemaArgs::default().text::<Config>("serve", "conf")?;
    /// let schema: serde_json::Value = serde_json::from_str(&text)?;
    /// assert_eq!(schema["title"], "Configuration of serve");
    /// assert_eq!(schema["properties"]["port"]["description"], "TCP port.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is no such file or group, or it does not load.
    pub fn text<T: JsonSchema>(&self, program: &str, conf: &str) -> Result<String> {
        let schema = titled(schema_of::<T>(), format!("Configuration of {program}"));
        let schema = match &self.group {
            None => schema,
            Some(name) => self.config.composer(program, conf).file_schema(&schema, name)?,
        };
        Ok(format!("{schema:#}\n"))
    }
}

/// The schema with this title, and what a person looks for first at its top.
fn titled(schema: Value, title: String) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    schema.insert("title".into(), title.into());
    let mut out = Map::new();
    for first in ["$schema", "title", "description"] {
        if let Some(value) = schema.get(first) {
            out.insert(first.into(), value.clone());
        }
    }
    for (keyword, value) in schema {
        out.entry(keyword).or_insert(value);
    }
    out.into()
}
