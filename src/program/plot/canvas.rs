//! What is drawn on: pixels or SVG, with the same figure on both.
//!
//! Coordinates are in points of the finished figure. Both backends of plotters take whole numbers only, so both are made a few
//! times larger: pixels are averaged afterwards, which smooths every edge, and an SVG is told the size that it has.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle, register_font,
};
use std::sync::Once;

/// How much larger the backends' coordinates are.
const SCALE: u32 = 4;
/// Pixels of a finished PNG for each point: as much as screens and print show.
const DENSITY: u32 = 2;
/// plotters writes `size / 1.24` into SVG, and takes the size for that of the whole line of a font. In DejaVu Sans a line is
/// 1.164 em.
const EM: f64 = 1.24;
const LINE: f64 = 1.164;

/// A place in points.
pub(super) type Place = (f64, f64);

/// Text beside its place.
#[derive(Clone, Copy)]
pub(super) enum Side {
    /// The text begins there.
    Left,
    Middle,
    /// The text ends there.
    Right,
    /// It is in the middle, and reads from below.
    Upwards,
}

/// What a text looks like.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: RGBColor,
}

/// How a backend draws a line that is wider than a pixel.
#[derive(Clone, Copy, PartialEq)]
enum Strokes {
    /// As the backend does.
    Whole,
    /// Piece by piece: plotters makes one polygon of a line, whose sharp turns become spikes.
    Pieces,
}

/// A surface of one of the backends.
pub(super) struct Canvas<DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    strokes: Strokes,
}

/// What goes wrong while drawing, in words. Everything is drawn in memory, so nothing should.
pub(super) type Result<T = ()> = std::result::Result<T, String>;

/// A figure, which can be drawn on either.
pub(super) trait Draw {
    /// Width and height in points.
    fn size(&self) -> Place;
    /// Draws it.
    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result;
}

/// The figure as SVG.
pub(super) fn svg(figure: &impl Draw) -> Result<Vec<u8>> {
    fonts()?;
    let (width, height) = whole_size(figure);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width * SCALE, height * SCALE)).into_drawing_area();
        let canvas = Canvas { area, strokes: Strokes::Whole };
        figure.draw(&canvas)?;
        canvas.area.present().map_err(failed)?;
    }
    // The view box stays that of the large coordinates.
    let large = format!("<svg width=\"{}\" height=\"{}\"", width * SCALE, height * SCALE);
    Ok(text.replacen(&large, &format!("<svg width=\"{width}\" height=\"{height}\""), 1).into_bytes())
}

/// The figure as PNG.
pub(super) fn png(figure: &impl Draw) -> Result<Vec<u8>> {
    fonts()?;
    let (width, height) = whole_size(figure);
    let (large_width, large_height) = (width * SCALE, height * SCALE);
    let mut pixels = vec![0; large_width as usize * large_height as usize * 3];
    {
        let backend = BitMapBackend::with_buffer(&mut pixels, (large_width, large_height));
        let canvas = Canvas { area: backend.into_drawing_area(), strokes: Strokes::Pieces };
        figure.draw(&canvas)?;
        canvas.area.present().map_err(failed)?;
    }
    let (width, height) = (width * DENSITY, height * DENSITY);
    let pixels = averaged(&pixels, width as usize, height as usize, (SCALE / DENSITY) as usize);
    let image = image::RgbImage::from_raw(width, height, pixels).ok_or("the picture is incomplete")?;
    let mut bytes = Vec::new();
    image
        .write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn whole_size(figure: &impl Draw) -> (u32, u32) {
    let (width, height) = figure.size();
    (width.ceil() as u32, height.ceil() as u32)
}

/// Each pixel the mean of `factor` by `factor`.
fn averaged(pixels: &[u8], width: usize, height: usize, factor: usize) -> Vec<u8> {
    let row = width * factor * 3;
    let mut out = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let start = y * factor * row + x * factor * 3 + channel;
                let places =
                    (0..factor).flat_map(|down| (0..factor).map(move |right| start + down * row + right * 3));
                let sum: usize = places.map(|place| usize::from(pixels[place])).sum();
                out.push((sum / (factor * factor)) as u8);
            }
        }
    }
    out
}

