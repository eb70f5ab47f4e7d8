//! Numbers drawn from an interval.

use crate::error::{Code, Error, Result};
use crate::mix::SplitMix64;
use crate::overrides::{Element, ElementKind, IntervalSweep, Number, Override};
use crate::tree::{Int, Origin, Span};
use num_traits::ToPrimitive;

/// The tag that asks for a uniform logarithm.
const LOG: &str = "log";

/// How the numbers of an interval are distributed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Interval {
    /// Every number with the same chance: from the first, to below the second.
    Uniform(f64, f64),
    /// Every order of magnitude with the same chance.
    LogUniform(f64, f64),
    /// Every integer with the same chance, the bounds included.
    Integer(i64, i64),
    /// Integers as the nearest of log-uniform numbers, the bounds included.
    LogInteger(i64, i64),
}

impl Interval {
    /// The distribution that an override asks for: `interval(a,b)`, `int(interval(a,b))`, and `tag(log,…)` around either.
    ///
    /// # Errors
    /// [`Code::OverrideInvalid`]: bounds that are not finite, the end below the start, a logarithm of what is not
    /// positive, integers beyond 64 bits.
    pub(super) fn new(over: &Override, sweep: &IntervalSweep) -> Result<Self> {
        let refused = |message: &str, label: &str| {
            let span = over.value.as_ref().map_or(over.key_span, |value| value.span);
            Error::new(Code::OverrideInvalid, format!("'{}': {message}", over.argument.text))
                .label(&Origin::argument(&over.argument, span), label)
        };
        let is_log = sweep.tags.contains(LOG);
        let log_of = "the logarithm of an interval needs bounds above zero";
        let help = "for instance tag(log,interval(1e-5,1e-1))";
        let backwards = || {
            refused("an interval that holds no number", "the end is below the start")
                .help("the smaller number comes first: interval(0,1)")
        };
        if let (Number::Int(start), Number::Int(end)) = (&sweep.start, &sweep.end) {
            if end < start {
                return Err(backwards());
            }
            let (Some(start), Some(end)) = (start.to_i64(), end.to_i64()) else {
                return Err(refused("an integer to draw has 64 bits", "beyond that"));
            };
            return match is_log {
                true if start < 1 => Err(refused(log_of, "starts below 1").help(help)),
                true => Ok(Self::LogInteger(start, end)),
                false => Ok(Self::Integer(start, end)),
            };
        }
        let (start, end) = (float(&sweep.start), float(&sweep.end));
        if !start.is_finite() || !end.is_finite() {
            return Err(refused("an interval to draw from has two ends", "not finite"));
        }
        match is_log {
            _ if end < start => Err(backwards()),
            true if start <= 0.0 => Err(refused(log_of, "does not start above zero").help(help)),
            true => Ok(Self::LogUniform(start, end)),
            false => Ok(Self::Uniform(start, end)),
        }
    }

    /// Draws a number.
    pub(super) fn draw(&self, stream: &mut SplitMix64) -> Element {
        let kind = match *self {
            Self::Uniform(start, end) => ElementKind::Float(between(start, end, stream.unit())),
            Self::LogUniform(start, end) => ElementKind::Float(log_between(start, end, stream.unit())),
            Self::Integer(start, end) => {
                let count = end.wrapping_sub(start) as u64;
                let step = stream.below(u128::from(count) + 1);
                ElementKind::Int(Int::from(i128::from(start) + i128::from(step)))
            }
            // Half a step beyond each bound, so that the bounds have the chance that is theirs.
            Self::LogInteger(start, end) => {
                let float = log_between(start as f64 - 0.5, end as f64 + 0.5, stream.unit());
                ElementKind::Int(Int::from((float.round() as i64).clamp(start, end)))
            }
        };
        Element { kind, span: Span::new(0, 0) }
    }
}

fn float(number: &Number) -> f64 {
    match number {
        Number::Float(float) => *float,
        Number::Int(int) => int.to_f64().unwrap_or(f64::NAN),
    }
}

