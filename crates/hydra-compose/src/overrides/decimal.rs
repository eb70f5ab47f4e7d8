//! Decimal numbers as Python's `decimal` reckons with them: 28 digits, halves to even.

use super::value::{Number, RangeSweep};
use crate::tree::Int;
use num_traits::{Signed, Zero};
use std::cmp::Ordering;

/// `digits` × 10^`exponent`.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    digits: Int,
    exponent: i64,
}

/// The precision of Python's default context.
const PRECISION: usize = 28;

/// Start, stop and step; `None` if one of them is not finite.
pub(super) fn bounds(range: &RangeSweep) -> Option<(Decimal, Decimal, Decimal)> {
    Some((Decimal::of(&range.start)?, Decimal::of(&range.stop)?, Decimal::of(&range.step)?))
}

/// How many numbers there are from `start` to before `stop`. None if `step` is zero.
pub(super) fn count(start: &Decimal, stop: &Decimal, step: &Decimal) -> Int {
    let exponent = start.exponent.min(stop.exponent).min(step.exponent);
    let [start, stop, step] = [start, stop, step].map(|decimal| decimal.digits_at(exponent));
    let distance = if step.is_negative() { start - stop } else { stop - start };
    let step = step.abs();
    if step.is_zero() || !distance.is_positive() {
        return Int::ZERO;
    }
    (distance + &step - 1) / step
}

impl Decimal {
    /// The number as it is printed, not as it is stored: 0.1 is one tenth. (Hydra 1.3 takes the binary number; its next
    /// release takes the printed one.)
    fn of(number: &Number) -> Option<Self> {
        let float = match number {
            Number::Int(int) => {
                return Some(Self { digits: int.clone(), exponent: 0 });
            }
            Number::Float(float) => *float,
        };
        let scientific = format!("{float:e}");
        let (mantissa, exponent) = scientific.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i64 = exponent.parse().ok()?;
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { digits, exponent: exponent - fraction.len() as i64 })
    }

    pub(super) fn is_negative(&self) -> bool {
        self.digits.is_negative()
    }

    pub(super) fn is_positive(&self) -> bool {
        self.digits.is_positive()
    }

    /// The exact sum.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self { digits: self.digits_at(exponent) + other.digits_at(exponent), exponent }
    }

    /// The exact product.
    pub(super) fn times(&self, factor: &Int) -> Self {
        Self { digits: &self.digits * factor, exponent: self.exponent }
    }

    pub(super) fn halved(&self) -> Self {
        Self { digits: &self.digits * 5, exponent: self.exponent - 1 }
    }

    /// To 28 digits, as Python does after each step.
    pub(super) fn rounded(self) -> Self {
        let length = self.digits.magnitude().to_string().len();
        let Some(excess @ 1..) = length.checked_sub(PRECISION) else {
            return self;
        };
        let unit = power_of_ten(excess as i64);
        let mut digits: Int = &self.digits / &unit;
        let rest: Int = &self.digits % &unit;
        let up = match (rest.abs() * 2_u8).cmp(&unit) {
            Ordering::Less => false,
            Ordering::Equal => digits.bit(0),
            Ordering::Greater => true,
        };
        if up {
            digits += self.digits.signum();
        }
        Self { digits, exponent: self.exponent + excess as i64 }
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// Without the fraction.
    pub(super) fn to_int(&self) -> Int {
        if self.exponent < 0 { &self.digits / power_of_ten(-self.exponent) } else { self.digits_at(0) }
    }

    /// The digits at an exponent that is not above its own.
    fn digits_at(&self, exponent: i64) -> Int {
        &self.digits * power_of_ten(self.exponent - exponent)
    }
}

fn power_of_ten(exponent: i64) -> Int {
    // Floats end at 1e-324 and 1e308, so this is at most a few hundred digits.
    Int::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(float: f64) -> Decimal {
        Decimal::of(&Number::Float(float)).expect("a finite number")
    }

    #[test]
    fn a_tenth_is_a_tenth() {
        let sum = decimal(0.1).plus(&decimal(0.1).times(&Int::from(2)));
        assert_eq!(sum.rounded().to_float(), 0.3);
        assert_eq!(count(&decimal(0.1), &decimal(1.0), &decimal(0.3)), Int::from(3));
        assert_eq!(count(&decimal(1.0), &decimal(0.0), &decimal(-0.25)), Int::from(4));
        assert_eq!(count(&decimal(1.0), &decimal(0.0), &decimal(0.25)), Int::ZERO);
    }

    #[test]
    fn twenty_eight_digits_and_halves_to_even() {
        let with_digits = |digits: &str| Decimal { digits: digits.parse().expect("digits"), exponent: 0 };
        let rounded = |digits: &str| with_digits(digits).rounded().to_int().to_string();
        assert_eq!(rounded("12345678901234567890123456785"), "12345678901234567890123456780");
        assert_eq!(rounded("12345678901234567890123456775"), "12345678901234567890123456780");
        assert_eq!(rounded("-12345678901234567890123456786"), "-12345678901234567890123456790");
        assert_eq!(rounded("99999999999999999999999999999"), "100000000000000000000000000000");
    }
}
