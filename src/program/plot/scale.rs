//! Axes: which values they show, and at which of them a tick stands.

use std::ops::Range;

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Linear,
    /// By their logarithm; only values above 0 have a place.
    Log,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) kind: Kind,
    least: f64,
    most: f64,
}

/// A value with a line across the panel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// Where on the axis, from 0 to 1.
    pub(super) place: f64,
    /// None: a minor one.
    pub(super) label: Option<String>,
}

impl Scale {
    /// An axis from `least` to `most`, which differ; of a logarithmic one both are above 0.
    pub(super) fn new(kind: Kind, least: f64, most: f64) -> Self {
        let (least, most) = if most > least { (least, most) } else { widened(kind, least) };
        Self { kind, least, most }
    }

    /// The same up to the next tick, if that is near.
    pub(super) fn up_to_tick(self, count: usize) -> Self {
        const NEAR: f64 = 1.02;
        let longer = Self { most: self.least + (self.most - self.least) * NEAR, ..self.clone() };
        let last = longer.ticks(count).last().map_or(0.0, |tick| tick.place * NEAR);
        if last > 1.0 { Self { most: self.least + (self.most - self.least) * last, ..self } } else { self }
    }

    /// The same with a little room at both ends.
    pub(super) fn with_margin(self, share: f64) -> Self {
        let (least, most) = (self.forward(self.least), self.forward(self.most));
        let room = (most - least) * share;
        let back = |value: f64| if self.kind == Kind::Log { 10_f64.powf(value) } else { value };
        Self { least: back(least - room), most: back(most + room), ..self }
    }

    fn forward(&self, value: f64) -> f64 {
        match self.kind {
            Kind::Linear => value,
            Kind::Log => value.log10(),
        }
    }

    /// Where a value is, 0 at the least and 1 at the most; NaN, if nowhere.
    pub(super) fn place(&self, value: f64) -> f64 {
        if self.kind == Kind::Log && value <= 0.0 {
            return f64::NAN;
        }
        let (least, most) = (self.forward(self.least), self.forward(self.most));
        // Divided before they are taken from each other: their difference may be more than a number can be.
        (self.forward(value) / 2.0 - least / 2.0) / (most / 2.0 - least / 2.0)
    }

    /// About `count` ticks with labels.
    pub(super) fn ticks(&self, count: usize) -> Vec<Tick> {
        match self.kind {
            Kind::Linear => self.linear(count),
            Kind::Log => self.logarithmic(count),
        }
    }

    fn linear(&self, count: usize) -> Vec<Tick> {
        let rough = (self.most - self.least) / count as f64;
        let power = rough.log10().floor();
        // The nearest of them, as factors go.
        let distance = |mantissa: &f64| (mantissa * 10_f64.powf(power) / rough).ln().abs();
        let mantissas = [1.0, 2.0, 5.0, 10.0].into_iter();
        let mantissa = mantissas.min_by(|one, other| distance(one).total_cmp(&distance(other)));
        let step = mantissa.unwrap_or(1.0) * 10_f64.powf(power);
        if !step.is_finite() || step <= 0.0 {
            return Vec::new();
        }
        let first = (self.least / step).ceil();
        let all = (0..=2 * count).map(|index| (first + index as f64) * step);
        all.take_while(|value| *value <= self.most + step * 1e-9)
            .map(|value| Tick { place: self.place(value), label: Some(number(value, step)) })
            .collect()
    }

    fn logarithmic(&self, count: usize) -> Vec<Tick> {
        let (low, high) = (self.least.log10().floor() as i32, self.most.log10().ceil() as i32);
        let decades = (self.most / self.least).log10();
        // Of many decades only some have a label, of few also values in between.
        let every = (decades / (count + 1) as f64).ceil().max(1.0) as i32;
        let labelled: &[u32] = match decades {
            decades if decades >= 2.5 => &[1],
            decades if decades >= 1.2 => &[1, 3],
            decades if decades >= 0.6 => &[1, 2, 5],
            _ => &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        };
        if decades < 0.3 {
            return self.linear(count);
        }
        let mut ticks = Vec::new();
        for power in low..=high {
            for mantissa in 1..=9_u32 {
                let value = f64::from(mantissa) * 10_f64.powi(power);
                let inside = self.least * (1.0 - 1e-9)..=self.most * (1.0 + 1e-9);
                let is_labelled = labelled.contains(&mantissa) && power.rem_euclid(every) == 0;
                if inside.contains(&value) && (every == 1 || mantissa == 1) {
                    let label = is_labelled.then(|| written(value, value, -3..6));
                    ticks.push(Tick { place: self.place(value), label });
                }
            }
        }
        ticks
    }
}

