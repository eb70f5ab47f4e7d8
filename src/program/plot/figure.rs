//! The figure: a title, a legend, and below each other the panels, which share the axis of steps.

use super::canvas::{Canvas, Draw, Place, Result, Side, Type, fitted, width};
use super::curve::dashed;
use super::panel::Panel;
use super::scale::Scale;
use plotters::backend::DrawingBackend;
use plotters::style::RGBColor;

pub(super) const BLACK: RGBColor = RGBColor(0x22, 0x22, 0x22);
pub(super) const GREY: RGBColor = RGBColor(0x66, 0x66, 0x66);
const WHITE: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Okabe and Ito's colours, which people with any kind of colour blindness can tell apart; without their yellow, which is
/// hard to see on white.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x00, 0x00, 0x00),
];
/// When the colours are used up, the same come again in dashes: how long one is, and the space after it.
const DASHES: [Option<(f64, f64)>; 4] = [None, Some((6.0, 2.5)), Some((1.8, 1.8)), Some((12.0, 3.0))];

pub(super) const TITLE: Type = Type { size: 13.0, bold: true, colour: BLACK };
pub(super) const LABEL: Type = Type { size: 11.0, bold: false, colour: BLACK };
pub(super) const SMALL: Type = Type { size: 10.0, bold: false, colour: GREY };

const WIDTH: f64 = 760.0;
const EDGE: f64 = 16.0;
const TITLE_ROW: f64 = 26.0;
const LEGEND_ROW: f64 = 17.0;
const SAMPLE: f64 = 26.0;
/// Between panels, and under the last one for the steps.
const GAP: f64 = 14.0;
const AXIS: f64 = 48.0;

/// How a run's lines look.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) colour: RGBColor,
    pub(super) dash: Option<(f64, f64)>,
    pub(super) width: f64,
}

impl Look {
    /// That of the run of this number.
    pub(super) fn of(run: usize) -> Self {
        let dash = DASHES[run / COLOURS.len() % DASHES.len()];
        Self { colour: COLOURS[run % COLOURS.len()], dash, width: 1.7 }
    }

    /// For a curve of single values, which is uneven.
    pub(super) fn unsmoothed(self) -> Self {
        Self { width: 1.1, ..self }
    }

    /// Behind others: paler by so much, thin and whole.
    pub(super) fn pale(self, share: f64) -> Self {
        let mix = |one: u8| (f64::from(one) * share + 255.0 * (1.0 - share)).round() as u8;
        let RGBColor(red, green, blue) = self.colour;
        Self { colour: RGBColor(mix(red), mix(green), mix(blue)), dash: None, width: 0.7 }
    }
}

/// One line of the legend.
pub(super) struct Entry {
    pub(super) look: Look,
    pub(super) text: String,
}

/// All of it.
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) legend: Vec<Entry>,
    pub(super) panels: Vec<Panel>,
    pub(super) steps: Scale,
    /// What the steps are.
    pub(super) steps_label: String,
    /// What a reader has to know, under the figure.
    pub(super) notes: Vec<String>,
}

impl Figure {
    /// Columns of the legend, and how wide one is.
    fn columns(&self) -> (usize, f64) {
        let widest = self.legend.iter().map(|entry| width(&entry.text, LABEL)).fold(0.0, f64::max);
        let room = WIDTH - 2.0 * EDGE;
        let column = (widest + SAMPLE + 26.0).min(room);
        ((room / column).floor().max(1.0) as usize, column)
    }

    fn rows(&self) -> usize {
        let columns = self.columns().0;
        self.legend.len().div_ceil(columns)
    }

    fn header(&self) -> f64 {
        EDGE + TITLE_ROW + self.rows() as f64 * LEGEND_ROW + if self.legend.is_empty() { 0.0 } else { 8.0 }
    }

    fn draw_legend<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result {
        let rows = self.rows().max(1);
        let (_, column) = self.columns();
        for (index, entry) in self.legend.iter().enumerate() {
            let x = EDGE + (index / rows) as f64 * column;
            let y = EDGE + TITLE_ROW + (index % rows) as f64 * LEGEND_ROW + LEGEND_ROW / 2.0;
            stroke(canvas, &[(x, y), (x + SAMPLE, y)], entry.look)?;
            let room = WIDTH - EDGE - x - SAMPLE - 8.0;
            canvas.text(&fitted(&entry.text, room, LABEL), (x + SAMPLE + 8.0, y), Side::Left, LABEL)?;
        }
        Ok(())
    }
}

impl Draw for Figure {
    fn size(&self) -> Place {
        let panels: f64 = self.panels.iter().map(|panel| panel.height).sum();
        let gaps = self.panels.len().saturating_sub(1) as f64 * GAP;
        let notes = self.notes.len() as f64 * 15.0;
        (WIDTH, self.header() + panels + gaps + AXIS + notes + 8.0)
    }

    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result {
        canvas.fill(WHITE)?;
        let title = fitted(&self.title, WIDTH - 2.0 * EDGE, TITLE);
        canvas.text(&title, (EDGE, EDGE + 8.0), Side::Left, TITLE)?;
        self.draw_legend(canvas)?;
        // All panels begin at the same place, so that their steps are above each other.
        let ticks = self.panels.iter().map(Panel::label_width).fold(0.0, f64::max);
        let (left, right) = (EDGE + 22.0 + ticks, WIDTH - EDGE - 6.0);
        let mut top = self.header();
        for (index, panel) in self.panels.iter().enumerate() {
            let bottom = top + panel.height;
            let is_last = index + 1 == self.panels.len();
            panel.draw(canvas, &self.steps, (left, top), (right, bottom), is_last)?;
            canvas.text(&panel.label, (EDGE + 4.0, (top + bottom) / 2.0), Side::Upwards, LABEL)?;
            top = bottom + GAP;
        }
        let bottom = top - GAP;
        canvas.text(&self.steps_label, ((left + right) / 2.0, bottom + 34.0), Side::Middle, LABEL)?;
        for (index, note) in self.notes.iter().enumerate() {
            let y = bottom + AXIS + 7.0 + index as f64 * 15.0;
            canvas.text(&fitted(note, WIDTH - 2.0 * EDGE, SMALL), (EDGE, y), Side::Left, SMALL)?;
        }
        Ok(())
    }
}

/// A line with its dashes.
pub(super) fn stroke<DB: DrawingBackend>(canvas: &Canvas<DB>, places: &[Place], look: Look) -> Result {
    match look.dash {
        None => canvas.line(places, look.width, look.colour),
        Some(pattern) => {
            for dash in dashed(places, pattern) {
                canvas.line(&dash, look.width, look.colour)?;
            }
            Ok(())
        }
    }
}
