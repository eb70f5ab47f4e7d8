//! Errors: data first, text last.

use crate::tree::Origin;
use std::fmt;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A stable word for each kind of error, for scripts and for the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// An override that does not parse, or whose function fails.
    OverrideSyntax,
    /// An override that is well-formed and cannot be applied.
    OverrideInvalid,
    /// A key that does not exist.
    UnknownKey,
    /// A key that exists already (`+key=`).
    KeyExists,
    /// A configuration file, group or option that does not exist.
    MissingConfig,
    /// A defaults list that cannot be composed.
    DefaultsList,
    /// YAML that does not load.
    Yaml,
    /// A file that cannot be read.
    Io,
    /// An interpolation that cannot be parsed or resolved.
    Interpolation,
    /// Values that must still be given (`???`).
    MissingValue,
    /// A value of the wrong type, or outside of its range.
    InvalidValue,
    /// Two values that do not go together.
    Merge,
    /// Several errors found in one pass; each is under `related`.
    Several,
}

impl Code {
    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OverrideSyntax => "override-syntax",
            Self::OverrideInvalid => "override-invalid",
            Self::UnknownKey => "unknown-key",
            Self::KeyExists => "key-exists",
            Self::MissingConfig => "missing-config",
            Self::DefaultsList => "defaults-list",
            Self::Yaml => "yaml",
            Self::Io => "io",
            Self::Interpolation => "interpolation",
            Self::MissingValue => "missing-value",
            Self::InvalidValue => "invalid-value",
            Self::Merge => "merge",
            Self::Several => "several",
        }
    }
}

/// A place that an error points at, with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// What is to be said; may be empty.
    pub text: String,
}

/// What went wrong, where, and what to do about it.
///
/// ```
/// use hydra_compose::{Code, Error};
/// let error = Error::new(Code::UnknownKey, "no key 'training.batch_sze'").help("did you mean training.batch_size?");
/// assert_eq!(error.code().as_str(), "unknown-key");
/// ```
#[derive(Clone, Debug)]
pub struct Error(Box<Content>);

#[derive(Clone, Debug)]
struct Content {
    code: Code,
    message: String,
    help: Option<String>,
    labels: Vec<Label>,
    related: Vec<Error>,
}

impl Error {
    /// An error with a message and nothing else yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Content { code, message, help: None, labels: Vec::new(), related: Vec::new() }))
    }

    /// With a line that says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// With a line that says what to do, if there is one.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.0.help = help.or(self.0.help);
        self
    }

    /// With a place; the first is the primary one.
    #[must_use]
    pub fn label(mut self, origin: &Origin, text: impl Into<String>) -> Self {
        self.0.labels.push(Label { origin: origin.clone(), text: text.into() });
        self
    }

    /// One error out of many that were found in one pass. A single one stays itself; none is `None`.
    pub fn several(mut errors: Vec<Error>) -> Option<Self> {
        match errors.len() {
            0 | 1 => errors.pop(),
            count => {
                let mut all = Self::new(Code::Several, format!("{count} errors in the configuration"));
                all.0.related = errors;
                Some(all)
            }
        }
    }

    /// The stable word of its kind.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The places, the primary one first.
    pub fn labels(&self) -> &[Label] {
        &self.0.labels
    }

    /// Errors found in the same pass.
    pub fn related(&self) -> &[Error] {
        &self.0.related
    }

    /// This error, or each of those it stands for.
    pub fn each(&self) -> Vec<&Error> {
        if self.0.related.is_empty() {
            vec![self]
        } else {
            self.0.related.iter().flat_map(Error::each).collect()
        }
    }
}

/// The message, its places and the help, each on a line: plain text for logs. `hydra-app` draws the snippets.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        for label in self.labels() {
            write!(f, "\n  --> {}", label.origin)?;
            if !label.text.is_empty() {
                write!(f, ": {}", label.text)?;
            }
        }
        if let Some(help) = self.help_text() {
            write!(f, "\n  help: {help}")?;
        }
        for error in self.related() {
            write!(f, "\n{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
