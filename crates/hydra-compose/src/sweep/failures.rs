//! Which jobs do not compose, and why.

use super::plan::Job;
use crate::error::{Code, Error, Label};
use std::path::Path;

/// More errors than this are no help.
const MOST_SHOWN: usize = 10;
/// More numbers of jobs than this in one line are no help either.
const MOST_NUMBERS: usize = 5;

/// The errors of a plan's jobs. What many jobs run into is told once, by the first that does.
#[derive(Default)]
pub(super) struct Failures {
    shown: Vec<Failure>,
    hidden: usize,
}

struct Failure {
    error: Error,
    /// The first job's number and overrides.
    job: String,
    /// The numbers of the other jobs.
    others: Vec<usize>,
}

impl Failures {
    /// Notes what is wrong with a job.
    pub(super) fn add(&mut self, job: &Job, error: &Error) {
        for error in error.each() {
            if let Some(known) = self.shown.iter_mut().find(|known| is_same(&known.error, error)) {
                known.others.push(job.num);
            } else if self.shown.len() < MOST_SHOWN {
                let overrides: Vec<&str> = job.task_overrides().collect();
                let job = format!("#{} ({})", job.num, overrides.join(" "));
                self.shown.push(Failure { error: error.clone(), job, others: Vec::new() });
            } else {
                self.hidden += 1;
            }
        }
    }

    /// All of them as one error, if there are any.
    pub(super) fn into_error(self) -> Option<Error> {
        let mut errors: Vec<Error> = self.shown.iter().map(Failure::named).collect();
        if self.hidden > 0 {
            let others = if self.hidden == 1 { "error" } else { "errors" };
            errors.push(Error::new(Code::Several, format!("and {} more {others} in jobs", self.hidden)));
        }
        Error::several(errors)
    }
}

impl Failure {
    /// The error with the jobs in its message, and everything else as it was.
    fn named(&self) -> Error {
        let job = &self.job;
        let numbers: Vec<String> =
            self.others.iter().take(MOST_NUMBERS).map(|num| format!("#{num}")).collect();
        let who = match self.others.len() {
            0 => format!("job {job}"),
            count if count <= MOST_NUMBERS => format!("jobs {job} and {}", numbers.join(", ")),
            count => format!("jobs {job}, {} and {} more", numbers.join(", "), count - MOST_NUMBERS),
        };
        let mut named = Error::new(self.error.code(), format!("{who}: {}", self.error.message()));
        for label in self.error.labels() {
            named = named.label(&label.origin, label.text.clone());
        }
        named.maybe_help(self.error.help_text().map(str::to_owned))
    }
}

/// Whether two jobs ran into one mistake: the same message on the same words. The rest of the argument differs where its
/// values are swept, and with it the help.
fn is_same(one: &Error, other: &Error) -> bool {
    one.message() == other.message()
        && one.labels().iter().map(pointed_at).eq(other.labels().iter().map(pointed_at))
}

/// What a label says about which words; for a place in a file, about which file as well.
fn pointed_at(label: &Label) -> (&str, Option<&Path>, Option<&str>) {
    let words = label.origin.snippet().and_then(|(text, span)| text.get(span.start..span.end));
    (&label.text, label.origin.path(), words)
}