/// Room around a single value.
fn widened(kind: Kind, value: f64) -> (f64, f64) {
    match kind {
        Kind::Log => (value / 2.0, value * 2.0),
        Kind::Linear if value == 0.0 => (-1.0, 1.0),
        Kind::Linear => (value - value.abs() / 2.0, value + value.abs() / 2.0),
    }
}

/// A number as a person writes it, with the digits that a tick every `step` needs: `20,000`, `0.05`, `2×10⁻⁵`.
pub(super) fn number(value: f64, step: f64) -> String {
    written(value, step, -4..7)
}

/// The same, where powers of ten in this range are written out.
fn written(value: f64, step: f64, plain: Range<i32>) -> String {
    if value == 0.0 || value.abs() < step.abs() * 1e-9 {
        return "0".to_owned();
    }
    let power = value.abs().log10().floor() as i32;
    if !plain.contains(&power) {
        let digits = (f64::from(power) - step.abs().log10().floor()).clamp(0.0, 9.0) as usize;
        let mantissa = format!("{:.*}", digits, value / 10_f64.powi(power));
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            mantissa
        };
        let exponent: String = power.to_string().chars().map(superscript).collect();
        return if mantissa == "1" { format!("10{exponent}") } else { format!("{mantissa}×10{exponent}") };
    }
    let digits = (-(step.abs() * 1.000_001).log10().floor()).clamp(0.0, 12.0) as usize;
    grouped(&format!("{value:.digits$}").replace('-', "−"))
}

fn superscript(character: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = character.to_digit(10).and_then(|digit| DIGITS.get(digit as usize));
    digit.copied().unwrap_or(if character == '-' { '⁻' } else { character })
}

/// A comma between thousands, from 10,000.
fn grouped(text: &str) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits: Vec<char> = whole.chars().collect();
    if digits.len() < 5 {
        return text.to_owned();
    }
    let mut out = String::new();
    for (index, digit) in digits.iter().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && digits[index - 1] != '−' {
            out.push(',');
        }
        out.push(*digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(kind: Kind, least: f64, most: f64) -> Vec<String> {
        Scale::new(kind, least, most).ticks(5).into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_numbers() {
        use Kind::{Linear, Log};
        assert_eq!(labels(Linear, 0.0, 1.1), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Linear, 0.0, 48_000.0), ["0", "10,000", "20,000", "30,000", "40,000"]);
        assert_eq!(labels(Linear, -0.02, 0.051), ["−0.02", "0", "0.02", "0.04"]);
        assert_eq!(labels(Linear, 0.0, 2.4e-5), ["0", "5×10⁻⁶", "10⁻⁵", "1.5×10⁻⁵", "2×10⁻⁵"]);
        assert_eq!(labels(Log, 0.01, 20.0), ["0.01", "0.1", "1", "10"]);
        assert_eq!(labels(Log, 0.02, 0.3), ["0.02", "0.05", "0.1", "0.2"]);
        assert_eq!(labels(Log, 1e-6, 1e12), ["10⁻⁶", "0.001", "1", "1000", "10⁶", "10⁹", "10¹²"]);
    }

    #[test]
    fn an_axis_that_ends_short_of_a_tick_reaches_it() {
        let labels = |most| {
            let scale = Scale::new(Kind::Linear, 0.0, most).up_to_tick(5);
            scale.ticks(5).into_iter().filter_map(|tick| tick.label).next_back()
        };
        assert_eq!(labels(19_991.0).as_deref(), Some("20,000"));
        assert_eq!(labels(19_000.0).as_deref(), Some("15,000"));
    }

    #[test]
    fn a_single_value_has_room_around_it() {
        for value in [0.0, 3.0, -2.0, 1e300] {
            let scale = Scale::new(Kind::Linear, value, value);
            assert!((scale.place(value) - 0.5).abs() < 1e-9, "{value}");
        }
        assert!(Scale::new(Kind::Log, 0.5, 0.5).place(0.0).is_nan());
        assert!(Scale::new(Kind::Linear, f64::MIN, f64::MAX).place(0.0) == 0.5);
    }
}
