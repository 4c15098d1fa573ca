//! Text in UTF-16 units, in which the reference counts places, with JavaScript's ways of searching and cutting.

use std::ops::Range;

use crate::error::Error;
use crate::functions::integer_picture::check_length;

pub(super) type Units = Vec<u16>;

pub(super) fn units(text: &str) -> Units {
    text.encode_utf16().collect()
}

/// Appends a sign so many times. Fails when the text gets too long.
pub(super) fn pad(text: &mut Units, count: usize, sign: &[u16]) -> Result<(), Error> {
    let length = count.saturating_mul(sign.len());
    check_length(length as f64)?;
    text.extend(sign.iter().cycle().take(length));
    Ok(())
}

pub(super) fn is_unit(unit: Option<&u16>, sign: &[u16]) -> bool {
    match unit {
        Some(unit) => sign == [*unit],
        None => sign.is_empty(),
    }
}

/// The part of the text in this range, as much of it as there is.
pub(super) fn slice(text: &[u16], range: Range<usize>) -> &[u16] {
    let end = range.end.min(text.len());
    &text[range.start.min(end)..end]
}

/// Inserts before this place; a negative place counts from the end.
pub(super) fn insert(text: &mut Units, place: i64, sign: &[u16]) {
    let length = text.len() as i64;
    let place = if place < 0 {
        (length + place).max(0)
    } else {
        place.min(length)
    };
    let place = place as usize;
    text.splice(place..place, sign.iter().copied());
}

/// The first place of a sign, from a place on.
pub(super) fn find(text: &[u16], sign: &[u16], from: usize) -> Option<usize> {
    if sign.is_empty() {
        return Some(from.min(text.len()));
    }
    let rest = text.get(from..)?;
    rest.windows(sign.len())
        .position(|window| window == sign)
        .map(|place| from + place)
}

pub(super) fn find_last(text: &[u16], sign: &[u16]) -> Option<usize> {
    if sign.is_empty() {
        return Some(text.len());
    }
    text.windows(sign.len()).rposition(|window| window == sign)
}

/// The text between separators; an empty one separates every unit.
pub(super) fn split<'a>(text: &'a [u16], separator: &[u16]) -> Vec<&'a [u16]> {
    if separator.is_empty() {
        return text.chunks(1).collect();
    }
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(place) = find(text, separator, start) {
        parts.push(&text[start..place]);
        start = place + separator.len();
    }
    parts.push(&text[start..]);
    parts
}
