//! Reading a moment by a picture.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::functions::datetime::calendar::{DAY, DAYS, Fields, MONTHS, Utc};
use crate::functions::datetime::matcher::{self, Class, Piece};
use crate::functions::datetime::picture::{self, Marker, Part};
use crate::functions::integer_picture::{Grouping, IntegerPicture, Notation, internal};
use crate::functions::parse_integer::parse_int;

/// The moment that the text says by the picture, and `now` where the picture leaves the greater components out.
///
/// Nothing when the text does not fit the picture or nothing is said.
pub(super) fn parse(text: &str, picture: &str, now: f64, dialect: Dialect) -> Result<Option<f64>, Error> {
    let parts = picture::parse(picture, dialect)?;
    let readers = parts
        .iter()
        .map(|part| Reader::of(part, dialect))
        .collect::<Result<Vec<_>, _>>()?;
    let mut pieces = Vec::new();
    let mut starts = Vec::new();
    for (part, reader) in parts.iter().zip(&readers) {
        starts.push(pieces.len());
        reader.push_pieces(part, dialect, &mut pieces)?;
    }
    let text: Vec<char> = text.chars().collect();
    let Some(found) = matcher::find(&pieces, &text)? else {
        return Ok(None);
    };
    let place_of = |piece: usize| {
        let index = found.partition_point(|(other, _)| *other < piece);
        found[index].1
    };
    starts.push(pieces.len());
    let mut said = Components::default();
    for ((part, reader), range) in parts.iter().zip(&readers).zip(starts.windows(2)) {
        if let Part::Marker(marker) = part {
            let text: String = text[place_of(range[0])..place_of(range[1])].iter().collect();
            said.0.insert(marker.component, reader.read(&text, marker)?);
        }
    }
    if said.0.is_empty() {
        return Ok(None);
    }
    said.resolve(now).map(Some)
}

/// How a part of a text is read.
enum Reader<'a> {
    Literal(&'a str),
    /// An offset, its hours and minutes separated or not.
    Zone(Option<char>),
    Fraction,
    Integer(&'a IntegerPicture),
    Name(&'static [&'static str]),
    Meridiem,
}

impl<'a> Reader<'a> {
    fn of(part: &'a Part, dialect: Dialect) -> Result<Self, Error> {
        let marker = match part {
            Part::Literal(text) => return Ok(Self::Literal(text)),
            Part::Marker(marker) => marker,
        };
        Ok(match (marker.component, &marker.integer) {
            ('Z' | 'z', Some(picture)) => {
                Self::Zone(match picture.decimal().map(|decimal| &decimal.grouping) {
                    Some(Grouping::Regular { sign, .. }) => Some(*sign),
                    _ => None,
                })
            }
            ('f', _) if dialect == Dialect::Newest => Self::Fraction,
            (_, Some(picture)) => match &picture.notation {
                Notation::Sequence(token) => return Err(Error::new("D3130").value(token.as_str())),
                _ => Self::Integer(picture),
            },
            ('M' | 'x', None) => Self::Name(&MONTHS),
            ('F', None) => Self::Name(&DAYS),
            ('P', None) => Self::Meridiem,
            (other, None) => return Err(Error::new("D3133").value(other.to_string())),
        })
    }

    fn push_pieces(&self, part: &Part, dialect: Dialect, pieces: &mut Vec<Piece>) -> Result<(), Error> {
        match self {
            Self::Literal(text) => pieces.extend(text.chars().map(Piece::One)),
            Self::Zone(separator) => {
                if matches!(part, Part::Marker(marker) if marker.component == 'z') {
                    pieces.extend("GMT".chars().map(Piece::One));
                }
                push_zone(*separator, pieces)?;
            }
            Self::Fraction => pieces.push(run(Class::Digit)),
            Self::Name(_) | Self::Meridiem => pieces.push(run(Class::Letter)),
            Self::Integer(picture) => match &picture.notation {
                Notation::Letters { .. } => pieces.push(run(Class::Letter)),
                Notation::Roman { .. } => pieces.push(run(Class::RomanNumeral)),
                Notation::Words(_) => pieces.extend([Piece::Word, Piece::MoreWords]),
                Notation::Decimal(decimal) => {
                    if let Part::Marker(marker) = part {
                        push_digits(digits_of(marker, decimal.digits_optional, dialect), pieces);
                    }
                    if picture.ordinal {
                        pieces.push(Piece::Either(&["th", "st", "nd", "rd"]));
                    }
                }
                Notation::Sequence(_) => {}
            },
        }
        Ok(())
    }

