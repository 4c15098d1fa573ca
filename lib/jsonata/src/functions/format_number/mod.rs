//! `$formatNumber`: a number as a decimal picture of XPath's `format-number` says.

mod fixed;
mod parts;
mod plan;
mod units;

use self::parts::Parts;
use self::plan::Plan;
use self::units::{Units, split, units};
use crate::error::{Error, Kind};

/// The UTF-16 units that a sign may have.
const SIGN_UNITS_MAX: usize = 100;

/// The signs that a picture is made of, and those that go into the result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DecimalFormat {
    decimal_separator: Units,
    grouping_separator: Units,
    exponent_separator: Units,
    minus_sign: Units,
    percent: Units,
    per_mille: Units,
    zero_digit: Units,
    digit: Units,
    pattern_separator: Units,
}

impl Default for DecimalFormat {
    fn default() -> Self {
        Self {
            decimal_separator: units("."),
            grouping_separator: units(","),
            exponent_separator: units("e"),
            minus_sign: units("-"),
            percent: units("%"),
            per_mille: units("\u{2030}"),
            zero_digit: units("0"),
            digit: units("#"),
            pattern_separator: units(";"),
        }
    }
}

impl DecimalFormat {
    /// Replaces the sign of this name, such as `decimal-separator`. A name that means nothing is ignored,
    /// and so are `infinity` and `NaN`, which the reference never writes.
    pub(crate) fn set(&mut self, name: &str, sign: &str) {
        let place = match name {
            "decimal-separator" => &mut self.decimal_separator,
            "grouping-separator" => &mut self.grouping_separator,
            "exponent-separator" => &mut self.exponent_separator,
            "minus-sign" => &mut self.minus_sign,
            "percent" => &mut self.percent,
            "per-mille" => &mut self.per_mille,
            "zero-digit" => &mut self.zero_digit,
            "digit" => &mut self.digit,
            "pattern-separator" => &mut self.pattern_separator,
            _ => return,
        };
        *place = units(sign);
    }

    fn signs(&self) -> [&Units; 9] {
        [
            &self.decimal_separator,
            &self.grouping_separator,
            &self.exponent_separator,
            &self.minus_sign,
            &self.percent,
            &self.per_mille,
            &self.zero_digit,
            &self.digit,
            &self.pattern_separator,
        ]
    }

    /// The value of a digit of the family that starts with the zero.
    fn digit_value(&self, unit: u16) -> Option<u16> {
        let value = unit.checked_sub(*self.zero_digit.first()?)?;
        (value < 10).then_some(value)
    }

    fn is_digit(&self, unit: u16) -> bool {
        self.digit_value(unit).is_some()
    }

    fn is_optional(&self, unit: u16) -> bool {
        self.digit == [unit]
    }

    /// Whether the unit means something in a picture.
    fn is_active(&self, unit: u16) -> bool {
        let signs = [
            &self.decimal_separator,
            &self.exponent_separator,
            &self.grouping_separator,
            &self.digit,
            &self.pattern_separator,
        ];
        self.is_digit(unit) || signs.into_iter().any(|sign| *sign == [unit])
    }

    fn count_digits(&self, part: &[u16]) -> usize {
        part.iter().filter(|unit| self.is_digit(**unit)).count()
    }
}

