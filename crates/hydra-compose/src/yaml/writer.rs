//! Text with a column: indentation, line breaks, and scalars folded at 80 columns.

use super::style::is_break;

/// Beyond this column a blank becomes a line break.
const WIDTH: usize = 80;

/// Whether long scalars may be folded; keys may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Yes,
    No,
}

/// The output so far. The flags are those of PyYAML's emitter.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) text: String,
    /// Characters on the current line.
    column: usize,
    /// The current indentation; `None` outside of any collection.
    pub(super) indent: Option<usize>,
    /// Whether the last character separates tokens.
    whitespace: bool,
    /// Whether the line so far is only indentation and indicators.
    pub(super) indention: bool,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { text: String::new(), column: 0, indent: None, whitespace: true, indention: true }
    }

    /// `-`, `?`, or a `:` on a line of its own: indicators that a nested collection may follow on the same line.
    pub(super) fn block_indicator(&mut self, indicator: &str) {
        self.separate();
        self.push(indicator);
        self.whitespace = false;
    }

    /// An indicator with a blank before it: a quote that opens, a tag.
    pub(super) fn opening(&mut self, indicator: &str) {
        self.separate();
        self.closing(indicator);
    }

    /// An indicator that follows directly: a quote that closes, the `:` of a simple key.
    pub(super) fn closing(&mut self, indicator: &str) {
        self.push(indicator);
        self.whitespace = false;
        self.indention = false;
    }

    /// Starts a line at the current indentation, unless this one is still empty.
    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break('\n');
        }
        if self.column < indent {
            self.whitespace = true;
            let missing = indent - self.column;
            self.text.extend(std::iter::repeat_n(' ', missing));
            self.column = indent;
        }
    }

    pub(super) fn plain(&mut self, text: &str, fold: Fold) {
        if text.is_empty() {
            return;
        }
        self.separate();
        self.in_scalar();
        for run in runs(text, |character| character == ' ') {
            if run == " " && self.column > WIDTH && fold == Fold::Yes {
                self.write_indent();
                self.in_scalar();
            } else {
                self.push(run);
            }
        }
    }

    pub(super) fn single_quoted(&mut self, text: &str, fold: Fold) {
        self.opening("'");
        let mut at = 0;
        for run in runs(text, |character| character == ' ' || is_break(character)) {
            let inside = at > 0 && at + run.len() < text.len();
            at += run.len();
            if run.starts_with(is_break) {
                // A single line feed would be read back as a blank.
                if run.starts_with('\n') {
                    self.line_break('\n');
                }
                run.chars().for_each(|character| self.line_break(character));
                self.write_indent();
            } else if run == " " && inside && self.column > WIDTH && fold == Fold::Yes {
                self.write_indent();
            } else {
                self.push(&run.replace('\'', "''"));
            }
        }
        self.closing("'");
    }

    pub(super) fn double_quoted(&mut self, text: &str, fold: Fold) {
        self.opening("\"");
        let count = text.chars().count();
        // What is to be written before the current character: a piece of `text` that needs no escapes.
        let mut piece = String::new();
        let mut characters = text.chars().enumerate().peekable();
        while let Some((place, character)) = characters.next() {
            let escaped = escape(character);
            if let Some(escape) = &escaped {
                self.push(&std::mem::take(&mut piece));
                self.push(escape);
            }
            // At a blank, at an escape, and right behind one. PyYAML counts what is pending at an escape as -1.
            let breakable = character == ' ' || escaped.is_some() || piece.is_empty();
            let may_break = breakable && place > 0 && place + 1 < count;
            let column = self.column + piece.chars().count() - usize::from(escaped.is_some());
            if may_break && column > WIDTH && fold == Fold::Yes {
                piece.push('\\');
                self.push(&std::mem::take(&mut piece));
                self.write_indent();
                self.in_scalar();
                // A blank at the start of a line would be skipped.
                let next = if escaped.is_some() {
                    characters.peek().map(|(_, next)| *next)
                } else {
                    Some(character)
                };
                if next == Some(' ') {
                    self.push("\\");
                }
            }
            if escaped.is_none() {
                piece.push(character);
            }
        }
        self.push(&piece);
        self.closing("\"");
    }

    /// A literal block of lines that all end in a line feed and start with no blank.
    pub(super) fn literal(&mut self, text: &str) {
        self.opening("|");
        self.line_break('\n');
        for line in text.lines() {
            self.write_indent();
            self.push(line);
            self.line_break('\n');
        }
    }

    fn separate(&mut self) {
        if !self.whitespace {
            self.push(" ");
        }
    }

    fn in_scalar(&mut self) {
        self.whitespace = false;
        self.indention = false;
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    fn line_break(&mut self, character: char) {
        self.text.push(character);
        self.whitespace = true;
        self.indention = true;
        self.column = 0;
    }
}

/// The longest runs of equal kind: blanks, line breaks, anything else.
fn runs<'a>(text: &'a str, separates: impl Fn(char) -> bool + 'a) -> impl Iterator<Item = &'a str> {
    let kind = move |character: char| separates(character).then_some(character == ' ');
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = rest.find(|character| kind(character) != first).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// The escape sequence of a character that may not stand in double quotes as it is.
fn escape(character: char) -> Option<String> {
    let short = match character {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' => return None,
        _ => {
            let code = u32::from(character);
            return Some(match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Some(format!("\\{short}"))
}
