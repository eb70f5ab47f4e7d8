//! The jobs of a sweep: what its sweeper takes of the axes, each as often as it is to run.

use super::axes::{Axes, MOST_JOBS, Values, too_many};
use super::exclusions::Exclusions;
use super::grid::Grid;
use super::random::Search;
use super::settings::{Method, Settings};
use crate::error::{Code, Error, Result};
use crate::overrides::Override;

/// The overrides of every job, made when they are asked for.
pub(super) struct Schedule {
    axes: Axes,
    taken: Taken,
    repeat: usize,
}

enum Taken {
    Grid(Grid),
    Search(Search),
}

impl Schedule {
    /// What the sweeper makes of its parameters and of these overrides. `options` gives the sorted options of a config
    /// group, for `glob(…)`.
    ///
    /// # Errors
    /// All overrides that cannot be expanded; then all exclusions that do not fit; then more jobs than there may be.
    pub(super) fn new<'o>(
        settings: &'o Settings,
        overrides: impl Iterator<Item = &'o Override>,
        options: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<Self> {
        let values = match settings.method {
            Method::Grid => Values::Listed,
            Method::Random { .. } => Values::Drawn,
        };
        let axes = Axes::new(settings.params.iter().chain(overrides), values, options)?;
        let exclusions = Exclusions::new(&axes, &settings.exclusions)?;
        let taken = match settings.method {
            Method::Grid => Taken::Grid(Grid::new(&axes, &exclusions)?),
            Method::Random { seed, n_trials } => {
                Taken::Search(Search::new(&axes, &exclusions, seed, n_trials)?)
            }
        };
        let schedule = Self { axes, taken, repeat: settings.repeat };
        match schedule.once().checked_mul(schedule.repeat) {
            Some(0..=MOST_JOBS) => Ok(schedule),
            _ => Err(schedule.too_many()),
        }
    }

    /// How many jobs there are.
    pub(super) fn count(&self) -> usize {
        self.once() * self.repeat
    }

    /// How many there would be without repeats.
    fn once(&self) -> usize {
        match &self.taken {
            Taken::Grid(grid) => grid.count(),
            Taken::Search(search) => search.count(),
        }
    }

    /// The overrides of a job; `num` is below the count.
    pub(super) fn job(&self, num: usize) -> Vec<String> {
        match &self.taken {
            Taken::Grid(grid) => grid.job(&self.axes, num / self.repeat),
            Taken::Search(search) => search.job(&self.axes, num / self.repeat),
        }
    }

    /// Whether the override at this place of every job is a `~key` that deletes whatever the value is.
    pub(super) fn deletes_anything(&self, place: usize) -> bool {
        self.axes.deletes_anything(place)
    }

    /// The arguments that leave no value, and so no job.
    pub(super) fn without_values(&self) -> impl Iterator<Item = &str> {
        self.axes.without_values()
    }

    /// The exclusions that leave no job out.
    pub(super) fn unmatched_exclusions(&self) -> impl Iterator<Item = &str> {
        match &self.taken {
            Taken::Grid(grid) => grid.unmatched.iter().map(String::as_str),
            Taken::Search(search) => search.unmatched.iter().map(String::as_str),
        }
    }

    fn too_many(&self) -> Error {
        let repeat = self.repeat;
        match &self.taken {
            Taken::Grid(_) if repeat == 1 => too_many(&self.axes.axes),
            _ => Error::new(Code::OverrideInvalid, format!("the sweep has more than {MOST_JOBS} jobs"))
                .help(format!("it has {}, each repeated {repeat} times", self.once())),
        }
    }
}
