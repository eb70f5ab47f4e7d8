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
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{number}");
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}
