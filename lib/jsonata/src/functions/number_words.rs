//! Integers in English words, both ways.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::{Error, Kind};

const UNITS: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];
const ORDINALS: [&str; 20] = [
    "Zeroth",
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
];
const TENS: [&str; 9] = [
    "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred",
];
const MAGNITUDES: [(f64, &str); 4] = [
    (1e12, "Trillion"),
    (1e9, "Billion"),
    (1e6, "Million"),
    (1e3, "Thousand"),
];

/// The words of a whole number that is not negative, each with a capital.
///
/// Fails as an endless recursion for infinity and NaN.
pub(crate) fn write(value: f64, ordinal: bool) -> Result<String, Error> {
    if !value.is_finite() {
        return Err(Error::limit(Kind::Depth));
    }
    let mut out = String::new();
    append(value, ordinal, &mut out);
    Ok(out)
}

fn append(value: f64, ordinal: bool, out: &mut String) {
    if value < 20.0 {
        let words = if ordinal { ORDINALS } else { UNITS };
        out.push_str(words[value as usize]);
        return;
    }
    if value < 100.0 {
        append_tens(value as usize, ordinal, out);
        return;
    }
    let (factor, word) = (MAGNITUDES.into_iter())
        .find(|(factor, _)| value >= *factor)
        .unwrap_or((100.0, "Hundred"));
    let count = (value / factor).floor();
    append(count, false, out);
    out.push(' ');
    out.push_str(word);
    let rest = if factor == 100.0 {
        value % 100.0
    } else {
        value - count * factor
    };
    if rest > 0.0 {
        out.push_str(if rest < 100.0 { " and " } else { ", " });
        append(rest, ordinal, out);
    } else if ordinal {
        out.push_str("th");
    }
}

fn append_tens(value: usize, ordinal: bool, out: &mut String) {
    out.push_str(TENS[value / 10 - 2]);
    if !value.is_multiple_of(10) {
        out.push('-');
        append((value % 10) as f64, ordinal, out);
    } else if ordinal {
        out.pop();
        out.push_str("ieth");
    }
}

/// The words that numbers are made of, in lower case, in the order in which a parser tries them.
pub(crate) static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words: Vec<String> = UNITS
        .iter()
        .chain(&ORDINALS)
        .map(|word| word.to_lowercase())
        .collect();
    for word in TENS {
        words.push(word.to_lowercase());
        words.push(tens_ordinal(word));
    }
    words.push("hundredth".to_owned());
    for (_, word) in MAGNITUDES.iter().rev() {
        words.push(word.to_lowercase());
        words.push(word.to_lowercase() + "th");
    }
    words
});

static VALUES: LazyLock<HashMap<String, f64>> = LazyLock::new(|| {
    let mut values = HashMap::new();
    for words in [UNITS, ORDINALS] {
        values.extend(
            (0..)
                .zip(words)
                .map(|(value, word)| (word.to_lowercase(), f64::from(value))),
        );
    }
    for (count, word) in (2..).zip(TENS) {
        values.insert(word.to_lowercase(), f64::from(count * 10));
        values.insert(tens_ordinal(word), f64::from(count * 10));
    }
    values.insert("hundredth".to_owned(), 100.0);
    for (value, word) in MAGNITUDES {
        values.insert(word.to_lowercase(), value);
        values.insert(word.to_lowercase() + "th", value);
    }
    values
});

fn tens_ordinal(word: &str) -> String {
    word[..word.len() - 1].to_lowercase() + "ieth"
}

/// The number that lower-case words say, NaN when one of them is unknown.
pub(crate) fn read(text: &str) -> f64 {
    let mut segments = vec![0.0];
    for word in split(text) {
        let value = VALUES.get(word).copied().unwrap_or(f64::NAN);
        let top = segments.pop().unwrap_or(0.0);
        if value < 100.0 && top >= 1000.0 {
            segments.extend([top, value]);
        } else if value < 100.0 {
            segments.push(top + value);
        } else {
            segments.push(top * value);
        }
    }
    segments.iter().sum()
}

/// Splits at a comma with a space, at "and" between spaces, at a space, a dash or a backslash.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut place = 0;
    while let Some(next) = text[place..].chars().next() {
        match separator(&text[place..]) {
            0 => place += next.len_utf8(),
            length => {
                words.push(&text[start..place]);
                place += length;
                start = place;
            }
        }
    }
    words.push(&text[start..]);
    words
}

/// The bytes of the separator that the text starts with.
fn separator(text: &str) -> usize {
    let space = |text: &str| {
        text.chars()
            .next()
            .filter(|first| is_space(*first))
            .map_or(0, char::len_utf8)
    };
    if let Some(rest) = text.strip_prefix(',') {
        return if space(rest) > 0 { 1 + space(rest) } else { 0 };
    }
    if text.starts_with(['-', '\\']) {
        return 1;
    }
    let first = space(text);
    if first > 0
        && let Some(rest) = text[first..].strip_prefix("and")
        && space(rest) > 0
    {
        return first + 3 + space(rest);
    }
    first
}

/// Whether JavaScript counts the character as white space.
pub(crate) fn is_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_what_was_written() {
        for (value, ordinal, words) in [
            (0.0, false, "Zero"),
            (19.0, true, "Nineteenth"),
            (20.0, true, "Twentieth"),
            (42.0, true, "Forty-Second"),
            (100.0, true, "One Hundredth"),
            (101.0, false, "One Hundred and One"),
            (1100.0, false, "One Thousand, One Hundred"),
            (2_000_345.0, false, "Two Million, Three Hundred and Forty-Five"),
            (1e15, false, "One Thousand Trillion"),
            (1e6, true, "One Millionth"),
        ] {
            assert_eq!(write(value, ordinal).unwrap(), words);
            assert_eq!(read(&words.to_lowercase()), value, "{words}");
        }
    }

    #[test]
    fn unknown_words_are_no_number() {
        for text in ["", "many", "one  two", "One"] {
            assert!(read(text).is_nan(), "{text}");
        }
    }
}
