//! From the text of a number to its value, as Python's `int()` and `float()` read it.

use crate::tree::Int;
use num_traits::{Num, Zero};

/// Python refuses to convert longer decimal texts, because that takes quadratic time; so do we.
const MOST_DIGITS: usize = 4300;

/// The value of a scalar tagged `!!int`; the error says what is wrong with it.
pub(super) fn int_value(text: &str) -> Result<Int, String> {
    let wrong = || format!("'{text}' is not an integer");
    let cleaned = text.replace('_', "");
    let (negative, digits) = split_sign(&cleaned);
    let magnitude = if digits == "0" {
        Int::zero()
    } else if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2).ok_or_else(wrong)?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        radix(hex, 16).ok_or_else(wrong)?
    } else if digits.starts_with('0') {
        radix(digits.strip_prefix("0o").unwrap_or(digits), 8).ok_or_else(wrong)?
    } else if digits.len() > MOST_DIGITS {
        return Err(format!("an integer of {} digits; at most {MOST_DIGITS} are allowed", digits.len()));
    } else {
        let mut total = Int::zero();
        for part in digits.split(':') {
            total = total * 60 + radix(part, 10).ok_or_else(wrong)?;
        }
        total
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// The value of a scalar tagged `!!float`; the error says what is wrong with it.
pub(super) fn float_value(text: &str) -> Result<f64, String> {
    let wrong = || format!("'{text}' is not a float");
    let cleaned = text.replace('_', "").to_lowercase();
    let (negative, digits) = split_sign(&cleaned);
    let magnitude = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => return Ok(f64::NAN),
        _ if digits.contains(':') => {
            // Summed from the last part on, as PyYAML does: the order shows in the last bit.
            let mut total = 0.0;
            let mut base = 1.0;
            for part in digits.rsplit(':') {
                total += python_float(part).ok_or_else(wrong)? * base;
                base *= 60.0;
                if base == f64::INFINITY {
                    return Err(wrong());
                }
            }
            total
        }
        _ => python_float(digits).ok_or_else(wrong)?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// Whether Python's `int(text)` succeeds.
pub(super) fn python_reads_int(text: &str) -> bool {
    let (_, digits) = split_sign(text.trim());
    are_digits(digits) && digits.chars().filter(|c| *c != '_').count() <= MOST_DIGITS
}

/// Whether Python's `float(text)` succeeds.
pub(super) fn python_reads_float(text: &str) -> bool {
    let (_, number) = split_sign(text.trim());
    if ["inf", "infinity", "nan"].iter().any(|word| number.eq_ignore_ascii_case(word)) {
        return true;
    }
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(split_sign(exponent).1)),
        None => (number, None),
    };
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, fraction)) => match (whole.is_empty(), fraction.is_empty()) {
            (true, true) => false,
            (whole_empty, fraction_empty) => {
                (whole_empty || are_digits(whole)) && (fraction_empty || are_digits(fraction))
            }
        },
        None => are_digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(are_digits)
}

/// Decimal digits of any script, with single underscores between them.
fn are_digits(text: &str) -> bool {
    let mut after_digit = false;
    for character in text.chars() {
        match character {
            '_' if after_digit => after_digit = false,
            _ if is_decimal_digit(character) => after_digit = true,
            _ => return false,
        }
    }
    after_digit
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn radix(digits: &str, radix: u32) -> Option<Int> {
    let digits = digits.trim();
    // `from_str_radix` would take a second sign and underscores.
    let clean = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if clean { Int::from_str_radix(digits, radix).ok() } else { None }
}

/// `float(text)` for text without underscores.
fn python_float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Whether a character is a decimal digit in Unicode's sense (category Nd).
fn is_decimal_digit(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_digit();
    }
    let code = u32::from(character);
    let following = DIGIT_ZEROS.partition_point(|zero| *zero <= code);
    following > 0 && code - DIGIT_ZEROS[following - 1] < 10
}

/// The zeros of the scripts that have decimal digits; nine more follow each.
#[rustfmt::skip]
const DIGIT_ZEROS: [u32; 65] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730,
    0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];
