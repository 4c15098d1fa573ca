//! The parts of a decimal picture, and the rules that they keep.

use crate::error::{Error, Kind};
use crate::functions::format_number::DecimalFormat;
use crate::functions::format_number::units::{find, find_last, is_unit, slice};

/// A picture, or a half of one, taken apart.
pub(super) struct Parts<'a> {
    pub(super) whole: &'a [u16],
    pub(super) prefix: &'a [u16],
    pub(super) suffix: &'a [u16],
    pub(super) active: &'a [u16],
    pub(super) mantissa: &'a [u16],
    pub(super) integer: &'a [u16],
    pub(super) fraction: &'a [u16],
    pub(super) exponent: Option<&'a [u16]>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(whole: &'a [u16], format: &DecimalFormat) -> Self {
        let is_mark = |unit: &u16| format.is_active(*unit) && format.exponent_separator != [*unit];
        let first = whole.iter().position(is_mark);
        let last = whole.iter().rposition(is_mark);
        let start = first.unwrap_or(0);
        let end = last.map_or(whole.len(), |last| last + 1);
        let active = &whole[start..end];
        let suffix = &whole[end..];
        // The place is counted from the start of the whole, and used in the active part: the reference's slip.
        let place = find(whole, &format.exponent_separator, start).filter(|place| *place <= end);
        let (mantissa, exponent) = match place {
            Some(place) => (
                slice(active, 0..place),
                Some(slice(active, place + 1..active.len())),
            ),
            None => (active, None),
        };
        let (integer, fraction) = match find(mantissa, &format.decimal_separator, 0) {
            Some(place) => (&mantissa[..place], slice(mantissa, place + 1..mantissa.len())),
            None => (mantissa, suffix),
        };
        Self {
            whole,
            prefix: &whole[..start],
            suffix,
            active,
            mantissa,
            integer,
            fraction,
            exponent,
        }
    }

    pub(super) fn has(&self, sign: &[u16]) -> bool {
        find(self.whole, sign, 0).is_some()
    }

    fn is_repeated(&self, sign: &[u16]) -> bool {
        find(self.whole, sign, 0) != find_last(self.whole, sign)
    }

    /// Fails with the last rule, in the order of their codes, that the picture breaks.
    pub(super) fn check(&self, format: &DecimalFormat) -> Result<(), Error> {
        match self
            .broken_rules(format)
            .into_iter()
            .rev()
            .find(|(_, broken)| *broken)
        {
            Some((code, _)) => Err(Error::new(code)),
            None => Ok(()),
        }
    }

    fn broken_rules(&self, format: &DecimalFormat) -> [(&'static str, bool); 13] {
        let grouping = &format.grouping_separator;
        let scaled = self.has(&format.percent) || self.has(&format.per_mille);
        let stray_exponent =
            |part: &[u16]| part.is_empty() || !part.iter().all(|unit| format.is_digit(*unit));
        let decimal = find(self.whole, &format.decimal_separator, 0);
        let beside = |place: usize| {
            let before = place.checked_sub(1).and_then(|before| self.whole.get(before));
            is_unit(before, grouping) || is_unit(self.whole.get(place + 1), grouping)
        };
        let optional_in_integer = find(self.integer, &format.digit, 0).unwrap_or(0);
        let optional_in_fraction = find_last(self.fraction, &format.digit).unwrap_or(self.fraction.len());
        [
            ("D3081", self.is_repeated(&format.decimal_separator)),
            ("D3082", self.is_repeated(&format.percent)),
            ("D3083", self.is_repeated(&format.per_mille)),
            ("D3084", self.has(&format.percent) && self.has(&format.per_mille)),
            (
                "D3085",
                !self
                    .mantissa
                    .iter()
                    .any(|unit| format.is_digit(*unit) || format.is_optional(*unit)),
            ),
            ("D3086", !self.active.iter().all(|unit| format.is_active(*unit))),
            ("D3087", decimal.is_some_and(beside)),
            (
                "D3088",
                decimal.is_none() && is_unit(self.integer.last(), grouping),
            ),
            ("D3089", self.has(&grouping.repeat(2))),
            (
                "D3090",
                format.count_digits(&self.integer[..optional_in_integer]) > 0,
            ),
            (
                "D3091",
                format.count_digits(&self.fraction[optional_in_fraction..]) > 0,
            ),
            (
                "D3092",
                scaled && self.exponent.is_some_and(|part| !part.is_empty()),
            ),
            ("D3093", self.exponent.is_some_and(stray_exponent)),
        ]
    }

    /// Of each grouping sign in a part, the digits on its right, or on its left.
    pub(super) fn groups(
        &self,
        part: &[u16],
        to_left: bool,
        format: &DecimalFormat,
    ) -> Result<Vec<usize>, Error> {
        let is_place = |unit: &u16| format.is_digit(*unit) || format.is_optional(*unit);
        let mut before = vec![0];
        for unit in part {
            before.push(before[before.len() - 1] + usize::from(is_place(unit)));
        }
        let total = before[part.len()];
        let mut groups = Vec::new();
        let mut next = find(part, &format.grouping_separator, 0);
        while let Some(place) = next {
            let left = before[place.min(part.len())];
            groups.push(if to_left { left } else { total - left });
            // After the first, the reference looks through the integer part, whichever part it is about.
            next = find(self.integer, &format.grouping_separator, place + 1);
            if next == Some(place) {
                return Err(Error::limit(Kind::Time));
            }
        }
        Ok(groups)
    }
}
