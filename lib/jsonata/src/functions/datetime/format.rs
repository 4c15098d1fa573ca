//! Writing a moment by a picture.

use crate::dialect::Dialect;
use crate::error::Error;
use crate::functions::datetime::calendar::{DAYS, Fields, MONTHS};
use crate::functions::datetime::picture::{self, Marker, Part};
use crate::functions::integer_picture::{Case, Grouping, IntegerPicture, check_length, internal};
use crate::functions::parse_integer::parse_int;

/// The moment at an offset such as `-0500`, UTC without one, as the picture says.
pub(super) fn format(
    millis: f64,
    picture: &str,
    timezone: Option<&str>,
    dialect: Dialect,
) -> Result<String, Error> {
    let parts = picture::parse(picture, dialect)?;
    let offset = Offset::of(timezone);
    let fields = Fields::of(millis + offset.minutes_total() * 60_000.0);
    let mut out = String::new();
    for part in &parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Marker(marker) => out.push_str(&write(marker, &fields, offset)?),
        }
        check_length(out.len() as f64)?;
    }
    Ok(out)
}

/// The hours and minutes by which local time differs. NaN for a timezone that is no number.
#[derive(Clone, Copy)]
struct Offset {
    hours: f64,
    /// Negative with the hours, which are rounded down before: `-0530` is minus 6 hours and minus 30 minutes.
    minutes: f64,
}

impl Offset {
    fn of(timezone: Option<&str>) -> Self {
        let number = timezone.map_or(0.0, parse_int);
        Self {
            hours: (number / 100.0).floor(),
            minutes: number % 100.0,
        }
    }

    fn minutes_total(self) -> f64 {
        60.0 * self.hours + self.minutes
    }
}

fn write(marker: &Marker, fields: &Fields, offset: Offset) -> Result<String, Error> {
    match (marker.component, &marker.integer) {
        ('Z' | 'z', Some(picture)) => zone(marker, picture, offset),
        ('P', _) => Ok(meridiem(marker, fields)),
        ('C' | 'E', _) => Ok("ISO".to_owned()),
        ('f', None) => Err(internal(
            "Cannot read properties of undefined (reading 'primary')",
        )),
        (letter, picture) => match (fields.component(letter), picture) {
            (None, _) => Ok("undefined".to_owned()),
            (Some(value), Some(picture)) => picture.format(shorten(value, marker)),
            (Some(value), None) => name(value, marker),
        },
    }
}

fn shorten(value: f64, marker: &Marker) -> f64 {
    match marker.last_digits {
        Some(digits) if marker.component == 'Y' && digits != -1.0 => value % 10f64.powf(digits),
        _ => value,
    }
}

fn name(value: f64, marker: &Marker) -> Result<String, Error> {
    let names: &[&str] = match marker.component {
        'M' | 'x' => &MONTHS,
        'F' => &DAYS,
        other => return Err(Error::new("D3133").value(other.to_string())),
    };
    let case = marker.names.unwrap_or(Case::Title);
    if value.is_nan() {
        return match (case, marker.has_width) {
            (Case::Title, false) => Ok("undefined".to_owned()),
            _ => Err(internal("Cannot read properties of undefined")),
        };
    }
    let mut name = case.apply(names[value as usize - 1]);
    if let Some(width) = marker.width_max
        && name.len() as f64 > width
    {
        name.truncate(width.max(0.0) as usize);
    }
    Ok(name)
}

fn meridiem(marker: &Marker, fields: &Fields) -> String {
    let text = if fields.is_pm() { "pm" } else { "am" };
    match marker.names {
        Some(Case::Upper) => text.to_uppercase(),
        _ => text.to_owned(),
    }
}

fn zone(marker: &Marker, picture: &IntegerPicture, offset: Offset) -> Result<String, Error> {
    let number = offset.hours * 100.0 + offset.minutes;
    let digits = zone_digits(picture, offset, number)?;
    if number == 0.0 && marker.modifier == Some('t') {
        return Ok("Z".to_owned());
    }
    let sign = if number >= 0.0 { "+" } else { "" };
    let name = if marker.component == 'z' { "GMT" } else { "" };
    Ok(format!("{name}{sign}{digits}"))
}

