//! Series as curves: no more points than a screen can show, and the shape kept.

use super::metrics::Series;
use serde::ser::{Serialize, SerializeSeq, Serializer};

/// Points of one curve; a screen is not much wider.
pub(super) const MOST_POINTS: usize = 600;

/// A curve that can be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curve {
    /// Of the points.
    pub(super) x: Vec<f64>,
    /// Of the points. NaN is a gap.
    pub(super) y: Vec<f64>,
    /// What the extremes were taken from, if points were left out: the mean of each stretch. A smoothed curve is drawn from
    /// these, because lowest and highest points say nothing about where most of them are.
    pub(super) means: Option<(Vec<f64>, Vec<f64>)>,
    /// Points of the series.
    pub(super) count: usize,
    /// The last number, if it is one.
    pub(super) last: Option<f64>,
    /// What stands in the place of the last number, if it is none.
    pub(super) end: Option<String>,
    /// The lowest number, and where.
    pub(super) lowest: Option<(f64, f64)>,
    /// The highest number, and where.
    pub(super) highest: Option<(f64, f64)>,
}

impl Curve {
    /// The curve of a series, with at most `most` points (at least four).
    ///
    /// A stretch of the series becomes its lowest and its highest point, in their order: no peak is lost, which a mean or
    /// every tenth point would lose. First and last stay.
    pub(super) fn of(series: &Series, most: usize) -> Self {
        let (x, y) = without_repeats(&series.x, &series.y);
        let extreme = |better: fn(f64, f64) -> bool| {
            let finite = series.x.iter().zip(&series.y).filter(|(_, y)| y.is_finite());
            finite
                .map(|(x, y)| (*y, *x))
                .reduce(|best, point| if better(point.0, best.0) { point } else { best })
        };
        let curve = Self {
            count: series.y.len(),
            last: series.last(),
            end: series.end.clone(),
            lowest: extreme(|one, other| one < other),
            highest: extreme(|one, other| one > other),
            ..Self::default()
        };
        if x.len() <= most {
            return Self { x, y, ..curve };
        }
        let stretches = (most.max(4) - 2) / 2;
        let means = stretched(&series.x, &series.y, stretches).map(mean).unzip();
        let (x, y) = thin(&x, &y, stretches);
        Self { x, y, means: Some(means), ..curve }
    }

    /// The same with fewer points.
    pub(super) fn thinned(self, most: usize) -> Self {
        if self.x.len() <= most {
            return self;
        }
        let stretches = (most.max(4) - 2) / 2;
        let (x, y) = self.means.as_ref().unwrap_or(&(self.x.clone(), self.y.clone())).clone();
        let means = stretched(&x, &y, stretches).map(mean).unzip();
        let (x, y) = thin(&self.x, &self.y, stretches);
        Self { x, y, means: Some(means), ..self }
    }
}

/// Without the points inside of a stretch of equal values, such as a learning rate that stays: a line goes through them.
fn without_repeats(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let same = |one: f64, other: f64| one == other || (one.is_nan() && other.is_nan());
    let is_inside = |index: usize| {
        index > 0 && index + 1 < y.len() && same(y[index - 1], y[index]) && same(y[index], y[index + 1])
    };
    let kept = (0..y.len()).filter(|index| !is_inside(*index));
    kept.map(|index| (x[index], y[index])).unzip()
}

/// The points in stretches of about equal numbers.
fn stretched<'a>(
    x: &'a [f64],
    y: &'a [f64],
    stretches: usize,
) -> impl Iterator<Item = (&'a [f64], &'a [f64])> {
    (0..stretches).filter_map(move |stretch| {
        let range = x.len() * stretch / stretches..x.len() * (stretch + 1) / stretches;
        (!range.is_empty()).then(|| (&x[range.clone()], &y[range]))
    })
}

fn thin(x: &[f64], y: &[f64], stretches: usize) -> (Vec<f64>, Vec<f64>) {
    let last = x.len() - 1;
    let mut out = (vec![x[0]], vec![y[0]]);
    let mut push = |index: usize, x: &[f64], y: &[f64]| {
        out.0.push(x[index]);
        out.1.push(y[index]);
    };
    for (x, y) in stretched(&x[1..last], &y[1..last], stretches) {
        let finite = || (0..y.len()).filter(|index| y[*index].is_finite());
        let lowest = finite().min_by(|one, other| y[*one].total_cmp(&y[*other]));
        let highest = finite().max_by(|one, other| y[*one].total_cmp(&y[*other]));
        match lowest.zip(highest) {
            Some((lowest, highest)) => {
                push(lowest.min(highest), x, y);
                if lowest != highest {
                    push(lowest.max(highest), x, y);
                }
            }
            None => push(0, x, y),
        }
    }
    push(last, x, y);
    out
}

