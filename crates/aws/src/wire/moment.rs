//! Moment: a moment in time, as tasks and protocols write it.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use json::{Number, Value};

use crate::facts::TimestampFormat;

/// The moment that a parameter gives: ISO 8601, or seconds since 1970.
pub(crate) fn of_parameter(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(seconds) => of_seconds(seconds.as_f64()),
        _ => None,
    }
}

/// The moment that an answer gives in any of the formats there are, since services don't always keep to theirs.
pub(crate) fn of_answer(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => of_text(text),
        _ => of_parameter(value),
    }
}

/// The same, of a header or an element.
pub(crate) fn of_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    if let Ok(seconds) = text.parse() {
        return of_seconds(seconds);
    }
    rfc2822::DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
        .ok()
}

/// Cut to milliseconds, as the AWS SDK for Java does.
pub(crate) fn of_seconds(seconds: f64) -> Option<Timestamp> {
    let milliseconds = seconds * 1_000.0;
    // A double is rarely exact: 0.001 below a whole millisecond means that millisecond.
    let milliseconds = (milliseconds + 0.001).floor();
    if !milliseconds.is_finite() || milliseconds.abs() > 1e15 {
        return None;
    }
    Timestamp::from_millisecond(milliseconds as i64).ok()
}

/// As a task's result has it: as many digits as needed, in threes.
pub(crate) fn to_result(moment: Timestamp) -> String {
    let nanoseconds = moment.subsec_nanosecond();
    let digits = match nanoseconds {
        0 => 0,
        _ if nanoseconds % 1_000_000 == 0 => 3,
        _ if nanoseconds % 1_000 == 0 => 6,
        _ => 9,
    };
    format!("{moment:.digits$}")
}

/// As the wire has it, as text.
pub(crate) fn to_text(moment: Timestamp, format: TimestampFormat, default: TimestampFormat) -> String {
    let format = if format == TimestampFormat::Default {
        default
    } else {
        format
    };
    match format {
        TimestampFormat::EpochSeconds => to_seconds(moment).to_string(),
        TimestampFormat::HttpDate => {
            let printer = rfc2822::DateTimePrinter::new();
            let seconds = Timestamp::from_second(moment.as_second()).unwrap_or(moment);
            printer
                .timestamp_to_rfc9110_string(&seconds)
                .unwrap_or_else(|_| to_result(moment))
        }
        TimestampFormat::Iso8601 | TimestampFormat::Default => to_result(moment),
    }
}

/// As JSON and CBOR have it.
pub(crate) fn to_value(moment: Timestamp, format: TimestampFormat) -> Value {
    match format {
        TimestampFormat::Default | TimestampFormat::EpochSeconds => Value::Number(to_seconds(moment)),
        TimestampFormat::Iso8601 | TimestampFormat::HttpDate => {
            Value::from(to_text(moment, format, TimestampFormat::EpochSeconds))
        }
    }
}

/// Whole where it is whole, else with milliseconds.
pub(crate) fn to_seconds(moment: Timestamp) -> Number {
    let milliseconds = moment.as_millisecond();
    if milliseconds % 1_000 == 0 {
        return Number::Int(milliseconds / 1_000);
    }
    Number::Float(milliseconds as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn result_has_digits_in_threes() {
        for text in [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.100Z",
            "2026-01-02T03:04:05.123456Z",
            "2026-01-02T03:04:05.123456700Z",
        ] {
            assert_eq!(to_result(at(text)), text);
        }
    }

    #[test]
    fn seconds_are_cut_to_milliseconds() {
        let text = |seconds: f64| of_seconds(seconds).map(to_result).unwrap_or_default();
        assert_eq!(text(1_767_323_045.0), "2026-01-02T03:04:05Z");
        assert_eq!(text(1_767_323_045.123), "2026-01-02T03:04:05.123Z");
        assert_eq!(text(1_767_323_045.123_9), "2026-01-02T03:04:05.123Z");
        assert_eq!(text(f64::MAX), "");
        assert_eq!(text(-1.5), "1969-12-31T23:59:58.500Z");
    }

    #[test]
    fn wire_has_its_formats() {
        let moment = at("2026-01-02T03:04:05.678Z");
        let text = |format| to_text(moment, format, TimestampFormat::Iso8601);
        assert_eq!(text(TimestampFormat::HttpDate), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(text(TimestampFormat::EpochSeconds), "1767323045.678");
        assert_eq!(text(TimestampFormat::Default), "2026-01-02T03:04:05.678Z");
        assert_eq!(
            to_value(at("2026-01-02T03:04:05Z"), TimestampFormat::Default),
            Value::from(1_767_323_045)
        );
    }

    #[test]
    fn answers_come_in_any_format() {
        for text in [
            "2026-01-02T03:04:05Z",
            "2026-01-02T04:04:05+01:00",
            "Fri, 02 Jan 2026 03:04:05 GMT",
            "1767323045",
            "1767323045.000",
        ] {
            assert_eq!(of_text(text), Some(at("2026-01-02T03:04:05Z")), "{text}");
        }
        assert_eq!(of_text("yesterday"), None);
        assert_eq!(of_text("1e400"), None);
    }
}
