//! `$parseInteger`: the integer that a text says, by the picture it was written with.

use std::collections::HashSet;

use crate::error::Error;
use crate::functions::integer_picture::{Decimal, Grouping, IntegerPicture, Notation, internal};
use crate::functions::number_words::{self, is_space};

/// The number that the text says, NaN when it says none: the text is not checked against the picture.
///
/// Fails with D3130 for a numbering sequence and D3131 for mixed digits.
pub(crate) fn parse_integer(text: &str, picture: &str) -> Result<f64, Error> {
    IntegerPicture::parse(picture)?.read(text)
}

impl IntegerPicture {
    /// The number that the text says, NaN when it says none.
    pub(crate) fn read(&self, text: &str) -> Result<f64, Error> {
        match &self.notation {
            Notation::Letters { upper } => Ok(letters(text, *upper)),
            Notation::Roman { upper: true } => Ok(roman(text)),
            Notation::Roman { upper: false } => Ok(roman(&text.to_uppercase())),
            Notation::Words(_) => Ok(number_words::read(&text.to_lowercase())),
            Notation::Decimal(decimal) => decimal.read(text, self.ordinal),
            Notation::Sequence(token) => Err(Error::new("D3130").value(token.as_str())),
        }
    }
}

fn letters(text: &str, upper: bool) -> f64 {
    let first = if upper { 'A' } else { 'a' };
    let codes: Vec<u16> = text.encode_utf16().collect();
    (codes.iter().rev().enumerate())
        .map(|(place, code)| (f64::from(*code) - f64::from(first as u32) + 1.0) * 26f64.powf(place as f64))
        .sum()
}

fn roman(text: &str) -> f64 {
    let mut total = 0.0;
    let mut highest = 1.0;
    for numeral in text.chars().rev() {
        let value = match numeral {
            'M' => 1000.0,
            'D' => 500.0,
            'C' => 100.0,
            'L' => 50.0,
            'X' => 10.0,
            'V' => 5.0,
            'I' => 1.0,
            _ => return f64::NAN,
        };
        if value < highest {
            total -= value;
        } else {
            highest = value;
            total += value;
        }
    }
    total
}

impl Decimal {
    fn read(&self, text: &str, ordinal: bool) -> Result<f64, Error> {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        if ordinal {
            units.truncate(units.len().saturating_sub(2));
        }
        let text = String::from_utf16_lossy(&units);
        // The reference takes commas away where the picture's signs are regular, whatever they are.
        let signs: HashSet<char> = match &self.grouping {
            Grouping::Regular { .. } => HashSet::from([',']),
            Grouping::Irregular(signs) => signs.iter().map(|(_, sign)| *sign).collect(),
        };
        let digits = text.chars().filter(|digit| !signs.contains(digit));
        Ok(parse_int(
            &digits
                .map(|digit| self.unshift(digit))
                .collect::<Result<String, _>>()?,
        ))
    }

    /// The digit of this family as an ASCII digit.
    fn unshift(&self, digit: char) -> Result<char, Error> {
        let code = i64::from(u32::from(digit)) - i64::from(self.zero) + 0x30;
        let code = u32::try_from(code).map_err(|_| internal(&format!("Invalid code point {code}")))?;
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

/// The integer that the text starts with, as JavaScript's `parseInt` reads it; NaN when there is none.
pub(crate) fn parse_int(text: &str) -> f64 {
    let text = text.trim_start_matches(is_space);
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1.0, &text[1..]),
        [b'+', ..] => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    if let Some(digits) = hexadecimal {
        let found = digits.chars().map_while(|digit| digit.to_digit(16));
        return sign * found.fold(f64::NAN, |sum, digit| sum.max(0.0) * 16.0 + f64::from(digit));
    }
    let end = digits
        .find(|digit: char| !digit.is_ascii_digit())
        .unwrap_or(digits.len());
    sign * digits[..end].parse::<f64>().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_is_read() {
        for (text, picture, value) in [
            ("1,234", "#,##0", 1234.0),
            ("1.234.567", "0.000.000;c", 1.0),
            ("1:23.4", "0:00.0", 1234.0),
            ("123rd", "0;o", 123.0),
            ("-12abc", "0", -12.0),
            ("0x1f", "0", 31.0),
            ("١٢", "٠", 12.0),
            ("MCMXCIX", "I", 1999.0),
            ("xliv", "i", 44.0),
            ("", "i", 0.0),
            ("ZZ", "A", 702.0),
            ("one hundred and first", "w;o", 101.0),
            ("TWO THOUSAND, TEN", "W", 2010.0),
        ] {
            assert_eq!(
                parse_integer(text, picture).unwrap(),
                value,
                "{text} as {picture}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_nan() {
        for (text, picture) in [("x", "0"), ("", "0"), ("abc", "i"), ("lots", "w"), ("0x", "0")] {
            assert!(
                parse_integer(text, picture).unwrap().is_nan(),
                "{text} as {picture}"
            );
        }
    }

    #[test]
    fn digits_of_another_family_are_an_internal_error() {
        assert_eq!(
            parse_integer("1", "٠").unwrap_err().message(),
            "Invalid code point -1535"
        );
    }
}
