//! Headings and tables as Hydra draws them.

/// A title with a line of `filler` under it.
pub(super) fn heading(title: &str, filler: char, out: &mut String) {
    out.push_str(title);
    out.push('\n');
    rule(title, filler, out);
}

/// A title of a part, one tab in.
pub(super) fn indented_heading(title: &str, out: &mut String) {
    out.push('\t');
    out.push_str(title);
    out.push_str("\n\t");
    rule(title, '-', out);
}

fn rule(title: &str, filler: char, out: &mut String) {
    out.extend(std::iter::repeat_n(filler, title.chars().count()));
    out.push('\n');
}

/// Rows of cells, to be padded to the widest of each column. Widths are in characters, as Python counts them.
pub(super) struct Table<const COLUMNS: usize> {
    header: [&'static str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(super) fn new(header: [&'static str; COLUMNS]) -> Self {
        Self { header, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row);
    }

    /// Draws the table; `tail` follows the header's last bar.
    pub(super) fn print(&self, tail: &str, out: &mut String) {
        let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.header[column].chars().count()]).max().unwrap_or(0)
        });
        let header = row_text(&self.header, &widths) + tail;
        heading(&header, '-', out);
        for row in &self.rows {
            out.push_str(&row_text(row, &widths));
            out.push('\n');
        }
        rule(&header, '-', out);
    }
}

fn row_text<S: AsRef<str>>(cells: &[S], widths: &[usize]) -> String {
    let mut line = String::from("|");
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(&format!(" {:<width$} |", cell.as_ref()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["a", "long"]);
        table.push(["ééé".into(), "x".into()]);
        let mut out = String::new();
        table.print(" ", &mut out);
        assert_eq!(out, "| a   | long | \n---------------\n| ééé | x    |\n---------------\n");
    }
}