/// The value as the picture says, in its second half if it has one and the value is negative.
///
/// Fails with D3080 to D3093 for a picture that is wrong, and with a limit for one, or a sign, that is very long. Zero and negative values with an exponent are
/// written as jsonata-js 2.2 writes them, since 2.0.6 never comes back from them.
pub(crate) fn format_number(value: f64, picture: &str, format: &DecimalFormat) -> Result<String, Error> {
    if format.signs().into_iter().any(|sign| sign.len() > SIGN_UNITS_MAX) {
        return Err(Error::limit(Kind::Memory));
    }
    let picture = units(picture);
    let halves = split(&picture, &format.pattern_separator);
    if halves.len() > 2 {
        return Err(Error::new("D3080"));
    }
    let parts: Vec<Parts> = halves.into_iter().map(|half| Parts::of(half, format)).collect();
    for half in &parts {
        half.check(format)?;
    }
    let shared = parts.len() == 1;
    let negative = value < 0.0 || value.is_nan();
    // Only an empty picture split at an empty separator has no part.
    let parts = if negative { parts.last() } else { parts.first() }.ok_or_else(|| Error::new("D3085"))?;
    let plan = Plan::of(parts, format)?;
    let written = plan.write(value, format)?;
    let sign = if negative && shared {
        &format.minus_sign[..]
    } else {
        &[]
    };
    Ok(String::from_utf16_lossy(
        &[sign, plan.parts.prefix, &written, plan.parts.suffix].concat(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64, picture: &str) -> String {
        format_number(value, picture, &DecimalFormat::default()).unwrap()
    }

    #[test]
    fn numbers_are_written_as_pictures_say() {
        for (value, picture, written) in [
            (12345.6, "#,###.00", "12,345.60"),
            (12345678.9, "9,999.99", "12,345,678.90"),
            (123.9, "9999", "0124"),
            (0.14, "01%", "14%"),
            (0.14, "001‰", "140‰"),
            (-6.0, "000", "-006"),
            (-6.0, "0;(0)", "(6)"),
            (0.0, "#.##", ".0"),
            (1234.5678, "00.000e0", "12.346e2"),
            (0.00001234, "0.0e00", "1.2e-05"),
            (1.0, "$0.00", "$1.00"),
            (1234567.125, "#,##,##0.00", "12,34,567.12"),
            (0.123456, "0.00,000", "0.12,346"),
            (1e21, "0", "1e+21"),
            (815_383_506_240_323.0 + 0.25, "0.0", "815383506240323.3"),
            (910_596_544_854_342.0 + 0.75, "0.0", "910596544854342.8"),
        ] {
            assert_eq!(text(value, picture), written, "{value} as {picture}");
        }
    }

    #[test]
    fn zero_and_negative_values_have_exponents_too() {
        for (value, picture, written) in [
            (0.0, "0e0", "0e0"),
            (-42.0, "0e0", "-4e1"),
            (42.0, "0e0", "4e1"),
            (0.0, "0.00e0", "0.00e0"),
        ] {
            assert_eq!(text(value, picture), written, "{value} as {picture}");
        }
    }

    #[test]
    fn every_sign_can_be_replaced() {
        let mut format = DecimalFormat::default();
        for (name, sign) in [
            ("decimal-separator", ","),
            ("grouping-separator", "."),
            ("exponent-separator", "E"),
            ("minus-sign", "~"),
            ("percent", "pc"),
            ("zero-digit", "\u{2460}"),
            ("digit", "*"),
            ("pattern-separator", "|"),
            ("unknown", "?"),
        ] {
            format.set(name, sign);
        }
        let text = |value, picture| format_number(value, picture, &format).unwrap();
        assert_eq!(text(-123.5, "*.**①,①"), "~②③④,⑥");
        assert_eq!(text(0.25, "①pc"), "③⑥pc");
        assert_eq!(text(120.0, "①E①"), "②E③");
    }

    #[test]
    fn wrong_pictures_are_refused_by_the_last_rule_they_break() {
        for (picture, code) in [
            ("0;0;0", "D3080"),
            ("0.0.0", "D3081"),
            ("0%%", "D3082"),
            ("0‰‰", "D3083"),
            ("0%‰", "D3084"),
            (".", "D3085"),
            ("x", "D3086"),
            ("%%", "D3086"),
            ("0%0", "D3086"),
            ("0,.0", "D3087"),
            ("0,", "D3088"),
            ("0,,0", "D3089"),
            ("0#", "D3090"),
            ("0.#0", "D3091"),
            ("0e0%", "D3092"),
            ("0e", "D3093"),
            ("ab0.0e0", "D3093"),
            ("", "D3085"),
        ] {
            let error = format_number(1.0, picture, &DecimalFormat::default()).unwrap_err();
            assert_eq!(error.code(), code, "{picture}");
        }
    }

    #[test]
    fn hostile_pictures_and_options_come_to_an_end() {
        for name in [
            "decimal-separator",
            "grouping-separator",
            "zero-digit",
            "digit",
            "pattern-separator",
        ] {
            let mut format = DecimalFormat::default();
            format.set(name, "");
            for picture in ["", "0", "#.0", "#,##0.0e0"] {
                for value in [0.0, -1.5, f64::INFINITY, f64::NAN, 1e300] {
                    let _ = format_number(value, picture, &format);
                }
            }
        }
        let mut format = DecimalFormat::default();
        format.set("zero-digit", &"x".repeat(101));
        assert!(format_number(1.0, "#", &format).is_err());
        format.set("zero-digit", &"x".repeat(100));
        assert!(format_number(1.0, &"x".repeat(50_000), &format).is_err());
        let zeros = "0".repeat(100_000);
        assert!(format_number(1.0, &zeros, &DecimalFormat::default()).is_ok());
        let grouped = format!("#{}", ",###".repeat(20_000));
        assert!(format_number(1e20, &grouped, &DecimalFormat::default()).is_ok());
        assert!(format_number(1.0, &format!("0,{zeros},000,0"), &DecimalFormat::default()).is_ok());
        assert!(format_number(1.0, &"0,00".repeat(100_000), &DecimalFormat::default()).is_err());
        assert!(format_number(1.0, &format!("{zeros}e0"), &DecimalFormat::default()).is_ok());
        assert!(format_number(1.0, &format!("0.{zeros}"), &DecimalFormat::default()).is_err());
    }
}
