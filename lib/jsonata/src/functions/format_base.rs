//! `$formatBase`: an integer in a base from 2 to 36.

use crate::error::Error;
use crate::functions::rounding::round;
use crate::number;

/// The rounded value in the rounded base, ten unless given.
///
/// Fails with D3100 for a base outside 2 to 36. Digits beyond a double's 53 bits are zeros.
pub(crate) fn format_base(value: f64, base: Option<f64>) -> Result<String, Error> {
    let value = round(value, 0);
    let base = base.map_or(10.0, |base| round(base, 0));
    if !(2.0..=36.0).contains(&base) {
        let about = json::Number::from_f64(base).map_or(json::Value::Null, json::Value::Number);
        return Err(Error::new("D3100").value(about));
    }
    if !value.is_finite() || base == 10.0 {
        return Ok(number_text(value));
    }
    Ok(digits_of(value, base))
}

/// The text of any double as JavaScript's `Number.toString` gives it.
pub(crate) fn number_text(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => number::to_text(value),
    }
}

fn digits_of(value: f64, base: f64) -> String {
    const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
    let mut rest = value.abs();
    let mut reversed = Vec::new();
    while rest / base >= EXACT_BELOW {
        rest /= base;
        reversed.push('0');
    }
    loop {
        let digit = (rest % base).trunc();
        reversed.push(char::from_digit(digit as u32, 36).expect("a remainder is below the base"));
        rest = (rest - rest % base) / base;
        if rest <= 0.0 {
            break;
        }
    }
    if value < 0.0 {
        reversed.push('-');
    }
    reversed.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_written_in_any_base() {
        for (value, base, text) in [
            (100.0, None, "100"),
            (100.0, Some(2.0), "1100100"),
            (2.5, Some(2.0), "10"),
            (-255.0, Some(16.0), "-ff"),
            (35.0, Some(35.7), "z"),
            (0.0, Some(36.0), "0"),
            (1e21, None, "1e+21"),
            (1e21, Some(16.0), "3635c9adc5dea00000"),
            (904_557_347_297_668_500.0, Some(36.0), "6vemtgn6fc80"),
            (1_152_921_504_606_847_000.0, Some(27.0), "7iahq7bdogel0"),
        ] {
            assert_eq!(format_base(value, base).unwrap(), text, "{value} in {base:?}");
        }
    }

    #[test]
    fn bases_below_2_and_above_36_are_refused() {
        for base in [1.0, -3.0, 36.6, f64::INFINITY] {
            let error = format_base(1.0, Some(base)).unwrap_err();
            assert_eq!(error.code(), "D3100");
        }
        let error = format_base(1.0, Some(37.0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 37"
        );
    }
}
