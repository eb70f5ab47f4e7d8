//! Errors as a person reads them: the message, the line with the value underlined, and what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use hydra_compose::check::Severity;
use hydra_compose::tree::Origin;
use hydra_compose::{Error, Label};
use std::io::IsTerminal;

/// The error as text, with colours if `style` has them.
///
/// ```
/// use hydra_app::render::{Style, render};
/// use hydra_compose::{Code, Error};
/// let error = Error::new(Code::UnknownKey, "there is no key 'x'").help("did you mean y?");
/// assert_eq!(render(&error, Style::Plain), "error[unknown-key]: there is no key 'x'\n |\n = help: did you mean y?");
/// ```
pub fn render(error: &Error, style: Style) -> String {
    let renderer = renderer(style);
    let each: Vec<String> =
        error.each().into_iter().map(|error| one(error, Level::ERROR, None, &renderer)).collect();
    match each.len() {
        1 => each.join(""),
        count => format!("{}\n\n{count} errors", each.join("\n\n")),
    }
}

/// A finding of `check` as text: as an error, but with the word for its severity, and a note on where it shows.
///
/// ```
/// use hydra_app::render::{Style, finding};
/// use hydra_compose::check::Severity;
/// use hydra_compose::{Code, Error};
/// let error = Error::new(Code::MissingConfig, "never read");
/// let text = finding(&error, Severity::Warning, Some("in 'db=mysql'"), Style::Plain);
/// assert_eq!(text, "warning[missing-config]: never read\n |\n = note: in 'db=mysql'");
/// ```
pub fn finding(error: &Error, severity: Severity, note: Option<&str>, style: Style) -> String {
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    one(error, level, note, &renderer(style))
}

fn renderer(style: Style) -> Renderer {
    match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    }
}

/// Whether text has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Plain text.
    Plain,
    /// ANSI escapes.
    Coloured,
}

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    pub fn of_stderr() -> Self {
        Self::of(std::io::stderr().is_terminal())
    }

    /// As [`Style::of_stderr`], for standard output.
    pub fn of_stdout() -> Self {
        Self::of(std::io::stdout().is_terminal())
    }

    fn of(is_terminal: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if wanted && is_terminal { Self::Coloured } else { Self::Plain }
    }
}

fn one(error: &Error, level: Level<'_>, note: Option<&str>, renderer: &Renderer) -> String {
    let paths: Vec<Option<String>> = error.labels().iter().map(|label| place(&label.origin)).collect();
    let mut group = Group::with_title(level.primary_title(error.message()).id(error.code().as_str()));
    let mut shown: Vec<&str> = Vec::new();
    for path in paths.iter().flatten() {
        if shown.contains(&path.as_str()) {
            continue;
        }
        shown.push(path);
        let here: Vec<(usize, &Label)> =
            (0..).zip(error.labels()).filter(|(index, _)| paths[*index].as_ref() == Some(path)).collect();
        let Some((text, _)) = here.first().and_then(|(_, label)| label.origin.snippet()) else { continue };
        let mut snippet = Snippet::source(text);
        if let Origin::File { file, .. } = &here[0].1.origin {
            snippet = snippet.path(file.path.display().to_string());
        }
        for (index, label) in &here {
            let Some((text, span)) = label.origin.snippet() else { continue };
            let kind = if *index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let end = first_line_end(text, span.start, span.end);
            snippet =
                snippet.annotation(kind.span(span.start.min(text.len())..end).label(label.text.as_str()));
        }
        group = group.element(snippet);
    }
    if let Some(note) = note {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = error.help_text() {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group]).to_string()
}

/// A mapping of many lines is pointed at by its first.
fn first_line_end(text: &str, start: usize, end: usize) -> usize {
    let (start, end) = (start.min(text.len()), end.min(text.len()));
    match text.get(start..end).and_then(|part| part.find('\n')) {
        Some(length) => start + length,
        None => end,
    }
}

/// What tells one text from another: those of one file are shown together.
fn place(origin: &Origin) -> Option<String> {
    match origin {
        Origin::File { file, .. } => Some(file.path.display().to_string()),
        Origin::Override { argument, .. } => Some(format!("argument {}", argument.index + 1)),
        Origin::Schema | Origin::Builtin(_) => None,
    }
}
