//! One panel: an axis of values, its ticks, the curves.

use super::canvas::{Canvas, Place, Result, Side, width};
use super::curve::{Curve, visible};
use super::figure::{BLACK, Look, SMALL, stroke};
use super::scale::{Kind, Scale, Tick};
use plotters::backend::DrawingBackend;
use plotters::style::RGBColor;

const GRID: RGBColor = RGBColor(0xe2, 0xe2, 0xe2);
const MINOR: RGBColor = RGBColor(0xf2, 0xf2, 0xf2);
/// What is this many times above where runs usually are is beyond the panel; on a logarithmic axis, more.
const BEYOND: f64 = 3.0;
const BEYOND_LOG: f64 = 100.0;
/// Steps, of which ticks have labels.
pub(super) const STEP_TICKS: usize = 7;

/// A panel.
pub(super) struct Panel {
    /// Of its axis.
    pub(super) label: String,
    pub(super) height: f64,
    pub(super) values: Scale,
    /// Of each run, with how it looks.
    pub(super) curves: Vec<(Curve, Look)>,
    /// How much of its colour the line of single values has, behind its average.
    pub(super) paleness: f64,
}

impl Panel {
    fn ticks(&self) -> Vec<Tick> {
        self.values.ticks((self.height / 36.0).max(3.0) as usize)
    }

    /// The widest of the labels at its ticks.
    pub(super) fn label_width(&self) -> f64 {
        let labels = self.ticks().into_iter().filter_map(|tick| tick.label);
        labels.map(|label| width(&label, SMALL)).fold(0.0, f64::max)
    }

    /// Draws it between two corners; the last panel has the labels of the steps.
    pub(super) fn draw<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        steps: &Scale,
        (left, top): Place,
        (right, bottom): Place,
        is_last: bool,
    ) -> Result {
        let x = |share: f64| left + share * (right - left);
        let y = |share: f64| bottom - share * (bottom - top);
        let inside = |tick: &Tick| (-1e-9..=1.0 + 1e-9).contains(&tick.place);
        // The minor lines first, then those with labels.
        let mut ticks: Vec<Tick> = self.ticks().into_iter().filter(inside).collect();
        ticks.sort_by_key(|tick| tick.label.is_some());
        for tick in &ticks {
            let colour = if tick.label.is_some() { GRID } else { MINOR };
            canvas.line(&[(left, y(tick.place)), (right, y(tick.place))], 0.6, colour)?;
            if let Some(label) = &tick.label {
                canvas.text(label, (left - 7.0, y(tick.place)), Side::Right, SMALL)?;
            }
        }
        for tick in steps.ticks(STEP_TICKS).iter().filter(|tick| inside(tick)) {
            canvas.line(&[(x(tick.place), top), (x(tick.place), bottom)], 0.6, GRID)?;
            if is_last {
                canvas.line(&[(x(tick.place), bottom), (x(tick.place), bottom + 4.0)], 0.8, BLACK)?;
                let label = tick.label.as_deref().unwrap_or_default();
                canvas.text(label, (x(tick.place), bottom + 14.0), Side::Middle, SMALL)?;
            }
        }
        let place = |points: &[(f64, f64)]| -> Vec<Vec<Place>> {
            let unit: Vec<Place> =
                points.iter().map(|(step, value)| (steps.place(*step), self.values.place(*value))).collect();
            let pieces = visible(&unit).into_iter();
            pieces.map(|piece| piece.into_iter().map(|(h, v)| (x(h), y(v))).collect()).collect()
        };
        for (curve, look) in self.curves.iter().filter(|(curve, _)| curve.smooth.is_some()) {
            for piece in place(&curve.measured) {
                stroke(canvas, &piece, look.pale(self.paleness))?;
            }
        }
        for (curve, look) in &self.curves {
            for piece in place(curve.course()) {
                // A run of one step is a point.
                match piece.as_slice() {
                    [(h, v)] => canvas.rectangle((h - 1.8, v - 1.8), (h + 1.8, v + 1.8), look.colour)?,
                    _ => stroke(canvas, &piece, *look)?,
                }
            }
        }
        for (curve, look) in &self.curves {
            if let Some((step, value)) = curve.diverged {
                // Of one beyond the panel, at its edge.
                let share = self.values.place(value);
                let share = if share.is_nan() { 0.0 } else { share.clamp(0.02, 0.98) };
                cross(canvas, (x(steps.place(step)), y(share)), look.colour)?;
            }
        }
        for edge in [[(left, top), (left, bottom)], [(left, bottom), (right, bottom)]] {
            canvas.line(&edge, 0.9, BLACK)?;
        }
        Ok(())
    }
}

