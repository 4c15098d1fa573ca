//! `$formatInteger`: an integer as digits, words, Roman numerals or letters.

use crate::error::{Error, Kind};
use crate::functions::format_base::number_text;
use crate::functions::integer_picture::{Decimal, Grouping, IntegerPicture, Notation, check_length};
use crate::functions::number_words;

/// The value, rounded down, as the picture says.
///
/// Fails with D3130 for a numbering sequence, D3131 for mixed digits, and at [`CHARS_MAX`] characters.
pub(crate) fn format_integer(value: f64, picture: &str) -> Result<String, Error> {
    IntegerPicture::parse(picture)?.format(value.floor())
}

impl IntegerPicture {
    /// The integer as the picture says.
    pub(crate) fn format(&self, value: f64) -> Result<String, Error> {
        let size = value.abs();
        let text = match &self.notation {
            Notation::Letters { upper } => letters(size, *upper)?,
            Notation::Roman { upper } => roman(size, *upper)?,
            Notation::Words(case) => case.apply(&number_words::write(size, self.ordinal)?),
            Notation::Decimal(decimal) => decimal.format(size, self.ordinal)?,
            Notation::Sequence(token) => return Err(Error::new("D3130").value(token.as_str())),
        };
        Ok(if value < 0.0 { format!("-{text}") } else { text })
    }
}

fn letters(mut value: f64, upper: bool) -> Result<String, Error> {
    if value.is_infinite() {
        return Err(Error::limit(Kind::Memory));
    }
    let first = if upper { b'A' } else { b'a' };
    let mut reversed = Vec::new();
    while value > 0.0 {
        reversed.push(char::from(first + ((value - 1.0) % 26.0) as u8));
        value = ((value - 1.0) / 26.0).floor();
    }
    Ok(reversed.iter().rev().collect())
}

/// From here on Roman numerals are longer than the reference's recursion is deep.
const ROMAN_MAX: f64 = 10_000_000.0;

fn roman(mut value: f64, upper: bool) -> Result<String, Error> {
    const NUMERALS: [(f64, &str); 13] = [
        (1000.0, "m"),
        (900.0, "cm"),
        (500.0, "d"),
        (400.0, "cd"),
        (100.0, "c"),
        (90.0, "xc"),
        (50.0, "l"),
        (40.0, "xl"),
        (10.0, "x"),
        (9.0, "ix"),
        (5.0, "v"),
        (4.0, "iv"),
        (1.0, "i"),
    ];
    if value >= ROMAN_MAX {
        return Err(Error::limit(Kind::Depth));
    }
    let mut text = String::new();
    for (worth, numeral) in NUMERALS {
        while value >= worth {
            text.push_str(numeral);
            value -= worth;
        }
    }
    if upper {
        text.make_ascii_uppercase();
    }
    Ok(text)
}

impl Decimal {
    fn format(&self, value: f64, ordinal: bool) -> Result<String, Error> {
        let plain = number_text(value);
        check_length(self.digits_min)?;
        // NaN, a width that was no number, asks for no padding.
        let padding = (self.digits_min - plain.len() as f64).max(0.0) as usize;
        let digits = "0".repeat(padding) + &plain;
        let digits = digits.chars().map(|digit| self.shift(digit)).collect();
        let mut text = match &self.grouping {
            Grouping::Regular { every, sign } => regular(digits, *every, *sign),
            Grouping::Irregular(signs) => irregular(digits, signs),
        };
        check_length(text.len() as f64)?;
        if ordinal {
            text.extend(ordinal_suffix(&text).chars());
        }
        Ok(text.into_iter().collect())
    }

