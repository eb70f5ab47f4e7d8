//! What is wrong with settings: all of it at once.

use std::fmt;

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    problems: Vec<Problem>,
}

/// One thing that is wrong. It never holds an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where the value stands: `WANDB_MODE`, `/home/me/.config/wandb/settings:3`, `the program's project`.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl Error {
    /// None, if nothing is wrong.
    pub(super) fn of(problems: Vec<Problem>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self { problems })
    }

    /// Of one more.
    pub(super) fn and(mut problems: Vec<Problem>, last: Problem) -> Self {
        problems.push(last);
        Self { problems }
    }

    /// Everything that is wrong; at least one thing.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\nhelp: {}", self.place, self.message, self.help)
    }
}

impl std::error::Error for Error {}
