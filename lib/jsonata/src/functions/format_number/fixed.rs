//! A number with so many decimal places, as JavaScript's `Number.toFixed` writes it.

use crate::error::Error;
use crate::functions::format_base::number_text;
use crate::functions::format_number::DecimalFormat;
use crate::functions::format_number::units::{Units, units};
use crate::functions::integer_picture::internal;

/// The size of a number with so many decimal places, in the format's digits.
pub(super) fn fixed(value: f64, places: usize, format: &DecimalFormat) -> Result<Units, Error> {
    if places > 100 {
        return Err(internal("toFixed() digits argument must be between 0 and 100"));
    }
    let size = value.abs();
    let ascii = units(&fixed_text(size, places));
    if format.zero_digit == units("0") {
        return Ok(ascii);
    }
    Ok(ascii
        .into_iter()
        .filter_map(|unit| match unit.checked_sub(0x30).filter(|digit| *digit < 10) {
            Some(digit) => format.zero_digit.first().map(|zero| zero.wrapping_add(digit)),
            None => Some(unit),
        })
        .collect())
}

/// `Number.toFixed` of a number that is not negative: what lies halfway goes up.
fn fixed_text(size: f64, places: usize) -> String {
    if size.is_nan() || size >= 1e21 {
        return number_text(size);
    }
    // A number with so many binary places has as many decimal ones, and they are all of it.
    let is_exact = (size * 2f64.powi(places as i32 + 1)).fract() == 0.0;
    let longer = format!("{size:.*}", places + 1);
    match longer.strip_suffix('5').filter(|_| is_exact) {
        Some(halfway) => incremented(halfway.strip_suffix('.').unwrap_or(halfway)),
        None => format!("{size:.places$}"),
    }
}

/// The decimal text with one more in its last place.
fn incremented(text: &str) -> String {
    let mut reversed = String::with_capacity(text.len() + 1);
    let mut carry = true;
    for character in text.chars().rev() {
        reversed.push(match character {
            '9' if carry => '0',
            '0'..='8' if std::mem::take(&mut carry) => char::from(character as u8 + 1),
            other => other,
        });
    }
    if carry {
        reversed.push('1');
    }
    reversed.chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_halfway_goes_up() {
        for (size, places, text) in [
            (0.5, 0, "1"),
            (2.5, 0, "3"),
            (9.5, 0, "10"),
            (0.125, 2, "0.13"),
            (1.005, 2, "1.00"),
            (99.995, 2, "100.00"),
            (1e21, 2, "1e+21"),
        ] {
            assert_eq!(fixed_text(size, places), text, "{size} with {places} places");
        }
    }
}