/// The program's own fonts: a machine that trains may have none.
fn fonts() -> Result {
    static ONCE: Once = Once::new();
    let mut result = Ok(());
    ONCE.call_once(|| {
        let all = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
        for (style, bytes) in all {
            if register_font(FontFamily::SansSerif.as_str(), style, bytes).is_err() {
                result = Err("the program's own font is damaged".to_owned());
            }
        }
    });
    result
}

fn failed(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl<DB: DrawingBackend> Canvas<DB> {
    /// One colour everywhere.
    pub(super) fn fill(&self, colour: RGBColor) -> Result {
        self.area.fill(&colour).map_err(failed)
    }

    /// A filled rectangle.
    pub(super) fn rectangle(&self, from: Place, to: Place, colour: RGBColor) -> Result {
        self.area.draw(&Rectangle::new([large(from), large(to)], colour.filled())).map_err(failed)
    }

    /// A line through places.
    pub(super) fn line(&self, places: &[Place], width: f64, colour: RGBColor) -> Result {
        if self.strokes == Strokes::Whole {
            let stroke = (width * f64::from(SCALE)).round().max(1.0) as u32;
            let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: stroke };
            let places: Vec<(i32, i32)> = places.iter().map(|place| large(*place)).collect();
            return self.area.draw(&PathElement::new(places, style)).map_err(failed);
        }
        let radius = width / 2.0;
        for pair in places.windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            let length = (to_x - x).hypot(to_y - y);
            if length == 0.0 {
                continue;
            }
            let (right, down) = ((to_x - x) / length * radius, (to_y - y) / length * radius);
            let corners = [
                (x - down, y + right),
                (x + down, y - right),
                (to_x + down, to_y - right),
                (to_x - down, to_y + right),
            ];
            self.area.draw(&Polygon::new(corners.map(large), colour)).map_err(failed)?;
        }
        let dot = (radius * f64::from(SCALE)).round() as i32;
        if dot > 1 {
            let turns = places.get(1..places.len().saturating_sub(1)).unwrap_or_default();
            for place in turns {
                self.area.draw(&Circle::new(large(*place), dot, colour.filled())).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// A text whose middle line goes through a place.
    pub(super) fn text(&self, text: &str, place: Place, side: Side, look: Type) -> Result {
        let (h_pos, transform) = match side {
            Side::Left => (HPos::Left, FontTransform::None),
            Side::Middle => (HPos::Center, FontTransform::None),
            Side::Right => (HPos::Right, FontTransform::None),
            Side::Upwards => (HPos::Center, FontTransform::Rotate270),
        };
        // SVG sets the middle of the small letters on the place. Pixels need the same from the top of the line, where
        // plotters draws the base line half a line below.
        let (size, v_pos, shift) = match self.strokes {
            Strokes::Whole => (look.size * EM, VPos::Center, 0.0),
            Strokes::Pieces => (look.size * LINE, VPos::Top, look.size * (0.27 - LINE / 2.0)),
        };
        let place = match side {
            Side::Upwards => (place.0 + shift, place.1),
            _ => (place.0, place.1 + shift),
        };
        let font = font(size, look).transform(transform);
        let style = TextStyle::from(font).color(&look.colour).pos(Pos::new(h_pos, v_pos));
        self.area.draw_text(text, &style, large(place)).map_err(failed)
    }
}

/// Made with its style at once: changing the style later keeps plotters' glyphs of the first one.
fn font(size: f64, look: Type) -> FontDesc<'static> {
    let style = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::SansSerif, size * f64::from(SCALE), style)
}

/// The width of a text in points.
pub(super) fn width(text: &str, look: Type) -> f64 {
    // Measured large: the result is a whole number.
    font(look.size * LINE, look).box_size(text).map_or(0.0, |(width, _)| f64::from(width) / f64::from(SCALE))
}

/// The text, or as much of its beginning as has room.
pub(super) fn fitted(text: &str, room: f64, look: Type) -> String {
    if width(text, look) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while !kept.is_empty() {
        kept.pop();
        let cut: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&cut, look) <= room {
            return cut;
        }
    }
    String::new()
}

fn large((x, y): Place) -> (i32, i32) {
    let scaled = |value: f64| (value * f64::from(SCALE)).round() as i32;
    (scaled(x), scaled(y))
}
