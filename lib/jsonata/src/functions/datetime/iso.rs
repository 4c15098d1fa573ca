//! Reading ISO 8601 without a picture.

use crate::dialect::Dialect;
use crate::error::Error;
use crate::functions::datetime::calendar::Utc;

/// The moment that the text says, in milliseconds; a date and time without an offset is UTC.
///
/// Fails with D3110 when the text does not look like ISO 8601. NaN when it does and still says no moment,
/// such as a thirteenth month; a day that the month lacks, up to the 31st, is one of the next month.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<f64, Error> {
    if !has_shape(text.as_bytes(), dialect) {
        return Err(Error::new("D3110").value(text));
    }
    Ok(read(text.as_bytes()).unwrap_or(f64::NAN))
}

/// Whether the text is a year, two-digit months and days, a time, a fraction and an offset, each but the year
/// free to be missing. In 2.0.6 months, days and times may come repeatedly.
fn has_shape(text: &[u8], dialect: Dialect) -> bool {
    let Some(rest) = after(text, "dddd") else {
        return false;
    };
    let mut rests = vec![rest];
    while let Some(rest) = after(rests[rests.len() - 1], "-3d") {
        rests.push(rest);
    }
    let repeats = dialect == Dialect::V2_0_6;
    let months_first = after(rest, "-1d").is_some();
    let dates_max = match repeats {
        true => usize::MAX,
        false => 1 + usize::from(months_first),
    };
    // What looks like the last part of the date can be the start of the offset.
    let ends = rests.iter().take(dates_max.saturating_add(1)).rev().take(2);
    ends.into_iter().any(|rest| is_time(rest, repeats))
}

fn is_time(text: &[u8], repeats: bool) -> bool {
    let mut rest = text;
    while let Some(next) = after(rest, "T2d:5d:5d") {
        rest = next;
        if !repeats {
            break;
        }
    }
    if let [b'.', fraction @ ..] = rest {
        let digits = fraction.iter().take_while(|digit| digit.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        rest = &fraction[digits..];
    }
    match rest {
        [] | [b'Z'] => true,
        [b'+' | b'-', offset @ ..] => {
            let minutes = after(offset, "2d").map(|rest| after(rest, ":").unwrap_or(rest));
            minutes.and_then(|rest| after(rest, "5d")) == Some(&[])
        }
        _ => false,
    }
}

/// What follows the pattern, in which `d` is any digit, a digit is one up to itself, and all else is itself.
fn after<'a>(text: &'a [u8], pattern: &str) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(pattern.len())?;
    let fits = start.iter().zip(pattern.bytes()).all(|(byte, sign)| match sign {
        b'd' => byte.is_ascii_digit(),
        b'0'..=b'9' => (b'0'..=sign).contains(byte),
        _ => *byte == sign,
    });
    fits.then_some(rest)
}

fn read(text: &[u8]) -> Option<f64> {
    let (year, mut rest) = number(text, 4)?;
    let mut moment = Utc::date(year, 0.0, 1.0);
    if let [b'-', digits @ ..] = rest {
        (moment.month, rest) = number(digits, 2)?;
        if !(1.0..=12.0).contains(&moment.month) {
            return None;
        }
        moment.month -= 1.0;
        if let [b'-', digits @ ..] = rest {
            (moment.day, rest) = number(digits, 2)?;
            if !(1.0..=31.0).contains(&moment.day) {
                return None;
            }
        }
    }
    let mut offset = 0.0;
    if let [b'T', time @ ..] = rest {
        (moment.hour, rest) = number(time, 2)?;
        (moment.minute, rest) = number(rest.strip_prefix(b":")?, 2)?;
        (moment.second, rest) = number(rest.strip_prefix(b":")?, 2)?;
        let mut is_whole = true;
        if let [b'.', fraction @ ..] = rest {
            let digits = fraction.iter().take_while(|digit| digit.is_ascii_digit()).count();
            let first = fraction[..digits].iter().chain(b"00").take(3);
            moment.millisecond = first.fold(0.0, |sum, digit| sum * 10.0 + f64::from(digit - b'0'));
            rest = &fraction[digits..];
            is_whole = fraction[..digits].iter().all(|digit| *digit == b'0');
        }
        let is_midnight = is_whole && moment.minute == 0.0 && moment.second == 0.0;
        if moment.hour > 24.0 || (moment.hour == 24.0 && !is_midnight) {
            return None;
        }
        (offset, rest) = read_offset(rest)?;
    } else if rest == b"Z" {
        // Not quite ISO 8601, which V8 reads as it reads any other text: the first hundred years are others.
        moment.year += match year {
            0.0..50.0 => 2000.0,
            50.0..100.0 => 1900.0,
            _ => 0.0,
        };
        rest = &[];
    }
    if !rest.is_empty() {
        return None;
    }
    Some(moment.full_year_millis() - offset)
}

