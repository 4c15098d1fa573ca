//! Dates and times as text, both ways: `$fromMillis`, `$toMillis` and `$now`, with XPath's date pictures.

mod calendar;
mod format;
mod iso;
mod matcher;
mod parse;
mod picture;

use crate::dialect::Dialect;
use crate::error::Error;

/// The moment as the picture says, as ISO 8601 without one, at an offset such as `+0530`.
///
/// Fails with D3130 to D3135 for a wrong picture. A moment or an offset that is none is written as `NaN`.
pub(crate) fn from_millis(
    millis: f64,
    picture: Option<&str>,
    timezone: Option<&str>,
    dialect: Dialect,
) -> Result<String, Error> {
    format::format(millis, picture.unwrap_or(ISO_8601), timezone, dialect)
}

const ISO_8601: &str = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

/// The moment that a text says, in milliseconds: by the picture it was written with, or by ISO 8601.
///
/// Of a picture that starts below the year, the missing components are those of `now`, in milliseconds. Nothing
/// when the text does not fit the picture, or the picture says nothing; NaN when it says a date there isn't.
/// Fails with D3110 for a text that is not ISO 8601, and D3130 to D3136 for a wrong picture.
pub(crate) fn to_millis(
    text: &str,
    picture: Option<&str>,
    now: f64,
    dialect: Dialect,
) -> Result<Option<f64>, Error> {
    match picture {
        Some(picture) => parse::parse(text, picture, now, dialect),
        None => iso::parse(text, dialect).map(Some),
    }
}
