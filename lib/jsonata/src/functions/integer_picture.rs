//! The picture of an integer, as XPath's `format-integer` has it: digits with grouping signs, words,
//! Roman numerals or letters, cardinal or ordinal.

use crate::error::{Error, Kind};

/// A picture says how an integer is written, or how it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IntegerPicture {
    pub(crate) notation: Notation,
    /// First, second, third instead of one, two, three.
    pub(crate) ordinal: bool,
}

/// What an integer is written with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notation {
    /// The columns of a spreadsheet: a, b, … z, aa.
    Letters {
        upper: bool,
    },
    Roman {
        upper: bool,
    },
    Words(Case),
    Decimal(Decimal),
    /// A numbering sequence starting with this text, which nobody knows how to continue.
    Sequence(String),
}

/// How words and names are capitalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Upper,
    Lower,
    Title,
}

impl Case {
    /// The text, given in title case, in this case.
    pub(crate) fn apply(self, title: &str) -> String {
        match self {
            Self::Upper => title.to_uppercase(),
            Self::Lower => title.to_lowercase(),
            Self::Title => title.to_owned(),
        }
    }
}

/// A number in decimal digits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decimal {
    /// The zero of the family of digits.
    pub(crate) zero: u32,
    /// The digits to write at least. A width in a date picture may make it any number, or none (NaN).
    pub(crate) digits_min: f64,
    pub(crate) digits_optional: usize,
    pub(crate) grouping: Grouping,
}

/// Where signs stand between the digits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Grouping {
    /// The same sign after every so many digits, counted from the right.
    Regular { every: usize, sign: char },
    /// Each sign with the number of digits on its right, in ascending order.
    Irregular(Vec<(usize, char)>),
}

/// The zeros of the families of digits that a picture may use.
const ZEROS: [u32; 37] = [
    0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

impl IntegerPicture {
    /// Reads a picture. Fails with D3131 when it mixes families of digits.
    pub(crate) fn parse(picture: &str) -> Result<Self, Error> {
        let (primary, modifier) = picture.rsplit_once(';').unwrap_or((picture, ""));
        let notation = match primary {
            "A" => Notation::Letters { upper: true },
            "a" => Notation::Letters { upper: false },
            "I" => Notation::Roman { upper: true },
            "i" => Notation::Roman { upper: false },
            "W" => Notation::Words(Case::Upper),
            "Ww" => Notation::Words(Case::Title),
            "w" => Notation::Words(Case::Lower),
            pattern => match decimal(pattern)? {
                Some(decimal) => Notation::Decimal(decimal),
                None => Notation::Sequence(pattern.to_owned()),
            },
        };
        Ok(Self {
            notation,
            ordinal: modifier.starts_with('o'),
        })
    }

    /// The decimal digits, where that is the notation.
    pub(crate) fn decimal(&self) -> Option<&Decimal> {
        match &self.notation {
            Notation::Decimal(decimal) => Some(decimal),
            _ => None,
        }
    }

    /// The decimal digits, to be changed.
    pub(crate) fn decimal_mut(&mut self) -> Option<&mut Decimal> {
        match &mut self.notation {
            Notation::Decimal(decimal) => Some(decimal),
            _ => None,
        }
    }
}

/// The pattern as decimal digits, nothing when it has none.
fn decimal(pattern: &str) -> Result<Option<Decimal>, Error> {
    let mut zero = None;
    let mut digits = 0;
    let mut optional = 0;
    let mut signs = Vec::new();
    for sign in pattern.chars().rev() {
        if let Some(family) = family_of(sign) {
            if zero.is_some_and(|zero| zero != family) {
                return Err(Error::new("D3131"));
            }
            zero = Some(family);
            digits += 1;
        } else if sign == '#' {
            optional += 1;
        } else {
            signs.push((digits + optional, sign));
        }
    }
    Ok(zero.map(|zero| Decimal {
        zero,
        digits_min: digits as f64,
        digits_optional: optional,
        grouping: Grouping::of(signs),
    }))
}

fn family_of(digit: char) -> Option<u32> {
    let code = u32::from(digit);
    ZEROS.into_iter().find(|zero| (*zero..*zero + 10).contains(&code))
}

impl Grouping {
    fn of(signs: Vec<(usize, char)>) -> Self {
        let Some(&(every, sign)) = signs.first() else {
            return Self::Irregular(signs);
        };
        let regular = every > 0
            && (signs.iter().zip(1..)).all(|(&(place, other), nth)| other == sign && place == nth * every);
        if regular {
            Self::Regular { every, sign }
        } else {
            Self::Irregular(signs)
        }
    }
}

/// The most characters that a number or a date may be written with.
pub(crate) const CHARS_MAX: usize = 1 << 22;

/// Fails when so many characters are too many to write.
pub(crate) fn check_length(chars: f64) -> Result<(), Error> {
    if chars > CHARS_MAX as f64 {
        return Err(Error::limit(Kind::Memory));
    }
    Ok(())
}

/// What jsonata-js fails with inside JavaScript, without a code of its own.
pub(crate) fn internal(text: &str) -> Error {
    Error::new("").text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal_of(picture: &str) -> Decimal {
        IntegerPicture::parse(picture).unwrap().decimal().unwrap().clone()
    }

    #[test]
    fn equal_groups_are_regular() {
        let regular = Grouping::Regular { every: 3, sign: ',' };
        assert_eq!(decimal_of("#,##0").grouping, regular);
        assert_eq!(decimal_of("0,000,000").grouping, regular);
        assert_eq!(
            decimal_of("0.000,000").grouping,
            Grouping::Irregular(vec![(3, ','), (6, '.')])
        );
        assert_eq!(decimal_of("0,").grouping, Grouping::Irregular(vec![(0, ',')]));
        assert_eq!(decimal_of("0").grouping, Grouping::Irregular(vec![]));
    }

    #[test]
    fn only_a_trailing_o_after_a_semicolon_is_ordinal() {
        assert!(IntegerPicture::parse("w;o").unwrap().ordinal);
        assert!(IntegerPicture::parse("0;;ox").unwrap().ordinal);
        assert!(!IntegerPicture::parse("w;c").unwrap().ordinal);
        assert!(!IntegerPicture::parse("0").unwrap().ordinal);
    }

    #[test]
    fn families_of_digits_do_not_mix() {
        assert_eq!(IntegerPicture::parse("0٠").unwrap_err().code(), "D3131");
        assert_eq!(decimal_of("٠٠").zero, 0x660);
    }

    #[test]
    fn a_pattern_without_digits_is_a_sequence() {
        let picture = IntegerPicture::parse("α;o").unwrap();
        assert_eq!(picture.notation, Notation::Sequence("α".to_owned()));
    }
}