/// In this form, because the distance of two floats can be more than a float holds.
fn between(start: f64, end: f64, part: f64) -> f64 {
    (start * (1.0 - part) + end * part).clamp(start, end)
}

/// To 12 digits: libraries disagree on the last digit of a logarithm, and a seed is to mean the same jobs everywhere.
fn log_between(start: f64, end: f64, part: f64) -> f64 {
    let number = between(start.ln(), end.ln(), part).exp();
    format!("{number:.11e}").parse().unwrap_or(number).clamp(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overrides::{Sweep, parse};

    #[track_caller]
    fn interval(text: &str) -> Result<Interval> {
        let over = parse(&format!("x={text}"), 0).expect("it parses");
        let Some(Sweep::Interval(sweep)) = over.sweep() else { panic!("no interval") };
        Interval::new(&over, sweep)
    }

    #[track_caller]
    fn draws(text: &str, count: usize) -> Vec<f64> {
        let (interval, mut stream) = (interval(text).expect("an interval"), SplitMix64::new(7));
        (0..count).map(|_| interval.draw(&mut stream).to_string().parse().expect("a number")).collect()
    }

    #[test]
    fn numbers_are_spread_evenly() {
        let numbers = draws("interval(-1,3)", 40_000);
        let mean = numbers.iter().sum::<f64>() / 40_000.0;
        assert!((mean - 1.0).abs() < 0.02 && numbers.iter().all(|number| (-1.0..3.0).contains(number)));
        let logs = draws("tag(log,interval(1e-5,1e-1))", 40_000);
        for decade in -5..-1 {
            let count =
                logs.iter().filter(|number| (decade..decade + 1).contains(&(number.log10().floor() as i32)));
            let share = count.count() as f64 / 40_000.0;
            assert!((share - 0.25).abs() < 0.01, "{share} of the numbers are in the decade of 1e{decade}");
        }
    }

    #[test]
    fn integers_include_both_bounds() {
        let dice = draws("int(interval(1,6))", 60_000);
        for side in 1..=6 {
            let share = dice.iter().filter(|number| **number == f64::from(side)).count() as f64 / 60_000.0;
            assert!((share - 1.0 / 6.0).abs() < 0.01, "{side}: {share}");
        }
        let logs = draws("tag(log,int(interval(1,1000)))", 40_000);
        let share = |below: f64| logs.iter().filter(|number| **number < below).count() as f64 / 40_000.0;
        // ln(9.5/0.5) and ln(99.5/0.5) of ln(1000.5/0.5)
        assert!((share(10.0) - 0.387).abs() < 0.01 && (share(100.0) - 0.696).abs() < 0.01);
        assert_eq!(draws("int(interval(5,5))", 3), [5.0; 3]);
        assert_eq!(draws("interval(0.5,0.5)", 3), [0.5; 3]);
        assert_eq!(draws("tag(log,interval(0.1,0.1))", 3), [0.1; 3]);
        let all = Interval::Integer(i64::MIN, i64::MAX);
        assert_ne!(
            all.draw(&mut SplitMix64::new(1)).to_string(),
            all.draw(&mut SplitMix64::new(2)).to_string()
        );
    }

    #[test]
    fn what_cannot_be_drawn_from_is_refused() {
        for (text, message) in [
            ("interval(1,0)", "'x=interval(1,0)': an interval that holds no number"),
            ("int(interval(3,1))", "'x=int(interval(3,1))': an interval that holds no number"),
            ("interval(0,inf)", "'x=interval(0,inf)': an interval to draw from has two ends"),
            (
                "tag(log,interval(0,1))",
                "'x=tag(log,interval(0,1))': the logarithm of an interval needs bounds above zero",
            ),
            (
                "tag(log,int(interval(0,9)))",
                "'x=tag(log,int(interval(0,9)))': the logarithm of an interval needs bounds above zero",
            ),
            ("int(interval(0,1e30))", "'x=int(interval(0,1e30))': an integer to draw has 64 bits"),
        ] {
            assert_eq!(interval(text).expect_err(text).message(), message);
        }
    }
}