    /// The digit, or the sign of an exponent, in this family.
    fn shift(&self, digit: char) -> char {
        char::from_u32(u32::from(digit) + self.zero - u32::from('0')).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

fn regular(digits: Vec<char>, every: usize, sign: char) -> Vec<char> {
    let count = digits.len();
    let mut out = Vec::with_capacity(count + count / every);
    for (place, digit) in digits.into_iter().enumerate() {
        if place > 0 && (count - place).is_multiple_of(every) {
            out.push(sign);
        }
        out.push(digit);
    }
    out
}

/// Puts each sign where so many characters are on its right.
///
/// A sign that lies beyond the number goes in front of it, and of the number only as many characters are kept
/// as the sign lies beyond it: such is the reference's use of negative places.
fn irregular(digits: Vec<char>, signs: &[(usize, char)]) -> Vec<char> {
    let mut signs = signs.iter().rev().copied().peekable();
    let mut text = digits;
    text.reverse();
    while let Some((place, sign)) = signs.next_if(|(place, _)| *place > text.len()) {
        text.truncate(place - text.len());
        text.push(sign);
    }
    let mut out = Vec::with_capacity(text.len() + signs.len());
    while let Some(character) = text.last() {
        match signs.next_if(|(place, _)| *place == text.len()) {
            Some((_, sign)) => out.push(sign),
            None => {
                out.push(*character);
                text.pop();
            }
        }
    }
    out.extend(signs.map(|(_, sign)| sign));
    out
}

fn ordinal_suffix(text: &[char]) -> &'static str {
    match text {
        [.., '1', _] => "th",
        [.., '1'] => "st",
        [.., '2'] => "nd",
        [.., '3'] => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(f64, &str, &str)]) {
        for (value, picture, text) in cases {
            assert_eq!(
                format_integer(*value, picture).unwrap(),
                *text,
                "{value} as {picture}"
            );
        }
    }

    #[test]
    fn digits_are_padded_and_grouped() {
        check(&[
            (7.0, "000", "007"),
            (-7.2, "0", "-8"),
            (-0.0, "0", "0"),
            (1234567.0, "#,##0", "1,234,567"),
            (12.0, "#,##0", "12"),
            (1234567890.0, "#,##,##,##0", "123,45,67,890"),
            (1234567890.0, "0.000,000", "1234.567,890"),
            (12.0, "٠٠٠", "٠١٢"),
            (1e21, "0", "1e+21"),
            (5.0, "#.###,##0", ",5"),
        ]);
    }

    #[test]
    fn ordinals_have_suffixes() {
        check(&[
            (1.0, "0;o", "1st"),
            (2.0, "0;o", "2nd"),
            (3.0, "0;o", "3rd"),
            (11.0, "0;o", "11th"),
            (113.0, "0;o", "113th"),
            (121.0, "0;o", "121st"),
            (1.0, "٠;o", "١th"),
        ]);
    }

    #[test]
    fn numerals_and_letters_have_a_case() {
        check(&[
            (1999.0, "I", "MCMXCIX"),
            (44.0, "i", "xliv"),
            (0.0, "I", ""),
            (-4.0, "i", "-iv"),
            (1.0, "A", "A"),
            (26.0, "a", "z"),
            (27.0, "a", "aa"),
            (702.0, "A", "ZZ"),
        ]);
    }

    #[test]
    fn sequences_are_refused() {
        let error = format_integer(1.0, "α").unwrap_err();
        assert_eq!(
            error.to_string(),
            "D3130: Formatting or parsing an integer as a sequence starting with \"α\" is not supported by this \
             implementation"
        );
    }

    #[test]
    fn endless_texts_are_refused() {
        for (value, picture) in [(1e300, "I"), (f64::INFINITY, "a"), (f64::INFINITY, "w")] {
            assert_ne!(format_integer(value, picture).unwrap_err().kind(), Kind::Coded);
        }
        assert!(format_integer(1e300, "w").unwrap().len() < 1000);
        assert!(format_integer(1e300, "a").unwrap().len() < 250);
    }

    #[test]
    fn many_signs_take_linear_time() {
        let picture = format!("{}0", "#,.".repeat(200_000));
        assert!(format_integer(5.0, &picture).is_ok());
    }
}