    /// The value of a text that fits, nothing for a name that is none.
    fn read(&self, text: &str, marker: &Marker) -> Result<Option<f64>, Error> {
        Ok(match self {
            Self::Literal(_) => None,
            Self::Zone(separator) => {
                let offset = if marker.component == 'z' { &text[3..] } else { text };
                Some(minutes(offset, *separator))
            }
            Self::Fraction => {
                let digits = &text[..text.len().min(3)];
                Some(format!("0.{digits}").parse().unwrap_or(f64::NAN) * 1000.0)
            }
            Self::Integer(picture) => Some(picture.read(text)?),
            Self::Name(names) => {
                let width = marker.width_max.filter(|width| *width != 0.0 && !width.is_nan());
                let shorten = |name: &'static str| match width {
                    Some(width) => &name[..name.len().min(width.max(0.0) as usize)],
                    None => name,
                };
                // Of names that are the same when shortened the last one is meant.
                let place = names.iter().rposition(|name| shorten(name) == text);
                place.map(|place| place as f64 + 1.0)
            }
            Self::Meridiem => match text {
                "am" | "AM" => Some(0.0),
                "pm" | "PM" => Some(1.0),
                _ => None,
            },
        })
    }
}

fn run(class: Class) -> Piece {
    Piece::Run {
        class,
        min: 1,
        max: usize::MAX,
    }
}

/// The least and the greatest number of digits of a number.
fn digits_of(marker: &Marker, optional: usize, dialect: Dialect) -> (f64, f64) {
    let given = match dialect {
        Dialect::V2_0_6 => marker.last_digits.filter(|digits| *digits > 0.0),
        Dialect::Newest => marker
            .digits_read
            .filter(|digits| *digits != 0.0 && !digits.is_nan()),
    };
    match (given, dialect) {
        (None, _) => (1.0, f64::INFINITY),
        (Some(digits), Dialect::V2_0_6) => (digits - optional as f64, digits),
        (Some(digits), Dialect::Newest) => (digits, digits),
    }
}

fn push_digits((min, max): (f64, f64), pieces: &mut Vec<Piece>) {
    let class = Class::Digit;
    if min >= 0.0 {
        let (min, max) = (min as usize, max as usize);
        pieces.push(Piece::Run { class, min, max });
        return;
    }
    // A regular expression takes a negative number of repetitions for text.
    pieces.push(Piece::Run {
        class,
        min: 1,
        max: 1,
    });
    let text = if min == max {
        format!("{{{min}}}")
    } else {
        format!("{{{min},{max}}}")
    };
    pieces.extend(text.chars().map(Piece::One));
}

/// An offset. The reference puts the separator into its regular expression as it is, so that some mean more there.
fn push_zone(separator: Option<char>, pieces: &mut Vec<Piece>) -> Result<(), Error> {
    let class = Class::Digit;
    let sign = |min| Piece::Run {
        class: Class::Sign,
        min,
        max: 1,
    };
    match separator {
        None => pieces.extend([sign(1), run(class)]),
        Some('.') => pieces.extend([sign(1), run(class), Piece::Any, run(class)]),
        Some('?') => pieces.extend([
            sign(1),
            Piece::Run {
                class,
                min: 2,
                max: usize::MAX,
            },
        ]),
        Some('[') => {
            let first = Piece::Run {
                class,
                min: 1,
                max: 1,
            };
            pieces.extend([sign(1), first, run(Class::DigitOrBracket)]);
        }
        Some('*' | '+' | '(' | ')' | '\\' | '|' | '^' | '$') => {
            return Err(internal("Invalid regular expression"));
        }
        Some(separator) => pieces.extend([sign(1), run(class), Piece::One(separator), run(class)]),
    }
    Ok(())
}

/// The minutes of an offset such as `+05:30`, NaN when the separator is not to be found.
fn minutes(text: &str, separator: Option<char>) -> f64 {
    let (hours, minutes) = match separator {
        Some(separator) => match text.split_once(separator) {
            Some((hours, minutes)) => (parse_int(hours), parse_int(minutes)),
            None => return f64::NAN,
        },
        None if text.len() <= 3 => (parse_int(text), 0.0),
        None => (parse_int(&text[..3]), parse_int(&text[3..])),
    };
    hours * 60.0 + minutes
}

/// The components that a text says; nothing for one that it names wrongly.
#[derive(Default)]
struct Components(BTreeMap<char, Option<f64>>);

impl Components {
    fn get(&self, component: char) -> Option<f64> {
        self.0.get(&component).copied().flatten()
    }

    /// Whether the components of a group that are said, and are not zero, are of these and not none.
    fn are(&self, these: &str, group: &str) -> bool {
        let is_said = |component: &char| {
            self.get(*component)
                .is_some_and(|value| value != 0.0 && !value.is_nan())
        };
        let mut said = group.chars().filter(is_said).peekable();
        said.peek().is_some() && said.all(|component| these.contains(component))
    }

