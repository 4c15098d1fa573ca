//! Rounding: to the nearest number of so many decimal places, halves to the even neighbour.

use crate::number;

/// Rounds to `places` decimal places, which may be negative; what lies halfway goes to the even neighbour.
///
/// The point is shifted in the number's decimal text, so that 4.525 is halfway between 4.52 and 4.53
/// although no double is. The result is never negative zero; it is NaN where a shift leaves the doubles.
pub(crate) fn round(value: f64, places: i64) -> f64 {
    let shifted = shift(value, places);
    let below = shifted.floor();
    let mut rounded = if shifted - below >= 0.5 {
        below + 1.0
    } else {
        below
    };
    if (rounded - shifted).abs() == 0.5 && (rounded % 2.0).abs() == 1.0 {
        rounded -= 1.0;
    }
    shift(rounded, -places) + 0.0
}

/// The number times ten to the `places`, by its decimal text.
fn shift(value: f64, places: i64) -> f64 {
    if places == 0 {
        return value;
    }
    if !value.is_finite() {
        return f64::NAN;
    }
    let text = number::to_text(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse::<i64>().unwrap_or(0).saturating_add(places);
    format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (value, places, rounded) in [
            (4.5, 0, 4.0),
            (5.5, 0, 6.0),
            (-0.4, 0, 0.0),
            (-2.5, 0, -2.0),
            (4.525, 2, 4.52),
            (4.515, 2, 4.52),
            (12345.0, -2, 12300.0),
            (12450.0, -2, 12400.0),
            (1e-7, 7, 1e-7),
        ] {
            assert_eq!(round(value, places), rounded, "{value} to {places}");
        }
        assert!(round(-0.4, 0).is_sign_positive());
        assert!(round(1e300, 10).is_nan());
    }
}