fn read_offset(text: &[u8]) -> Option<(f64, &[u8])> {
    let (sign, rest) = match text {
        [b'+', rest @ ..] => (1.0, rest),
        [b'-', rest @ ..] => (-1.0, rest),
        [b'Z', rest @ ..] => return Some((0.0, rest)),
        _ => return Some((0.0, text)),
    };
    let (hours, rest) = number(rest, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(b":").unwrap_or(rest), 2)?;
    (hours <= 23.0).then_some((sign * (hours * 60.0 + minutes) * 60_000.0, rest))
}

fn number(text: &[u8], digits: usize) -> Option<(f64, &[u8])> {
    let (start, rest) = text.split_at_checked(digits)?;
    let value = start.iter().try_fold(0.0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10.0 + f64::from(digit - b'0'))
    })?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_but_the_year_may_be_missing() {
        for (text, millis) in [
            ("1970", 0.0),
            ("1970-02", 2_678_400_000.0),
            ("1970-01-02", 86_400_000.0),
            ("1970-01-02Z", 86_400_000.0),
            ("1970T00:00:01", 1000.0),
            ("1970-01-01T00:00:00.1239", 123.0),
            ("1970-01-01T00:00:00.5Z", 500.0),
            ("1970-01-01T05:30:00+05:30", 0.0),
            ("1970-01-01T00:00:00-0100", 3_600_000.0),
            ("1970-01-01T24:00:00Z", 86_400_000.0),
            ("1970-01-01T24:00:00.000", 86_400_000.0),
            ("0070-01-02Z", 86_400_000.0),
            ("2018-02-30", 1_519_948_800_000.0),
            ("0001-01-01", -62_135_596_800_000.0),
        ] {
            assert_eq!(parse(text, Dialect::Newest).unwrap(), millis, "{text}");
        }
    }

    #[test]
    fn moments_that_are_none_are_nan() {
        for text in [
            "2018-13-01",
            "2018-00",
            "2018-02-00",
            "2018T25:00:00",
            "2018+05:30",
            "2018T24:00:00.01",
        ] {
            assert!(parse(text, Dialect::Newest).unwrap().is_nan(), "{text}");
        }
    }

    #[test]
    fn what_is_not_iso_8601_is_refused() {
        for text in [
            "",
            "18",
            "2018-1-1",
            "2018-20-01",
            "2018-01-01 10:00:00",
            "2018-01-01T1:00:00",
            "2018.",
        ] {
            assert_eq!(
                parse(text, Dialect::Newest).unwrap_err().code(),
                "D3110",
                "{text}"
            );
        }
    }

    #[test]
    fn repeated_parts_only_pass_in_the_old_dialect() {
        for text in ["2018-01-01-01", "2018-01-01T00:00:00T00:00:00"] {
            assert_eq!(
                parse(text, Dialect::Newest).unwrap_err().code(),
                "D3110",
                "{text}"
            );
            assert!(parse(text, Dialect::V2_0_6).unwrap().is_nan(), "{text}");
        }
    }
}
