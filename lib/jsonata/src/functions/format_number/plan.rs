//! What a decimal picture asks for, and a number written so.

use crate::error::{Error, Kind};
use crate::functions::format_number::DecimalFormat;
use crate::functions::format_number::fixed::fixed;
use crate::functions::format_number::parts::Parts;
use crate::functions::format_number::units::{Units, find, insert, pad};
use crate::functions::rounding::round;

/// How many digits go where.
pub(super) struct Plan<'a> {
    pub(super) parts: &'a Parts<'a>,
    integer_groups: Vec<usize>,
    /// The size of the groups, where they are all of one size.
    regular: Option<usize>,
    fraction_groups: Vec<usize>,
    integer_min: usize,
    fraction_min: usize,
    fraction_max: usize,
    exponent_min: usize,
    /// The digits before the point that the mantissa is scaled to.
    scale: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn of(parts: &'a Parts<'a>, format: &DecimalFormat) -> Result<Self, Error> {
        let scale = format.count_digits(parts.integer);
        let optional = |part: &[u16]| part.iter().filter(|unit| format.is_optional(**unit)).count();
        let mut integer_min = scale;
        let mut fraction_min = format.count_digits(parts.fraction);
        let mut fraction_max = fraction_min + optional(parts.fraction);
        if integer_min == 0 && fraction_max == 0 {
            if parts.exponent.is_some() {
                fraction_min = 1;
                fraction_max = 1;
            } else {
                integer_min = 1;
            }
        }
        let has_optional = find(parts.integer, &format.digit, 0).is_some();
        if parts.exponent.is_some() && integer_min == 0 && has_optional {
            integer_min = 1;
        }
        if integer_min == 0 && fraction_min == 0 {
            fraction_min = 1;
        }
        let integer_groups = parts.groups(parts.integer, false, format)?;
        Ok(Self {
            parts,
            regular: regular(&integer_groups),
            integer_groups,
            fraction_groups: parts.groups(parts.fraction, true, format)?,
            integer_min,
            fraction_min,
            fraction_max,
            exponent_min: parts.exponent.map_or(0, |part| format.count_digits(part)),
            scale,
        })
    }

    pub(super) fn write(&self, value: f64, format: &DecimalFormat) -> Result<Units, Error> {
        let value = match () {
            () if self.parts.has(&format.percent) => value * 100.0,
            () if self.parts.has(&format.per_mille) => value * 1000.0,
            () => value,
        };
        let (mantissa, exponent) = match self.exponent_min {
            0 => (value, None),
            _ => self.normalise(value),
        };
        let rounded = round(mantissa, self.fraction_max as i64);
        let mut text = self.digits(rounded, format)?;
        self.group(&mut text, format)?;
        let point = find(&text, &format.decimal_separator, 0);
        if !self.parts.has(&format.decimal_separator) || point.map_or(0, |point| point + 1) == text.len() {
            text.pop();
        }
        if let Some(exponent) = exponent {
            text.extend(&format.exponent_separator);
            if exponent < 0 {
                text.extend(&format.minus_sign);
            }
            let digits = fixed(f64::from(exponent), 0, format)?;
            pad(
                &mut text,
                self.exponent_min.saturating_sub(digits.len()),
                &format.zero_digit,
            )?;
            text.extend(digits);
        }
        Ok(text)
    }

    /// Scales the mantissa to the picture's digits before the point.
    fn normalise(&self, value: f64) -> (f64, Option<i32>) {
        if value == 0.0 || !value.is_finite() {
            return (value, Some(0));
        }
        let highest = 10f64.powf(self.scale as f64);
        let lowest = 10f64.powf(self.scale as f64 - 1.0);
        let mut mantissa = value;
        let mut exponent = 0;
        while mantissa.abs() < lowest {
            mantissa *= 10.0;
            exponent -= 1;
        }
        while mantissa.is_finite() && mantissa.abs() > highest {
            mantissa /= 10.0;
            exponent += 1;
        }
        (mantissa, Some(exponent))
    }

    /// The digits of the mantissa and its point, with as many zeros as the picture asks for.
    fn digits(&self, value: f64, format: &DecimalFormat) -> Result<Units, Error> {
        let mut text = fixed(value, self.fraction_max, format)?;
        match text.iter().position(|unit| *unit == u16::from(b'.')) {
            Some(point) => drop(text.splice(point..=point, format.decimal_separator.iter().copied())),
            None => text.extend(&format.decimal_separator),
        }
        if let [zero] = format.zero_digit[..] {
            let start = text.iter().position(|unit| *unit != zero).unwrap_or(text.len());
            text.drain(..start);
            let end = text
                .iter()
                .rposition(|unit| *unit != zero)
                .map_or(0, |last| last + 1);
            text.truncate(end);
        }
        // A point that is missing counts as one before the start.
        let point = find(&text, &format.decimal_separator, 0).map_or(-1, |point| point as i64);
        let zeros_left = self.integer_min as i64 - point;
        let zeros_right = self.fraction_min as i64 - (text.len() as i64 - point - 1);
        let mut padded = Units::new();
        pad(
            &mut padded,
            usize::try_from(zeros_left).unwrap_or(0),
            &format.zero_digit,
        )?;
        padded.extend(text);
        pad(
            &mut padded,
            usize::try_from(zeros_right).unwrap_or(0),
            &format.zero_digit,
        )?;
        Ok(padded)
    }

    /// Puts the grouping signs in.
    fn group(&self, text: &mut Units, format: &DecimalFormat) -> Result<(), Error> {
        let separator = &format.grouping_separator[..];
        let place_of_point =
            |text: &[u16]| find(text, &format.decimal_separator, 0).map_or(-1, |point| point as i64);
        let mut point = place_of_point(text);
        let count = match self.regular {
            Some(every) => (point - 1).div_euclid(every as i64).max(0) as usize,
            None => self.integer_groups.len(),
        };
        let signs = count + self.fraction_groups.len();
        if signs.saturating_mul(text.len() + signs * separator.len()) > MOVES_MAX {
            return Err(Error::limit(Kind::Time));
        }
        if let Some(every) = self.regular {
            for group in 1..=count {
                insert(text, point - (group * every) as i64, separator);
            }
        } else {
            for group in &self.integer_groups {
                insert(text, point - *group as i64, separator);
                point += 1;
            }
        }
        let point = place_of_point(text);
        for group in &self.fraction_groups {
            insert(text, *group as i64 + point + 1, separator);
        }
        Ok(())
    }
}

/// The units that may be moved to make room for grouping signs.
const MOVES_MAX: usize = 1 << 28;

/// The size of the groups, if the places are all its multiples from the first on.
fn regular(places: &[usize]) -> Option<usize> {
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    let every = *sorted.first()?;
    let even = sorted.iter().zip(1..).all(|(place, nth)| *place == every * nth);
    (every > 0 && even).then_some(every)
}
