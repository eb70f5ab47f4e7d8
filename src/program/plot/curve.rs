//! The points of a curve, on their way to the figure.

use hydra_app::sweep::compare::{Series, thinned};

/// Points of one curve: more than the figure has places.
const MOST_POINTS: usize = 1200;

/// A curve that is averaged has at least as many times the points that an average is made of.
const LEAST_WINDOWS: f64 = 3.0;

/// A curve of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve {
    /// As measured.
    pub(super) measured: Vec<(f64, f64)>,
    /// The moving average, if there is one.
    pub(super) smooth: Option<Vec<(f64, f64)>>,
    /// Where the run diverged: its last finite point.
    pub(super) diverged: Option<(f64, f64)>,
}

impl Curve {
    /// The curve of a series; `smoothing` is the weight of what was before, 0 for none.
    pub(super) fn of(series: &Series, smoothing: f64) -> Self {
        let last = series.y.iter().rposition(|y| y.is_finite());
        let diverged = series.end.as_ref().and(last).map(|last| (series.x[last], series.y[last]));
        // An average over most of a curve lags behind it, and shows nothing that the few points do not.
        let is_long = series.y.len() as f64 * (1.0 - smoothing) >= LEAST_WINDOWS;
        let smooth = (smoothing > 0.0 && is_long).then(|| {
            let y = average(&series.y, smoothing);
            few(&Series { y, ..series.clone() })
        });
        Self { measured: few(series), smooth, diverged }
    }

    /// What shows the course: the average, if there is one.
    pub(super) fn course(&self) -> &[(f64, f64)] {
        self.smooth.as_ref().unwrap_or(&self.measured)
    }
}

fn few(series: &Series) -> Vec<(f64, f64)> {
    let (x, y) = thinned(series, MOST_POINTS);
    x.into_iter().zip(y).collect()
}

/// The exponential moving average, as a weighted mean of what there is, so that it does not begin at 0. Gaps stay.
fn average(values: &[f64], smoothing: f64) -> Vec<f64> {
    let (mut mean, mut weight) = (0.0, 0.0);
    let mut next = |value: f64| {
        if !value.is_finite() {
            return f64::NAN;
        }
        mean = smoothing * mean + (1.0 - smoothing) * value;
        weight = smoothing * weight + (1.0 - smoothing);
        mean / weight
    };
    values.iter().map(|value| next(*value)).collect()
}

/// The pieces of a line that are between 0 and 1 in the second coordinate; elsewhere there is no line. NaN is a gap.
pub(super) fn visible(places: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<(f64, f64)> = Vec::new();
    let inside = |place: &(f64, f64)| (0.0..=1.0).contains(&place.1);
    let mut before: Option<(f64, f64)> = None;
    for place in places {
        if place.1.is_nan() {
            before = None;
        } else {
            if let Some(before) = before {
                let crossings = crossings(before, *place);
                if !inside(&before) {
                    // It comes in, or passes through.
                    if inside(place) || crossings.len() == 2 {
                        piece.extend(&crossings);
                    }
                } else if !inside(place) {
                    piece.extend(&crossings);
                }
            }
            if inside(place) {
                piece.push(*place);
            }
            before = Some(*place);
        }
        if place.1.is_nan() || !inside(place) {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Where a line from one place to another goes over the edges 0 and 1, in its direction.
fn crossings(from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let mut shares: Vec<(f64, f64)> = [0.0, 1.0]
        .into_iter()
        .map(|edge| ((edge - from.1) / (to.1 - from.1), edge))
        .filter(|(share, _)| *share > 0.0 && *share < 1.0)
        .collect();
    shares.sort_by(|one, other| one.0.total_cmp(&other.0));
    shares.into_iter().map(|(share, edge)| (from.0 + share * (to.0 - from.0), edge)).collect()
}

/// A line as dashes: `pattern` is how long a dash is, and the space after it.
pub(super) fn dashed(places: &[(f64, f64)], pattern: (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let mut dashes = Vec::new();
    let mut dash: Vec<(f64, f64)> = places.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, pattern.0);
    for pair in places.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length <= left {
                left -= length;
                if drawing {
                    dash.push(to);
                }
                break;
            }
            let share = left / length;
            from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            dash.push(from);
            if drawing {
                dashes.push(std::mem::take(&mut dash));
            } else {
                dash = vec![from];
            }
            drawing = !drawing;
            left = if drawing { pattern.0 } else { pattern.1 };
        }
    }
    if drawing && dash.len() > 1 {
        dashes.push(dash);
    }
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_begins_where_the_values_do() {
        let smooth = average(&[2.0, 2.0, f64::NAN, 2.0, 4.0], 0.9);
        assert!((smooth[0] - 2.0).abs() < 1e-12 && smooth[2].is_nan() && (smooth[3] - 2.0).abs() < 1e-12);
        assert!(smooth[4] > 2.0 && smooth[4] < 4.0);
        assert_eq!(average(&[1.0, 5.0], 0.0), [1.0, 5.0]);
    }

    #[test]
    fn only_what_is_inside_is_drawn() {
        let nan = f64::NAN;
        let line =
            [(0.0, 0.5), (1.0, 1.5), (2.0, -0.5), (3.0, 0.5), (4.0, nan), (5.0, 0.1), (6.0, 2.0), (7.0, 3.0)];
        let pieces = visible(&line);
        assert_eq!(pieces[0], [(0.0, 0.5), (0.5, 1.0)]);
        assert_eq!(pieces[1], [(1.25, 1.0), (1.75, 0.0)]);
        assert_eq!(pieces[2], [(2.5, 0.0), (3.0, 0.5)]);
        assert_eq!(pieces[3][0], (5.0, 0.1));
        assert_eq!((pieces[3][1].1, pieces[3].len(), pieces.len()), (1.0, 2, 4));
        assert!(visible(&[(0.0, 2.0), (1.0, 3.0)]).is_empty());
    }

    #[test]
    fn dashes_have_their_length_around_corners() {
        let dashes = dashed(&[(0.0, 0.0), (3.0, 0.0), (3.0, 3.0)], (2.0, 1.0));
        assert_eq!(dashes, [vec![(0.0, 0.0), (2.0, 0.0)], vec![(3.0, 0.0), (3.0, 2.0)]]);
    }
}