    /// The moment, greater components that are missing from `now`, lesser ones zero.
    ///
    /// Fails with D3136 when one is missing in between, and for dates by week.
    fn resolve(mut self, now: f64) -> Result<f64, Error> {
        let is_date = |these: &str| self.are(these, "YXMxWwdD");
        let is_time = |these: &str| self.are(these, "PHhmsf");
        let by_day_of_year = !is_date("YMD") && is_date("Yd");
        let by_week = is_date("Xxw") || is_date("XW");
        let by_half_day = !is_time("Hmsf") && is_time("Phmsf");
        if by_week {
            return Err(Error::new("D3136"));
        }
        let date = if by_day_of_year { "YD" } else { "YMD" };
        let time = if by_half_day { "Phmsf" } else { "Hmsf" };
        self.fill(date.chars().chain(time.chars()), now)?;
        let get = |component| self.get(component).unwrap_or(f64::NAN);
        let month = if get('M') > 0.0 { get('M') - 1.0 } else { 0.0 };
        let mut moment = Utc::date(get('Y'), month, get('D'));
        if by_day_of_year {
            moment = Utc::date(get('Y'), 0.0, 1.0);
            let day = Fields::of(moment.millis() + (get('d') - 1.0) * DAY);
            moment.month = day.component('M').unwrap_or(f64::NAN) - 1.0;
            moment.day = day.component('D').unwrap_or(f64::NAN);
        }
        moment.hour = get('H');
        if by_half_day {
            moment.hour = if get('h') == 12.0 { 0.0 } else { get('h') };
            if get('P') == 1.0 {
                moment.hour += 12.0;
            }
        }
        moment.minute = get('m');
        moment.second = get('s');
        moment.millisecond = get('f');
        let offset = ['Z', 'z']
            .map(get)
            .into_iter()
            .find(|minutes| *minutes != 0.0 && !minutes.is_nan());
        Ok(moment.millis() - offset.unwrap_or(0.0) * 60_000.0)
    }

    fn fill(&mut self, components: impl Iterator<Item = char>, now: f64) -> Result<(), Error> {
        let now = Fields::of(now);
        let (mut started, mut ended) = (false, false);
        for component in components {
            if self.get(component).is_some() {
                if ended {
                    return Err(Error::new("D3136"));
                }
                started = true;
                continue;
            }
            let value = match component {
                'M' | 'D' | 'd' if started => 1.0,
                _ if started => 0.0,
                // Whether it is now past noon is never asked for.
                other => now.component(other).unwrap_or(f64::NAN),
            };
            self.0.insert(component, Some(value));
            ended = started;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: f64 = 1_521_801_216_617.0;

    fn check(cases: &[(&str, &str, Option<f64>)]) {
        for (text, picture, millis) in cases {
            for dialect in [Dialect::Newest, Dialect::V2_0_6] {
                let found = parse(text, picture, NOW, dialect).unwrap();
                assert_eq!(found, *millis, "{text} by {picture}");
            }
        }
    }

    #[test]
    fn dates_and_times_are_read() {
        check(&[
            ("1970-01-02", "[Y]-[M]-[D]", Some(86_400_000.0)),
            ("1970-2", "[Y]-[d]", Some(86_400_000.0)),
            ("2nd January 1970", "[D1o] [MNn] [Y]", Some(86_400_000.0)),
            ("second of Jan 1970", "[Dwo] of [MNn,3-3] [Y]", Some(86_400_000.0)),
            (
                "1970-01-01 01:30 pm",
                "[Y]-[M]-[D] [h]:[m] [P]",
                Some(48_600_000.0),
            ),
            ("12 AM 1 i MCMLXX", "[h] [PN] [D] [Mi] [YI]", Some(0.0)),
            ("1970-01-01T01:00+0100", "[Y]-[M]-[D]T[H]:[m][Z0000]", Some(0.0)),
            ("1970-01-01 GMT-01:30", "[Y]-[M]-[D] [z]", Some(1_800_000.0)),
            ("13:05", "[H]:[m]", Some(1_521_810_300_000.0)),
            ("other", "[Y]", None),
            ("text", "text", None),
        ]);
    }

    #[test]
    fn adjacent_numbers_have_the_width_that_the_picture_gives() {
        let read =
            |dialect| parse("20240101123849", "[Y0000][M00][D00][H00][m00][s00]", NOW, dialect).unwrap();
        assert_eq!(read(Dialect::Newest), Some(1_704_112_729_000.0));
        assert_ne!(read(Dialect::V2_0_6), Some(1_704_112_729_000.0));
    }

    #[test]
    fn fractions_are_cut_to_milliseconds_in_the_newest_dialect() {
        let read = |dialect| parse("1970 01987", "[Y] [f1]", NOW, dialect);
        assert_eq!(read(Dialect::Newest).unwrap_err().code(), "D3136");
        let read = |dialect| parse("00:00:04.01987", "[H]:[m]:[s].[f1]", NOW, dialect).unwrap();
        assert_eq!(read(Dialect::Newest), Some(1_521_763_204_019.0));
        assert_eq!(read(Dialect::V2_0_6), Some(1_521_763_205_987.0));
    }

    #[test]
    fn components_missing_in_between_are_refused() {
        for (text, picture) in [
            ("1970 10", "[Y] [H]"),
            ("10:30", "[H]:[s]"),
            ("1970-W12-5", "[X]-W[W]-[F1]"),
            ("1970 5 10", "[Y] [d] [H]"),
        ] {
            let error = parse(text, picture, NOW, Dialect::Newest).unwrap_err();
            assert_eq!(error.code(), "D3136", "{text} by {picture}");
        }
    }
}
