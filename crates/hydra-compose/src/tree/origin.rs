//! Where a value came from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A half-open range of bytes in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// A place as editors count it: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place of byte `offset` in `text`; an offset past the end is the end.
    ///
    /// ```
    /// use hydra_compose::tree::Position;
    /// assert_eq!(Position::of("a: 1\nb: 2\n", 8), Position { line: 2, column: 4 });
    /// ```
    pub fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// A configuration file that was read. Its text is kept: it is small, and every error wants to show it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as a person would type it: relative if the search path entry was.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// A file with this path and text.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into() })
    }
}

/// One override as it stood on the command line.
#[derive(Debug, PartialEq, Eq)]
pub struct Argument {
    /// The whole argument, as the shell handed it over.
    pub text: String,
    /// Its place among the overrides, from 0.
    pub index: usize,
}

/// Where a value came from. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A place in a configuration file.
    File {
        /// The file.
        file: Arc<SourceFile>,
        /// The bytes of the value in it.
        span: Span,
    },
    /// A command-line override.
    Override {
        /// The argument.
        argument: Arc<Argument>,
        /// The bytes of the value in it.
        span: Span,
    },
    /// A default of the application's schema.
    Schema,
    /// Made by the framework itself; the text says by what.
    Builtin(&'static str),
}

impl Origin {
    /// A place in `file`.
    pub fn file(file: &Arc<SourceFile>, span: Span) -> Self {
        Self::File { file: Arc::clone(file), span }
    }

    /// A place in a command-line argument.
    pub fn argument(argument: &Arc<Argument>, span: Span) -> Self {
        Self::Override { argument: Arc::clone(argument), span }
    }

    /// The file, if the value came from one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File { file, .. } => Some(&file.path),
            _ => None,
        }
    }

    /// The text the span counts in and the span: the file's or the argument's.
    pub fn snippet(&self) -> Option<(&str, Span)> {
        match self {
            Self::File { file, span } => Some((&file.text, *span)),
            Self::Override { argument, span } => Some((&argument.text, *span)),
            Self::Schema | Self::Builtin(_) => None,
        }
    }

    /// Line and column where the value starts.
    pub fn position(&self) -> Option<Position> {
        self.snippet().map(|(text, span)| Position::of(text, span.start))
    }
}

/// `conf/optimizer/sgd.yaml:3:5`, `argument 'optimizer.lr=x'`, `the schema's default`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, span } => {
                let at = Position::of(&file.text, span.start);
                write!(f, "{}:{}:{}", file.path.display(), at.line, at.column)
            }
            Self::Override { argument, .. } => write!(f, "argument '{}'", argument.text),
            Self::Schema => f.write_str("the schema's default"),
            Self::Builtin(what) => f.write_str(what),
        }
    }
}