fn zone_digits(picture: &IntegerPicture, offset: Offset, number: f64) -> Result<String, Error> {
    let Some(decimal) = picture.decimal() else {
        return Err(Error::new("D3134"));
    };
    if matches!(decimal.grouping, Grouping::Regular { .. }) {
        return picture.format(number);
    }
    match decimal.digits_min as usize {
        1 | 2 if offset.minutes == 0.0 => picture.format(offset.hours),
        1 | 2 => {
            let minutes = IntegerPicture::parse("00")?.format(offset.minutes)?;
            Ok(format!("{}:{minutes}", picture.format(offset.hours)?))
        }
        3 | 4 => picture.format(number),
        _ => Err(Error::new("D3134").value(decimal.digits_min as i64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: f64 = 1_521_801_216_617.0;

    fn check(cases: &[(&str, Option<&str>, &str)]) {
        for (picture, timezone, text) in cases {
            let written = format(MOMENT, picture, *timezone, Dialect::Newest).unwrap();
            assert_eq!(written, *text, "{picture} at {timezone:?}");
        }
    }

    #[test]
    fn every_component_is_written() {
        check(&[
            ("[Y]-[M]-[D]", None, "2018-3-23"),
            ("[Y,2]/[M01]/[D01]", None, "18/03/23"),
            (
                "[YI] [Yw] [d] [dwo]",
                None,
                "MMXVIII two thousand and eighteen 82 eighty-second",
            ),
            ("[FNn], [D1o] [MNn,*-3]", None, "Friday, 23rd Mar"),
            ("[F] [FN,3-3] [F1] [Mn]", None, "friday FRI 5 march"),
            ("[X0001]-W[W01]-[F1] [w] [xNn]", None, "2018-W12-5 4 March"),
            ("[h]:[m]:[s] [P] [PN]", None, "10:33:36 am AM"),
            ("[H]:[m1]:[s].[f001] [C] [E]", None, "10:33:36.617 ISO ISO"),
            ("[[[Y]]]", None, "[2018]"),
        ]);
    }

    #[test]
    fn offsets_are_written_as_the_picture_says() {
        check(&[
            ("[H]:[m] [Z]", Some("+0530"), "16:03 +05:30"),
            (
                "[z] [Z0] [Z00] [Z0000]",
                Some("+0530"),
                "GMT+05:30 +5:30 +05:30 +0530",
            ),
            ("[Z0] [Z01:01] [Z01:01t]", None, "+0 +00:00 Z"),
            ("[H]:[m] [Z]", Some("-0500"), "5:33 -05:00"),
            ("[H]:[m] [Z]", Some("-0530"), "4:03 -06:30"),
            ("[Y]", Some("UTC"), "NaN"),
        ]);
    }

    #[test]
    fn wrong_pictures_are_refused() {
        for (picture, error) in [
            (
                "[Yn]",
                "D3133: The 'name' modifier can only be applied to months and days in the date/time picture string, \
                 not \"Y\"",
            ),
            (
                "[Z00000]",
                "D3134: The timezone integer format specifier cannot have more than four digits",
            ),
        ] {
            let refused = format(MOMENT, picture, None, Dialect::Newest).unwrap_err();
            assert_eq!(refused.to_string(), error);
        }
        assert!(format(MOMENT, "[Y,1000000000]", None, Dialect::Newest).is_err());
        assert!(format(MOMENT, &"[Y,1000000]".repeat(5), None, Dialect::Newest).is_err());
    }

    #[test]
    fn widths_of_months_and_days_differ_between_dialects() {
        let written = |dialect| format(MOMENT, "[M,1-3]", None, dialect).unwrap();
        assert_eq!(written(Dialect::Newest), "3");
        assert_eq!(written(Dialect::V2_0_6), "003");
    }
}
