//! Jobs that are known to compose.

use super::failures::Failures;
use super::schedule::Schedule;
use super::settings::Settings;
use crate::arguments::Arguments;
use crate::compose::{Composer, RunMode};
use crate::config::Config;
use crate::error::Result;
use crate::source::Library;
use std::fmt;
use std::num::NonZeroUsize;

/// The jobs of a sweep, every one of which composes.
pub struct Plan {
    composer: Composer,
    library: Library,
    master: Config,
    schedule: Schedule,
    max_batch_size: Option<NonZeroUsize>,
}

/// One job of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number in the sweep, from 0, counted on over batches.
    pub num: usize,
    /// Its overrides, each with one value, as Hydra prints them. Those of the whole sweep (`hydra.…=`) are not among them.
    pub overrides: Vec<String>,
}

impl Composer {
    /// Plans a sweep: one job for each combination of values. Every one is composed, so a mistake that only the last
    /// job would make is found before the first starts.
    ///
    /// # Errors
    /// What the sweep starts from does not compose, a sweep cannot be expanded, or jobs do not compose; these are
    /// named by their numbers and overrides.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::create_dir(folder.path().join("db"))?;
    /// # std::fs::write(folder.path().join("config.yaml"), "defaults:\n- db: mysql\n- _self_\nseed: 0\n")?;
    /// # std::fs::write(folder.path().join("db/mysql.yaml"), "port: 3306\n")?;
    /// let composer = hydra_compose::Composer::new(folder.path()).overrides(["db=mysql,mysq", "seed=1,2"]);
    /// let error = composer.plan().unwrap_err();
    /// assert!(error.message().starts_with("jobs #2 (db=mysq seed=1) and #3: In 'config': Could not find 'db/mysq'"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn plan(self) -> Result<Plan> {
        self.plan_with(|_, _| Ok(()))
    }

    /// Plans a sweep as [`plan`](Self::plan) does, and asks `check` about every job that composes: whether the
    /// program's schema takes it, for instance. What it refuses is an error of that job.
    ///
    /// # Errors
    /// As [`plan`](Self::plan), and those of `check`.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
    /// use hydra_compose::Composer;
    /// let composer = Composer::new(folder.path()).overrides(["seed=1,2,x"]);
    /// let error = composer.plan_with(|_, config| config.get::<u32>("seed").map(drop)).unwrap_err();
    /// assert!(error.message().starts_with("job #2 (seed=x): "));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn plan_with(self, mut check: impl FnMut(&Job, &Config) -> Result<()>) -> Result<Plan> {
        let composer = self.mode(RunMode::Multirun);
        let (library, arguments) = composer.open()?;
        let directives = arguments.directives.clone();
        let master = composer.compose_from(&library, arguments)?;
        let settings = Settings::read(&master, &directives)?;
        let task = master.overrides().iter().filter(|over| !over.is_hydra());
        let schedule = Schedule::new(&settings, task, &|group| library.options(group))?;
        let composer = composer.mode(RunMode::Run);
        let plan = Plan { composer, library, master, schedule, max_batch_size: settings.max_batch_size };

        let mut failures = Failures::default();
        for job in plan.jobs() {
            if let Err(error) = plan.compose(&job).and_then(|config| check(&job, &config)) {
                failures.add(&job, &error);
            }
        }
        failures.into_error().map_or(Ok(plan), Err)
    }
}

impl Plan {
    /// What the sweep starts from: the configuration without the overrides that are swept. Hydra writes it to
    /// `multirun.yaml`.
    pub fn master(&self) -> &Config {
        &self.master
    }

    /// How many jobs are launched together (`hydra.sweeper.max_batch_size`); all of them, if it is `None`.
    pub fn max_batch_size(&self) -> Option<usize> {
        self.max_batch_size.map(NonZeroUsize::get)
    }

    /// How many jobs there are; none, if there is a key without values, or everything is excluded.
    pub fn len(&self) -> usize {
        self.schedule.count()
    }

