//! Timestamps: RFC 3339 text to an instant.

/// An instant, in nanoseconds since 1970.
pub type Nanos = i128;

/// Reads a timestamp as AWS does: upper-case `T`, seconds and up to nine digits of their fraction
/// optional, and an offset or `Z` required. `None` for anything else, impossible dates included.
pub fn parse(text: &str) -> Option<Nanos> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = after(&mut rest, '-')?;
    let day = after(&mut rest, '-')?;
    let hour = after(&mut rest, 'T')?;
    let minute = after(&mut rest, ':')?;
    let (second, nanos) = if rest.starts_with(':') {
        let second = after(&mut rest, ':')?;
        (second, fraction(&mut rest)?)
    } else {
        (0, 0)
    };
    let offset = offset(rest)?;
    let possible = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !possible {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(Nanos::from(seconds) * 1_000_000_000 + Nanos::from(nanos))
}

/// The millisecond that the instant falls into.
pub fn millis(instant: Nanos) -> i64 {
    // A year has four digits, so that milliseconds fit by far.
    instant.div_euclid(1_000_000) as i64
}

fn number(rest: &mut &str, digits: usize) -> Option<i64> {
    let head = rest.get(..digits)?;
    if !head.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = &rest[digits..];
    head.parse().ok()
}

fn after(rest: &mut &str, mark: char) -> Option<i64> {
    *rest = rest.strip_prefix(mark)?;
    number(rest, 2)
}

fn fraction(rest: &mut &str) -> Option<i64> {
    let Some(digits) = rest.strip_prefix('.') else {
        return Some(0);
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    *rest = &digits[length..];
    let value: i64 = digits[..length].parse().ok()?;
    Some(value * 10i64.pow(9 - length as u32))
}

/// Seconds east of Greenwich; at most 18 hours either way.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, mut rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let hours = number(&mut rest, 2)?;
    let minutes = after(&mut rest, ':')?;
    let seconds = if rest.is_empty() {
        0
    } else {
        after(&mut rest, ':')?
    };
    let total = hours * 3600 + minutes * 60 + seconds;
    (rest.is_empty() && minutes < 60 && seconds < 60 && total <= 18 * 3600).then_some(sign * total)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar, counted in years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Nanos = 1_000_000_000;

    #[test]
    fn timestamps_are_instants() {
        for (text, instant) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00Z", 0),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T19:00:00-05:00", 0),
            ("1970-01-01T00:00:00.000000001Z", 1),
            ("1970-01-01T00:00:01.5Z", SECOND * 3 / 2),
            ("2000-02-29T00:00:00Z", 951_782_400 * SECOND),
            ("2024-03-01T12:30:45Z", 1_709_296_245 * SECOND),
            ("1900-01-01T00:00:00Z", -2_208_988_800 * SECOND),
            ("1970-01-01T00:00:00+18:00", -64_800 * SECOND),
            ("0000-03-01T00:00:00Z", -62_162_035_200 * SECOND),
        ] {
            assert_eq!(parse(text), Some(instant), "{text}");
        }
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for text in [
            "",
            "2024-03-01",
            "2024-03-01T12:30:45",
            "2024-03-01 12:30:45Z",
            "2024-03-01t12:30:45z",
            "2024-03-01T12:30:45.Z",
            "2024-03-01T12:30:45.1234567890Z",
            "2024-13-01T12:30:45Z",
            "2024-00-01T12:30:45Z",
            "2023-02-29T12:30:45Z",
            "1900-02-29T12:30:45Z",
            "2024-04-31T12:30:45Z",
            "2024-03-01T24:00:00Z",
            "2024-03-01T12:60:00Z",
            "2024-03-01T12:30:60Z",
            "2024-03-01T12:30:45+0100",
            "2024-03-01T12:30:45+01",
            "2024-03-01T12:30:45+19:00",
            "2024-03-01T12:30:45Z ",
            "24-03-01T12:30:45Z",
            "01-03-2024T12:30:45Z",
            "+2024-03-01T12:30:45Z",
            "２０２４-03-01T12:30:45Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn milliseconds_are_rounded_down() {
        assert_eq!(millis(1_999_999), 1);
        assert_eq!(millis(-1), -1);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}[.0-9]{0,12}\\PC{0,7}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_month_follows_the_last_day_of_another(year in 0i64..9999, month in 1i64..13) {
            let last = days_in(year, month);
            let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            prop_assert_eq!(days_since_1970(year, month, last) + 1, days_since_1970(next_year, next_month, 1));
        }
    }
}
