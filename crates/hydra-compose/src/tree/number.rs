//! Numbers as Python has them: integers of any size, floats printed as `repr` prints them.

/// An integer of any size, as Python's `int`.
pub type Int = num_bigint::BigInt;

/// Python's `repr(float)`: the shortest digits that read back as the same number, an exponent
/// outside of 1e-4 .. 1e16, always a `.0` otherwise.
///
/// ```
/// use hydra_compose::tree::float_repr;
/// assert_eq!(float_repr(1e3), "1000.0");
/// assert_eq!(float_repr(1e-5), "1e-05");
/// assert_eq!(float_repr(1.5e16), "1.5e+16");
/// assert_eq!(float_repr(f64::INFINITY), "inf");
/// ```
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.into();
    }
    // Rust's `{:e}` gives the shortest digits too; only the layout differs.
    let mut scientific = format!("{number:e}");
    // Where two shortest spellings are equally near, Rust rounds up and Python to even, as `{:.N}` does.
    let digits = scientific.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let even = format!("{number:.*e}", digits.saturating_sub(1));
    if even.parse() == Ok(number) {
        scientific = even;
    }
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    positional(mantissa, exponent)
}

/// Digits with the point moved: `1.5` and 3 make `1500.0`.
fn positional(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    match usize::try_from(exponent) {
        Ok(places) if digits.len() > places + 1 => {
            format!("{sign}{}.{}", &digits[..=places], &digits[places + 1..])
        }
        Ok(places) => format!("{sign}{digits:0<width$}.0", width = places + 1),
        Err(_) => format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::float_repr;

    #[test]
    fn as_pythons_repr() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-12.5, "-12.5"),
            (1234.5, "1234.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (0.0001, "0.0001"),
            (0.000_123, "0.000123"),
            (0.000_01, "1e-05"),
            (-1.5e-7, "-1.5e-07"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_repr(number), text);
        }
    }

    #[test]
    fn ties_go_to_even() {
        assert_eq!(float_repr(1e15 + 0.25), "1000000000000000.2");
        assert_eq!(float_repr(1e15 + 0.75), "1000000000000000.8");
    }
}