    /// Whether there are no jobs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The overrides that leave no job to do: `seed=range(5,1)`, a `glob(…)` that nothing matches.
    pub fn without_values(&self) -> impl Iterator<Item = &str> {
        self.schedule.without_values()
    }

    /// The exclusions that leave no job out, which may be misspelled: `exclude(seed=9)` where no job has this seed.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
    /// use hydra_compose::Composer;
    /// let composer = Composer::new(folder.path()).overrides(["seed=range(3)", "exclude(seed=1)", "exclude(seed=9)"]);
    /// let plan = composer.plan()?;
    /// assert_eq!(plan.jobs().map(|job| job.overrides[0].clone()).collect::<Vec<_>>(), ["seed=0", "seed=2"]);
    /// assert_eq!(plan.unmatched_exclusions().collect::<Vec<_>>(), ["exclude(seed=9)"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unmatched_exclusions(&self) -> impl Iterator<Item = &str> {
        self.schedule.unmatched_exclusions()
    }

    /// The job of this number.
    pub fn job(&self, num: usize) -> Option<Job> {
        (num < self.len()).then(|| Job { num, overrides: self.schedule.job(num) })
    }

    /// All jobs, in order.
    pub fn jobs(&self) -> impl Iterator<Item = Job> {
        (0..self.len()).map(|num| Job { num, overrides: self.schedule.job(num) })
    }

    /// The jobs in the portions that are launched together: `hydra.sweeper.max_batch_size` of them, or all.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
    /// use hydra_compose::Composer;
    /// let plan = Composer::new(folder.path()).overrides(["seed=range(5)", "hydra.sweeper.max_batch_size=2"]).plan()?;
    /// let numbers: Vec<Vec<usize>> = plan.batches().map(|jobs| jobs.iter().map(|job| job.num).collect()).collect();
    /// assert_eq!(numbers, [vec![0, 1], vec![2, 3], vec![4]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batches(&self) -> impl Iterator<Item = Vec<Job>> {
        let size = self.max_batch_size.map_or(self.len(), NonZeroUsize::get).max(1);
        let first = (0..self.len()).step_by(size);
        first.map(move |first| (first..self.len()).take(size).filter_map(|num| self.job(num)).collect())
    }

    /// The whole configuration of a job: the sweep's own overrides (`hydra.…=`), then the job's, with its number in
    /// `hydra.job.num`. It is composed from the files as they were read when the sweep was planned.
    ///
    /// # Errors
    /// None that planning did not find, unless the job is another plan's.
    pub fn compose(&self, job: &Job) -> Result<Config> {
        let sweep = self.master.overrides().iter().filter(|over| over.is_hydra());
        let mut texts: Vec<String> = sweep.map(|over| over.argument.text.clone()).collect();
        let first = texts.len();
        texts.extend(job.overrides.iter().cloned());
        let mut arguments = Arguments::parse_for(&texts, RunMode::Run)?;
        for (place, over) in arguments.overrides[first..].iter_mut().enumerate() {
            // Hydra hands jobs `~key=null` for `~key`, and this means to delete the key whatever its value is.
            // On a command line `~key=null` deletes null alone, as in Hydra's next release, which fails here.
            if self.schedule.deletes_anything(place) {
                over.value = None;
            }
        }
        // Parameters of the sweeper may name places to look in. Such a job cannot use what others have read.
        let is_elsewhere =
            arguments.overrides[first..].iter().any(|over| over.key_element() == "hydra.searchpath");
        let config = if is_elsewhere {
            self.composer.compose_from(&self.composer.library(&arguments.overrides)?, arguments)
        } else {
            self.composer.compose_from(&self.library, arguments)
        };
        Ok(config?.into_job(job.num, &self.master))
    }
}

impl Job {
    /// The overrides that a person wants to see: those of Hydra's own configuration are left out, as in its log.
    pub fn task_overrides(&self) -> impl Iterator<Item = &str> {
        self.overrides.iter().map(String::as_str).filter(|over| !over.starts_with("hydra."))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("jobs", &self.len())
            .field("master", &self.master)
            .finish_non_exhaustive()
    }
}
