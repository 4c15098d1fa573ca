//! The picture of a date: literal text, and markers such as `[Y0001]` for the components.

use crate::dialect::Dialect;
use crate::error::Error;
use crate::functions::integer_picture::{Case, IntegerPicture};
use crate::functions::number_words::is_space;
use crate::functions::parse_integer::parse_int;

/// A piece of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Literal(String),
    Marker(Marker),
}

/// A component and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Marker {
    pub(super) component: char,
    /// The letter after the presentation: a, t, c or o.
    pub(super) modifier: Option<char>,
    pub(super) names: Option<Case>,
    /// How the number is written, where it is one.
    pub(super) integer: Option<IntegerPicture>,
    /// Whether it has a width, of whatever kind.
    pub(super) has_width: bool,
    pub(super) width_max: Option<f64>,
    /// The last digits of a year that are written; the reference of old knows them of months and days as well.
    pub(super) last_digits: Option<f64>,
    /// The digits to read, where another number follows at once.
    pub(super) digits_read: Option<f64>,
}

/// The components that are written as numbers unless their names are asked for.
const NUMERIC: &str = "YMDdFWwXxHhmsf";

/// Reads a picture. Fails with D3131, D3132 or D3135 for a wrong one.
pub(super) fn parse(picture: &str, dialect: Dialect) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    let mut rest = picture;
    while let Some(start) = rest.find('[') {
        push_literal(&rest[..start], &mut parts);
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('[') {
            parts.push(Part::Literal("[".to_owned()));
            rest = after;
            continue;
        }
        let end = rest.find(']').ok_or_else(|| Error::new("D3135"))?;
        let text: String = rest[..end]
            .chars()
            .filter(|character| !is_space(*character))
            .collect();
        let marker = Marker::parse(&text, dialect)?;
        if let (Some(Part::Marker(previous)), true, Dialect::Newest) =
            (parts.last_mut(), marker.is_number(), dialect)
        {
            previous.digits_read = previous.digits_min();
        }
        parts.push(Part::Marker(marker));
        rest = &rest[end + 1..];
    }
    push_literal(rest, &mut parts);
    Ok(parts)
}

fn push_literal(text: &str, parts: &mut Vec<Part>) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.replace("]]", "]")));
    }
}

impl Marker {
    /// Reads what is between the brackets.
    fn parse(text: &str, dialect: Dialect) -> Result<Self, Error> {
        let component = text.chars().next();
        let (format, width) = match text.rsplit_once(',') {
            // A marker that starts with its comma is its own presentation.
            Some(("", width)) => (",", Some(width)),
            Some((format, width)) => (after_first(format), Some(width)),
            None => (after_first(text), None),
        };
        let (width_min, width_max) = width.map_or((None, None), widths);
        let (presentation, modifier) = presentation(format);
        let presentation = match component.and_then(default_presentation) {
            _ if !presentation.is_empty() => presentation,
            Some(default) => default,
            None => {
                let component = component.map(String::from).unwrap_or_default();
                return Err(Error::new("D3132").value(component));
            }
        };
        let component = component.expect("a marker without a component has no presentation either");
        let mut marker = Self {
            component,
            modifier,
            names: names(presentation),
            integer: None,
            has_width: width.is_some(),
            width_max,
            last_digits: None,
            digits_read: None,
        };
        if marker.names.is_none() && NUMERIC.contains(component) {
            let pattern = match modifier {
                Some(modifier) => format!("{presentation};{modifier}"),
                None => presentation.to_owned(),
            };
            marker.set_number(IntegerPicture::parse(&pattern)?, width_min, dialect);
        }
        if matches!(component, 'Z' | 'z') {
            marker.integer = Some(IntegerPicture::parse(presentation)?);
        }
        Ok(marker)
    }

