//! What can be logged.

use crate::json::Json;

/// One value of a step.
///
/// ```
/// use wandb_run::Value;
///
/// let items = [("loss", Value::from(0.5)), ("epoch", Value::from(3))];
/// assert_eq!(items[1].1, Value::Int(3));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number; it may be infinite or not a number.
    Number(f64),
    /// A whole number.
    Int(i64),
    /// A line of text.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// Anything else that JSON can say.
    Json(Json),
    /// One picture.
    Image(Image),
    /// Several pictures of one size, shown together.
    Images(Vec<Image>),
    /// Counts by intervals.
    Histogram(Histogram),
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// A whole PNG file.
    pub png: Vec<u8>,
    /// Shown below it.
    pub caption: Option<String>,
}

impl Image {
    /// Width and height in pixels, as the file says, or `None` if it is no PNG.
    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        let head = self.png.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(4..16)?;
        let (kind, size) = head.split_first_chunk::<4>()?;
        let (&width, rest) = size.split_first_chunk::<4>()?;
        let &height = rest.first_chunk::<4>()?;
        (kind == b"IHDR").then_some((u32::from_be_bytes(width), u32::from_be_bytes(height)))
    }
}

/// Counts by intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// One count for each interval.
    pub counts: Vec<u64>,
    /// The ends of the intervals, one more than there are counts.
    pub edges: Vec<f64>,
}

impl Histogram {
    /// Counts finite values in intervals of equal width.
    ///
    /// ```
    /// let histogram = wandb_run::Histogram::of(&[0.0, 0.1, 0.9, 1.0, f64::NAN], 2);
    /// assert_eq!(histogram.counts, [2, 2]);
    /// assert_eq!(histogram.edges, [0.0, 0.5, 1.0]);
    /// ```
    pub fn of(values: &[f64], intervals: usize) -> Self {
        let intervals = intervals.max(1);
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let mut low = finite().fold(f64::INFINITY, f64::min);
        let mut high = finite().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            (low, high) = (0.0, 1.0);
        } else if low == high {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let width = (high - low) / intervals as f64;
        let mut counts = vec![0; intervals];
        for value in finite() {
            counts[(((value - low) / width) as usize).min(intervals - 1)] += 1;
        }
        let edges = (0..intervals).map(|at| low + width * at as f64).chain([high]).collect();
        Self { counts, edges }
    }

    pub(crate) fn json(&self) -> Json {
        Json::object([
            ("_type", "histogram".into()),
            ("values", Json::Array(self.counts.iter().map(|&count| Json::Int(count as i64)).collect())),
            ("bins", Json::Array(self.edges.iter().map(|&edge| Json::Float(edge)).collect())),
        ])
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Self::Number(value.into())
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Image> for Value {
    fn from(value: Image) -> Self {
        Self::Image(value)
    }
}

impl From<Histogram> for Value {
    fn from(value: Histogram) -> Self {
        Self::Histogram(value)
    }
}
