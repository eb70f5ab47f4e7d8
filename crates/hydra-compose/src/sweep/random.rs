//! Values drawn at random. A trial is a function of the seed, its number and its keys: more trials begin with the same.

use super::axes::{Axes, Axis, Choices};
use super::exclusions::{Excluded, Exclusions};
use crate::error::{Code, Error, Result};
use crate::mix::{SplitMix64, words};
use crate::overrides::Element;

/// Draws that may be excluded one after another, before a trial is given up.
const MOST_ATTEMPTS: u16 = 1000;

/// The trials of a random search.
pub(super) struct Search {
    seed: u64,
    count: usize,
    /// For each trial, the draw that is not excluded; without exclusions, the first.
    attempts: Option<Vec<u16>>,
    /// The exclusions that no draw has run into.
    pub(super) unmatched: Vec<String>,
}

/// What a trial takes of an axis.
enum Draw {
    Row(usize),
    Number(Element),
}

impl Search {
    /// Draws every trial once, until it is not excluded.
    ///
    /// # Errors
    /// There is nothing to draw, or nothing is left of it.
    pub(super) fn new(axes: &Axes, exclusions: &Exclusions, seed: u64, n_trials: usize) -> Result<Self> {
        let count = if axes.is_empty() { 0 } else { n_trials };
        let mut search = Self { seed, count, attempts: None, unmatched: Vec::new() };
        if count > 0 && !axes.axes.iter().any(|axis| axis.rows() > 1 || is_drawn(axis)) {
            return Err(nothing_to_draw());
        }
        if count > 0 && !exclusions.exclusions.is_empty() {
            search.redraw(axes, &exclusions.exclusions)?;
        }
        Ok(search)
    }

    fn redraw(&mut self, axes: &Axes, exclusions: &[Excluded]) -> Result<()> {
        let mut has_matched = vec![false; exclusions.len()];
        let mut attempts = Vec::with_capacity(self.count);
        for trial in 0..self.count {
            let attempt = (0..MOST_ATTEMPTS).find(|attempt| {
                let draws = self.draws(axes, trial, *attempt);
                let mut is_excluded = false;
                for (exclusion, matched) in exclusions.iter().zip(&mut has_matched) {
                    if exclusion.takes(&draws) {
                        (*matched, is_excluded) = (true, true);
                    }
                }
                !is_excluded
            });
            attempts.push(attempt.ok_or_else(|| all_excluded(trial))?);
        }
        let unmatched = exclusions.iter().zip(has_matched).filter(|(_, matched)| !matched);
        self.unmatched = unmatched.map(|(exclusion, _)| exclusion.argument.clone()).collect();
        self.attempts = Some(attempts);
        Ok(())
    }

    /// How many trials there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The overrides of a trial; `num` is below the count.
    pub(super) fn job(&self, axes: &Axes, num: usize) -> Vec<String> {
        let attempt = self.attempts.as_ref().map_or(0, |attempts| attempts[num]);
        let mut overrides = Vec::with_capacity(axes.axes.len());
        for (axis, draw) in axes.axes.iter().zip(self.draws(axes, num, attempt)) {
            match draw {
                Draw::Row(row) => axis.push_row(row, &mut overrides),
                Draw::Number(number) => {
                    overrides.extend(axis.columns.iter().map(|column| format!("{}={number}", column.key)))
                }
            }
        }
        overrides
    }

    fn draws(&self, axes: &Axes, trial: usize, attempt: u16) -> Vec<Draw> {
        axes.axes.iter().map(|axis| self.draw(axis, trial, attempt)).collect()
    }

    /// Of each axis on its own, so that another key on the command line changes nothing.
    fn draw(&self, axis: &Axis, trial: usize, attempt: u16) -> Draw {
        let keys = axis.columns.iter().flat_map(|column| words(&column.key));
        let mut stream =
            SplitMix64::of([self.seed, trial as u64, u64::from(attempt)].into_iter().chain(keys));
        match &axis.choices {
            Choices::Rows(rows) => Draw::Row(stream.below(*rows as u128) as usize),
            Choices::Within(interval) => Draw::Number(interval.draw(&mut stream)),
        }
    }
}

impl Excluded {
    fn takes(&self, draws: &[Draw]) -> bool {
        self.conditions.iter().all(|condition| match &draws[condition.axis] {
            Draw::Row(row) => condition.takes_row(*row),
            Draw::Number(number) => condition.takes_number(number),
        })
    }
}

fn is_drawn(axis: &Axis) -> bool {
    matches!(axis.choices, Choices::Within(_))
}

fn nothing_to_draw() -> Error {
    Error::new(Code::OverrideInvalid, "there is nothing to draw: no key has several values")
        .help("give a key an interval or a choice: lr=interval(0,1), db=glob(*); for equal jobs: hydra/sweeper=grid and repeat(10)")
}

fn all_excluded(trial: usize) -> Error {
    let message = format!("trial {trial}: {MOST_ATTEMPTS} draws, one after another, are excluded");
    Error::new(Code::OverrideInvalid, message)
        .help("exclude less, or give the sweep more values to draw from")
}