/// Where a run diverged.
fn cross<DB: DrawingBackend>(canvas: &Canvas<DB>, (x, y): Place, colour: RGBColor) -> Result {
    const ARM: f64 = 4.5;
    for (width, colour) in [(4.0, RGBColor(0xff, 0xff, 0xff)), (2.0, colour)] {
        canvas.line(&[(x - ARM, y - ARM), (x + ARM, y + ARM)], width, colour)?;
        canvas.line(&[(x - ARM, y + ARM), (x + ARM, y - ARM)], width, colour)?;
    }
    Ok(())
}

/// The axis that shows these curves, and whether some values are beyond it.
pub(super) fn values(curves: &[(Curve, Look)], kind: Kind) -> (Scale, bool) {
    let fits = |value: &f64| value.is_finite() && (kind == Kind::Linear || *value > 0.0);
    let sorted = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut values: Vec<f64> = points.map(|(_, value)| value).filter(fits).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let course = sorted(&mut curves.iter().flat_map(|(curve, _)| curve.course().to_vec()));
    let measured = sorted(&mut curves.iter().flat_map(|(curve, _)| curve.measured.clone()));
    let at = |values: &[f64], share: f64| {
        values.get(((values.len().max(1) - 1) as f64 * share).round() as usize).copied()
    };
    let (Some(low), Some(high)) = (at(&course, 0.0), at(&course, 1.0)) else {
        return (Scale::new(kind, 0.1, 1.0), false);
    };
    // Single values that are far away are not worth the room; those a bit higher are.
    let extreme = at(&measured, 1.0).unwrap_or(high).max(high);
    let lowest = at(&measured, 0.0).unwrap_or(low).min(low);
    let usual_high = high.max(at(&measured, 0.995).unwrap_or(high));
    let usual_low = low.min(at(&measured, 0.005).unwrap_or(low));
    let is_near = match kind {
        Kind::Linear => lowest > usual_low - 0.5 * (usual_high - usual_low),
        Kind::Log => lowest * 4.0 > usual_low,
    };
    let low = if is_near { lowest } else { usual_low };
    let high = if extreme < 1.6 * usual_high { extreme } else { usual_high };
    // Nor is a run that diverges: runs begin at about their highest loss.
    let usual = curves.iter().filter_map(|(curve, _)| usual(curve.course(), fits)).fold(low.abs(), f64::max);
    let beyond = if kind == Kind::Log { BEYOND_LOG } else { BEYOND };
    let most = if usual > 0.0 && high > beyond * usual { beyond / 2.0 * usual } else { high };
    let scale = match kind {
        Kind::Log => Scale::new(kind, low, most).with_margin(0.03),
        Kind::Linear if low >= 0.0 => {
            let least = if low < 0.4 * most { 0.0 } else { low };
            Scale::new(kind, least, most + (most - least) * 0.04)
        }
        Kind::Linear => Scale::new(kind, low, high).with_margin(0.04),
    };
    let is_cut = scale.place(extreme) > 1.0 || scale.place(lowest) < 0.0;
    (scale, is_cut)
}

/// Where a curve begins, or is nine tenths of the time, whichever is higher.
fn usual(course: &[(f64, f64)], fits: impl Fn(&f64) -> bool) -> Option<f64> {
    let mut values: Vec<f64> = course.iter().map(|(_, value)| *value).filter(|value| fits(value)).collect();
    let first = *values.first()?;
    values.sort_by(f64::total_cmp);
    Some(first.max(values[(values.len() - 1) * 9 / 10]))
}