#[expect(clippy::cast_precision_loss, reason = "numbers of points, for a drawing")]
fn mean((x, y): (&[f64], &[f64])) -> (f64, f64) {
    let finite = || y.iter().filter(|y| y.is_finite());
    let count = finite().count();
    // Divided first: the sum of two large numbers may not be finite.
    let mean = finite().map(|y| y / count as f64).sum::<f64>();
    let middle = x.iter().map(|place| place / x.len() as f64).sum::<f64>();
    // A step is a whole number, and shorter to write.
    let middle = if x.iter().all(|place| place.fract() == 0.0) { middle.round() } else { middle };
    (middle, if count == 0 { f64::NAN } else { mean })
}

/// Numbers as JSON: five digits are more than can be seen, and NaN is null.
pub(super) struct Numbers<'a>(pub(super) &'a [f64]);

impl Serialize for Numbers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_seq(Some(self.0.len()))?;
        for number in self.0 {
            match whole(*number) {
                Some(whole) => out.serialize_element(&whole)?,
                None => out.serialize_element(&rounded(*number, 5))?,
            }
        }
        out.end()
    }
}

/// The places of points as JSON: whole numbers as their distances, which are short, others as they are.
pub(super) enum Places {
    /// The first, and how far each is from the one before.
    Steps(Vec<i64>),
    /// As they are.
    Plain(Vec<f64>),
}

impl Places {
    /// The shorter way to write them.
    pub(super) fn of(x: &[f64]) -> Self {
        let Some(whole) = x.iter().map(|x| whole(*x)).collect::<Option<Vec<i64>>>() else {
            // More digits than there are places on a screen.
            return Self::Plain(x.iter().map(|x| rounded(*x, 7).unwrap_or(*x)).collect());
        };
        let before = [0].into_iter().chain(whole.iter().copied());
        Self::Steps(whole.iter().zip(before).map(|(one, before)| one - before).collect())
    }
}

fn whole(number: f64) -> Option<i64> {
    // Below 2^53 every whole number is one double.
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "it was looked at the line before")]
    is_whole.then_some(number as i64)
}

/// To so many digits; none, if it is not finite.
pub(super) fn rounded(number: f64, digits: usize) -> Option<f64> {
    format!("{number:.*e}", digits - 1).parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(y: impl Fn(usize) -> f64, count: usize) -> Series {
        let x = (1..=count).map(|step| step as f64).collect();
        Series { name: "loss".into(), x, y: (1..=count).map(y).collect(), end: None }
    }

    #[test]
    fn a_peak_of_one_point_survives() {
        let spike = |step| if step == 77_777 { 100.0 } else { 1.0 + (step % 7) as f64 / 100.0 };
        let curve = Curve::of(&series(spike, 100_000), MOST_POINTS);
        assert!(curve.x.len() <= MOST_POINTS, "{}", curve.x.len());
        assert!(curve.x.is_sorted());
        assert!(curve.y.contains(&100.0));
        assert_eq!((curve.x[0], curve.x[curve.x.len() - 1]), (1.0, 100_000.0));
        assert_eq!(curve.highest, Some((100.0, 77_777.0)));
        let again = curve.thinned(40);
        assert!(again.x.len() <= 40 && again.y.contains(&100.0));
        assert!(again.means.is_some_and(|(_, y)| y.iter().all(|y| (1.0..3.0).contains(y))));
    }

    #[test]
    fn a_short_series_is_kept_as_it_is() {
        let short = series(|step| 1.0 / step as f64, MOST_POINTS);
        let curve = Curve::of(&short, MOST_POINTS);
        assert_eq!((&curve.x, &curve.y, &curve.means), (&short.x, &short.y, &None));
        let flat = Curve::of(&series(|_| 1e-3, 500), MOST_POINTS);
        assert_eq!((flat.x, flat.count), (vec![1.0, 500.0], 500));
    }

    #[test]
    fn what_is_not_finite_is_a_gap() {
        let lost = Curve::of(&series(|step| if step > 5000 { f64::NAN } else { step as f64 }, 10_000), 100);
        assert_eq!((lost.last, lost.highest), (None, Some((5000.0, 5000.0))));
        assert_eq!(
            serde_json::to_string(&Numbers(&[1.0, f64::NAN, 0.123_456_78])).expect("JSON"),
            "[1,null,0.12346]"
        );
        assert!(serde_json::to_string(&Numbers(&lost.y)).expect("JSON").contains("null"));
        let nothing = Curve::of(&series(|_| f64::NAN, 2000), 100);
        assert_eq!(nothing.lowest, None);
    }

    #[test]
    fn places_are_distances_where_they_are_whole() {
        assert!(matches!(Places::of(&[10.0, 20.0, 35.0]), Places::Steps(steps) if steps == [10, 10, 15]));
        assert!(matches!(Places::of(&[0.5, 1.0]), Places::Plain(_)));
    }
}
