//! A worker that takes only what a JSON Schema allows.

use super::worker::Worker;
use crate::failure::Failure;
use hydra_compose::source::read_text;
use hydra_compose::typed::Schema;
use hydra_compose::{Config, Result};
use std::ffi::OsString;
use std::path::Path;

/// A worker, and the schema that its configurations must fit.
pub struct CheckedWorker {
    /// What does the jobs.
    pub worker: Box<dyn Worker>,
    /// What they may be configured with.
    pub schema: Schema,
}

impl CheckedWorker {
    /// With the schema in a file.
    ///
    /// ```
    /// use hydra_app::launch::{CheckedWorker, NoWorker, Worker};
    /// use hydra_compose::Composer;
    /// # let folder = tempfile::tempdir()?;
    /// # let conf = folder.path();
    /// # let path = conf.join("serve.json");
    /// # std::fs::write(&path, r#"{"properties": {"port": {"minimum": 1}}}"#)?;
    /// # std::fs::write(conf.join("config.yaml"), "port: 80\n")?;
    /// let worker = CheckedWorker::read(Box::new(NoWorker), &path)?;
    /// assert!(worker.check(&Composer::new(conf).compose()?).is_ok());
    /// assert!(worker.check(&Composer::new(conf).overrides(["port=0"]).compose()?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read, is not JSON, or no schema.
    pub fn read(worker: Box<dyn Worker>, path: &Path) -> Result<Self> {
        Ok(Self { worker, schema: Schema::parse(&read_text(path)?)? })
    }
}

impl Worker for CheckedWorker {
    fn check(&self, config: &Config) -> Result<()> {
        self.schema.check(&config.resolve()?)?;
        self.worker.check(config)
    }

    fn schema(&self) -> Option<serde_json::Value> {
        Some(self.schema.json().clone())
    }

    fn prepare(&self, config: &Config) -> std::result::Result<(), Failure> {
        self.worker.prepare(config)
    }

    fn goes_on(&self, run_dir: &Path) -> bool {
        self.worker.goes_on(run_dir)
    }

    fn command(&self, run_dir: &Path) -> std::result::Result<Vec<OsString>, Failure> {
        self.worker.command(run_dir)
    }

    fn recorded(&self) -> Option<Vec<String>> {
        self.worker.recorded()
    }
}