    fn set_number(&mut self, mut picture: IntegerPicture, width_min: Option<f64>, dialect: Dialect) {
        let has_last_digits = match dialect {
            Dialect::V2_0_6 => matches!(self.component, 'Y' | 'M' | 'D'),
            Dialect::Newest => self.component == 'Y',
        };
        if let Some(decimal) = picture.decimal_mut() {
            if let Some(min) = width_min
                && decimal.digits_min < min
            {
                decimal.digits_min = min;
            }
            let digits = decimal.digits_min + decimal.digits_optional as f64;
            if has_last_digits && let Some(max) = self.width_max {
                decimal.digits_min = max;
            } else if has_last_digits && digits >= 2.0 {
                self.last_digits = Some(digits);
            }
        }
        if has_last_digits && self.width_max.is_some() {
            self.last_digits = self.width_max;
        }
        self.integer = Some(picture);
    }

    fn is_number(&self) -> bool {
        self.names.is_none() && NUMERIC.contains(self.component)
    }

    fn digits_min(&self) -> Option<f64> {
        let decimal = self.integer.as_ref().and_then(IntegerPicture::decimal)?;
        Some(decimal.digits_min)
    }
}

fn after_first(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next();
    characters.as_str()
}

/// The least and the greatest width, each nothing for `*` or when missing, NaN when it is no number.
fn widths(text: &str) -> (Option<f64>, Option<f64>) {
    let width = |text: &str| (text != "*").then(|| parse_int(text));
    match text.split_once('-') {
        Some((min, max)) => (width(min), width(max)),
        None => (width(text), None),
    }
}

fn presentation(format: &str) -> (&str, Option<char>) {
    match format.char_indices().next_back() {
        Some((place, last)) if place > 0 && "atco".contains(last) => (&format[..place], Some(last)),
        _ => (format, None),
    }
}

fn default_presentation(component: char) -> Option<&'static str> {
    Some(match component {
        'Y' | 'M' | 'D' | 'd' | 'W' | 'w' | 'X' | 'x' | 'H' | 'h' | 'f' => "1",
        'F' | 'P' | 'C' | 'E' => "n",
        'm' | 's' => "01",
        'Z' | 'z' => "01:01",
        _ => return None,
    })
}

fn names(presentation: &str) -> Option<Case> {
    match presentation.as_bytes() {
        [b'n', ..] => Some(Case::Lower),
        [b'N', b'n', ..] => Some(Case::Title),
        [b'N', ..] => Some(Case::Upper),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(text: &str, dialect: Dialect) -> Marker {
        Marker::parse(text, dialect).unwrap()
    }

    #[test]
    fn doubled_brackets_are_literal() {
        let literal = |text: &str| Part::Literal(text.to_owned());
        let parts = parse("a]]b[[c]", Dialect::Newest).unwrap();
        assert_eq!(parts, [literal("a]b"), literal("["), literal("c]")]);
    }

    #[test]
    fn space_in_a_marker_means_nothing() {
        let dialect = Dialect::Newest;
        assert_eq!(
            parse("[ Y \n0001 ]", dialect).unwrap(),
            parse("[Y0001]", dialect).unwrap()
        );
    }

    #[test]
    fn widths_limit_years_and_of_old_months_and_days() {
        for (text, new, old) in [
            ("Y,2-2", Some(2.0), Some(2.0)),
            ("Y0001", Some(4.0), Some(4.0)),
            ("Y", None, None),
            ("YI,*-3", Some(3.0), Some(3.0)),
            ("M01", None, Some(2.0)),
            ("D#0", None, Some(2.0)),
            ("H01", None, None),
        ] {
            assert_eq!(marker(text, Dialect::Newest).last_digits, new, "{text}");
            assert_eq!(marker(text, Dialect::V2_0_6).last_digits, old, "{text}");
        }
    }

    #[test]
    fn wrong_markers_are_refused() {
        for (text, error) in [
            (
                "[q]",
                "D3132: Unknown component specifier \"q\" in date/time picture string",
            ),
            (
                "[]",
                "D3132: Unknown component specifier \"\" in date/time picture string",
            ),
            (
                "[Y",
                "D3135: No matching closing bracket ']' in date/time picture string",
            ),
            (
                "[Y0٠]",
                "D3131: In a decimal digit pattern, all digits must be from the same decimal group",
            ),
        ] {
            assert_eq!(parse(text, Dialect::Newest).unwrap_err().to_string(), error);
        }
    }
}
